"""A TCP forwarder that passes every byte on as it is, and reads along what the WebSocket frames say."""
import asyncio, contextlib, json


class FrameReader:
    """Takes the bytes of one direction; answers the text messages that they complete."""

    def __init__(self):
        self.data, self.message, self.head = bytearray(), bytearray(), b""

    def feed(self, data):
        self.data += data
        if not self.head:
            end = self.data.find(b"\r\n\r\n")
            if end < 0:
                return
            self.head = bytes(self.data[:end])
            del self.data[:end + 4]
        while (frame := self.take_frame()) is not None:
            final, opcode, payload = frame
            if opcode == 8:
                yield {"type": "close", "code": int.from_bytes(payload[:2], "big"), "reason": payload[2:].decode()}
            elif opcode < 3:
                self.message += payload
                if final:
                    yield json.loads(self.message)
                    self.message = bytearray()

    def take_frame(self):
        data = self.data
        if len(data) < 2:
            return None
        assert not data[0] & 0x70, "extensions are in use"
        start, length = 2, data[1] & 0x7F
        if length > 125:
            size = 2 if length == 126 else 8
            if len(data) < 2 + size:
                return None
            start, length = 2 + size, int.from_bytes(data[2:2 + size], "big")
        mask = b""
        if data[1] & 0x80:
            mask, start = data[start:start + 4], start + 4
        if len(data) < start + length:
            return None
        final, opcode, payload = bool(data[0] & 0x80), data[0] & 0x0F, bytes(data[start:start + length])
        if mask:
            key = bytes(mask) * (length // 4 + 1)
            payload = (int.from_bytes(payload, "big") ^ int.from_bytes(key[:length], "big")).to_bytes(length, "big")
        del data[:start + length]
        return final, opcode, payload


class Tap:
    """Listens on `port` for one client of the server at `host`:`target`. `events` has ("client" or "server", event) in the order of the wire."""

    def __init__(self, host, target):
        self.host, self.target, self.events, self.pumps, self.connections = host, target, [], set(), 0

    async def __aenter__(self):
        self.server = await asyncio.start_server(self.accept, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self.server.close()
        for pump in self.pumps:
            pump.cancel()
        await asyncio.gather(*self.pumps, return_exceptions=True)

    async def accept(self, reader, writer):
        self.connections += 1
        upstream_reader, upstream_writer = await asyncio.open_connection(self.host, self.target)
        for side, source, sink in (("client", reader, upstream_writer), ("server", upstream_reader, writer)):
            pump = asyncio.create_task(self.pump(side, source, sink))
            self.pumps.add(pump)

    async def pump(self, side, source, sink):
        frames = FrameReader()
        with contextlib.suppress(ConnectionError):
            while data := await source.read(65536):
                sink.write(data)
                for event in frames.feed(data):
                    self.events.append((side, event))
                await sink.drain()
        sink.close()
