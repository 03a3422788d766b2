#!/usr/bin/env python3
"""Attacks `voice-server run` the way strangers would, and says what became of it: exit 1 when it crashed, leaked or kept anybody
waiting.

usage: attack.py [NAME…]      names of attacks, all of them by default; CONNECTS=5000 ROUNDS=4
"""
import asyncio, collections, os, random, struct, sys, time

from voice_acceptance import Gateway, Simulator, WebSocket, check, finish, frame, server_binary

HANDSHAKE_SECONDS = 3
CONNECTS, ROUNDS = int(os.environ.get("CONNECTS", "5000")), int(os.environ.get("ROUNDS", "4"))


class Target(Gateway):
    """A gateway with short deadlines, which keeps nothing for an hour on purpose: it would look like a leak."""

    def __init__(self, binary):
        self.upstream = Simulator(binary)
        super().__init__(
            binary, self.upstream.url, LOG_LEVEL="notice", VOICE_ALLOWED_PLANS="", VOICE_HANDSHAKE_TIMEOUT_SECONDS=str(HANDSHAKE_SECONDS),
            VOICE_RESUME_GRACE_SECONDS="0", VOICE_SESSION_TTL_SECONDS="1")
        self.bearer = self.token("mallory")

    def stop(self):
        self.kill()
        self.upstream.kill()


async def opened(server, wait_for=b'"session.created"'):
    client = await WebSocket.open(server.port, token=server.bearer)
    if wait_for:
        await asyncio.wait_for(client.reader.readuntil(wait_for), 60)
    return client


async def end_of(client, seconds=60):
    """What the server said last: a close code, "eof", "reset", or "open" when it went on."""
    said = b""
    try:
        async with asyncio.timeout(seconds):
            while more := await client.reader.read(1 << 20):
                said = (said + more)[-200_000:]
    except (ConnectionResetError, BrokenPipeError):
        return "reset"
    except TimeoutError:
        return "open"
    finally:
        client.abort()
    if said.endswith(b"\x88\x00"):
        return 1005, ""
    # The last frame is the close: nothing may come behind it.
    for size in range(2, min(126, len(said) - 1)):
        if said[-size - 2:-size] == bytes([0x88, size]):
            return struct.unpack("!H", said[-size:][:2])[0], said[-size:][2:].decode()
    return "eof"


