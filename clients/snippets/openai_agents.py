"""openai-agents (0.24) by way of the gateway: the whole address and the key go into model_config. pip install openai-agents"""
import asyncio
import os

from agents.realtime import RealtimeAgent, RealtimeRunner


async def main():
    base = os.environ.get("VOICE_URL", "http://127.0.0.1:8080").replace("http", "ws", 1)
    runner = RealtimeRunner(RealtimeAgent(name="Assistant", instructions="Answer in one sentence."))
    session = await runner.run(model_config={"url": f"{base}/v1/realtime?model=gpt-realtime-2.1", "api_key": os.environ["VOICE_TOKEN"]})
    async with session:
        await session.send_message("What are your opening hours?")
        answer = ""
        async for event in session:
            if event.type == "history_updated":
                said = [item for item in event.history if item.type == "message" and item.role == "assistant"]
                answer = "".join(part.transcript or "" for item in said for part in item.content if part.type == "audio")
            elif event.type == "error":
                print(event.error)
            elif event.type == "agent_end":
                return print(answer)


asyncio.run(main())
