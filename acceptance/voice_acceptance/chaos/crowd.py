"""Callers and their upstream in several processes: more sessions than one process of Python has the time for.

A session's caller and its upstream are in one process, so that what one said and the other heard is compared there. The gateway knows one
upstream; what it dials is accepted here and handed to the process that has the session, with the request that was read.
"""
import asyncio, contextlib, gc, itertools, multiprocessing, os, re, resource, socket, time

from ..peer import Peer
from .caller import Caller

MODEL = re.compile(rb"[?&]model=s(\d+)[& ]")
processes = multiprocessing.get_context("fork")


def many_descriptors():
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(65_536, resource.getrlimit(resource.RLIMIT_NOFILE)[1]),) * 2)


class Crowd:
    """`work(index, count, box)` runs in each process, as a coroutine; `box` is its way to talk to this one."""

    def __init__(self, count, work):
        many_descriptors()
        self.workers, self.told, self.results = [], [None] * count, [None] * count
        for index in range(count):
            pipe, their_pipe = processes.Pipe()
            passing, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            process = processes.Process(target=run, args=(work, index, count, their_pipe, theirs), daemon=True)
            process.start()
            their_pipe.close()
            theirs.close()
            self.workers.append((process, pipe, passing))

    async def serve(self):
        """The URL of the upstream."""
        loop = asyncio.get_running_loop()
        listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        listener.setblocking(False)

        async def accept():
            while True:
                sock, _ = await loop.sock_accept(listener)
                self.greetings.add(task := loop.create_task(self.hand_on(sock)))
                task.add_done_callback(self.greetings.discard)
        self.greetings, self.accepting = set(), loop.create_task(accept())
        for index, (_, pipe, _) in enumerate(self.workers):
            loop.add_reader(pipe.fileno(), self.hear, index, pipe)
        return f"ws://127.0.0.1:{listener.getsockname()[1]}/v1/realtime"

    async def hand_on(self, sock):
        head = b""
        with sock, contextlib.suppress(OSError, TimeoutError):
            sock.setblocking(False)
            async with asyncio.timeout(30):
                while b"\r\n\r\n" not in head:
                    if not (data := await asyncio.get_running_loop().sock_recv(sock, 65_536)):
                        return
                    head += data
            if found := MODEL.search(head):
                socket.send_fds(self.workers[int(found[1]) % len(self.workers)][2], [head], [sock.fileno()])

    def start(self, **facts):
        for _, pipe, _ in self.workers:
            pipe.send(facts)

    def hear(self, index, pipe):
        try:
            kind, value = pipe.recv()
        except EOFError:
            asyncio.get_running_loop().remove_reader(pipe.fileno())
            self.results[index] = self.results[index] or {}
            return
        (self.told if kind == "progress" else self.results)[index] = value

    async def ended(self, seconds):
        """What each of them returned; an empty one of a process that broke."""
        async with asyncio.timeout(seconds):
            while None in self.results:
                await asyncio.sleep(0.2)
        return self.results

    def stop(self):
        self.accepting.cancel()
        for process, _, _ in self.workers:
            process.kill()
            process.join()


class Box:
    """A worker's way to the first process: what it is told, what it tells, and the connections that are its own."""

    def __init__(self, pipe, passed):
        self.pipe, self.passed, self.tasks = pipe, passed, set()

    async def facts(self):
        return await asyncio.to_thread(self.pipe.recv)

    def tell(self, value):
        self.pipe.send(("progress", value))

    def serve(self, upstream):
        loop = asyncio.get_running_loop()

        async def take(sock, head):
            with contextlib.suppress(OSError):
                _, peer = await loop.connect_accepted_socket(lambda: Peer(upstream), sock)
                peer.data_received(head)

        def accept():
            head, descriptors, _, _ = socket.recv_fds(self.passed, 65_536, 1)
            for descriptor in descriptors:
                sock = socket.socket(fileno=descriptor)
                sock.setblocking(False)
                self.tasks.add(task := loop.create_task(take(sock, head)))
                task.add_done_callback(self.tasks.discard)
            if not head:
                os._exit(1)     # the first process is gone
        loop.add_reader(self.passed.fileno(), accept)


def run(work, index, count, pipe, passed):
    Caller.numbers = itertools.count(count + index, count)
    gc.freeze()
    box = Box(pipe, passed)
    result = asyncio.run(work(index, count, box))
    pipe.send(("result", result))
    pipe.recv()                 # until the first process ends


async def lag_by_time(*into):
    """(moment, seconds) by which this process is late, a hundred times a second."""
    while True:
        due = time.monotonic() + 0.01
        await asyncio.sleep(0.01)
        now = time.monotonic()
        for lags in into:
            lags.append((now, now - due))
