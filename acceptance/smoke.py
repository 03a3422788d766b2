#!/usr/bin/env python3
"""Starts `voice-server demo`, holds a typed and a spoken turn through it, and stops it. usage: smoke.py"""

import asyncio
import json

from voice_acceptance import QUIET, Close, Demo, WebSocket, get, limit, ok, server_binary, tone


async def talk(port: int, token: str) -> None:
    socket = await WebSocket.open(port, f"/v1/ws/voice?token={token}")
    seen = await socket.all_until("session.created")
    ready = next(event for event in seen if event["type"] == "voice.session.ready")
    assert ready["session_id"].startswith("vs_") and ready["plan"], ready
    socket.type("Hello, who is there?")
    done = await socket.until("response.done")
    assert done["response"]["status"] == "completed", done
    speaking = asyncio.create_task(socket.speak(tone(1.2) + QUIET, pace=0.05))
    seen = [event["type"] for event in await socket.all_until("response.done")]
    await speaking
    for wanted in ("input_audio_buffer.speech_started", "input_audio_buffer.speech_stopped", "response.output_audio.delta"):
        assert wanted in seen, (wanted, seen)
    socket.send({"type": "voice.session.end"})
    assert await socket.closed() == Close(1000, "Session ended")


def main() -> None:
    limit(120)
    demo = Demo(server_binary())
    port = demo.port
    page = get(port, "/")
    assert page.text.lower().startswith("<!doctype html") and "nonce-" in page.headers["content-security-policy"]
    assert get(port, "/v1/voice/health").json["status"] == "healthy"
    get(port, "/readyz")
    get(port, "/v1/realtime", 426)
    asyncio.run(talk(port, demo.token))
    stats = get(port, "/v1/voice/stats").json
    assert stats["sessions"]["started"] == 1 and stats["sessions"]["ended"] == {"session_ended": 1}, stats["sessions"]
    assert stats["audio_chunks"]["from_client"] >= 10 and stats["turn_latency"]["count"] == 1, json.dumps(stats)
    assert "voice_sessions_started_total 1" in get(port, "/metrics").text
    demo.stop()
    assert demo.process.returncode == 0, demo.process.returncode
    ok("a typed and a spoken turn, figures, a clean stop")


main()
