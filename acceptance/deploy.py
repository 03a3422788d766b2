#!/usr/bin/env python3
"""The binary with what deploy/ gives it: --env-file, systemd's socket, a Redis over TLS with an authority of its own and the user of users.acl.

usage: deploy.py. Sessions run through it; Redis's own log of refused commands must stay empty.
"""

import asyncio
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time

from voice_acceptance import ROOT, Process, Simulator, WebSocket, free_port, get, limit, request, server_binary
from voice_acceptance import ok as good

SERVER = server_binary()
PASSWORD = "a-password-for-the-test"
scratch = pathlib.Path(tempfile.mkdtemp())
limit(300)


def run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=Test authority", "-keyout", f"{scratch}/ca.key", "-out", f"{scratch}/ca.pem")
run("openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-keyout", f"{scratch}/redis.key", "-out", f"{scratch}/redis.csr")
(scratch / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
run("openssl", "x509", "-req", "-days", "2", "-in", f"{scratch}/redis.csr", "-CA", f"{scratch}/ca.pem", "-CAkey", f"{scratch}/ca.key", "-CAcreateserial", "-extfile", f"{scratch}/names", "-out", f"{scratch}/redis.pem")

redis_port, plain_port, http_port = free_port(), free_port(), free_port()
users = (ROOT / "deploy/redis/users.acl").read_text().replace("CHANGE-ME", PASSWORD).replace("user default off", "user default on >admin ~* &* +@all")
(scratch / "users.acl").write_text(users)
redis = Process(
    ["redis-server", "--port", str(plain_port), "--tls-port", str(redis_port), "--bind", "127.0.0.1", "--tls-cert-file", f"{scratch}/redis.pem",
     "--tls-key-file", f"{scratch}/redis.key", "--tls-ca-cert-file", f"{scratch}/ca.pem", "--tls-auth-clients", "no", "--aclfile", f"{scratch}/users.acl",
     "--save", "", "--dir", str(scratch)])  # fmt: skip
simulator = Simulator(SERVER)


def redis_cli(*command: str) -> str:
    return run("redis-cli", "-p", str(plain_port), "--no-auth-warning", "-a", "admin", *command)


# An environment file as a platform would fill it: the authority on one line.
authority = (scratch / "ca.pem").read_text().replace("\n", "\\n")
(scratch / "voice.env").write_text(
    f"ENABLE_VOICE_REALTIME=true\nJWT_SECRET={'s' * 40}\nHOST=127.0.0.1\nPORT={http_port}\nREDIS_URL=rediss://voice:{PASSWORD}@localhost:{redis_port}\n"
    f'REDIS_CA="{authority}"\nOPENAI_API_KEY=key\nOPENAI_REALTIME_URL={simulator.url}\nVOICE_ADMIN_TOKEN=admin\n'
    "VOICE_MAX_COST_USD_PER_DAY=5\nLOG_LEVEL=info\n")  # fmt: skip
manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
manager.bind(str(scratch / "notify"))
manager.settimeout(60)
environment = {"PATH": os.environ["PATH"], "NOTIFY_SOCKET": str(scratch / "notify")}


redis.wait_for("(Ready to accept)")
check = subprocess.run([SERVER, "check", "--env-file", f"{scratch}/voice.env"], capture_output=True, text=True, env=environment)
assert check.returncode == 0, check.stdout + check.stderr
good("check, by the environment file alone: Redis over TLS with its own authority, and the user of users.acl")

server = Process([SERVER, "run", "--env-file", f"{scratch}/voice.env"], NOTIFY_SOCKET=str(scratch / "notify"))

try:
    assert manager.recv(64) == b"READY=1"
    get(http_port, "/readyz")
    good("READY=1 at systemd's socket once the port listens")
    probe = subprocess.run([SERVER, "probe", "/livez", "--env-file", f"{scratch}/voice.env"], capture_output=True, text=True, env=environment)
    assert probe.returncode == 0, probe.stderr
    assert subprocess.run([SERVER, "probe", "--url", f"http://127.0.0.1:{free_port()}"], capture_output=True).returncode == 1
    good("probe answers 0 for a server that is there, 1 for one that is not")

    token = run(SERVER, "token", "--user", "ada", "--plan", "elite", "--env-file", f"{scratch}/voice.env").strip()

    async def session(query: str = "") -> dict:
        socket_ = await WebSocket.open(http_port, "/v1/ws/voice" + query)
        ready = await socket_.next()
        assert ready["type"] == "voice.session.ready", ready
        socket_.type("Hello")
        await socket_.until("response.done")
        socket_.abort()
        return ready

    first = asyncio.run(session(f"?token={token}"))
    again = asyncio.run(session(f"?token={token}&session_id={first['session_id']}"))
    assert again["resumed"] is True, again
    ticket = request("POST", http_port, "/v1/voice/tickets", Authorization=f"Bearer {token}").json["ticket"]
    asyncio.run(session(f"?ticket={ticket}"))
    forgotten = request("DELETE", http_port, f"/v1/voice/sessions/{first['session_id']}", Authorization=f"Bearer {token}")
    assert forgotten.status == 204, forgotten
    get(http_port, "/v1/voice/stats?scope=cluster", Authorization="Bearer admin")
    health = get(http_port, "/v1/voice/health").json
    assert health["status"] == "healthy" and health["redis"]["redis_available"] and not health["redis"]["using_fallback"], health
    assert health["redis"]["redis_version"] and PASSWORD not in json.dumps(health), health
    time.sleep(3)
    refused = redis_cli("ACL", "LOG").strip()
    assert refused in ("", "(empty array)"), refused
    strays = [key for key in redis_cli("KEYS", "*").split() if not key.startswith("voice:")]
    assert not strays, strays
    good("sessions, resume, tickets, deletion and cluster stats with the least rights: no command was refused")
    assert subprocess.run(["redis-cli", "-p", str(plain_port), "--no-auth-warning", "--user", "voice", "-a", PASSWORD, "KEYS", "*"], capture_output=True, text=True).stdout.startswith("NOPERM")
    good("that user cannot list keys")
finally:
    server.terminate()
    ended = manager.recv(64) if server.is_running else b""
    server.process.wait(60)
    simulator.stop()
    redis.stop()
    if sys.exc_info()[0]:
        print(server.text[-4000:])
assert ended == b"STOPPING=1" and server.process.returncode == 0, (ended, server.process.returncode)
assert PASSWORD not in server.text and token not in server.text, "a secret stands in the log"
good("SIGTERM: STOPPING=1, drained, exit 0; no secret in the log")
