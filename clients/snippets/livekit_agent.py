"""A LiveKit agent (1.x) by way of the gateway: base_url, or OPENAI_BASE_URL. pip install livekit-agents livekit-plugins-openai

`python3 livekit_agent.py dev` waits for rooms of the LiveKit server that LIVEKIT_URL, LIVEKIT_API_KEY and LIVEKIT_API_SECRET name.
"""
import os

from livekit.agents import Agent, AgentSession, JobContext, WorkerOptions, cli
from livekit.plugins.openai.realtime import RealtimeModel


async def entrypoint(context: JobContext):
    await context.connect()
    base = os.environ.get("VOICE_URL", "http://127.0.0.1:8080").replace("http", "ws", 1)
    model = RealtimeModel(base_url=f"{base}/v1", api_key=os.environ["VOICE_TOKEN"], model="gpt-realtime-2.1")
    await AgentSession(llm=model).start(agent=Agent(instructions="Answer in one sentence."), room=context.room)


if __name__ == "__main__":
    cli.run_app(WorkerOptions(entrypoint_fnc=entrypoint))
