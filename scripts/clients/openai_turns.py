#!/usr/bin/env python3
"""PyPI's `openai` client against two Realtime servers, which are to give it the same events.

usage: openai_turns.py --direct http://HOST:PORT/v1 --direct-key K --gateway http://HOST:PORT/v1 --gateway-key JWT --wav SPEECH.wav

Holds a text turn, a spoken turn, a tool call and an out-of-band response over each, then compares: the types in order (runs of
deltas count as one, and events whose place is the server's to choose are compared apart), the fields of every event, and what was
said. Exit code 0 when both agree. The WAV is 16 bit mono at 24 kHz.
"""
import argparse, asyncio, base64, collections, json, sys, wave

from openai import AsyncOpenAI

TOOL = {
    "type": "function", "name": "get_weather", "description": "Weather of a city",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
# These come when the server likes: compared as sets, not by their place.
FLOATING = {"rate_limits.updated", "conversation.item.input_audio_transcription.delta", "conversation.item.input_audio_transcription.completed"}


async def until(connection, events, wanted, timeout=20):
    """Collects events until one of the type `wanted` came."""
    async def loop():
        async for event in connection:
            events.append(event)
            if event.type == "error":
                raise AssertionError(f"error: {event.error}")
            if event.type == wanted:
                return event
        raise AssertionError(f"closed before {wanted}")
    return await asyncio.wait_for(loop(), timeout)


def user_text(text):
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


async def text_turn(connection, events, _):
    await until(connection, events, "session.created")
    await connection.session.update(session={"type": "realtime", "output_modalities": ["text"]})
    await until(connection, events, "session.updated")
    await connection.conversation.item.create(item=user_text("Please say hello to the harbour."))
    await connection.response.create()
    done = await until(connection, events, "response.done")
    assert done.response.status == "completed", done


async def audio_turn(connection, events, speech):
    await until(connection, events, "session.created")
    await connection.session.update(session={"type": "realtime", "audio": {"input": {"transcription": {"model": "gpt-realtime-whisper"}}}})
    await until(connection, events, "session.updated")

    async def speak():
        step = 4800  # 100 ms
        for start in range(0, len(speech), step):
            await connection.input_audio_buffer.append(audio=base64.b64encode(speech[start:start + step]).decode())
            await asyncio.sleep(0.05)

    speaking = asyncio.create_task(speak())
    done = await until(connection, events, "response.done")
    await speaking
    assert done.response.status == "completed", done
    audio = sum(len(base64.b64decode(e.delta)) for e in events if e.type == "response.output_audio.delta")
    assert audio > 4800, f"only {audio} bytes of audio"


async def tool_turn(connection, events, _):
    await until(connection, events, "session.created")
    await connection.session.update(session={"type": "realtime", "output_modalities": ["text"], "tools": [TOOL], "tool_choice": "required"})
    await until(connection, events, "session.updated")
    await connection.conversation.item.create(item=user_text("What is the weather in Paris?"))
    await connection.response.create()
    await until(connection, events, "response.done")
    calls = [e for e in events if e.type == "response.function_call_arguments.done"]
    assert len(calls) == 1, f"{len(calls)} calls"
    json.loads(calls[0].arguments)
    await connection.conversation.item.create(item={"type": "function_call_output", "call_id": calls[0].call_id, "output": '{"sky":"clear"}'})
    await connection.response.create(response={"tool_choice": "none"})
    await until(connection, events, "response.done")


async def out_of_band_turn(connection, events, _):
    await until(connection, events, "session.created")
    await connection.response.create(response={
        "conversation": "none", "output_modalities": ["text"], "metadata": {"topic": "classification"},
        "input": [user_text("Classify: I would like a refund.")], "instructions": "Answer with one word."})
    done = await until(connection, events, "response.done")
    assert done.response.metadata == {"topic": "classification"} and done.response.conversation_id is None, done


def shape(value):
    """A value without what differs from run to run: names and kinds are left."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in sorted(value.items())}
    if isinstance(value, list):
        return [shape(item) for item in value]
    return type(value).__name__


def digest(events):
    ordered, floating, fields, text = [], collections.Counter(), {}, ""
    for event in events:
        if event.type in FLOATING:
            floating[event.type] = 1
        elif not (event.type.endswith(".delta") and event.type in ordered[-6:]):
            ordered.append(event.type)
        fields.setdefault(event.type, set()).add(json.dumps(shape(event.model_dump(exclude_none=True)), sort_keys=True))
        if event.type in ("response.output_text.done", "response.output_audio_transcript.done"):
            text += getattr(event, "text", None) or getattr(event, "transcript", "")
    return ordered, floating, fields, text


async def run(base, key, turn, speech):
    events = []
    client = AsyncOpenAI(base_url=base, api_key=key)
    async with client.realtime.connect(model="gpt-realtime-2.1") as connection:
        await turn(connection, events, speech)
    return digest(events)


async def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("direct", "direct-key", "gateway", "gateway-key", "wav"):
        parser.add_argument(f"--{name}", required=True)
    options = parser.parse_args()
    with wave.open(options.wav) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (24000, 1, 2), "16 bit mono at 24 kHz"
        speech = file.readframes(file.getnframes()) + b"\0" * 48000
    failures = 0
    for turn in (text_turn, audio_turn, tool_turn, out_of_band_turn):
        direct = await run(options.direct, options.direct_key, turn, speech)
        gateway = await run(options.gateway, options.gateway_key, turn, speech)
        same = direct[0] == gateway[0] and direct[1] == gateway[1] and direct[2].keys() == gateway[2].keys()
        print(f"{turn.__name__:17} {'same' if same else 'DIFFERENT'}: {len(gateway[0])} kinds of steps, said {gateway[3][:60]!r}")
        if not same:
            failures += 1
            print("  direct ", direct[0], dict(direct[1]))
            print("  gateway", gateway[0], dict(gateway[1]))
        for kind in direct[2].keys() & gateway[2].keys():
            if not gateway[2][kind] <= direct[2][kind] and kind not in FLOATING:
                print(f"  note: fields of {kind} differ")
    print(f"{4 - failures} passed, {failures} failed")
    sys.exit(1 if failures else 0)


asyncio.run(main())
