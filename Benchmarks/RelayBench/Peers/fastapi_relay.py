"""A realtime relay as one writes it with FastAPI: a JWT is verified, upstream is dialled, and two tasks pass messages on as they come.

It has no limits, no bounds on memory, no resumption and no records: what a relay in Python costs at the least. Served by uvicorn with uvloop and
httptools; the WebSocket implementation of both legs is that of `websockets`, with its C extension.

usage: JWT_SECRET=… fastapi_relay.py PORT UPSTREAM_URL
"""

import asyncio
import os
import sys

import jwt
import uvicorn
import websockets
from fastapi import FastAPI, WebSocket, WebSocketDisconnect

SECRET = os.environ["JWT_SECRET"]
PORT, UPSTREAM = int(sys.argv[1]), sys.argv[2]
app = FastAPI()


async def to_upstream(client: WebSocket, upstream: websockets.ClientConnection) -> None:
    try:
        while True:
            await upstream.send(await client.receive_text())
    except WebSocketDisconnect:
        await upstream.close()


async def to_client(client: WebSocket, upstream: websockets.ClientConnection) -> None:
    async for message in upstream:
        await client.send_text(message)


@app.websocket("/v1/realtime")
async def realtime(client: WebSocket) -> None:
    scheme, _, token = client.headers.get("authorization", "").partition(" ")
    try:
        if scheme.lower() != "bearer":
            raise jwt.InvalidTokenError
        jwt.decode(token, SECRET, algorithms=["HS256"], options={"require": ["exp", "sub"]})
    except jwt.InvalidTokenError:
        await client.close(1008, "Authentication failed")
        return
    await client.accept()
    async with websockets.connect(UPSTREAM, additional_headers={"Authorization": "Bearer none"}, compression=None, max_size=2**24) as upstream:
        tasks = [asyncio.create_task(to_upstream(client, upstream)), asyncio.create_task(to_client(client, upstream))]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


if __name__ == "__main__":
    uvicorn.run(
        app, host="127.0.0.1", port=PORT, loop="uvloop", http="httptools", ws="websockets-sansio", ws_per_message_deflate=False, access_log=False,
        log_level="warning", backlog=4096)  # fmt: skip
