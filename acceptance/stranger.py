#!/usr/bin/env python3
"""A stranger's hour: random mutations of handshakes, requests, frames and events, while 50 sessions talk. Exit 0: none of these was broken.

usage: stranger.py SERVER [--minutes 60] [--sessions 50] [--strangers 8] [--seed N] [--livez-ms 100]

It lives
    the process is the one that was started, whatever was sent.
No loop stands still
    `/livez` answers within --livez-ms throughout, on connections of their own, asked by a process that does nothing else. What that
    process and the gateway waited for a processor meanwhile, by the kernel's account, is the machine's and is taken off.
No session is harmed
    each of the sessions says something every two seconds, and hears the gateway's `pong` and upstream's answer within ten; none ends.
Nothing is left over
    descriptors afterwards are those from before.

What was sent last stands in a folder that a run with a fault names: each file is one connection's bytes.
"""
import argparse, asyncio, collections, glob, json, multiprocessing, os, random, re, resource, socket, sys, tempfile, time

from voice_acceptance import Simulator, frame, mint, peer
from voice_acceptance.chaos.watch import Findings, WatchedGateway, percentile
from voice_acceptance.websocket import reset

PATIENCE = 10
KEY = b"dGhlIHNhbXBsZSBub25jZQ=="

EVENTS = [
    {"type": "session.update", "session": {"type": "realtime", "instructions": "a", "max_output_tokens": "inf", "audio": {"input": {
        "format": {"type": "audio/pcm", "rate": 24000}, "turn_detection": {"type": "server_vad", "silence_duration_ms": 500, "create_response": True},
        "transcription": {"model": "gpt-realtime-whisper"}}, "output": {"voice": "marin", "speed": 1.0}}, "tools": [], "tool_choice": "auto"}},
    {"type": "input_audio_buffer.append", "audio": "AAAA" * 400}, {"type": "input_audio_buffer.commit"}, {"type": "input_audio_buffer.clear"},
    {"type": "conversation.item.create", "previous_item_id": "root", "item": {"id": "item_1", "type": "message", "role": "user", "content": [
        {"type": "input_text", "text": "h\u00e9llo \U0001f600 w\u00f6rld"}]}},
    {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "call_1", "output": "{\"a\":1}"}},
    {"type": "conversation.item.retrieve", "item_id": "item_1"}, {"type": "conversation.item.delete", "item_id": "item_1"},
    {"type": "conversation.item.truncate", "item_id": "item_1", "content_index": 0, "audio_end_ms": 1500},
    {"type": "response.create", "event_id": "e1", "response": {"conversation": "none", "metadata": {"k": "v"}, "instructions": "b", "input": []}},
    {"type": "response.create"}, {"type": "response.cancel", "response_id": "resp_1"}, {"type": "output_audio_buffer.clear"},
    {"type": "ping", "event_id": "p"}, {"type": "voice.partial_transcript", "text": "what are your opening hours", "is_final": False},
    {"type": "voice.playback", "item_id": "item_1", "audio_end_ms": 800}, {"type": "voice.token.refresh", "token": "a.b.c"},
    {"type": "voice.session.end"}, {"type": "transcription_session.update", "session": {}}, {"type": "no.such.event", "x": [1, 2.5e300, None, True]},
]
ODD = [b"\t", b"\r", b"\n", b"\r\n", b"\0", b" ", b",", b":", b";", b"\"", b"\\", b"{", b"}", b"[" * 500, b"%00", b"\xff\xfe", b"\xf0\x9f\x98", b"\\ud83d",
       b"\\u0000", b"0" * 400, b"-1", b"1e400", b"9223372036854775808", b"18446744073709551616", b"NaN", b"\x7f\xff\xff\xff\xff\xff\xff\xff",
       b"Transfer-Encoding: chunked\r\n", b"Content-Length: 5\r\n", b"Content-Length: -1\r\n", b"Connection: close\r\n", b"Expect: 100-continue\r\n",
       b"Upgrade\t, h2c", b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n", b"\x81\xfe\xff\xff", b"\x89\xff", b"\x88\x80\0\0\0\0"]


class Recorded:
    """What well-behaved clients send, to be mutated."""

    def __init__(self, dice, token):
        self.dice, self.token = dice, token

    def handshake(self, token):
        path = self.dice.choice([b"/v1/ws/voice", b"/v1/realtime", b"/api/v1/realtime", b"/v1/realtime?model=gpt-realtime-2.1", b"/v1/ws/voice?session_id=vs_0123456789abcdef0123456789abcdef"])
        how = self.dice.randrange(4) if token else 4
        secret = self.token.encode()
        fields = {0: b"Authorization: Bearer " + secret + b"\r\n", 1: b"api-key: " + secret + b"\r\n",
                  2: b"Sec-WebSocket-Protocol: realtime, openai-insecure-api-key." + secret + b"\r\n"}.get(how, b"")
        if how == 3:
            path += (b"&" if b"?" in path else b"?") + b"token=" + secret
        return (b"GET " + path + b" HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" + fields +
                b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + KEY + b"\r\n\r\n")

    def request(self):
        dice, body = self.dice, b""
        method, path = dice.choice([
            (b"GET", b"/livez"), (b"GET", b"/readyz"), (b"GET", b"/v1/voice/health"), (b"GET", b"/v1/voice/stats"), (b"GET", b"/metrics"), (b"GET", b"/"),
            (b"GET", b"/dashboard"), (b"POST", b"/v1/voice/tickets"), (b"POST", b"/v1/realtime/client_secrets"), (b"POST", b"/v1/realtime/calls"),
            (b"GET", b"/v1/voice/sessions/vs_0123456789abcdef0123456789abcdef"), (b"DELETE", b"/v1/voice/sessions/x"), (b"OPTIONS", b"/v1/voice/tickets"),
            (b"HEAD", b"/v1/voice/health"), (b"GET", b"http://127.0.0.1/livez"), (b"TRACE", b"/livez"), (b"PRI", b"*")])
        fields = b"Host: 127.0.0.1\r\n"
        if dice.random() < 0.5:
            fields += b"Authorization: Bearer " + (self.token.encode() if dice.random() < 0.7 else b"a.b.c") + b"\r\n"
        if method == b"POST":
            body = dice.choice([b"", b"{}", json.dumps({"session": EVENTS[0]["session"]}).encode(), b"[" * 300, b'{"expires_after":{"anchor":"created_at","seconds":600}}'])
            if dice.random() < 0.3:
                fields += b"Transfer-Encoding: chunked\r\n"
                body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body) if body else b"0\r\n\r\n"
            else:
                fields += b"Content-Type: application/json\r\nContent-Length: %d\r\n" % len(body)
        if dice.random() < 0.2:
            fields += dice.choice([b"Connection: close\r\n", b"Origin: https://evil.example\r\n", b"X-Forwarded-For: 1.2.3.4, ::1\r\n", b"Accept: application/openmetrics-text\r\n"])
        return method + b" " + path + b" HTTP/1." + dice.choice([b"1", b"1", b"1", b"0"]) + b"\r\n" + fields + b"\r\n" + body

    def event(self):
        text = json.dumps(self.dice.choice(EVENTS), ensure_ascii=self.dice.random() < 0.5).encode()
        return self.mutated(text, 2) if self.dice.random() < 0.6 else text

    def frames(self):
        dice, out = self.dice, b""
        for _ in range(dice.randrange(1, 12)):
            kind = dice.random()
            if kind < 0.6:
                out += frame(1, self.event())
            elif kind < 0.75:
                text, cut = self.event(), dice.randrange(1, 40)
                out += frame(1, text[:cut], False) + (frame(9, b"?") if dice.random() < 0.5 else b"") + frame(0, text[cut:])
            elif kind < 0.9:
                out += frame(dice.choice([9, 10]), dice.randbytes(dice.randrange(126)))
            else:
                out += frame(dice.choice([0, 1, 2, 3, 8, 9, 11]), dice.randbytes(dice.randrange(200)), dice.random() < 0.7, dice.random() < 0.8, dice.randrange(8))
        return out

    def mutated(self, data, times=4):
        dice, data = self.dice, bytearray(data)
        for _ in range(dice.randrange(times + 1)):
            at, kind = dice.randrange(len(data) + 1), dice.randrange(7)
            end = min(len(data), at + dice.randrange(1, 40))
            if kind == 0 and at < len(data): data[at] ^= 1 << dice.randrange(8)
            elif kind == 1: data[at:at] = dice.choice(ODD)
            elif kind == 2: del data[at:end]
            elif kind == 3: data[at:at] = data[at:end] * dice.randrange(1, 20)
            elif kind == 4: data[at:end] = dice.randbytes(end - at)
            elif kind == 5:
                numbers = list(re.finditer(rb"\d+", data))
                if numbers:
                    number = dice.choice(numbers)
                    data[number.start():number.end()] = dice.choice([b"0", b"-1", b"1e308", b"99999999999999999999", b"9007199254740993", b"-0", b"01", b"1.5"])
            elif kind == 6: data = data[:at] if dice.random() < 0.3 else data
        return bytes(data)

    def connection(self):
        """Bytes of one connection: the handshake or the requests, and what goes behind an upgrade."""
        dice = self.dice
        kind = dice.random()
        if kind < 0.25:
            return self.mutated(b"".join(self.request() for _ in range(dice.randrange(1, 6))), 6), b""
        if kind < 0.4:
            return self.mutated(self.handshake(dice.random() < 0.5), 6) + (self.frames() if dice.random() < 0.5 else self.request()), b""
        if kind < 0.5:
            return self.request() + self.handshake(dice.random() < 0.5), self.frames()
        return self.handshake(dice.random() < 0.8), self.mutated(self.frames(), 2 if dice.random() < 0.5 else 0)


