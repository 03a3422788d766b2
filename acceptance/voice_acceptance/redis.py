"""Redis servers of a run's own: one alone, or a master and a replica behind three sentinels."""

import asyncio
import atexit
import pathlib
import shutil
import subprocess
import tempfile

from .processes import Process, free_port, until


class Redis(Process):
    """One server, or a sentinel with this configuration; what it wrote is there again after `start`."""

    def __init__(self, *options: str, sentinel: str | None = None, host: str = "127.0.0.1"):
        self.folder, self.host, self.port = tempfile.mkdtemp(prefix="redis-"), host, free_port()
        atexit.register(shutil.rmtree, self.folder, ignore_errors=True)
        common = ["--port", str(self.port), "--bind", host, "--dir", self.folder]
        if sentinel:
            configuration = pathlib.Path(self.folder) / "sentinel.conf"
            configuration.write_text(sentinel)
            self.command = ["redis-server", str(configuration), *common, *options, "--sentinel"]
        else:
            self.command = ["redis-server", *common, "--save", "", *options]
        self.url = f"redis://{host}:{self.port}"
        self.start()

    def start(self) -> None:
        super().__init__(self.command)
        self.wait_for("(Ready to accept|Sentinel ID is)")

    def ask(self, *words: str) -> str:
        """The reply, by redis-cli; an error reply raises."""
        return subprocess.run(
            ["redis-cli", "-e", "-h", self.host, "-p", str(self.port), *words], capture_output=True, text=True, check=True, errors="replace").stdout.strip()


class Cluster:
    """Masters that share the slots, without replicas."""

    def __init__(self, masters: int = 3, host: str = "127.0.0.1"):
        options = ("--protected-mode", "no", "--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf")
        self.servers = [Redis(*options, host=host) for _ in range(masters)]
        nodes = [f"{host}:{server.port}" for server in self.servers]
        subprocess.run(
            ["redis-cli", "--cluster", "create", *nodes, "--cluster-replicas", "0", "--cluster-yes"], capture_output=True, check=True)
        until(lambda: all("cluster_state:ok" in server.ask("CLUSTER", "INFO") for server in self.servers), 20, "the cluster")
        self.url = "redis+cluster://" + ",".join(nodes)

    def ask(self, *words: str) -> str:
        """The reply of the node that has the key."""
        first = self.servers[0]
        return subprocess.run(
            ["redis-cli", "-c", "-e", "-h", first.host, "-p", str(first.port), *words], capture_output=True, text=True, check=True).stdout.strip()

    def stop(self) -> None:
        for server in self.servers:
            server.kill()


class Sentinels:
    """A master that is replaced again and again: by its sentinels' order, or since it was killed."""

    def __init__(self):
        self.servers = [Redis()]
        self.servers.append(Redis("--replicaof", "127.0.0.1", str(self.servers[0].port)))
        text = (f"sentinel monitor main 127.0.0.1 {self.servers[0].port} 2\nsentinel down-after-milliseconds main 1000\n"
                "sentinel failover-timeout main 5000\nsentinel resolve-hostnames no\n")
        self.sentinels = [Redis(sentinel=text) for _ in range(3)]
        self.failovers = 0

    @property
    def url(self) -> str:
        return "redis+sentinel://" + ",".join(f"127.0.0.1:{sentinel.port}" for sentinel in self.sentinels) + "/main"

    def master(self) -> Redis | None:
        answer = self.sentinels[0].ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "main").split()
        return next((server for server in self.servers if str(server.port) in answer), None)

    async def fail_over(self, every: float, log) -> None:
        """In turn: an orderly failover, and a master that is killed and comes back, empty, as a replica."""
        while True:
            await asyncio.sleep(every)
            try:
                if self.failovers % 2 == 0:
                    answer = await asyncio.to_thread(self.sentinels[0].ask, "SENTINEL", "FAILOVER", "main")
                    log(f"failover by order: {answer}")
                else:
                    if server := await asyncio.to_thread(self.master):
                        server.kill()
                        await asyncio.sleep(min(8, every / 2))
                        await asyncio.to_thread(server.start)
                    log("master killed, and back as a replica")
                self.failovers += 1
            except (OSError, subprocess.SubprocessError) as problem:
                log(f"no failover: {problem!r}")

    def stop(self) -> None:
        for server in self.sentinels + self.servers:
            server.kill()
