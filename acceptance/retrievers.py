#!/usr/bin/env python3
"""Retrieval as it goes wrong: queries are valid and whole, cancellation arrives, and the conversation goes on whatever Weaviate does.

usage: retrievers.py [--fast]      --fast: queries, settings and one turn, without the failures
"""
import asyncio, json, sys, tempfile, time

from voice_acceptance import Gateway, Simulator, WebSocket, check, finish, limit, mint, needs, run, server_binary, tone

needs("graphql-core")
from voice_acceptance.weaviate import Weaviate

KEY = "weaviate-key"
# What a busy machine may add to a wait, in ms.
SLACK = 150


class Call:
    """A session in which the user speaks as fast as the simulator listens."""

    @classmethod
    async def open(cls, gateway):
        self = cls()
        self.socket = await WebSocket.open(gateway.port, token=mint())
        await self.socket.until("session.created")
        return self

    async def turn(self):
        """The events of one spoken turn by type: its context, its figures, its answer."""
        speaking = asyncio.create_task(self.socket.speak(tone(3.2) + bytes(57_600)))
        seen = await self.socket.all_until("response.done")
        await speaking
        return {event["type"]: event for event in seen}


async def wait_for(condition, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        await asyncio.sleep(0.1)
    return False


async def main():
    limit(600)
    server = server_binary()
    weaviate = Weaviate(KEY)
    keyed = {"WEAVIATE_URL": f"http://127.0.0.1:{weaviate.port}", "WEAVIATE_COLLECTION": "Docs", "WEAVIATE_API_KEY": KEY, "JWT_SECRET": "s" * 32}

    # Queries
    hard = ['say "stop" \\ now', "a{b}(c) $d #e 'f' @g", "line\nbreak\ttab", "日本語 emoji 😀 été", '""" block """', "\\u0041 \\n",
            "null true {Get}", ("how do I return an order that came too late " * 90)[:4000]]
    for question in hard:
        weaviate.reset()
        status, text = run(server, "rag", "query", question, **keyed)
        check(status == 0 and not weaviate.problems and weaviate.queries == [question], f"a valid query, word for word: {question[:24]!r} ({len(question)} characters)")
    check(weaviate.keys == {True}, "the key is sent")
    # No question twice: answers are remembered for a minute.
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as script:
        for number in range(200):
            script.write(json.dumps({"user": f"What is the price of article{number} when I order it online?", "assistant": "Ten."}) + "\n")
        script.flush()
        simulator = Simulator(server, "--script", script.name)
    live = keyed | {"RAG_TIMEOUT_MS": "600", "LOG_FORMAT": "text"}
    checked = live | {"ENABLE_VOICE_REALTIME": "true", "OPENAI_API_KEY": "k", "OPENAI_REALTIME_URL": simulator.url, "PORT": "0"}
    status, text = run(server, "check", **checked)
    check(status == 0 and "collection Docs" in text, "check names the collection")
    for change, word in ({"WEAVIATE_COLLECTION": "Nope"}, "no collection Nope"), ({"WEAVIATE_API_KEY": "wrong"}, "refused the key"), (
            {"WEAVIATE_TENANT": "t1"}, "no tenants"), ({"WEAVIATE_PROPERTIES": "title,page"}, "no property page"):
        status, text = run(server, "check", **checked | change)
        lines = [line for line in text.splitlines() if "retriever" in line]
        check(status != 0 and len(lines) == 1 and word in lines[0] and KEY not in text, f"check fails in one line: {word}")

    # Conversations
    weaviate.reset()
    del live["JWT_SECRET"]
    gateway = Gateway(server, simulator.url, **live)
    log = gateway.lines
    try:
        check(await wait_for(lambda: any("collection Docs" in line for line in log), 5), "the start looks at the collection, in one line")
        weaviate.reset()
        call = await Call.open(gateway)
        # A machine that has other things to do may be late once.
        for _ in range(3):
            context = (await call.turn())["voice.rag.context"]
            if context["status"] == "hit":
                break
        check(context["status"] == "hit" and len(context["sources"]) == 2, f"a turn gets its passages ({context['status']}, {len(context['sources'])})")
        check(bool(weaviate.warm), "a connection is opened before the first word")
        check(weaviate.connections <= 3 and len(weaviate.queries) >= 2, f"connections are kept: {len(weaviate.queries)} queries over {weaviate.connections}")

        def health():
            return json.loads(gateway.get("/v1/voice/health")[1])["status"]

        if "--fast" in sys.argv:
            return

        async def good_turn(what, statuses):
            events = await call.turn()
            context, metrics = events["voice.rag.context"], events["voice.turn.metrics"]
            done = events["response.done"]["response"]["status"]
            check(done == "completed" and context["status"] in statuses and metrics["context_wait_ms"] <= 200 + SLACK,
                   f"{what}: {context['status']}, waited {metrics['context_wait_ms']} ms, answer {done}")
            return events

        for behaviour, statuses in (("hangs", ("late", "error", "stale")), ("fails", ("error",)), ("garbage", ("error",)), ("drops", ("error",))):
            weaviate.behaviour = behaviour
            for number in range(3):
                await good_turn(f"Weaviate {behaviour}, turn {number + 1}", statuses + ("late", "stale"))
            check(health() == "degraded", f"Weaviate {behaviour}: health says degraded")
            check(any("failed too often" in line for line in log), f"Weaviate {behaviour}: one warning, the breaker is open")
            weaviate.reset()
            weaviate.behaviour = "answers"

            deadline = time.monotonic() + 60
            while health() != "healthy" and time.monotonic() < deadline:
                await call.turn()
            check(health() == "healthy", f"Weaviate {behaviour}, then well again: health says healthy")
            await good_turn("and passages come", ("hit",))
        weaviate.delay = 0.9
        await good_turn("Weaviate slow from the start (0.9 s, allowed are 0.6 s)", ("late", "error", "stale"))
        check(await wait_for(lambda: bool(weaviate.cancelled), 5), "a query that takes too long is cancelled on the wire")
        weaviate.delay = 0.0
        call.socket.abort()
        await wait_for(lambda: json.loads(gateway.get("/v1/voice/health")[1])["active_sessions"] == 0, 40)

        # Cancellation: while everything hangs, a client goes away in the middle of its question.
        weaviate.behaviour = "hangs"
        await asyncio.sleep(8)
        weaviate.reset()
        call = await Call.open(gateway)
        call.socket.send({"type": "voice.partial_transcript", "text": "how old is the captain"})
        check(await wait_for(lambda: weaviate.queries, 5), "a query is under way with the fifth word")
        call.socket.send({"type": "voice.session.end"})
        check(await wait_for(lambda: weaviate.cancelled, 5) and weaviate.cancelled[0][1] < 0.5,
               f"the client goes, and its query is cancelled on the wire after {weaviate.cancelled[0][1] * 1000 if weaviate.cancelled else 0:.0f} ms")
        figures = gateway.get("/metrics")[1]
        check(all(f'voice_retrievals_total{{status="{status}"}}' in figures for status in ("hit", "error")), "outcomes are counted")
        check(not any(KEY in line for line in log), "the key is in no line of the log")
    finally:
        gateway.stop()
        simulator.stop()


asyncio.run(main())
finish()
