"""The way between a browser and a gateway: it can be cut, and it serves the files of apps beside the gateway."""
import asyncio, mimetypes, os, re


class Wire:
    """Listens on a free `port`; what asks for /app/… or /app19/… gets files of `folder`, all else the gateway at `target`."""

    def __init__(self, target, folder):
        self.target, self.folder, self.pairs, self.is_cut = target, folder, set(), False

    async def __aenter__(self):
        self.server = await asyncio.start_server(self.accept, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self.server.close()
        self.cut()

    def cut(self):
        """Every connection is reset, and none is let through until `mend`."""
        self.is_cut = True
        for writer in list(self.pairs):
            writer.transport.abort()

    def mend(self):
        self.is_cut = False

    async def accept(self, reader, writer):
        try:
            if self.is_cut:
                return writer.transport.abort()
            head = await reader.readuntil(b"\r\n\r\n")
            path = head.split(b" ", 2)[1].decode().split("?")[0]
            if re.match(r"/app\d*/", path):
                return await self.file(path[1:] + ("index.html" if path.endswith("/") else ""), writer)
            # Each request on a connection of its own: the next one may be for a file.
            await self.relay(head.replace(b"Connection: keep-alive", b"Connection: close"), reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def file(self, name, writer):
        path = os.path.join(self.folder, name)
        if not os.path.exists(path):
            path += ".js"
        if not os.path.exists(path) or ".." in name:
            writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            return await writer.drain()
        kind = "text/javascript" if path.endswith(".js") else mimetypes.guess_type(path)[0] or "application/octet-stream"
        with open(path, "rb") as file:
            body = file.read()
        writer.write(f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)
        await writer.drain()

    async def relay(self, head, reader, writer):
        to_reader, to_writer = await asyncio.open_connection(*self.target)
        to_writer.write(head)
        self.pairs |= {writer, to_writer}
        try:
            await asyncio.gather(self.copy(reader, to_writer), self.copy(to_reader, writer))
        finally:
            self.pairs -= {writer, to_writer}
            to_writer.close()

    async def copy(self, source, sink):
        try:
            while data := await source.read(65536):
                sink.write(data)
                await sink.drain()
        except OSError:
            pass
        sink.close()
