"""A Redis server of the run's own."""

import shutil
import subprocess
import tempfile

from .processes import Process, free_port


class Redis(Process):
    def __init__(self, *options: str):
        self.folder, self.port = tempfile.mkdtemp(), free_port()
        super().__init__(["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", self.folder, *options])
        self.wait_for("(Ready to accept)")
        self.url = f"redis://127.0.0.1:{self.port}"

    def ask(self, *words: str) -> str:
        """The answer of redis-cli, which ends at an error."""
        return subprocess.run(
            ["redis-cli", "-e", "-p", str(self.port), *words], capture_output=True, text=True, check=True, errors="replace").stdout.strip()

    def kill(self) -> None:
        super().kill()
        shutil.rmtree(self.folder, ignore_errors=True)