async def stranger(options, dice, port, recorded, report, until):
    while time.monotonic() < until:
        first, second = recorded.connection()
        report.sent.append(first + second)
        report.count["connections"] += 1
        writer = None
        try:
            async with asyncio.timeout(20):
                reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 24)
                await say(dice, writer, first)
                if second:
                    head = await asyncio.wait_for(reader.read(1 << 16), 8)
                    report.count["upgrades"] += head.startswith(b"HTTP/1.1 101")
                    await say(dice, writer, second)
                how = dice.random()
                if how < 0.3 and not writer.is_closing():
                    writer.write_eof()
                if how < 0.8:
                    async with asyncio.timeout(dice.random() * 0.6):
                        while said := await reader.read(1 << 20):
                            report.count["bytes heard"] += len(said)
        except (OSError, TimeoutError, RuntimeError):
            pass
        finally:
            if writer:
                if dice.random() < 0.3:
                    reset(writer.transport)
                else:
                    writer.transport.abort()


async def say(dice, writer, data):
    """At once, in a few pieces, or in many."""
    size = dice.choice([len(data), len(data), dice.randrange(1, 200), 7])
    for start in range(0, min(len(data), size * 60), max(1, size)):
        if writer.is_closing():
            return
        writer.write(data[start:start + max(1, size)] if start + size < size * 60 else data[start:])
        if size < len(data):
            await asyncio.sleep(0)
    await writer.drain()


