"""WebSocket connections by callback, of either side, for runs with hundreds of sessions: they drop, reset and stop reading as told."""
import asyncio, base64, hashlib, socket, struct

from .websocket import WebSocket, frame, reset

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


# The first byte of a text message in one frame, and what is unmasked of one that is skimmed.
WHOLE, SKIMMED = 0x80 | TEXT, 64


def unmasked(payload, key):
    length = len(payload)
    return (int.from_bytes(payload, "big") ^ int.from_bytes((key * (length // 4 + 1))[:length], "big")).to_bytes(length, "big")


class Peer(asyncio.Protocol):
    """One connection, of either side. `owner` has opened(ws), received(ws, bytes) and closed(ws, code, reason), and, of a server,
    asked(ws, path), which answers an HTTP status, 101 to go on, or None when it ended the connection itself.
    A message that begins with `skims`, once that is set, goes to owner.skimmed(ws, 64 bytes, length) in place of received: unmasking all
    of it is most of what a message costs. Every 64th is unmasked whole all the same."""

    def __init__(self, owner, request=None):
        self.owner, self.request = owner, request
        self.transport, self.buffer, self.is_open, self.is_over = None, bytearray(), False, False
        self.said = None            # what the peer's close frame said
        self.parts = bytearray()
        self.is_deaf = False        # reads and answers nothing
        self.can_write = True
        self.skims, self.skipped = None, 0

    def connection_made(self, transport):
        self.transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        transport.set_write_buffer_limits(high=1 << 20)
        if self.request:
            transport.write(self.request)

    def pause_writing(self):
        self.can_write = False

    def resume_writing(self):
        self.can_write = True

    def data_received(self, data):
        if self.is_deaf or self.is_over:
            return
        self.buffer += data
        if not self.is_open:
            self.shake()
        if self.is_open:
            self.read_frames()

    def shake(self):
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head, self.buffer = bytes(self.buffer[:end]), self.buffer[end + 4:]
        lines = head.decode("latin1").split("\r\n")
        if self.request:
            status = int(lines[0].split()[1])
            if status != 101:
                self.said = (status, "HTTP")
                return self.transport.close()
        else:
            fields = {k.lower(): v.strip() for k, v in (line.split(":", 1) for line in lines[1:])}
            status = self.owner.asked(self, lines[0].split()[1])
            if status is None:
                return
            if status != 101:
                self.transport.write(b"HTTP/1.1 %d No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" % status)
                return self.transport.close()
            accept = base64.b64encode(hashlib.sha1(fields["sec-websocket-key"].encode() + GUID).digest())
            self.transport.write(
                b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + accept + b"\r\n\r\n")
        self.is_open = True
        self.owner.opened(self)

    def read_frames(self):
        buffer, at = self.buffer, 0
        while len(buffer) - at >= 2 and not self.is_deaf and not self.is_over:
            first, second = buffer[at], buffer[at + 1]
            length, start = second & 127, at + 2
            if length == 126:
                if len(buffer) < start + 2:
                    break
                length, start = struct.unpack_from(">H", buffer, start)[0], start + 2
            elif length == 127:
                if len(buffer) < start + 8:
                    break
                length, start = struct.unpack_from(">Q", buffer, start)[0], start + 8
            mask = None
            if second & 128:
                mask, start = buffer[start:start + 4], start + 4
            if len(buffer) < start + length:
                break
            at = start + length
            if mask and self.skims and length > SKIMMED and first == WHOLE and self.skipped < 63 and not self.parts:
                head = unmasked(bytes(buffer[start:start + SKIMMED]), bytes(mask))
                if head.startswith(self.skims):
                    self.skipped += 1
                    self.owner.skimmed(self, head, length)
                    continue
            self.skipped = 0
            payload = bytes(buffer[start:start + length])
            if mask and any(mask):
                payload = unmasked(payload, bytes(mask))
            self.frame(first & 15, bool(first & 128), payload)
        del self.buffer[:at]

    def frame(self, opcode, is_final, payload):
        if opcode in (0, TEXT):
            if is_final and not self.parts:
                return self.owner.received(self, payload)
            self.parts += payload
            if is_final:
                whole, self.parts = bytes(self.parts), bytearray()
                self.owner.received(self, whole)
        elif opcode == PING:
            self.write(PONG, payload)
        elif opcode == CLOSE and self.said is None:
            self.said = (struct.unpack(">H", payload[:2])[0], payload[2:].decode()) if len(payload) >= 2 else (1005, "")
            self.write(CLOSE, payload[:2])
            self.transport.close()

    def write(self, opcode, payload):
        if self.is_over or self.transport is None or self.transport.is_closing():
            return
        self.transport.write(frame(opcode, payload, masked=bool(self.request)))

    def send(self, payload):
        self.write(TEXT, payload)

    def close(self, code, reason=""):
        self.write(CLOSE, struct.pack(">H", code) + reason.encode())
        if not self.request:
            asyncio.get_running_loop().call_later(2, self.drop)

    def drop(self):
        """TCP ends in order, the WebSocket does not."""
        if not self.is_over:
            self.transport.close()

    def reset(self):
        """RST. What the kernel had not given out yet is lost, both ways."""
        if not self.is_over:
            reset(self.transport)

    def stall(self):
        """Neither reads nor answers any more."""
        self.is_deaf = True
        if not self.is_over:
            self.transport.pause_reading()

    def pause(self):
        if not self.is_over:
            self.transport.pause_reading()

    def resume(self):
        if not self.is_over:
            self.transport.resume_reading()

    def connection_lost(self, error):
        if self.is_over:
            return
        self.is_over = True
        self.owner.closed(self, *(self.said or (1006, type(error).__name__ if error else "")))


async def dial(owner, port, path, receive_buffer=None):
    request = WebSocket.handshake(port, path)
    sock = socket.socket()
    if receive_buffer:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    sock.setblocking(False)
    loop = asyncio.get_running_loop()
    try:
        await loop.sock_connect(sock, ("127.0.0.1", port))
    except BaseException:
        sock.close()
        raise
    return (await loop.create_connection(lambda: Peer(owner, request), sock=sock))[1]


async def serve(owner, host="127.0.0.1"):
    return await asyncio.get_running_loop().create_server(lambda: Peer(owner), host, 0, backlog=1024)
