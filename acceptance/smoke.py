#!/usr/bin/env python3
"""Starts `voice-server demo`, holds a typed and a spoken turn through it, stops it. Standard library alone.

usage: smoke.py PATH/TO/voice-server
"""
import base64, json, math, os, re, signal, socket, struct, subprocess, sys, threading, time, urllib.error, urllib.request


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class WebSocket:
    """Just enough of RFC 6455 for one text conversation."""

    def __init__(self, port, path):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=15)
        self.data = b""
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall((
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n").encode())
        while b"\r\n\r\n" not in self.data:
            self.fill()
        head, self.data = self.data.split(b"\r\n\r\n", 1)
        assert head.startswith(b"HTTP/1.1 101 "), head

    def fill(self):
        more = self.socket.recv(65536)
        if not more:
            raise ConnectionError("closed without a close frame")
        self.data += more

    def take(self, count):
        while len(self.data) < count:
            self.fill()
        taken, self.data = self.data[:count], self.data[count:]
        return taken

    def send(self, event):
        payload, mask = json.dumps(event).encode(), os.urandom(4)
        size = len(payload)
        length = bytes([0x80 | size]) if size < 126 else struct.pack("!BH", 0xFE, size) if size < 65536 else struct.pack("!BQ", 0xFF, size)
        masked = (int.from_bytes(payload, "big") ^ int.from_bytes((mask * (size // 4 + 1))[:size], "big")).to_bytes(size, "big")
        self.socket.sendall(b"\x81" + length + mask + masked)

    def event(self):
        """The next event; a close frame is ("close", code, reason)."""
        text = b""
        while True:
            first, second = self.take(2)
            size = second & 0x7F
            if size == 126:
                size = struct.unpack("!H", self.take(2))[0]
            elif size == 127:
                size = struct.unpack("!Q", self.take(8))[0]
            payload, opcode = self.take(size), first & 0x0F
            if opcode == 8:
                return {"type": "close", "code": struct.unpack("!H", payload[:2])[0], "reason": payload[2:].decode()}
            if opcode in (0, 1):
                text += payload
                if first & 0x80:
                    return json.loads(text)

    def until(self, wanted):
        seen = []
        while True:
            event = self.event()
            seen.append(event)
            if event["type"] == wanted:
                return seen
            assert event["type"] not in ("error", "close"), event


def get(port, path, expected=200):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            status, headers, body = answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as error:
        status, headers, body = error.code, error.headers, error.read().decode()
    assert status == expected, (path, status, body[:300])
    return headers, body


def speech(seconds):
    """A voice-like sound, 16 bit at 24 kHz."""
    return b"".join(
        struct.pack("<h", int(9000 * math.sin(t / 24000 * 2 * math.pi * 180) * (1 + math.sin(t / 24000 * 2 * math.pi * 4)) / 2))
        for t in range(int(seconds * 24000)))


def converse(port, token):
    client = WebSocket(port, f"/v1/ws/voice?token={token}")
    seen = client.until("session.created")
    ready = next(event for event in seen if event["type"] == "voice.session.ready")
    assert ready["session_id"].startswith("vs_") and ready["plan"], ready

    client.send({"type": "conversation.item.create", "item": {
        "type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello, who is there?"}]}})
    client.send({"type": "response.create"})
    done = client.until("response.done")[-1]
    assert done["response"]["status"] == "completed", done

    sound = speech(1.2) + bytes(2 * 24000)
    chunk = 2 * 24000 // 10

    def talk():
        for start in range(0, len(sound), chunk):
            client.send({"type": "input_audio_buffer.append", "audio": base64.b64encode(sound[start:start + chunk]).decode()})
            time.sleep(0.05)

    speaker = threading.Thread(target=talk)
    speaker.start()
    seen = [event["type"] for event in client.until("response.done")]
    speaker.join()
    for wanted in ("input_audio_buffer.speech_started", "input_audio_buffer.speech_stopped", "response.output_audio.delta"):
        assert wanted in seen, (wanted, seen)
    client.send({"type": "voice.session.end"})
    end = client.event()
    while end["type"] != "close":
        end = client.event()
    assert (end["code"], end["reason"]) == (1000, "Session ended"), end


def main():
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LD_LIBRARY_PATH", "CI")}
    server = subprocess.Popen([sys.argv[1], "demo", "--port", str(port)], stdout=subprocess.PIPE, text=True, env=environment)
    watchdog = threading.Timer(60, server.kill)
    watchdog.start()
    try:
        line = server.stdout.readline()
        url = re.search(r"http://127\.0\.0\.1:(\d+)/\?token=(\S+)", line)
        assert url and int(url[1]) == port, f"no ready URL in {line!r}"
        headers, page = get(port, "/")
        assert page.lower().startswith("<!doctype html") and "nonce-" in headers["content-security-policy"]
        health = json.loads(get(port, "/v1/voice/health")[1])
        assert health["status"] == "healthy", health
        get(port, "/readyz")
        get(port, "/v1/realtime", 426)
        converse(port, url[2])
        stats = json.loads(get(port, "/v1/voice/stats")[1])
        assert stats["sessions"]["started"] == 1 and stats["sessions"]["ended"] == {"session_ended": 1}, stats["sessions"]
        assert stats["audio_chunks"]["from_client"] >= 10 and stats["turn_latency"]["count"] == 1, stats
        assert "voice_sessions_started_total 1" in get(port, "/metrics")[1]
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=30) == 0, server.returncode
    finally:
        watchdog.cancel()
        server.kill()
    print("smoke: a typed and a spoken turn, figures, a clean stop")


main()
