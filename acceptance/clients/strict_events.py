#!/usr/bin/env python3
"""Everything that `voice-server simulate` sends, held against openai-python's types, strictly.

usage: strict_events.py, in the environment of stock_clients.py

Starts the simulator with each of its knobs, holds conversations that make it send every event that it knows, and parses each event
with pydantic in strict mode. A member that the types do not know is a failure too, but for those that the provider sends all the same.
"""
import asyncio, base64, collections, json, pathlib, sys, tempfile

sys.path.append(str(pathlib.Path(__file__).parent.parent))
import pydantic
from openai.types.realtime import RealtimeServerEvent
from voice_acceptance import Close, Simulator, WebSocket, frame, server_binary, tone

ADAPTER = pydantic.TypeAdapter(RealtimeServerEvent)
# Seen in captures of the provider's own frames.
UNTYPED = {"obfuscation", "RealtimeSessionCreateRequest.id", "RealtimeSessionCreateRequest.object", "RealtimeSessionCreateRequest.expires_at",
           "RealtimeTranscriptionSessionCreateRequest.id", "RealtimeTranscriptionSessionCreateRequest.object",
           "RealtimeTranscriptionSessionCreateRequest.expires_at"}
EXPECTED = """conversation.item.added conversation.item.deleted conversation.item.done conversation.item.input_audio_transcription.completed
conversation.item.input_audio_transcription.delta conversation.item.input_audio_transcription.failed conversation.item.retrieved
conversation.item.truncated error input_audio_buffer.cleared input_audio_buffer.committed input_audio_buffer.speech_started
input_audio_buffer.speech_stopped input_audio_buffer.timeout_triggered rate_limits.updated response.content_part.added
response.content_part.done response.created response.done response.function_call_arguments.delta response.function_call_arguments.done
response.output_audio.delta response.output_audio.done response.output_audio_transcript.delta response.output_audio_transcript.done
response.output_item.added response.output_item.done response.output_text.delta response.output_text.done session.created
session.updated""".split()
TOOL = {"type": "function", "name": "get_weather", "description": "Weather of a city", "parameters": {
    "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}

seen, problems, statuses, codes = collections.Counter(), collections.Counter(), set(), set()


def extras(model, path=()):
    """Members that the types do not know."""
    if isinstance(model, pydantic.BaseModel):
        for name in model.model_extra or {}:
            if name not in UNTYPED and f"{type(model).__name__}.{name}" not in UNTYPED:
                yield f"{type(model).__name__}.{name} is in no type"
        for name in type(model).model_fields:
            yield from extras(getattr(model, name))
    elif isinstance(model, (list, tuple)):
        for item in model:
            yield from extras(item)


def judge(text):
    event = json.loads(text)
    seen[event["type"]] += 1
    if event["type"] == "response.done":
        statuses.add(event["response"]["status"])
    if event["type"] == "error":
        codes.add(event["error"]["code"])
    try:
        model = ADAPTER.validate_json(text, strict=True)
    except pydantic.ValidationError as error:
        kinds = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors() if event["type"] in str(e["loc"]) or len(error.errors()) < 6]
        problems[f"{event['type']}: {kinds or text[:300]}"] += 1
        return event
    if model.type != event["type"]:
        problems[f"{event['type']} is taken for {model.type}"] += 1
    for problem in extras(model):
        problems[f"{event['type']}: {problem}"] += 1
    return event


class Session:
    def __init__(self, port, query="?model=gpt-realtime-2.1", headers={"Authorization": "Bearer key"}):
        self.port, self.path, self.headers, self.events, self.count = port, "/v1/realtime" + query, headers, [], 0

    async def __aenter__(self):
        self.socket = await WebSocket.open(self.port, self.path, **self.headers)
        return self

    async def __aexit__(self, *_):
        self.socket.write(frame(8, b"\x03\xe8"))
        # What was on its way.
        while not isinstance(text := await self.socket.text(), Close):
            self.events.append(judge(text))

    async def send(self, type, **members):
        self.count += 1
        self.socket.send({"type": type, "event_id": f"evt_{self.count}", **members})

    async def raw(self, data):
        self.socket.send(data)

    async def until(self, type, timeout=20):
        async with asyncio.timeout(timeout):
            while True:
                if isinstance(text := await self.socket.text(timeout), Close):
                    raise ConnectionError(text)
                event = judge(text)
                self.events.append(event)
                if event["type"] == type:
                    return event

    async def closed(self, timeout=20):
        while not isinstance(text := await self.socket.text(timeout), Close):
            self.events.append(judge(text))
        return text.code

    async def update(self, **session):
        await self.send("session.update", session={"type": "realtime", **session})
        return await self.until("session.updated")

    async def write(self, text, **members):
        await self.send("conversation.item.create", item={"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}, **members)
        return (await self.until("conversation.item.done"))["item"]["id"]

    async def respond(self, **response):
        await self.send("response.create", response=response)
        return (await self.until("response.done"))["response"]

    async def append(self, seconds, loud, encode=lambda data: data):
        data = encode(tone(seconds) if loud else bytes(int(seconds * 48_000)))
        for start in range(0, len(data), 4800):
            await self.send("input_audio_buffer.append", audio=base64.b64encode(data[start:start + 4800]).decode())


async def spoken(port):
    for detection in ({"type": "server_vad"}, {"type": "semantic_vad", "eagerness": "high"}):
        for model in ("gpt-realtime-whisper", "gpt-4o-transcribe"):
            async with Session(port) as s:
                await s.update(audio={"input": {"turn_detection": detection, "transcription": {"model": model, "language": "en"}}},
                               include=["item.input_audio_transcription.logprobs"])
                await s.append(2, True)
                await s.append(1, False)
                await s.until("response.output_audio.delta")
                await s.append(0.5, True)  # Interrupts.
                done = await s.until("response.done")
                item = done["response"]["output"][0]["id"]
                await s.send("conversation.item.truncate", item_id=item, content_index=0, audio_end_ms=150)
                await s.until("conversation.item.truncated")
                for id in (item, next(e["item_id"] for e in s.events if e["type"] == "input_audio_buffer.committed")):
                    await s.send("conversation.item.retrieve", item_id=id)
                    await s.until("conversation.item.retrieved")
                await s.append(1, False)
                await s.until("response.done")
                await s.send("conversation.item.delete", item_id=item)
                await s.until("conversation.item.deleted")


async def telephone(port):
    for kind in ("audio/pcmu", "audio/pcma"):
        async with Session(port) as s:
            await s.update(audio={"input": {"format": {"type": kind}, "turn_detection": None, "noise_reduction": {"type": "near_field"}},
                                  "output": {"format": {"type": kind}, "voice": "cedar", "speed": 1.2}})
            await s.send("input_audio_buffer.clear")
            await s.append(1, True, lambda data: data[::6])
            await s.send("input_audio_buffer.commit")
            await s.respond()


async def typed(port):
    async with Session(port) as s:
        await s.update(output_modalities=["text"], tools=[TOOL], instructions="Be brief.", max_output_tokens=200, tracing="auto",
                       truncation={"type": "retention_ratio", "retention_ratio": 0.8}, tool_choice={"type": "function", "name": "get_weather"},
                       prompt={"id": "pmpt_1", "version": "2"}, reasoning={"effort": "low"}, parallel_tool_calls=True)
        await s.update(tool_choice="auto", truncation="auto", tracing=None, prompt=None)
        await s.write("What is the weather in Paris?", previous_item_id="root")
        call = (await s.respond(tool_choice="required"))["output"][0]
        await s.send("conversation.item.create", item={"type": "function_call_output", "call_id": call["call_id"], "output": '{"sky":"clear"}'})
        await s.respond(tool_choice="none", metadata={"a": "b"})
        await s.respond(conversation="none", input=[{"type": "item_reference", "id": call["id"]}], metadata={"topic": "x"})
        await s.respond(conversation="none", output_modalities=["audio"], input=[], instructions="Greet.")
        await s.respond(max_output_tokens=2)
        for item in ({"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Said before."}]},
                     {"type": "message", "role": "system", "content": [{"type": "input_text", "text": "[1] Opening hours (hours.md)\nWe open at nine."}]},
                     {"type": "function_call", "name": "get_weather", "call_id": "call_1", "arguments": "{}"},
                     {"type": "message", "role": "user", "content": [
                         {"type": "input_image", "image_url": "data:image/png;base64,iVBORw0KGgo="}, {"type": "input_text", "text": "When do you open?"}]},
                     {"type": "message", "role": "user", "content": [{"type": "input_audio", "audio": base64.b64encode(tone(1)).decode()}]}):
            await s.send("conversation.item.create", item=item)
            added = await s.until("conversation.item.done")
            await s.send("conversation.item.retrieve", item_id=added["item"]["id"])
            await s.until("conversation.item.retrieved")
            await s.respond()
        await s.send("response.create")
        await s.send("response.cancel")
        await s.until("response.done")


async def mistaken(port):
    async with Session(port) as s:
        await s.raw("not json")
        await s.raw(b"binary")
        await s.raw("[]")
        await s.raw("{}")
        for type, members in (
            ("nope", {}), ("transcription_session.update", {}), ("session.update", {}), ("session.update", {"session": {"instructions": "x"}}),
            ("session.update", {"session": {"type": "realtime", "bogus": 1}}), ("session.update", {"session": {"type": "transcription"}}),
            ("session.update", {"session": {"type": "realtime", "audio": {"input": {"format": {"type": "audio/pcm", "rate": 8000}}}}}),
            ("session.update", {"session": {"type": "realtime", "output_modalities": ["text", "audio"]}}),
            ("session.update", {"session": {"type": "realtime", "max_output_tokens": "many"}}), ("input_audio_buffer.commit", {}),
            ("input_audio_buffer.append", {"audio": "?"}), ("conversation.item.create", {}), ("conversation.item.create", {"item": {"type": "x"}}),
            ("conversation.item.create", {"item": {"type": "message", "role": "user", "content": []}, "previous_item_id": "none"}),
            ("conversation.item.create", {"item": {"type": "function_call_output", "call_id": "c", "output": "x"}}),
            ("conversation.item.create", {"item": {"id": "x" * 33, "type": "message", "role": "user", "content": []}}),
            ("conversation.item.delete", {"item_id": "x"}), ("conversation.item.retrieve", {"item_id": "x"}),
            ("conversation.item.truncate", {"item_id": "x", "content_index": 0, "audio_end_ms": 1}), ("response.cancel", {}),
            ("response.create", {"response": {"input": [{"type": "item_reference", "id": "x"}]}}), ("response.create", {"response": {"bogus": 1}}),
        ):
            await s.send(type, **members)
            await s.until("error", 5)
        await s.write("A story, please.")
        await s.send("response.create")
        await s.send("response.create")
        await s.until("error", 5)
        await s.until("response.done")


async def waiting(port):
    async with Session(port) as s:
        await s.update(audio={"input": {"turn_detection": {"type": "server_vad", "idle_timeout_ms": 5000}}})
        await s.respond()
        await s.until("input_audio_buffer.timeout_triggered", 30)
        await s.until("response.done")


async def transcribed(port):
    async with Session(port, "?intent=transcription") as s:
        for detection in ({"type": "server_vad"}, None):
            await s.send("session.update", session={"type": "transcription", "audio": {"input": {
                "transcription": {"model": "gpt-live-transcribe", "delay": "minimal"}, "turn_detection": detection}}})
            await s.until("session.updated" if detection is None else "error", 5)
        await s.append(2, True)
        await s.send("input_audio_buffer.commit")
        await s.until("conversation.item.input_audio_transcription.completed")


async def failing(port):
    async with Session(port) as s:
        await s.respond()


async def unintelligible(port):
    async with Session(port) as s:
        await s.update(audio={"input": {"transcription": {"model": "whisper-1"}}})
        await s.append(1, True)
        await s.append(1, False)
        await s.until("conversation.item.input_audio_transcription.failed")
        await s.until("response.done")


async def scripted(port):
    async with Session(port) as s:
        for _ in range(2):
            await s.respond()


def ends(code, **session):
    async def scenario(port):
        async with Session(port, **session) as s:
            got = await s.closed()
            assert got == code, f"closed with {got} instead of {code}"
    return scenario


async def main():
    script = tempfile.NamedTemporaryFile("w", suffix=".jsonl")
    script.write('{"assistant":"This breaks off somewhere.","incomplete":"content_filter"}\n{"error":{"type":"tokens","code":"rate_limit_exceeded","message":"x"}}\n')
    script.flush()
    plan = (
        ([], spoken, telephone, typed, mistaken, waiting, transcribed, ends(3000, headers={}), ends(4000, query=""), ends(4000, query="?model=gpt-live-1"),
         ends(4000, headers={"Authorization": "Bearer k", "OpenAI-Beta": "realtime=v1"})),
        (["--out-of-order-transcripts", "--transcript-model", "streaming", "--voice", "tones", "--seed", "3"], spoken),
        (["--transcript-model", "after-commit", "--first-audio-ms", "0"], spoken),
        (["--error", "rate_limit_exceeded"], failing), (["--error", "audio_unintelligible"], unintelligible),
        (["--error", "session_expired"], ends(1001)), (["--expire-after", "1"], ends(1001)), (["--fatal-open", "auth"], ends(3000)),
        (["--fatal-open", "model"], ends(4000)), (["--script", script.name], scripted), (["--drop-after", "0.3"], ends(1006)),
        (["--reset-after", "0.3"], ends(1006)),
    )
    for flags, *scenarios in plan:
        simulator = Simulator(server_binary(), *flags)
        try:
            port = int(simulator.url.split(":")[2].split("/")[0])
            for scenario in scenarios:
                await scenario(port)
        except Exception as error:
            problems[f"{scenario.__name__} {flags}: {error!r}"] += 1
        finally:
            simulator.stop()
    missing = [kind for kind in EXPECTED if not seen[kind]]
    missing += [f"response status {status}" for status in {"completed", "cancelled", "incomplete", "failed"} - statuses]
    for problem, count in problems.items():
        print(f"{count} times {problem}")
    if missing:
        print("never sent:", ", ".join(missing))
    print(f"{sum(seen.values())} events of {len(seen)} types with {len(codes)} error codes: {len(problems)} problems")
    sys.exit(1 if problems or missing else 0)


asyncio.run(main())
