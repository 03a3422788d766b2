"""pipecat's (1.x) service by way of the gateway: base_url without a query. pip install 'pipecat-ai[openai]'

Put `service` into your pipeline, where another model's service would stand.
pipecat ends its receive loop with an `error` event, so a refusal of the gateway ends the pipeline with its text.
"""
import os

from pipecat.services.openai.realtime import events
from pipecat.services.openai.realtime.llm import OpenAIRealtimeLLMService

base = os.environ.get("VOICE_URL", "http://127.0.0.1:8080").replace("http", "ws", 1)
service = OpenAIRealtimeLLMService(
    api_key=os.environ["VOICE_TOKEN"], base_url=f"{base}/v1/realtime",
    settings=OpenAIRealtimeLLMService.Settings(session_properties=events.SessionProperties(instructions="Answer in one sentence.")))
