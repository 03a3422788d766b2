"""The gateway and the simulator behind it, each on a free port, and tokens for callers."""

import base64
import hashlib
import hmac
import json
import os
import shutil
import subprocess
import time

from .http import get
from .processes import Process

SECRET = "a-secret-of-the-acceptance-runs-alone"


def mint(user: str = "ada", plan: str = "elite", secret: str = SECRET, **claims) -> str:
    """An HS256 token that is good for an hour."""

    def part(value: bytes) -> str:
        return base64.urlsafe_b64encode(value).rstrip(b"=").decode()

    payload = {"sub": user, "plan": plan, "exp": int(time.time()) + 3600, **claims}
    text = f"{part(json.dumps({'alg': 'HS256', 'typ': 'JWT'}).encode())}.{part(json.dumps(payload).encode())}"
    return f"{text}.{part(hmac.digest(secret.encode(), text.encode(), hashlib.sha256))}"


class Simulator(Process):
    """`voice-server simulate` with these options."""

    def __init__(self, server: str, *options: str):
        super().__init__([server, "simulate", "--port", "0", *options])
        self.url = self.wait_for(r"(ws:[^ \s]+)")


class Gateway(Process):
    """`voice-server run` on a free port, without limits unless `settings` set them; `upstream` is a WebSocket URL. `within` is a command
    that runs it, in a network namespace for example."""

    def __init__(self, server: str, upstream: str, secret: str = SECRET, within: tuple[str, ...] = (), **settings: str):
        self.server, self.secret, self.host = server, secret, settings.get("HOST", "127.0.0.1")
        super().__init__([*within, server, "run"], **{
            "ENABLE_VOICE_REALTIME": "true", "OPENAI_API_KEY": "simulator", "OPENAI_REALTIME_URL": upstream, "PORT": "0", "JWT_SECRET": secret,
            "VOICE_ADMIN_LOOPBACK": "true", "VOICE_MAX_SESSIONS_PER_HOUR": "0", "VOICE_MAX_CONCURRENT_SESSIONS": "0",
            "VOICE_MAX_CONNECTIONS_PER_IP": "100000", "VOICE_DRAIN_SECONDS": "2", "LOG_FORMAT": "json", "RETRY_MAX_ATTEMPTS": "1", **settings})
        self.url = self.wait_for(r"listening on (http:[^\"\s]+)")
        self.port = int(self.url.rpartition(":")[2])

    def token(self, user: str = "ada", plan: str = "elite", *options: str) -> str:
        """A token by `voice-server token`."""
        return self.tool("token", "--user", user, "--plan", plan, *options)[1]

    def tool(self, *arguments: str, **settings: str) -> tuple[int, str]:
        """Exit status and output of another command of the binary."""
        return run(self.server, *arguments, JWT_SECRET=self.secret, **settings)

    def get(self, path: str, **headers: str) -> tuple[str, str]:
        """Content type and body."""
        answer = get(self.port, path, host=self.host, **headers)
        return answer.headers.get("Content-Type"), answer.text

    def stats(self) -> dict:
        return json.loads(self.get("/v1/voice/stats")[1])


def unprivileged() -> list[str]:
    """Words before a command that take from root's program what no server has: the right to change the network."""
    words = ["setpriv", "--bounding-set", "-net_admin", "--inh-caps", "-net_admin"]
    can = os.geteuid() == 0 and shutil.which("setpriv") and subprocess.run([*words, "true"], stderr=subprocess.DEVNULL).returncode == 0
    return words if can else []


class Demo(Process):
    """`voice-server demo` on a free port, and the token that it prints."""

    def __init__(self, server: str, **settings: str):
        super().__init__([*unprivileged(), server, "demo", "--port", "0"], **settings)
        port, _, self.token = self.wait_for(r"http://127\.0\.0\.1:(\d+/\?token=\S+)").partition("/?token=")
        self.port = int(port)


def run(server: str, *arguments: str, **settings: str) -> tuple[int, str]:
    """Exit status and output of one command of the binary."""
    environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", **settings}
    done = subprocess.run([server, *arguments], env=environment, capture_output=True, text=True, timeout=60)
    return done.returncode, (done.stdout + done.stderr).strip()
