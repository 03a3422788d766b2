"""LiveKit's AgentSession over its OpenAI plugin's RealtimeModel, with a microphone and a loudspeaker made of memory instead of a room."""
import asyncio, importlib.metadata, json, time

import aiohttp
from livekit import rtc
from livekit.agents import Agent, AgentSession, function_tool
from livekit.agents.voice import io
from livekit.plugins.openai.realtime import RealtimeModel

VERSION = "livekit-plugins-openai " + importlib.metadata.version("livekit-plugins-openai")
RATE = 24000


class Microphone(io.AudioInput):
    def __init__(self):
        super().__init__(label="microphone")
        self.frames = asyncio.Queue()

    async def __anext__(self):
        return await self.frames.get()

    async def speak(self, speech):
        for start in range(0, len(speech), 4800):
            data = speech[start:start + 4800]
            self.frames.put_nowait(rtc.AudioFrame(data, RATE, 1, len(data) // 2))
            await asyncio.sleep(0.05)


class Loudspeaker(io.AudioOutput):
    """Plays `speed` times as fast as real time, and tells how far it came."""

    def __init__(self, speed):
        super().__init__(label="loudspeaker", capabilities=io.AudioOutputCapabilities(pause=False), sample_rate=RATE)
        self.speed, self.seconds, self.started, self.heard, self.end = speed, 0.0, None, 0.0, None

    async def capture_frame(self, frame):
        await super().capture_frame(frame)
        if self.started is None:
            self.started = time.time()
            self.on_playback_started(created_at=self.started)
        self.seconds += frame.duration

    def flush(self):
        super().flush()
        if self.started is not None and self.end is None:
            rest = self.seconds / self.speed - (time.time() - self.started)
            self.end = asyncio.get_running_loop().call_later(max(0, rest), self.finish, False)

    def clear_buffer(self):
        if self.started is not None:
            self.finish(True)

    def finish(self, interrupted):
        position = min(self.seconds, (time.time() - self.started) * self.speed) if interrupted else self.seconds
        if self.end:
            self.end.cancel()
        self.heard += position
        self.seconds, self.started, self.end = 0.0, None, None
        self.on_playback_finished(playback_position=position, interrupted=interrupted)


class Conversation:
    def __init__(self, url, key, speech, speed=10):
        self.url, self.key, self.speech, self.called, self.failures, self.items = url, key, speech, [], [], asyncio.Queue()
        self.microphone, self.loudspeaker = Microphone(), Loudspeaker(speed)

    async def __aenter__(self):
        @function_tool
        async def get_weather(city: str) -> str:
            """Weather of a city."""
            self.called.append(city)
            return json.dumps({"sky": "clear"})

        self.http = aiohttp.ClientSession()
        model = RealtimeModel(model="gpt-realtime-2.1", base_url=self.url.removesuffix("/realtime"), api_key=self.key, http_session=self.http)
        # There is no echo to learn about, and what is interrupted stays so.
        self.session = AgentSession(
            llm=model, aec_warmup_duration=None, turn_handling={"interruption": {"resume_false_interruption": False}})
        self.session.input.audio, self.session.output.audio = self.microphone, self.loudspeaker
        self.session.on("error", lambda event: self.failures.append(event.error))
        self.session.on("conversation_item_added", lambda event: self.items.put_nowait(event.item))
        await self.session.start(Agent(instructions="Answer in one sentence.", tools=[get_weather]))
        return self

    async def __aexit__(self, *problem):
        await asyncio.sleep(0 if problem[0] else 0.5)
        await self.session.aclose()
        await self.http.close()
        if not problem[0]:
            assert not self.failures, self.failures

    async def message(self, role, timeout=30):
        """The next message of `role` that the session keeps."""
        async with asyncio.timeout(timeout):
            while True:
                item = await self.items.get()
                if item.type == "message" and item.role == role:
                    return item


async def tool_turn(*server):
    async with Conversation(*server) as c:
        c.session.generate_reply(user_input="What is the weather in Paris?")
        answer = await c.message("assistant")
        assert c.called == ["Paris"], c.called
        assert c.loudspeaker.heard > 0.1, c.loudspeaker.heard
        return answer.text_content


async def spoken_turn(*server):
    async with Conversation(*server) as c:
        speaking = asyncio.create_task(c.microphone.speak(c.speech))
        question = await c.message("user")
        assert "harbour office" in question.text_content, question
        answer = await c.message("assistant")
        await speaking
        assert c.loudspeaker.heard > 0.1, c.loudspeaker.heard
        return answer.text_content


async def barge_in(*server):
    async with Conversation(*server, speed=1) as c:
        c.session.generate_reply(user_input="Tell me a story.")
        while c.loudspeaker.seconds < 0.5:
            await asyncio.sleep(0.02)
        speaking = asyncio.create_task(c.microphone.speak(c.speech))
        story = await c.message("assistant")
        assert story.interrupted, story
        c.loudspeaker.speed = 10
        answer = await c.message("assistant")
        await speaking
        return answer.text_content


async def tides(*server):
    async with Conversation(*server) as c:
        c.session.generate_reply(user_input="What are the tide times today?")
        return (await c.message("assistant")).text_content


SCENARIOS = (tool_turn, spoken_turn, barge_in, tides)
ANSWERED_FROM_DOCUMENTS = (spoken_turn, barge_in)
ANSWERED_BY_TOOL = (tides,)
