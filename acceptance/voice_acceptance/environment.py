"""The binary under test, and the packages from PyPI that a run needs."""

import os
import pathlib
import subprocess
import sys
import venv

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def server_binary() -> str:
    """VOICE_SERVER, or the debug build."""
    if path := os.environ.get("VOICE_SERVER"):
        return os.path.abspath(path)
    found = subprocess.run(["swift", "build", "--show-bin-path"], cwd=ROOT, check=True, capture_output=True, text=True)
    return found.stdout.strip() + "/voice-server"


def needs(*requirements: str, name: str = "acceptance") -> None:
    """Goes on in the environment `.build/NAME-venv`, once these packages are installed there. Call it before they are imported."""
    folder = ROOT / ".build" / f"{name}-venv"
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    installed = folder / "installed.txt"
    have = set(installed.read_text().split("\n")) if installed.exists() else set()
    if missing := set(requirements) - have:
        subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *sorted(missing)], check=True)
        installed.write_text("\n".join(sorted(have | missing)))
    if pathlib.Path(sys.prefix).resolve() != folder.resolve():
        os.execv(python, [str(python), *sys.argv])
