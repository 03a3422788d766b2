"""A network of a run's own: one namespace for each instance, all on one bridge; or addresses of loopback where that is not permitted."""

import atexit
import contextlib
import os
import pathlib
import subprocess


class Namespaces:
    """`host` is this side's address, where Redis and upstream listen; `places` are (address, command that runs a program there)."""

    def __init__(self, count: int, on_loopback: bool = False):
        self.names, self.bridge = [], f"vf{os.getpid() % 100_000}"
        subnet = f"10.213.{os.getpid() % 250}"
        atexit.register(self.remove)
        self.host, self.places, self.are_real = "127.0.0.1", [(f"127.0.0.{11 + number}", ()) for number in range(count)], False
        if not on_loopback:
            self.try_namespaces(count, subnet)

    def try_namespaces(self, count: int, subnet: str) -> None:
        try:
            host = f"{subnet}.1"
            self.ip("link", "add", self.bridge, "type", "bridge")
            self.ip("addr", "add", f"{host}/24", "dev", self.bridge)
            self.ip("link", "set", self.bridge, "up")
            for number in range(count):
                self.add(f"{self.bridge}-{number}", f"{subnet}.{11 + number}/24")
            self.places = [(f"{subnet}.{11 + number}", ("ip", "netns", "exec", name)) for number, name in enumerate(self.names)]
            self.host, self.are_real = host, True
        except (OSError, subprocess.CalledProcessError) as problem:
            self.remove()
            detail = getattr(problem, "stderr", None) or problem
            print(f"Network namespaces are not permitted here ({str(detail).strip()}): addresses of loopback instead.", flush=True)

    def add(self, name: str, address: str) -> None:
        here, there = f"{self.bridge}h{len(self.names)}", "eth0"
        self.ip("netns", "add", name)
        self.names.append(name)
        self.ip("link", "add", here, "type", "veth", "peer", "name", there, "netns", name)
        self.ip("link", "set", here, "master", self.bridge, "up")
        for command in (("addr", "add", address, "dev", there), ("link", "set", there, "up"), ("link", "set", "lo", "up")):
            self.ip("-n", name, *command)

    @staticmethod
    def ip(*words: str) -> None:
        subprocess.run(["ip", *words], check=True, capture_output=True, text=True)

    def remove(self) -> None:
        """What a program still holds goes with the program."""
        for name in self.names:
            with contextlib.suppress(OSError, subprocess.CalledProcessError):
                self.ip("netns", "del", name)
        self.names = []
        if pathlib.Path(f"/sys/class/net/{self.bridge}").exists():
            with contextlib.suppress(OSError, subprocess.CalledProcessError):
                self.ip("link", "del", self.bridge)