class Session:
    """A session that goes on: it asks, and waits for the gateway's answer and for upstream's."""

    def __init__(self, number, port, token, report):
        self.number, self.port, self.token, self.report = number, port, token, report
        self.socket, self.waiting, self.is_over, self.turn = None, {}, False, 0

    async def run(self, until):
        self.socket = await peer.dial(self, self.port, f"/v1/ws/voice?token={self.token}")
        dice = random.Random(self.number)
        await asyncio.sleep(dice.random() * 2)
        while time.monotonic() < until and not self.is_over:
            self.turn += 1
            self.waiting.update({"pong": time.monotonic(), "item": time.monotonic()})
            self.socket.send(json.dumps({"type": "ping", "event_id": f"p{self.turn}"}).encode())
            name = f"item_{self.number}_{self.turn}"
            self.socket.send(json.dumps({"type": "conversation.item.create", "item": {
                "id": name, "type": "message", "role": "user", "content": [{"type": "input_text", "text": "hello"}]}}).encode())
            if self.turn % 10 == 0:
                self.socket.send(b'{"type":"response.create","response":{"output_modalities":["text"]}}')
            self.socket.send(json.dumps({"type": "conversation.item.delete", "item_id": name}).encode())
            await asyncio.sleep(2)
            for what, since in self.waiting.items():
                if time.monotonic() - since > PATIENCE:
                    self.report.fault("a session waits in vain", f"{self.number}: {what} since {time.monotonic() - since:.1f} s")
        over, self.is_over = self.is_over, True
        if not over:
            self.socket.close(1000)

    def opened(self, socket):
        self.report.count["sessions opened"] += 1

    def received(self, socket, message):
        event = json.loads(message)
        if event["type"] == "pong": self.answered("pong")
        elif event["type"] in ("conversation.item.done", "conversation.item.added"): self.answered("item")
        elif event["type"] == "error": self.report.fault("a session got an error", json.dumps(event["error"])[:200])

    def answered(self, what):
        if since := self.waiting.pop(what, None):
            self.report.waits.append(time.monotonic() - since)

    def closed(self, socket, code, reason):
        if not self.is_over:
            self.report.fault("a session ended", f"{self.number}: {code} {reason}")
        self.is_over = True


