#!/usr/bin/env python3
"""The gateways of Examples/, started for real: stock openai-python talks through them to the simulator, with a real Redis.
usage: examples.py [FOLDER]      of the built examples; else EXAMPLES, or the debug build in .build-packages

- HummingbirdGateway: a conversation of several turns; a route of the application's own, health and metrics beside it; the sixth session of
  a user in an hour is refused; killed by -9 and started again, it goes on with the client's conversation; SIGTERM ends it in good order.
- NIOGateway: a conversation.
"""
import asyncio, base64, json, os, pathlib, subprocess, sys, tempfile, time

from voice_acceptance import ROOT, SECRET, Process, Redis, Simulator, WebSocket, check, finish, free_port, get, limit, mint, needs, request, server_binary, until

needs(*(ROOT / "acceptance/clients/requirements.txt").read_text().split(), name="clients")

import openai  # noqa: E402
import websockets  # noqa: E402

ADMIN = "the-admins-own-token"
QUESTION = "When does the harbour office open on Saturdays?"


def examples_folder():
    if given := [*sys.argv[1:], *filter(None, [os.environ.get("EXAMPLES")])]:
        return pathlib.Path(given[0]).resolve()
    command = ["swift", "build", "--package-path", "Examples", "--scratch-path", ".build-packages", "--show-bin-path"]
    return pathlib.Path(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip())


class Example(Process):
    """An example on a free port, or on the one that it had before."""

    running = []

    def __init__(self, folder, name, upstream, port=None, **settings):
        self.port = port or free_port()
        super().__init__([str(folder / name)], PORT=str(self.port), JWT_SECRET=SECRET, OPENAI_API_KEY="simulator", OPENAI_REALTIME_URL=upstream, **settings)
        self.running.append(self)
        until(lambda: request("GET", self.port, "/"), what=f"{name} to listen")


def connect(port, user):
    """A session by stock openai-python: only the address and the key are its user's own."""
    client = openai.AsyncOpenAI(api_key=mint(user), base_url=f"http://127.0.0.1:{port}/v1", max_retries=0)
    return client.realtime.connect(model="gpt-realtime-2.1")


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
            elif event.type == "response.output_audio_transcript.delta":
                said += event.delta
            elif event.type == "response.done":
                assert event.response.status == "completed" and event.response.usage.total_tokens > 0, event.response
                assert said and audio > 4_800, event.response
                return said
    raise AssertionError("the session ended in the middle of a turn")


async def conversation(port, user):
    async with connect(port, user) as connection:
        async with asyncio.timeout(30):
            assert (await connection.recv()).type == "session.created"
            await connection.session.update(session={"type": "realtime", "instructions": "Answer in one sentence."})
            assert (await connection.recv()).type == "session.updated"
        return [await turn(connection, text) for text in (QUESTION, "And on weekdays?", "Thank you, goodbye.")]


async def refusal(port, user):
    """The code of the error, and how the connection is closed."""
    async with connect(port, user) as connection, asyncio.timeout(30):
        code = None
        try:
            while True:
                event = await connection.recv()
                code = event.error.code if event.type == "error" else code
        except websockets.ConnectionClosed as end:
            return code, end.rcvd.code, end.rcvd.reason


class Voice:
    """A session of /v1/ws/voice, which can be resumed."""

    @classmethod
    async def open(cls, port, user, session=None):
        self = cls()
        self.seen, self.socket = [], await WebSocket.open(port, "/v1/ws/voice" + (f"?session_id={session}" if session else ""), mint(user))
        self.ready = await self.until("voice.session.ready")
        return self

    async def until(self, kind):
        while True:
            text = await self.socket.text()
            assert isinstance(text, str), text
            event = json.loads(text)
            assert event["type"] != "error", event
            self.seen.append(event)
            if event["type"] == kind:
                return event

    async def ask(self, text):
        item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
        self.socket.send({"type": "conversation.item.create", "item": item})
        self.socket.send({"type": "response.create"})
        assert (await self.until("response.done"))["response"]["status"] == "completed"