async def liveness(server):
    """Seconds to an answer of /livez."""
    began = time.monotonic()
    client = await WebSocket.connect(server.port)
    client.write(b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    answer = await asyncio.wait_for(client.reader.read(), 60)
    client.abort()
    assert answer.startswith(b"HTTP/1.1 200"), answer
    return time.monotonic() - began


async def settled(server, descriptors, seconds=30):
    """Waits until no more descriptors are open than at first."""
    for _ in range(seconds * 10):
        if server.descriptors() <= descriptors:
            return True
        await asyncio.sleep(0.1)
    return False


# The attacks.


async def slowloris(server):
    """Handshakes that never end: silent, drop by drop, a body without end; others are served all the while."""
    async def one(kind):
        client = await WebSocket.connect(server.port)
        began = time.monotonic()
        if kind:
            client.write(b"GET /v1/ws/voice HTTP/1.1\r\nHost: x\r\n" if kind == 1 else b"POST /v1/voice/tickets HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\n\r\n")
        ending = asyncio.create_task(end_of(client, HANDSHAKE_SECONDS * 20))
        while kind and not ending.done():
            client.write(b"X-A: b\r\n")
            await asyncio.wait([ending], timeout=0.3)
        return await ending, time.monotonic() - began
    waiting = [asyncio.create_task(one(number % 3)) for number in range(600)]
    await asyncio.sleep(1)
    slowest = max([await liveness(server) for _ in range(10)])
    ends = await asyncio.gather(*waiting)
    check(all(end != "open" for end, _ in ends), f"600 handshakes that never end are all closed, the last after {max(t for _, t in ends):.1f} s")
    check(slowest < 5, f"others are served meanwhile, in {slowest * 1000:.0f} ms at the most")


async def heads(server):
    """Heads without end, of one line or of many, and plain garbage."""
    kinds = {
        "a line without end": b"GET /v1/ws/voice?" + b"x" * 4_000_000,
        "fields without end": b"GET /v1/ws/voice HTTP/1.1\r\nHost: x\r\n" + b"X-A: bbbbbbbbbbbbbbbb\r\n" * 200_000,
        "one field without end": b"GET /v1/ws/voice HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 4_000_000,
        "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + os.urandom(500),
        "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(100),
        "zeros": bytes(1_000_000),
    }
    for name, data in kinds.items():
        client = await WebSocket.connect(server.port)
        client.write(data)
        answer = b""
        try:
            answer = await asyncio.wait_for(client.reader.read(100), 30)
            how = answer.split(b"\r\n")[0].decode() or "closed"
        except ConnectionResetError:
            how = "reset"
        except TimeoutError:
            how = "open"
        client.abort()
        check(how in ("closed", "reset") or how.startswith("HTTP/1.1 4"), f"{name}: {how}")


async def garbage(server):
    """Random bytes in place of a handshake, and in place of frames."""
    dice = random.Random(1)
    async def one(number):
        # The dice are thrown before anything is waited for: the same bytes in every run.
        data = dice.randbytes(dice.randrange(1, 4_000))
        client = await (WebSocket.connect(server.port) if number % 4 == 0 else opened(server))
        if number % 4 == 2:
            data = frame(1, b'{"type":"ping"}') + data
        elif number % 4 == 3:
            data = frame(dice.choice([0, 1, 2, 8, 9, 10]), data[:100], dice.random() < 0.5, True, 0) + data
        client.write(data)
        client.writer.write_eof()
        return await end_of(client)
    ends = collections.Counter()
    for first in range(0, 2_000, 100):
        for end in await asyncio.gather(*(one(number) for number in range(first, first + 100))):
            ends[end[0] if isinstance(end, tuple) else end] += 1
    check(ends["open"] == 0, f"2,000 connections that say random bytes all end: {dict(ends.most_common())}")


async def fragments(server):
    """Messages in endless parts, with pings between them."""
    part, ping = frame(0, b"x", False), frame(9, b"?")
    async def one(data, expected):
        client = await opened(server)
        client.write(data)
        end = await end_of(client)
        check(end == expected[1], f"{expected[0]}: {end}")
    await one(frame(1, b"[", False) + part * 5_000, ("parts of one byte without end", (1008, "Too many fragments")))
    await one(frame(1, b"", False) + frame(0, b"", False) * 5_000, ("empty parts without end", (1008, "Too many fragments")))
    await one(frame(1, b"[", False) + (part + ping) * 5_000, ("parts and pings", (1008, "Too many fragments")))
    await one(frame(1, b"[", False) + frame(0, b" " * 65_000, False) * 400, ("large parts without end", (1009, "Message too large")))
    await one(frame(1, b"\xf0\x9f", False) + ping + frame(0, b"\x98", False) + frame(0, b"x"), ("bad UTF-8 over three parts", (1007, "Invalid UTF-8")))
    await one(frame(1, b'{"type":"ping"}') + frame(1, b"{}", masked=False), ("a masked frame, then one that is not", (1002, "Client frames must be masked")))
    await one(b"\x81\xff" + struct.pack("!Q", 1 << 63) + bytes(4), ("a length of 2^63", (1002, "Length has its top bit set")))
    await one(b"\x81\xff" + struct.pack("!Q", (1 << 63) - 1) + bytes(4), ("a length of 2^63 - 1", (1009, "Message too large")))
    before = server.memory()[0]
    held = await asyncio.gather(*(opened(server) for _ in range(50)))
    for client in held:
        client.write(b"\x81\xff" + struct.pack("!Q", 20_000_000) + bytes(4) + b"x" * 1_000)
    await asyncio.sleep(1)
    grown = server.memory()[0] - before
    for client in held:
        client.abort()
    check(grown < 50, f"50 messages that announce 20 MB each and send 1 KB take {grown:.0f} MiB")


async def pings(server):
    """Pings as fast as they go, from clients that read nothing."""
    began, cpu = server.memory()[0], server.cpu()
    clients = await asyncio.gather(*(opened(server) for _ in range(8)))
    data, sent = frame(9, b"?" * 125) * 2_000, 0
    for client in clients:
        client.writer.transport.pause_reading()
    until = time.monotonic() + 12
    slowest = 0
    while time.monotonic() < until:
        for client in clients:
            if client.writer.transport.get_write_buffer_size() < 1 << 20 and not client.writer.is_closing():
                client.write(data)
                sent += 2_000
        await asyncio.sleep(0)
        if sent % 160_000 == 0:
            slowest = max(slowest, await liveness(server))
    grown = server.memory()[1] - began
    for client in clients:
        client.reset()
    check(grown < 64, f"{sent:,} pings of 125 bytes whose pongs nobody reads take {grown:.0f} MiB at the most, {server.cpu() - cpu:.1f} s of CPU")
    check(slowest < 5, f"others are served meanwhile, in {slowest * 1000:.0f} ms at the most")


async def floods(server):
    """Events as fast as they go, from a client that reads nothing: those that the gateway answers, and those that it passes on."""
    for name, text in {"ping": b'{"type":"ping"}', "no JSON": b"no JSON", "passed on": b'{"type":"conversation.item.retrieve","item_id":"x"}'}.items():
        before = server.memory()[0]
        client = await opened(server)
        client.writer.transport.pause_reading()
        data, until = frame(1, text) * 2_000, time.monotonic() + 6
        while time.monotonic() < until and not client.writer.is_closing():
            if client.writer.transport.get_write_buffer_size() < 1 << 20:
                client.write(data)
            await asyncio.sleep(0.001)
        slowest = await liveness(server)
        grown = server.memory()[1] - before
        client.reset()
        check(grown < 64 and slowest < 5, f"events without end ({name}) take {grown:.0f} MiB at the most; others are served in {slowest * 1000:.0f} ms")
    # Before upstream is there, all that a client says waits.
    before = server.memory()[0]
    clients = await asyncio.gather(*(opened(server, wait_for=None) for _ in range(50)))
    for client in clients:
        client.write(frame(1, b'{"type":"x","y":"' + b"y" * 50_000 + b'"}') * 40)
    await asyncio.sleep(2)
    for client in clients:
        client.reset()
    check(server.memory()[1] - before < 300, f"50 clients that say 2 MB each before their session is open take {server.memory()[1] - before:.0f} MiB at the most")


async def closes(server):
    """Every order of the last words."""
    bye = frame(8, struct.pack("!H", 1000))
    async def one(name, data, expected, half=False):
        client = await opened(server)
        client.write(data)
        if half:
            client.writer.write_eof()
        end = await end_of(client, 20)
        code = end[0] if isinstance(end, tuple) else end
        check(code in expected, f"{name}: {end}")
    await one("a close without a code", frame(8), [1005])
    await one("a close, then more", bye + frame(1, b'{"type":"ping"}') * 10 + b"\xff" * 100, [1000])
    await one("two closes", bye + frame(8, struct.pack("!H", 4000)), [1000])
    await one("the end of the session and a close at once", frame(1, b'{"type":"voice.session.end"}') + bye, [1000])
    await one("a close, and half of TCP", bye, [1000], half=True)
    await one("half of TCP alone", b"", ["eof"], half=True)
    await one("a frame that is cut off", frame(1, b"x" * 500)[:100], ["eof"], half=True)
    dice = random.Random(2)
    async def race():
        how, pause = dice.randrange(5), dice.random() * 0.02
        client = await opened(server, wait_for=None if dice.random() < 0.5 else b'"session.created"')
        await asyncio.sleep(pause)
        if how == 0: client.write(bye); client.reset()
        if how == 1: client.write(frame(1, b'{"type":"response.create"}') * 3 + bye); client.abort()
        if how == 2: client.write(frame(1, b'{"type":"voice.session.end"}')); client.writer.write_eof()
        if how == 3: client.reset()
        if how == 4: client.write(b"\xff\xff")
        return await end_of(client, 20)
    ends = collections.Counter()
    for _ in range(10):
        for end in await asyncio.gather(*(race() for _ in range(50))):
            ends[end[0] if isinstance(end, tuple) else end] += 1
    check(ends["open"] == 0, f"500 races of all of these end: {dict(ends.most_common())}")


async def connects(server):
    """Thousands of sessions with every kind of end, over and over: memory comes to a standstill."""
    async def one(number):
        if number % 5 == 4:
            client = await WebSocket.connect(server.port)
            client.write(client.handshake(server.port, token=server.bearer)[:random.randrange(1, 200)])
            client.abort()
            return
        client = await opened(server, wait_for=b'"session.created"' if number % 5 < 3 else None)
        if number % 5 == 0:
            client.write(frame(8, struct.pack("!H", 1000)))
            await end_of(client)
        elif number % 5 == 1: client.reset()
        else: client.abort()
    sizes = []
    began = time.monotonic()
    for _ in range(ROUNDS):
        for first in range(0, CONNECTS, 100):
            await asyncio.gather(*(one(number) for number in range(first, first + 100)))
        await asyncio.sleep(2)
        sizes.append(server.memory()[0])
    check(sizes[-1] < sizes[1] + 8,
          f"{ROUNDS} times {CONNECTS:,} connects leave {', '.join(f'{size:.1f}' for size in sizes)} MiB ({ROUNDS * CONNECTS / (time.monotonic() - began):.0f} a second)")


async def silence(server):
    """A client that says nothing more is pinged, and closed when no pong comes."""
    client = await opened(server)
    began = time.monotonic()
    end = await end_of(client, 90)
    check(end != "open" and 45 < time.monotonic() - began < 65, f"a client without a sign of life: {end} after {time.monotonic() - began:.0f} s")


async def main():
    binary, names = server_binary(), sys.argv[1:]
    attacks = [slowloris, heads, garbage, fragments, pings, floods, closes, connects, silence]
    for attack in attacks:
        if names and attack.__name__ not in names:
            continue
        server = Target(binary)
        try:
            (await opened(server)).abort()
            await asyncio.sleep(0.5)
            descriptors = server.descriptors()
            print(f"{attack.__name__}: {attack.__doc__.split(chr(10))[0]}", flush=True)
            await attack(server)
            back = await settled(server, descriptors)
            check(back, f"descriptors afterwards: {server.descriptors()}, before: {descriptors}")
            check(server.is_running and await liveness(server) < 5, f"it lives; {server.memory()[0]:.1f} MiB, {server.memory()[1]:.1f} at the most")
        except Exception as problem:
            check(False, f"{attack.__name__}: {problem!r}; {server.process.poll()} {server.text[-500:]}")
        finally:
            server.stop()
    finish()


asyncio.run(main())
