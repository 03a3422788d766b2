"""The binary with what deploy/ gives it: --env-file, systemd's socket, a Redis over TLS with an authority of its own and the user of users.acl.

usage: try_server.py VOICE_SERVER. Sessions run through it; Redis's own log of refused commands must stay empty.
"""

import asyncio
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

import websockets

SERVER = sys.argv[1]
PASSWORD = "a-password-for-the-test"
scratch = pathlib.Path(tempfile.mkdtemp())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def until(what, seconds: float = 60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if result := what():
                return result
        except OSError:
            pass
        time.sleep(0.05)
    raise SystemExit(f"waited {seconds:g} s in vain for {what.__name__}")


def good(text: str) -> None:
    print(f"ok    {text}", flush=True)


run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=Test authority", "-keyout", f"{scratch}/ca.key", "-out", f"{scratch}/ca.pem")
run("openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-keyout", f"{scratch}/redis.key", "-out", f"{scratch}/redis.csr")
(scratch / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
run("openssl", "x509", "-req", "-days", "2", "-in", f"{scratch}/redis.csr", "-CA", f"{scratch}/ca.pem", "-CAkey", f"{scratch}/ca.key", "-CAcreateserial", "-extfile", f"{scratch}/names", "-out", f"{scratch}/redis.pem")

redis_port, plain_port, http_port, upstream_port = free_port(), free_port(), free_port(), free_port()
users = pathlib.Path("deploy/redis/users.acl").read_text().replace("CHANGE-ME", PASSWORD).replace("user default off", "user default on >admin ~* &* +@all")
(scratch / "users.acl").write_text(users)
redis = subprocess.Popen(
    ["redis-server", "--port", str(plain_port), "--tls-port", str(redis_port), "--bind", "127.0.0.1", "--tls-cert-file", f"{scratch}/redis.pem",
     "--tls-key-file", f"{scratch}/redis.key", "--tls-ca-cert-file", f"{scratch}/ca.pem", "--tls-auth-clients", "no", "--aclfile", f"{scratch}/users.acl",
     "--save", "", "--dir", str(scratch)], stdout=subprocess.DEVNULL)  # fmt: skip
simulator = subprocess.Popen([SERVER, "simulate", "--port", str(upstream_port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def redis_cli(*command: str) -> str:
    return run("redis-cli", "-p", str(plain_port), "--no-auth-warning", "-a", "admin", *command)


# An environment file as a platform would fill it: the authority on one line.
authority = (scratch / "ca.pem").read_text().replace("\n", "\\n")
(scratch / "voice.env").write_text(
    f"ENABLE_VOICE_REALTIME=true\nJWT_SECRET={'s' * 40}\nHOST=127.0.0.1\nPORT={http_port}\nREDIS_URL=rediss://voice:{PASSWORD}@localhost:{redis_port}\n"
    f'REDIS_CA="{authority}"\nOPENAI_API_KEY=key\nOPENAI_REALTIME_URL=ws://127.0.0.1:{upstream_port}/v1/realtime\nVOICE_ADMIN_TOKEN=admin\n'
    "VOICE_MAX_COST_USD_PER_DAY=5\nLOG_LEVEL=info\n")  # fmt: skip
manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
manager.bind(str(scratch / "notify"))
manager.settimeout(60)
environment = {"PATH": os.environ["PATH"], "NOTIFY_SOCKET": str(scratch / "notify")}


def the_ports() -> bool:
    for port in (redis_port, upstream_port):
        socket.create_connection(("127.0.0.1", port), 1).close()
    return True


until(the_ports)
check = subprocess.run([SERVER, "check", "--env-file", f"{scratch}/voice.env"], capture_output=True, text=True, env=environment)
assert check.returncode == 0, check.stdout + check.stderr
good("check, by the environment file alone: Redis over TLS with its own authority, and the user of users.acl")

log = open(scratch / "log", "w+")
server = subprocess.Popen([SERVER, "run", "--env-file", f"{scratch}/voice.env"], stderr=log, env=environment)


def get(path: str, **headers: str) -> tuple[int, str]:
    request = urllib.request.Request(f"http://127.0.0.1:{http_port}{path}", headers=headers)
    with urllib.request.urlopen(request, timeout=5) as answer:
        return answer.status, answer.read().decode()


try:
    assert manager.recv(64) == b"READY=1"
    assert get("/readyz")[0] == 200
    good("READY=1 at systemd's socket once the port listens")
    probe = subprocess.run([SERVER, "probe", "/livez", "--env-file", f"{scratch}/voice.env"], capture_output=True, text=True, env=environment)
    assert probe.returncode == 0, probe.stderr
    assert subprocess.run([SERVER, "probe", "--url", f"http://127.0.0.1:{free_port()}"], capture_output=True).returncode == 1
    good("probe answers 0 for a server that is there, 1 for one that is not")

    token = run(SERVER, "token", "--user", "ada", "--plan", "elite", "--env-file", f"{scratch}/voice.env").strip()

    async def session(query: str = "") -> dict:
        async with websockets.connect(f"ws://127.0.0.1:{http_port}/v1/ws/voice{query}") as socket_:
            ready = json.loads(await asyncio.wait_for(socket_.recv(), 20))
            assert ready["type"] == "voice.session.ready", ready
            item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello"}]}
            await socket_.send(json.dumps({"type": "conversation.item.create", "item": item}))
            await socket_.send('{"type":"response.create"}')
            while json.loads(await asyncio.wait_for(socket_.recv(), 30))["type"] != "response.done":
                pass
            return ready

    first = asyncio.run(session(f"?token={token}"))
    again = asyncio.run(session(f"?token={token}&session_id={first['session_id']}"))
    assert again["resumed"] is True, again
    ticket = urllib.request.Request(f"http://127.0.0.1:{http_port}/v1/voice/tickets", method="POST", headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(ticket, timeout=5) as answer:
        asyncio.run(session(f"?ticket={json.load(answer)['ticket']}"))
    forget = urllib.request.Request(f"http://127.0.0.1:{http_port}/v1/voice/sessions/{first['session_id']}", method="DELETE", headers={"Authorization": f"Bearer {token}"})
    urllib.request.urlopen(forget, timeout=5).close()
    get("/v1/voice/stats?scope=cluster", Authorization="Bearer admin")
    health = json.loads(get("/v1/voice/health")[1])
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
    server.send_signal(signal.SIGTERM)
    ended = manager.recv(64) if server.poll() is None else b""
    code = server.wait(60)
    for process in (simulator, redis):
        process.terminate()
        process.wait(20)
    log.seek(0)
    text = log.read()
    if sys.exc_info()[0]:
        print(text[-4000:])
assert ended == b"STOPPING=1" and code == 0, (ended, code)
assert PASSWORD not in text and token not in text, "a secret stands in the log"
good("SIGTERM: STOPPING=1, drained, exit 0; no secret in the log")