async def hummingbird(start):
    gateway = await start()
    port = gateway.port
    check(get(port, "/").text == "A shop with a voice" and get(port, "/readyz").status == 200, "a route of the application's own, and /readyz")
    said = await conversation(port, "ada")
    check(len(said) == 3, f"openai-python holds a conversation; the last answer: {said[-1]}")
    health = json.loads(get(port, "/v1/voice/health").text)
    check(health["redis"]["redis_available"] and health["rag"]["source"] != "none", "health knows of the Redis and of the documents")
    metrics = get(port, "/metrics", Authorization=f"Bearer {ADMIN}")
    check(request("GET", port, "/metrics").status == 401 and metrics.status == 200 and "voice_sessions" in metrics.text, "metrics are the admin's alone")

    for _ in range(4):
        async with connect(port, "ada") as connection, asyncio.timeout(30):
            assert (await connection.recv()).type == "session.created"
    refused = await refusal(port, "ada")
    check(refused == ("rate_limit_exceeded", 1008, "Rate limit exceeded (5 sessions/hour max)"), f"the sixth session of a user is refused: {refused}")

    voice = await Voice.open(port, "bob")
    session = voice.ready["session_id"]
    await voice.ask(QUESTION)
    context = [event for event in voice.seen if event["type"] == "voice.rag.context"]
    check(bool(context) and context[0]["status"] == "hit", f"context of the application's documents: {context[:1]}")
    await asyncio.sleep(1)
    gateway.kill()
    killed = time.monotonic()
    gateway = await start(port)
    voice = await Voice.open(port, "bob", session)
    check(voice.ready["resumed"] and voice.ready["session_id"] == session, "killed by -9 and started again, the client resumes its session")
    await voice.ask("And on weekdays?")
    answered = time.monotonic() - killed

    def items():
        kept = get(port, f"/v1/voice/sessions/{session}", Authorization=f"Bearer {mint('bob')}").json["items"]
        return [item["role"] for item in kept if item["type"] == "message" and item["role"] != "system"]

    # The words from before the kill, and those from after it.
    until(lambda: len(items()) >= 4, what="both turns to be stored")
    check(items() == ["user", "assistant"] * 2, f"it goes on with the conversation, answered {answered:.1f} s after the kill: {items()}")
    check((await refusal(port, "ada"))[0] == "rate_limit_exceeded", "the limit is kept over the kill")
    seconds = gateway.stop()
    check(gateway.process.returncode == 0, f"SIGTERM ends it after {seconds:.1f} s with status {gateway.process.returncode}")


async def main():
    limit(300)
    folder, documents = examples_folder(), pathlib.Path(tempfile.mkdtemp())
    (documents / "harbour.md").write_text(
        "# Harbour office\nThe harbour office opens on Saturdays from nine to twelve. On weekdays it opens at eight and closes at five.\n")
    redis, upstream = Redis(), Simulator(server_binary()).url
    settings = dict(REDIS_URL=redis.url, DOCUMENTS=str(documents), ADMIN_TOKEN=ADMIN)

    async def start(port=None):
        gateway = Example(folder, "HummingbirdGateway", upstream, port, **settings)
        # On a busy machine memory may serve for the first seconds.
        until(lambda: get(gateway.port, "/v1/voice/health").json["redis"]["redis_available"], what="Redis to be used")
        return gateway

    await hummingbird(start)
    gateway = Example(folder, "NIOGateway", upstream)
    said = await conversation(gateway.port, "ada")
    gateway.stop()
    check(len(said) == 3 and gateway.process.returncode == 0, "the same through NIOGateway, and SIGTERM ends it")


try:
    asyncio.run(main())
except BaseException:
    print(*(f"--- {example.process.args[0]}\n{example.text[-4_000:]}" for example in Example.running), sep="\n", file=sys.stderr)
    raise
finish()