class Report(Findings):
    def __init__(self):
        super().__init__()
        self.waits, self.sent = [], collections.deque(maxlen=400)


def starved(pid):
    """Seconds that each thread of a process was ready to run and did not, by thread."""
    delays = {}
    for path in glob.glob(f"/proc/{pid}/task/*/schedstat"):
        try:
            delays[path] = int(open(path).read().split()[1]) / 1e9
        except (OSError, IndexError):
            pass  # the thread has ended
    return delays


def probe(port, gateway, samples, slow):
    """Asks for /livez twenty times a second. `samples`: count, sum and longest in seconds; `slow`: bound, and how many were slower."""
    request = b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    processes = (gateway, os.getpid())
    while True:
        time.sleep(0.05)
        before = [starved(pid) for pid in processes]
        began = time.monotonic()
        try:
            with socket.create_connection(("127.0.0.1", port), 30) as connection:
                connection.sendall(request)
                good = connection.recv(100).startswith(b"HTTP/1.1 200")
        except OSError:
            good = False
        took = time.monotonic() - began if good else 30.0
        for pid, earlier in zip(processes, before):
            took -= max((delay - earlier.get(thread, 0) for thread, delay in starved(pid).items()), default=0)
        took = max(0.0, took)
        samples[0] += 1
        samples[1] += took
        samples[2] = max(samples[2], took)
        if took > slow[0]:
            slow[1] += 1


