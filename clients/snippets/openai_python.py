"""openai-python (3.x) by way of the gateway: only base_url and api_key differ. pip install 'openai[realtime]'"""
import asyncio
import os

from openai import AsyncOpenAI


async def main():
    # http:// becomes ws://, https:// becomes wss://. The key is the user's JWT, or a client secret of the gateway.
    client = AsyncOpenAI(base_url=os.environ.get("VOICE_URL", "http://127.0.0.1:8080") + "/v1", api_key=os.environ["VOICE_TOKEN"])
    async with client.realtime.connect(model="gpt-realtime-2.1") as connection:
        await connection.session.update(session={"type": "realtime", "output_modalities": ["text"]})
        await connection.conversation.item.create(
            item={"type": "message", "role": "user", "content": [{"type": "input_text", "text": "What are your opening hours?"}]})
        await connection.response.create()
        async for event in connection:
            if event.type == "response.output_text.delta":
                print(event.delta, end="", flush=True)
            elif event.type == "error":
                print(event.error.code, event.error.message)
            elif event.type == "response.done":
                return print()


asyncio.run(main())
