#!/usr/bin/env python3
"""The gateways of Examples/, started for real: stock openai-python talks through them to the simulator, with a real Redis.

usage: test-examples.py PATH/TO/voice-server FOLDER/OF/EXAMPLES

- HummingbirdGateway: a conversation of several turns; a route of the application's own, health and metrics beside it; the sixth session of
  a user in an hour is refused; killed by -9 and started again, it goes on with the client's conversation; SIGTERM ends it in good order.
- NIOGateway: a conversation.
"""
import asyncio, base64, contextlib, filecmp, hashlib, hmac, json, os, pathlib, shutil, signal, socket, subprocess, sys, tempfile, time, urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
SECRET = "0123456789abcdef0123456789abcdef"
ADMIN = "the-admins-own-token"
QUESTION = "When does the harbour office open on Saturdays?"
MODEL = "gpt-realtime-2.1"


def with_client():
    """Runs this again by the Python that has the stock clients of `make test-clients`, which is made where it is missing."""
    venv, wanted = ROOT / ".build/clients-venv", ROOT / "scripts/clients/requirements.txt"
    python, installed = venv / "bin/python", venv / wanted.name
    if pathlib.Path(sys.prefix) == venv:
        return
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    if not (installed.exists() and filecmp.cmp(wanted, installed)):
        subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "-r", wanted], check=True)
        shutil.copy(wanted, installed)
    os.execv(python, [python, *sys.argv])


def token(user):
    part = lambda value: base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=")
    text = part({"alg": "HS256", "typ": "JWT"}) + b"." + part({"sub": user, "plan": "elite", "exp": int(time.time()) + 3600})
    mac = hmac.new(SECRET.encode(), text, hashlib.sha256).digest()
    return (text + b"." + base64.urlsafe_b64encode(mac).rstrip(b"=")).decode()


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Process:
    """A process whose output goes to a file, and is shown when something fails."""

    running = []

    def __init__(self, scratch, name, *command, port, **environment):
        self.name, self.port, self.log = name, port, scratch / f"{name}-{len(self.running)}.log"
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(command, stdout=out, stderr=out, cwd=scratch, env=os.environ | environment)
        self.running.append(self)
        deadline = time.monotonic() + 30
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                return
            assert self.process.poll() is None, f"{name} ended with {self.process.returncode}"
            assert time.monotonic() < deadline, f"{name} does not listen on {port}"
            time.sleep(0.05)

    def end(self, by=signal.SIGTERM, within=30):
        self.process.send_signal(by)
        return self.process.wait(within)


def get(port, path, bearer=None):
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={"Authorization": f"Bearer {bearer}"} if bearer else {})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def connect(port, user):
    """A session by stock openai-python: only the address and the key are its user's own."""
    import openai

    return openai.AsyncOpenAI(api_key=token(user), base_url=f"http://127.0.0.1:{port}/v1", max_retries=0).realtime.connect(model=MODEL)