async def main(options):
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(65_536, resource.getrlimit(resource.RLIMIT_NOFILE)[1]),) * 2)
    report = Report()
    simulator = Simulator(options.server)
    gateway = WatchedGateway(
        options.server, simulator.url, VOICE_MAX_SESSION_SECONDS="86400", VOICE_IDLE_TIMEOUT_SECONDS="0", LOG_LEVEL="notice",
        VOICE_RESUME_GRACE_SECONDS="1", VOICE_HANDSHAKE_TIMEOUT_SECONDS="5", VOICE_SESSION_TTL_SECONDS="60")

    token_of_all, token_of_strangers = (mint(user, exp=int(time.time()) + 86_400) for user in ("ada", "mallory"))
    samples, slow = multiprocessing.Array("d", [0, 0, 0]), multiprocessing.Array("d", [options.livez_ms / 1000, 0])
    prober = multiprocessing.Process(target=probe, args=(gateway.port, gateway.pid, samples, slow), daemon=True)
    try:
        until = time.monotonic() + options.minutes * 60
        before = gateway.sample()
        sessions = [Session(number, gateway.port, token_of_all, report) for number in range(options.sessions)]
        talking = [asyncio.create_task(session.run(until)) for session in sessions]
        for _ in range(300):
            await asyncio.sleep(0.1)
            if report.count["sessions opened"] == options.sessions:
                break
        else:
            report.fault("sessions do not open", f"{report.count['sessions opened']} of {options.sessions}")
        prober.start()
        strangers = []
        for number in range(options.strangers):
            dice = random.Random(f"{options.seed} {number}")
            strangers.append(asyncio.create_task(stranger(options, dice, gateway.port, Recorded(dice, token_of_strangers), report, until)))
        while time.monotonic() < until:
            await asyncio.sleep(min(options.every, max(0.1, until - time.monotonic())))
            if not gateway.is_running:
                report.fault("the gateway ended", f"exit {gateway.code}; {''.join(gateway.lines[-30:])}")
                break
            resident, descriptors, cpu = gateway.sample()
            print(f"{(time.monotonic() - report.began) / 60:5.1f} min  {report.count['connections']:,} connections, {report.count['upgrades']:,} upgraded; "
                  f"sessions alive {sum(not session.is_over for session in sessions)}; /livez longest {samples[2] * 1000:.0f} ms; "
                  f"{resident / 1024:.0f} MiB, {descriptors} descriptors; faults {sum(report.faults.values())}", flush=True)
        for task in strangers + talking:
            if task.done() and task.exception():
                report.fault("a task of this run failed", repr(task.exception()))
            task.cancel()
        await asyncio.gather(*strangers, *talking, return_exceptions=True)
        prober.terminate()
        if gateway.is_running:
            for session in sessions:
                if not session.is_over:
                    session.is_over = True
                    session.socket.close(1000)
            for _ in range(60):
                await asyncio.sleep(0.5)
                if gateway.sample()[1] <= before[1] + 8:
                    break
            else:
                report.fault("descriptors left over", f"{before[1]} before, {gateway.sample()[1]} after")
        if slow[1]:
            report.fault("/livez was slow", f"{slow[1]:.0f} of {samples[0]:.0f} took longer than {options.livez_ms} ms, the longest {samples[2] * 1000:.0f} ms")
        print(f"/livez: {samples[0]:.0f} times, mean {1000 * samples[1] / max(1, samples[0]):.1f} ms, longest {samples[2] * 1000:.1f} ms, {slow[1]:.0f} over the bound; load average {os.getloadavg()[0]:.1f}")
        print("a session's wait for an answer: p50 %.1f ms, p99 %.1f ms, longest %.1f ms" % tuple(1000 * percentile(report.waits, share) for share in (0.5, 0.99, 1)))
        print(dict(report.count))
    finally:
        if prober.is_alive():
            prober.terminate()
        code = gateway.finish()
        simulator.kill()
    if code != 0:
        report.fault("the gateway's exit", f"{code}")
    if report.faults:
        folder = tempfile.mkdtemp(prefix="strangers-")
        for number, sent in enumerate(report.sent):
            with open(f"{folder}/{number:03}", "wb") as file:
                file.write(sent)
        print("what was sent last:", folder)
    return report.verdict(options.seed)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(usage=__doc__.split("\n")[2])
    parser.add_argument("server")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--sessions", type=int, default=50)
    parser.add_argument("--strangers", type=int, default=8)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--livez-ms", type=int, default=100)
    parser.add_argument("--every", type=float, default=30, help="seconds between lines of progress")
    sys.exit(asyncio.run(main(parser.parse_args())))
