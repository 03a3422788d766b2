"""openai-python's realtime connection: text, speech, a tool, a response beside the conversation, and a user who interrupts."""
import asyncio, base64, json

import openai

VERSION = "openai " + openai.__version__
TOOL = {
    "type": "function", "name": "get_weather", "description": "Weather of a city",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


class Conversation:
    def __init__(self, url, key, speech):
        base = url.replace("ws:", "http:", 1).removesuffix("/realtime")
        self.manager = openai.AsyncOpenAI(base_url=base, api_key=key).realtime.connect(model="gpt-realtime-2.1")
        self.speech, self.events = speech, []

    async def __aenter__(self):
        self.connection = await self.manager.__aenter__()
        self.session, self.item, self.response = self.connection.session, self.connection.conversation.item, self.connection.response
        await self.until("session.created")
        return self

    async def __aexit__(self, *problem):
        await asyncio.sleep(0 if problem[0] else 0.5)
        await self.manager.__aexit__(*problem)

    async def until(self, wanted, timeout=30):
        """Collects events until one of the type `wanted` came."""
        async with asyncio.timeout(timeout):
            async for event in self.connection:
                self.events.append(event)
                assert event.type != "error", event.error
                if event.type == wanted:
                    return event
        raise AssertionError(f"closed before {wanted}")

    async def done(self, status="completed"):
        done = await self.until("response.done")
        assert done.response.status == status, done
        return done

    async def update(self, **session):
        await self.session.update(session={"type": "realtime", **session})
        await self.until("session.updated")

    async def write(self, text):
        await self.item.create(item=user_text(text))

    async def speak(self):
        for start in range(0, len(self.speech), 4800):
            await self.connection.input_audio_buffer.append(audio=base64.b64encode(self.speech[start:start + 4800]).decode())
            await asyncio.sleep(0.05)

    def said(self):
        texts = [getattr(event, "text", None) or getattr(event, "transcript", "") for event in self.events
                 if event.type in ("response.output_text.done", "response.output_audio_transcript.done")]
        return texts[-1]


def user_text(text):
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


async def text_turn(*server):
    async with Conversation(*server) as c:
        await c.update(output_modalities=["text"])
        await c.write("Please say hello to the harbour.")
        await c.response.create()
        await c.done()
        return c.said()


async def spoken_turn(*server):
    async with Conversation(*server) as c:
        await c.update(audio={"input": {"transcription": {"model": "gpt-realtime-whisper"}}})
        speaking = asyncio.create_task(c.speak())
        await c.done()
        await speaking
        audio = sum(len(base64.b64decode(event.delta)) for event in c.events if event.type == "response.output_audio.delta")
        assert audio > 4800, f"only {audio} bytes of audio"
        return c.said()


async def tool_turn(*server):
    async with Conversation(*server) as c:
        await c.update(output_modalities=["text"], tools=[TOOL], tool_choice="required")
        await c.write("What is the weather in Paris?")
        await c.response.create()
        await c.done()
        calls = [event for event in c.events if event.type == "response.function_call_arguments.done"]
        assert [json.loads(call.arguments) for call in calls] == [{"city": "Paris"}], calls
        await c.item.create(item={"type": "function_call_output", "call_id": calls[0].call_id, "output": '{"sky":"clear"}'})
        await c.response.create(response={"tool_choice": "none"})
        await c.done()
        return c.said()


async def out_of_band_turn(*server):
    async with Conversation(*server) as c:
        await c.response.create(response={
            "conversation": "none", "output_modalities": ["text"], "metadata": {"topic": "classification"},
            "input": [user_text("Classify: I would like a refund.")], "instructions": "Answer with one word."})
        done = await c.done()
        assert done.response.metadata == {"topic": "classification"} and done.response.conversation_id is None, done
        return c.said()


async def push_to_talk(*server):
    async with Conversation(*server) as c:
        await c.update(audio={"input": {"turn_detection": None, "transcription": {"model": "whisper-1", "language": "en"}}})
        await c.speak()
        await c.connection.input_audio_buffer.commit()
        await c.response.create()
        await c.done()
        return c.said()


async def barge_in(*server):
    async with Conversation(*server) as c:
        await c.write("Tell me a story.")
        await c.response.create()
        first = await c.until("response.output_audio.delta")
        speaking = asyncio.create_task(c.speak())
        await c.until("input_audio_buffer.speech_started")
        await c.item.truncate(item_id=first.item_id, content_index=0, audio_end_ms=100)
        done = await c.done("cancelled")
        assert done.response.status_details.reason == "turn_detected", done
        await c.done()
        await speaking
        return c.said()


async def conversation(*server):
    async with Conversation(*server) as c:
        for _ in range(3):
            await c.speak()
            await c.done()
            await asyncio.sleep(0.3)
        items = [event.item.id for event in c.events if event.type == "conversation.item.added"]
        assert len(items) == 6, items
        for item in items:
            await c.item.retrieve(item_id=item)
            retrieved = await c.until("conversation.item.retrieved")
            assert retrieved.item.id == item, retrieved
        await c.item.delete(item_id=items[2])
        await c.until("conversation.item.deleted")
        await c.item.create(item=user_text("What is the weather in Paris?"), previous_item_id=items[3])
        await c.until("conversation.item.done")
        await c.item.create(item={**user_text("Tell me a story."), "id": "told_by_the_client"})
        await c.until("conversation.item.done")
        await c.update(output_modalities=["text"], instructions="Be brief.", audio={"input": {"turn_detection": {"type": "semantic_vad"}}})
        await c.speak()
        await c.done()
        return c.said()


async def tides(*server):
    async with Conversation(*server) as c:
        await c.update(tools=[TOOL])
        await c.write("What are the tide times today?")
        await c.response.create(response={"metadata": {"asked": "by the client"}})
        done = await c.done()
        assert done.response.metadata == {"asked": "by the client"}, done
        await c.speak()
        await c.done()
        return "".join(event.transcript for event in c.events if event.type == "response.output_audio_transcript.done")


SCENARIOS = (text_turn, spoken_turn, tool_turn, out_of_band_turn, push_to_talk, barge_in, conversation, tides)
ANSWERED_FROM_DOCUMENTS = (spoken_turn, push_to_talk, barge_in, conversation)
ANSWERED_BY_TOOL = (tides,)
