"""openai-agents' RealtimeRunner, as its documentation has it: a tool, a spoken turn, and a user who interrupts."""
import asyncio, json

import agents
from agents.realtime import RealtimeAgent, RealtimeRunner

VERSION = "openai-agents " + agents.version.__version__


class Conversation:
    """A session, and what it told its user."""

    def __init__(self, url, key, speech):
        self.called, self.kinds, self.audio, self.speech = [], [], 0, speech

        @agents.function_tool
        def get_weather(city: str) -> str:
            """Weather of a city."""
            self.called.append(city)
            return json.dumps({"sky": "clear"})

        billing = RealtimeAgent(name="Billing", handoff_description="Bills and refunds", instructions="Ask for the bill's number.")
        agent = RealtimeAgent(name="Assistant", instructions="Answer in one sentence.", tools=[get_weather], handoffs=[billing])
        self.runner = RealtimeRunner(agent)
        self.config = {"url": f"{url}?model=gpt-realtime-2.1", "api_key": key,
                       "initial_model_settings": {"audio": {"input": {"transcription": {"model": "gpt-4o-mini-transcribe"}}}}}

    async def __aenter__(self):
        self.session = await self.runner.run(model_config=self.config)
        await self.session.enter()
        # It asks for tracing once it has seen `session.created`.
        await self.until("session.updated", times=2)
        return self

    async def __aexit__(self, *_):
        await self.session.close()

    async def until(self, wanted, times=1, timeout=30):
        """Takes events until `wanted` came so many times."""
        async with asyncio.timeout(timeout):
            async for event in self.session:
                assert event.type != "error", event.error
                if event.type == "raw_model_event":
                    assert event.data.type not in ("error", "exception"), event.data
                    if event.data.type == "raw_server_event" and event.data.data["type"] == wanted:
                        times -= 1
                        if times == 0:
                            return event
                elif event.type not in self.kinds[-1:]:
                    self.kinds.append(event.type)
                if event.type == "audio":
                    self.audio += len(event.audio.data)
                if event.type == wanted:
                    times -= 1
                    if times == 0:
                        return event
        raise AssertionError(f"ended before {wanted}: {self.kinds}")

    async def speak(self):
        for start in range(0, len(self.speech), 4800):
            await self.session.send_audio(self.speech[start:start + 4800])
            await asyncio.sleep(0.05)

    def said(self, role="assistant"):
        """What the history has of the last item that is by `role`."""
        last = [item for item in self.session._history if item.type == "message" and item.role == role][-1]
        return "".join(getattr(part, "transcript", None) or getattr(part, "text", None) or "" for part in last.content)


async def tool_turn(url, key, speech):
    async with Conversation(url, key, speech) as c:
        await c.session.send_message("What is the weather in Paris?")
        await c.until("agent_end", times=2)
        await asyncio.sleep(0.5)
        assert c.called == ["Paris"], c.called
        assert c.audio > 4800, c.audio
        return c.said()


async def handoff(url, key, speech):
    async with Conversation(url, key, speech) as c:
        await c.session.send_message("Please transfer me to billing.")
        event = await c.until("handoff")
        assert event.to_agent.name == "Billing", event
        await c.until("agent_end", times=1)
        await c.speak()
        await c.until("agent_end")
        await asyncio.sleep(0.5)
        return c.said()


async def spoken_turn(url, key, speech):
    async with Conversation(url, key, speech) as c:
        speaking = asyncio.create_task(c.speak())
        await c.until("agent_end")
        await speaking
        await asyncio.sleep(0.5)
        assert c.audio > 4800, c.audio
        assert "harbour office" in c.said("user"), c.said("user")
        return c.said()


async def barge_in(url, key, speech):
    async with Conversation(url, key, speech) as c:
        await c.session.send_message("Tell me a story.")
        await c.until("audio")
        speaking = asyncio.create_task(c.speak())
        await c.until("audio_interrupted")
        await c.until("agent_end", times=2)
        await speaking
        await asyncio.sleep(0.5)
        return c.said()


async def tides(url, key, speech):
    async with Conversation(url, key, speech) as c:
        await c.session.send_message("What are the tide times today?")
        await c.until("agent_end")
        await asyncio.sleep(0.5)
        return c.said()


SCENARIOS = (tool_turn, handoff, spoken_turn, barge_in, tides)
# Their last answer is to be found in the documents.
ANSWERED_FROM_DOCUMENTS = (handoff, spoken_turn, barge_in)
ANSWERED_BY_TOOL = (tides,)