async def turn(connection, text):
    """What the model says to `text`."""
    await connection.conversation.item.create(item={"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]})
    await connection.response.create()
    said, audio = "", 0
    async with asyncio.timeout(30):
        async for event in connection:
            assert event.type != "error", event.error
            if event.type == "response.output_audio.delta":
                audio += len(base64.b64decode(event.delta))
            elif event.type in ("response.output_audio_transcript.delta", "response.output_text.delta"):
                said += event.delta
            elif event.type == "response.done":
                assert event.response.status == "completed", event.response
                assert said and event.response.usage.total_tokens > 0, event.response
                return said, audio
    raise AssertionError("the session ended in the middle of a turn")


async def conversation(port, user):
    async with connect(port, user) as connection:
        async with asyncio.timeout(30):
            assert (await connection.recv()).type == "session.created"
            await connection.session.update(session={"type": "realtime", "instructions": "Answer in one sentence."})
            assert (await connection.recv()).type == "session.updated"
        turns = [await turn(connection, text) for text in (QUESTION, "And on weekdays?", "Thank you, goodbye.")]
        assert all(audio > 4_800 for _, audio in turns), turns
    return turns


async def refusal(port, user):
    """The code of the error, and how the connection is closed."""
    import websockets

    code = None
    try:
        async with connect(port, user) as connection, asyncio.timeout(30):
            async for event in connection:
                if event.type == "error":
                    code = event.error.code
            raise AssertionError("a connection that ends without a close frame")
    except websockets.ConnectionClosed as end:
        return code, end.rcvd.code, end.rcvd.reason
    # The client ends its loop by itself after a clean close.
    except AssertionError:
        return code, 1000, ""


class Voice:
    """A session of /v1/ws/voice, which can be resumed."""

    def __init__(self, port, user, session=None):
        self.url = f"ws://127.0.0.1:{port}/v1/ws/voice" + (f"?session_id={session}" if session else "")
        self.user, self.seen = user, []

    async def __aenter__(self):
        import websockets

        self.socket = await websockets.connect(self.url, additional_headers={"Authorization": f"Bearer {token(self.user)}"}, max_size=None)
        self.ready = await self.until("voice.session.ready")
        return self

    async def __aexit__(self, *_):
        await self.socket.close()

    async def until(self, kind):
        async with asyncio.timeout(30):
            while True:
                event = json.loads(await self.socket.recv())
                assert event["type"] != "error", event
                self.seen.append(event)
                if event["type"] == kind:
                    return event

    async def ask(self, text):
        item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
        await self.socket.send(json.dumps({"type": "conversation.item.create", "item": item}))
        await self.socket.send(json.dumps({"type": "response.create"}))
        done = await self.until("response.done")
        assert done["response"]["status"] == "completed", done


async def hummingbird(start, kill):
    gateway = start()
    port = gateway.port
    assert get(port, "/") == (200, "A shop with a voice")
    assert get(port, "/readyz")[0] == 200
    turns = await conversation(port, "ada")
    print(f"ok  openai-python holds a conversation of {len(turns)} turns; the last answer: {turns[-1][0]}")

    health = json.loads(get(port, "/v1/voice/health")[1])
    assert health["redis"]["redis_available"] and health["rag"]["source"] != "none", health
    assert get(port, "/metrics")[0] == 401
    status, metrics = get(port, "/metrics", ADMIN)
    assert status == 200 and "voice_sessions_started_total 1" in metrics, metrics
    print("ok  health, metrics and a route of the application's own beside it")

    for _ in range(4):
        async with connect(port, "ada") as connection, asyncio.timeout(30):
            assert (await connection.recv()).type == "session.created"
    refused = await refusal(port, "ada")
    assert refused == ("rate_limit_exceeded", 1008, "Rate limit exceeded (5 sessions/hour max)"), refused
    print(f"ok  the sixth session of a user is refused: {refused[2]}")

    async with Voice(port, "bob") as voice:
        assert not voice.ready["resumed"]
        session = voice.ready["session_id"]
        await voice.ask(QUESTION)
        context = next(event for event in voice.seen if event["type"] == "voice.rag.context")
        assert context["status"] == "hit" and context["sources"], context
        print(f"ok  context of the application's documents: {context['sources'][0]['title']}")
        await asyncio.sleep(1)
        kill(gateway)
    started = time.monotonic()
    gateway = start(port)
    async with Voice(port, "bob", session) as voice:
        assert voice.ready["resumed"] and voice.ready["session_id"] == session, voice.ready
        resumed = await voice.until("voice.session.resumed")
        assert resumed["items"] >= 2, resumed
        await voice.ask("And on weekdays?")
    print(f"ok  killed by -9 and started again, it goes on with {resumed['items']} items of the conversation after "
          f"{time.monotonic() - started:.1f} s")
    assert (await refusal(port, "ada"))[0] == "rate_limit_exceeded", "the limit is the Redis's, not the process's"
    print("ok  the sixth session is refused by the new process as well")
    began = time.monotonic()
    assert gateway.end() == 0
    print(f"ok  SIGTERM ends it after {time.monotonic() - began:.1f} s")


async def main():
    server, examples = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
    scratch = pathlib.Path(tempfile.mkdtemp())
    try:
        (scratch / "documents").mkdir()
        (scratch / "documents/harbour.md").write_text(
            "# Harbour office\nThe harbour office opens on Saturdays from nine to twelve. On weekdays it opens at eight and closes at five.\n")
        redis, upstream = free_port(), free_port()
        Process(scratch, "redis", "redis-server", "--port", str(redis), "--save", "", "--dir", str(scratch), port=redis)
        Process(scratch, "simulator", server, "simulate", "--port", str(upstream), port=upstream)
        settings = dict(JWT_SECRET=SECRET, OPENAI_API_KEY="simulator", OPENAI_REALTIME_URL=f"ws://127.0.0.1:{upstream}/v1/realtime")

        def start(port=None):
            port = port or free_port()
            return Process(
                scratch, "HummingbirdGateway", examples / "HummingbirdGateway", port=port, PORT=str(port), ADMIN_TOKEN=ADMIN,
                REDIS_URL=f"redis://127.0.0.1:{redis}", DOCUMENTS="documents", **settings)

        await hummingbird(start, lambda gateway: gateway.end(signal.SIGKILL))
        port = free_port()
        gateway = Process(scratch, "NIOGateway", examples / "NIOGateway", port=port, PORT=str(port), **settings)
        turns = await conversation(port, "ada")
        assert gateway.end() == 0
        print(f"ok  the same through NIOGateway, {len(turns)} turns")
    except BaseException:
        for process in Process.running:
            print(f"--- {process.log.name}", process.log.read_text(errors="replace")[-3_000:], sep="\n", file=sys.stderr)
        raise
    finally:
        for process in Process.running:
            if process.process.poll() is None:
                process.end(signal.SIGKILL)
        shutil.rmtree(scratch, ignore_errors=True)


with_client()
asyncio.run(main())
