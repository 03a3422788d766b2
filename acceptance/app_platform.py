#!/usr/bin/env python3
"""A release on App Platform, played with the binary: settings by the environment alone, PORT given, a managed Redis over TLS whose
authority comes as PEM in REDIS_CA; the new instance is ready before the old one gets SIGTERM with sessions open. Each is told, saved, and
goes on at the new instance with every word.

usage: app_platform.py [SESSIONS]
"""

import asyncio
import pathlib
import subprocess
import sys
import tempfile
import time

from voice_acceptance import Close, Process, Simulator, WebSocket, free_port, get, limit, mint, ok, server_binary, until

SERVER, SESSIONS = server_binary(), int(sys.argv[1]) if len(sys.argv) > 1 else 20
PASSWORD, ADMIN, SECRET = "a-password-for-the-test", "an-admin-token-for-the-test", "s" * 40
scratch = pathlib.Path(tempfile.mkdtemp())
limit(300)


def openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=scratch)


def managed_redis() -> dict[str, str]:
    """A Redis that speaks TLS alone: what the platform binds, its URL and its authority."""
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=Test authority", "-keyout", "ca.key", "-out", "ca.pem")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-keyout", "redis.key", "-out", "redis.csr")
    (scratch / "names").write_text("subjectAltName=DNS:localhost\n")
    openssl("x509", "-req", "-days", "2", "-in", "redis.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "names", "-out", "redis.pem")
    port = free_port()
    Process(
        ["redis-server", "--port", "0", "--tls-port", str(port), "--bind", "127.0.0.1", "--tls-cert-file", "redis.pem", "--tls-key-file", "redis.key",
         "--tls-ca-cert-file", "ca.pem", "--tls-auth-clients", "no", "--requirepass", PASSWORD, "--save", "", "--dir", str(scratch)]  # fmt: skip
    ).wait_for("(Ready to accept connections)")
    return {"REDIS_URL": f"rediss://default:{PASSWORD}@localhost:{port}", "REDIS_CA": (scratch / "ca.pem").read_text()}


class Container(Process):
    """Nothing but its environment, where the app's other variables stand beside the gateway's, and a port that it is told."""

    def __init__(self, settings: dict[str, str]):
        self.port = free_port()
        super().__init__([SERVER], PORT=str(self.port), DATABASE_URL="postgres://x", STRIPE_SECRET_KEY="sk", **settings)
        until(lambda: get(self.port, "/readyz"), 60, "readiness")
        self.health = until(lambda: (now := get(self.port, "/api/v1/voice/health").json)["redis"]["redis_available"] and now, 60, "Redis")


class Talk:
    """One user's conversation."""

    def __init__(self, user: str):
        self.user, self.token, self.notice = user, mint(user, secret=SECRET), None

    async def open(self, instance: Container, session: str = "") -> dict:
        self.socket = await WebSocket.open(instance.port, f"/v1/ws/voice?session_id={session}" if session else "/v1/ws/voice", self.token)
        self.ready = await self.until("voice.session.ready")
        return self.ready

    async def until(self, kind: str) -> dict:
        while True:
            event = await self.socket.until(kind, "voice.session.notice", seconds=60)
            assert not isinstance(event, Close) and event["type"] != "error", event
            if event["type"] == "voice.session.notice":
                self.notice = event
            if event["type"] == kind:
                return event

    async def say(self, text: str) -> None:
        self.socket.type(f"{self.user} says {text}.")
        await self.until("response.done")

    async def drained(self) -> tuple:
        notice = self.notice or await self.until("voice.session.notice")
        return notice["reason"], *(await self.socket.all_until(seconds=60))[-1]

    def words(self, instance: Container) -> int:
        """Its turns in the stored session."""
        stored = get(instance.port, f"/v1/voice/sessions/{self.ready['session_id']}", Authorization=f"Bearer {self.token}").text
        return sum(f"{self.user} says {word}." in stored for word in ("one", "two"))


async def release(old: Container, settings: dict[str, str]) -> Container:
    talks = [Talk(f"user-{number}") for number in range(SESSIONS)]
    await asyncio.gather(*(talk.open(old) for talk in talks))
    await asyncio.gather(*(talk.say("one") for talk in talks))
    ok(f"{SESSIONS} sessions open on the first instance, each with a turn")

    new = await asyncio.to_thread(Container, settings)
    # The first of them is in the middle of a turn when the signal comes.
    busy = asyncio.create_task(talks[0].say("two"))
    await asyncio.sleep(0.05)
    began = time.monotonic()
    old.terminate()
    await busy
    ends = set(await asyncio.gather(*(talk.drained() for talk in talks)))
    assert ends == {("draining", 1012, "Server restarting, reconnect")}, ends
    ok(f"SIGTERM: the turn under way was finished; all were told, and closed with 1012 after {time.monotonic() - began:.1f} s")
    code = await asyncio.to_thread(old.process.wait, 60)
    assert code == 0, code
    ok(f"exit 0 after {time.monotonic() - began:.1f} s, within the 60 s of termination.grace_period_seconds")

    for talk in talks:
        assert talk.words(new) == (2 if talk is talks[0] else 1), talk.user
        session = talk.ready["session_id"]
        ready = await talk.open(new, session)
        assert ready["resumed"] is True and ready["session_id"] == session, ready
    await asyncio.gather(*(talk.say("three") for talk in talks))
    for talk in talks:
        talk.socket.send({"type": "voice.session.end"})
        await talk.until("voice.session.summary")
    another = (await talks[0].open(new))["rate_limit"]
    assert another["remaining"] == another["limit"] - 2, another
    ok(f"{SESSIONS} sessions resumed on the second instance under their names, with every word, at no cost of the limit, and went on")
    return new


settings = {
    "HOST": "127.0.0.1", "ENABLE_VOICE_REALTIME": "true", "JWT_SECRET": SECRET, **managed_redis(), "OPENAI_API_KEY": "key",
    "OPENAI_REALTIME_URL": Simulator(SERVER).url, "VOICE_ADMIN_TOKEN": ADMIN, "LOG_LEVEL": "INFO", "LOG_FORMAT": "json", "RETRY_MAX_ATTEMPTS": "3",
    "RETRY_BACKOFF_FACTOR": "2", "APP_VERSION": "1.4.1",
    # A busy machine is no outage of Redis.
    "REDIS_COMMAND_TIMEOUT_MS": "5000",
}  # fmt: skip
first = Container(settings)
health = first.health
assert health["status"] == "healthy" and not health["redis"]["using_fallback"] and health["version"] == "1.4.1", health
assert health["redis"]["redis_url"].startswith("rediss://default:***@"), health
first.wait_for(r"(Redis connected successfully: rediss://default:\*\*\*@)")
assert "DATABASE_URL" not in first.text and "STRIPE" not in first.text, first.text
ok("healthy by the environment alone: PORT, Redis over TLS by its own authority in REDIS_CA, the password hidden")
second = asyncio.run(release(first, settings))
second.stop()
assert second.process.returncode == 0
for secret in (PASSWORD, ADMIN, SECRET, "BEGIN CERTIFICATE"):
    assert secret not in first.text + second.text, secret
ok("no secret in either log")
