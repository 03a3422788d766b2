"""pipecat's OpenAIRealtimeLLMService in a pipeline of its own, with frames put in for a microphone and taken out for a loudspeaker."""
import asyncio, importlib.metadata, json, sys

from loguru import logger

logger.remove()
logger.add(sys.stderr, level="ERROR")

from pipecat.adapters.llm.schemas.function_schema import FunctionSchema
from pipecat.adapters.llm.schemas.tools_schema import ToolsSchema
from pipecat.frames.frames import InputAudioRawFrame, LLMRunFrame, TTSAudioRawFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair
from pipecat.processors.frame_processor import FrameProcessor
from pipecat.services.openai.realtime import events
from pipecat.services.openai.realtime.llm import OpenAIRealtimeLLMService
from pipecat.workers.runner import WorkerRunner

VERSION = "pipecat-ai " + importlib.metadata.version("pipecat-ai")
WEATHER = FunctionSchema(name="get_weather", description="Weather of a city", properties={"city": {"type": "string"}}, required=["city"])


class Loudspeaker(FrameProcessor):
    def __init__(self):
        super().__init__()
        self.audio, self.started = 0, asyncio.Event()

    async def process_frame(self, frame, direction):
        await super().process_frame(frame, direction)
        if isinstance(frame, TTSAudioRawFrame):
            self.audio += len(frame.audio)
            self.started.set()
        await self.push_frame(frame, direction)


class Conversation:
    def __init__(self, url, key, speech, opening=None, audio=None):
        self.speech, self.opening, self.called, self.failures, self.answers = speech, opening, [], [], asyncio.Queue()
        properties = events.SessionProperties(instructions="Answer in one sentence.", audio=audio)
        self.llm = OpenAIRealtimeLLMService(
            api_key=key, base_url=url, settings=OpenAIRealtimeLLMService.Settings(session_properties=properties))
        self.llm.register_function("get_weather", self.get_weather)
        self.context = LLMContext([{"role": "user", "content": opening}] if opening else [], ToolsSchema(standard_tools=[WEATHER]))
        pair = LLMContextAggregatorPair(self.context)
        self.loudspeaker = Loudspeaker()
        self.worker = PipelineWorker(Pipeline([pair.user(), self.llm, self.loudspeaker, pair.assistant()]), idle_timeout_secs=None)

        @pair.assistant().event_handler("on_assistant_turn_stopped")
        async def stopped(_, message):
            self.answers.put_nowait(message)

        @self.worker.event_handler("on_pipeline_error")
        async def failed(_, frame):
            self.failures.append(frame.error)

    async def get_weather(self, call):
        self.called.append(call.arguments)
        await call.result_callback({"sky": "clear"})

    async def __aenter__(self):
        self.runner = WorkerRunner(handle_sigint=False)
        await self.runner.add_workers(self.worker)
        self.running = asyncio.create_task(self.runner.run())
        # So that the order of its first events is the same each time.
        while not self.llm._api_session_ready:
            await asyncio.sleep(0.02)
        if self.opening:
            await self.worker.queue_frame(LLMRunFrame())
        return self

    async def __aexit__(self, *problem):
        await asyncio.sleep(0 if problem[0] else 0.5)
        await self.worker.cancel()
        await self.running
        if not problem[0]:
            assert not self.failures, self.failures

    async def speak(self):
        for start in range(0, len(self.speech), 4800):
            await self.worker.queue_frame(InputAudioRawFrame(self.speech[start:start + 4800], 24000, 1))
            await asyncio.sleep(0.05)

    async def answer(self, timeout=30):
        """The next thing that the assistant said, as the pipeline took it down."""
        while True:
            message = await asyncio.wait_for(self.answers.get(), timeout)
            if message.content:
                return message


async def tool_turn(*server):
    async with Conversation(*server, opening="What is the weather in Paris?") as c:
        answer = await c.answer()
        assert c.called == [{"city": "Paris"}], c.called
        assert c.loudspeaker.audio > 4800, c.loudspeaker.audio
        return answer.content


async def spoken_turn(*server):
    async with Conversation(*server) as c:
        speaking = asyncio.create_task(c.speak())
        answer = await c.answer()
        await speaking
        assert c.loudspeaker.audio > 4800, c.loudspeaker.audio
        return answer.content


async def barge_in(*server):
    listening = events.AudioConfiguration(input=events.AudioInput(
        transcription=events.InputAudioTranscription(), turn_detection=events.SemanticTurnDetection()))
    async with Conversation(*server, opening="Tell me a story.", audio=listening) as c:
        await c.loudspeaker.started.wait()
        speaking = asyncio.create_task(c.speak())
        while (answer := await c.answer()).content.startswith("Once"):
            assert "anywhere else" not in answer.content, answer
        await speaking
        assert "harbour office" in json.dumps(c.context.get_messages()), c.context.get_messages()
        return answer.content


async def tides(*server):
    async with Conversation(*server, opening="What are the tide times today?") as c:
        return (await c.answer()).content


SCENARIOS = (tool_turn, spoken_turn, barge_in, tides)
ANSWERED_FROM_DOCUMENTS = (spoken_turn, barge_in)
ANSWERED_BY_TOOL = (tides,)
