"""Programs as child processes: started, watched from outside, stopped with the run."""

import atexit
import os
import random
import re
import signal
import socket
import subprocess
import threading
import time


def free_port() -> int:
    """A port for a program that cannot choose its own; below those that the system gives to others until the program binds it."""
    while True:
        port = random.randrange(15_000, 30_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def until(condition, seconds: float = 20, what: str = ""):
    """The first true answer of `condition`; an OSError is none."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            if result := condition():
                return result
        except OSError:
            pass
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds:g} s in vain for {what or getattr(condition, '__name__', 'a condition')}")
        time.sleep(0.05)


class Process:
    """A program whose lines are kept. It sees these variables, and of this process's own those that no setting of the server's can be."""

    INHERITED = ("PATH", "HOME", "TMPDIR", "LANG", "LD_LIBRARY_PATH", "CI", "XDG_RUNTIME_DIR", "ASAN_OPTIONS", "SWIFT_BACKTRACE")

    def __init__(self, arguments: list[str], **environment: str):
        self.lines: list[str] = []
        inherited = {name: os.environ[name] for name in self.INHERITED if name in os.environ}
        self.process = subprocess.Popen(
            arguments, env={**inherited, **environment}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
        self.pid = self.process.pid
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        atexit.register(self.kill)

    def _read(self) -> None:
        for line in self.process.stdout:
            if len(self.lines) < 200_000:
                self.lines.append(line)
            self.wrote(line)

    def wrote(self, line: str) -> None:
        """Called with each line, on the reader's thread."""

    @property
    def text(self) -> str:
        return "".join(self.lines)

    @property
    def is_running(self) -> bool:
        return self.process.poll() is None

    @property
    def code(self) -> int | None:
        """Exit status; None while it runs, negative after a signal."""
        return self.process.poll()

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def wait_for(self, pattern: str, seconds: float = 30) -> str:
        """The first group of the first line with this pattern."""
        deadline, seen = time.monotonic() + seconds, 0
        while True:
            ended = not self.is_running
            for line in self.lines[seen:]:
                seen += 1
                if found := re.search(pattern, line):
                    return found.group(1)
            assert not ended, f"ended with {self.process.returncode}: {self.text[-4000:]}"
            assert time.monotonic() < deadline, f"never said {pattern}: {self.text[-4000:]}"
            time.sleep(0.02)

    def terminate(self) -> None:
        if self.is_running:
            self.process.send_signal(signal.SIGTERM)

    def stop(self, seconds: float = 30) -> float:
        """Seconds from SIGTERM to the end."""
        start = time.monotonic()
        self.terminate()
        try:
            self.process.wait(seconds)
        finally:
            self.kill()
        return time.monotonic() - start

    def kill(self) -> None:
        """SIGKILL, as kill -9 and the machine's end do."""
        if self.is_running:
            self.process.kill()
        self.process.wait()
        self.reader.join(5)

    def memory(self) -> tuple[float, float]:
        """Resident MiB, now and at the most."""
        with open(f"/proc/{self.pid}/status") as file:
            status = file.read()
        return tuple(int(re.search(rf"{name}:\s+(\d+)", status)[1]) / 1024 for name in ("VmRSS", "VmHWM"))

    def descriptors(self) -> int:
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def cpu(self) -> float:
        """CPU seconds so far."""
        with open(f"/proc/{self.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
