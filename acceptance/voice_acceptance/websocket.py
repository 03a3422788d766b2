"""The WebSocket client of every run: a session's conversation, and the bad manners that a test needs."""

import asyncio
import base64
import json
import math
import os
import socket
import struct
import urllib.parse
from typing import NamedTuple

QUIET = bytes(48_000)


def tone(seconds: float) -> bytes:
    """A voice-like sound, 16 bit at 24 kHz."""
    return b"".join(
        struct.pack("<h", int(9000 * math.sin(t / 24000 * 2 * math.pi * 180) * (1 + math.sin(t / 24000 * 2 * math.pi * 4)) / 2))
        for t in range(int(seconds * 24_000)))


class Close(NamedTuple):
    """The end of a connection; 1006 is one without a close frame."""

    code: int
    reason: str


def frame(opcode: int, payload: bytes = b"", final: bool = True, masked: bool = True, reserved: int = 0) -> bytes:
    """One frame; a mask of zeros is a mask too."""
    first, mark, size = bytes([(0x80 if final else 0) | reserved << 4 | opcode]), 0x80 if masked else 0, len(payload)
    if size < 126:
        length = bytes([mark | size])
    else:
        length = struct.pack("!BH", mark | 126, size) if size < 65_536 else struct.pack("!BQ", mark | 127, size)
    return first + length + (b"\0\0\0\0" if masked else b"") + payload


def reset(transport: asyncio.BaseTransport) -> None:
    """RST: what the kernel did not send yet is lost, both ways."""
    raw = transport.get_extra_info("socket")
    if raw and raw.fileno() >= 0:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


class WebSocket:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
        self.reader, self.writer = reader, writer

    @classmethod
    async def connect(cls, port: int) -> "WebSocket":
        """TCP alone."""
        return cls(*await asyncio.wait_for(asyncio.open_connection("127.0.0.1", port, limit=1 << 26), 60))

    @classmethod
    async def open(cls, port: int, path: str = "/v1/ws/voice", token: str | None = None, **headers: str) -> "WebSocket":
        """Upgraded; ConnectionRefusedError with the head of an answer that is no upgrade."""
        self = await cls.connect(port)
        self.write(self.handshake(port, path, token, **headers))
        head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 60)
        if b" 101 " not in head:
            self.abort()
            raise ConnectionRefusedError(head.decode())
        return self

    @staticmethod
    def handshake(port: int, path: str = "/v1/ws/voice", token: str | None = None, **headers: str) -> bytes:
        if token:
            headers["Authorization"] = f"Bearer {token}"
        fields = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        key = base64.b64encode(os.urandom(16)).decode()
        return (f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n{fields}"
                f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n").encode()

    def write(self, data: bytes) -> None:
        """Bytes as they are."""
        self.writer.write(data)

    def send(self, event: dict | str | bytes) -> None:
        """An event, the text of a message, or a binary message."""
        self.write(frame(2, event) if isinstance(event, bytes) else frame(1, (event if isinstance(event, str) else json.dumps(event)).encode()))

    async def text(self, seconds: float = 30) -> "str | Close":
        """The next message, or the end."""
        async with asyncio.timeout(seconds):
            text = b""
            while True:
                try:
                    first, size = await self.reader.readexactly(2)
                    if size >= 126:
                        size = int.from_bytes(await self.reader.readexactly(2 if size == 126 else 8), "big")
                    payload = await self.reader.readexactly(size)
                except (asyncio.IncompleteReadError, ConnectionError):
                    return Close(1006, "")
                opcode = first & 15
                if opcode == 8:
                    self.writer.close()
                    return Close(int.from_bytes(payload[:2], "big"), payload[2:].decode()) if payload else Close(1005, "")
                if opcode == 9:
                    self.write(frame(10, payload))
                if opcode < 3:
                    text += payload
                    if first & 128:
                        return text.decode()

    async def next(self, seconds: float = 30) -> "dict | Close":
        """The next event, or the end."""
        text = await self.text(seconds)
        return text if isinstance(text, Close) else json.loads(text)

    async def all_until(self, *kinds: str, seconds: float = 30) -> list:
        """All events up to the first of these types; the end is the last one too."""
        seen = []
        while not seen or not (isinstance(seen[-1], Close) or seen[-1]["type"] in kinds):
            seen.append(await self.next(seconds))
        return seen

    async def until(self, *kinds: str, seconds: float = 30) -> "dict | Close":
        """The next event of these types, an error, or the end."""
        return (await self.all_until(*kinds, "error", seconds=seconds))[-1]

    async def closed(self) -> Close:
        return (await self.all_until())[-1]

    def type(self, text: str) -> None:
        """A typed question, and the request for its answer."""
        content = [{"type": "input_text", "text": text}]
        self.send({"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content": content}})
        self.send({"type": "response.create"})

    async def speak(self, sound: bytes, pace: float = 0.1) -> None:
        """Audio in pieces of 100 ms, one every `pace` seconds."""
        for start in range(0, len(sound), 4_800):
            self.send({"type": "input_audio_buffer.append", "audio": base64.b64encode(sound[start : start + 4_800]).decode()})
            await asyncio.sleep(pace)

    async def verdict(self) -> str:
        """What became of an attempt: `admitted`, or the code of the refusal."""
        event = await self.until("voice.session.ready")
        if isinstance(event, Close):
            return f"closed {event.code}"
        return "admitted" if event["type"] == "voice.session.ready" else event["error"]["code"]

    def abort(self) -> None:
        self.writer.transport.abort()

    def reset(self) -> None:
        """RST."""
        reset(self.writer.transport)


SPOKEN = tone(1) + QUIET


async def converse(gateway, token, typed=1, spoken=0, text="hello there", model=None, headers=None, end=True) -> list:
    """Turns in one session; all events of it, and the end."""
    socket = await WebSocket.open(gateway.port, f"/v1/ws/voice?token={token}" + (f"&model={urllib.parse.quote(model)}" if model else ""), **(headers or {}))
    seen = await socket.all_until("session.created", "error")
    try:
        if not isinstance(seen[-1], Close) and seen[-1]["type"] != "error":
            for _ in range(typed):
                socket.type(text)
                seen += await socket.all_until("response.done")
            for _ in range(spoken):
                await socket.speak(SPOKEN, pace=0)
                seen += await socket.all_until("response.done")
            if not end:
                return seen
            socket.send({"type": "voice.session.end"})
        if not isinstance(seen[-1], Close):
            seen += await socket.all_until()
        return seen
    finally:
        socket.abort()
