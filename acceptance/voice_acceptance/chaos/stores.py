"""Real Redis servers as child processes: one alone, or a master and a replica behind three sentinels."""
import asyncio, os, signal, socket, subprocess, tempfile, time


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def ask(port, *words, timeout=5):
    """One command, and the reply as text."""
    with socket.create_connection(("127.0.0.1", port), timeout) as connection:
        connection.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in (str(word).encode() for word in words)))
        said = b""
        while not said.endswith(b"\r\n") or said[:1] == b"$" and len(said.split(b"\r\n", 1)[1]) < max(0, int(said[1:].split(b"\r\n")[0])):
            more = connection.recv(1 << 16)
            if not more:
                break
            said += more
        return said.decode(errors="replace")


def simulate(server):
    """The simulator as upstream, and its port."""
    port = free_port()
    process = subprocess.Popen([server, "simulate", "--port", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 20
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return process, port
        except OSError:
            time.sleep(0.05)
    process.kill()
    raise SystemExit("the simulator does not start")


class Redis:
    def __init__(self, *options, sentinel=None):
        self.folder = tempfile.mkdtemp(prefix="redis-")
        self.port, self.sentinel = free_port(), sentinel
        self.options = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", self.folder, "--loglevel", "warning", *options]
        self.start()

    def start(self):
        command = ["redis-server"]
        if self.sentinel:
            path = self.folder + "/sentinel.conf"
            if not os.path.exists(path):
                with open(path, "w") as file:
                    file.write(self.sentinel)
            command += [path, *self.options, "--sentinel"]
        else:
            command += self.options
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        until = time.monotonic() + 10
        while time.monotonic() < until:
            try:
                if "PONG" in ask(self.port, "PING") or self.sentinel:
                    return
            except OSError:
                pass
            time.sleep(0.02)
        raise SystemExit("redis-server does not start")

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
            self.process.wait()


class Sentinels:
    """A master that is replaced again and again: by its sentinels' order, or since it was killed."""

    def __init__(self):
        self.servers = [Redis("--save", "")]
        self.servers.append(Redis("--save", "", "--replicaof", "127.0.0.1", str(self.servers[0].port)))
        text = (f"sentinel monitor main 127.0.0.1 {self.servers[0].port} 2\nsentinel down-after-milliseconds main 1000\n"
                "sentinel failover-timeout main 5000\nsentinel resolve-hostnames no\n")
        self.sentinels = [Redis(sentinel=text) for _ in range(3)]
        self.failovers = 0

    @property
    def url(self):
        return "redis+sentinel://" + ",".join(f"127.0.0.1:{sentinel.port}" for sentinel in self.sentinels) + "/main"

    def master(self):
        said = ask(self.sentinels[0].port, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", "main").split("\r\n")
        return next((server for server in self.servers if str(server.port) in said), None)

    async def fail_over(self, every, log):
        """In turn: an orderly failover, and a master that is killed and comes back, empty, as a replica."""
        while True:
            await asyncio.sleep(every)
            try:
                if self.failovers % 2 == 0:
                    said = (await asyncio.to_thread(ask, self.sentinels[0].port, "SENTINEL", "FAILOVER", "main")).strip()
                    log(f"failover by order: {said}")
                else:
                    server = await asyncio.to_thread(self.master)
                    if server:
                        server.kill()
                        await asyncio.sleep(min(8, every / 2))
                        await asyncio.to_thread(server.start)
                    log("master killed, and back as a replica")
                self.failovers += 1
            except OSError as problem:
                log(f"no failover: {problem!r}")

    def stop(self):
        for server in self.sentinels + self.servers:
            server.kill()
