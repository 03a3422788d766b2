#!/usr/bin/env python3
"""Spoken questions through a running gateway: what the query that was used at the commit finds, beside the whole question.

usage: spoken.py VOICE_SERVER DATA_FOLDER [LANGUAGE …]

Each question comes as half sentences, a word every 250 ms, in small letters and without punctuation: a filler, the first half, a pause
with another filler, the second half; end of speech and commit follow the last word at once. QUESTIONS=200 of each language, in sessions
of ten turns. Exit 1 where hit@3 of what was used is below 0.95 of that of the whole questions, the median wait is over 5 ms, or one wait is
over RAG_MAX_WAIT_MS and 5 ms.
"""
import asyncio
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile

import websockets

from bench import load

SECRET = "a secret of this measurement alone, 32+"
FILLERS = {"en": [("um so", "uh"), ("well", "um"), ("uh okay", "er")], "fr": [("euh alors", "euh"), ("bonjour", "hum"), ("bon alors", "euh")]}
SETS = {"en": "xquad.en.json", "fr": "cnil-faq.fr.json"}
WORD, PAUSE = 0.25, 0.5
TURNS = 10
LONGEST_WAIT = 200


class Upstream:
    """Plays the provider, and a user who speaks: one session a connection, whose number is its model's name."""

    def __init__(self, turns):
        self.turns = turns
        self.waits = []

    async def serve(self, socket):
        number = int(socket.request.path.split("model=")[1].split("&")[0].removeprefix("talk-"))
        say = lambda event: socket.send(json.dumps(event))
        asked = asyncio.Queue()
        ready = asyncio.Event()
        session = {"type": "realtime", "model": f"talk-{number}", "audio": {"input": {
            "transcription": None, "turn_detection": {"type": "server_vad", "create_response": True, "interrupt_response": True}}}}
        await say({"type": "session.created", "session": session})

        async def listen():
            async for text in socket:
                event = json.loads(text)
                if event["type"] == "session.update":
                    session["audio"]["input"]["transcription"] = {"model": "w"}
                    session["audio"]["input"]["turn_detection"]["create_response"] = False
                    await say({"type": "session.updated", "session": session})
                    ready.set()
                elif event["type"] == "response.create":
                    asked.put_nowait(asyncio.get_running_loop().time())

        listening = asyncio.create_task(listen())
        try:
            await asyncio.wait_for(ready.wait(), 20)
            await asyncio.sleep(random.random() * 3)
            for turn, words in enumerate(self.turns[number]):
                await self.speak(f"{number}_{turn}", words, say, asked)
        except websockets.ConnectionClosed:
            # The caller has all that it came for.
            pass
        finally:
            listening.cancel()

    async def speak(self, name, words, say, asked):
        item, heard = f"item_{name}", []
        await say({"type": "input_audio_buffer.speech_started", "item_id": item, "audio_start_ms": 0})
        for word in words:
            await asyncio.sleep(PAUSE if word is None else WORD)
            if word is None:
                continue
            delta = (" " if heard else "") + word
            heard.append(word)
            await say({"type": "conversation.item.input_audio_transcription.delta", "item_id": item, "content_index": 0, "delta": delta})
        await say({"type": "input_audio_buffer.speech_stopped", "item_id": item, "audio_end_ms": 0})
        committed = asyncio.get_running_loop().time()
        await say({"type": "input_audio_buffer.committed", "item_id": item, "previous_item_id": None})
        self.waits.append((await asyncio.wait_for(asked.get(), 20) - committed) * 1000)
        response = {"id": f"resp_{name}", "conversation_id": "c", "status": "in_progress"}
        await say({"type": "response.created", "response": response})
        await say({"type": "conversation.item.input_audio_transcription.completed", "item_id": item, "content_index": 0, "transcript": " ".join(heard)})
        await asyncio.sleep(0.3)
        await say({"type": "response.done", "response": response | {"status": "completed"}})
        await asyncio.sleep(0.3)


async def call(port, token, number, turns):
    """Contexts of the turns, in order."""
    contexts = []
    url = f"ws://127.0.0.1:{port}/v1/ws/voice?model=talk-{number}"
    async with websockets.connect(url, additional_headers={"Authorization": f"Bearer {token}"}, max_size=None) as socket:
        try:
            async for text in socket:
                event = json.loads(text)
                if event["type"] == "voice.rag.context":
                    contexts.append(event)
                    if len(contexts) == turns:
                        break
        except websockets.ConnectionClosed:
            pass
    return contexts


def said(question, language, number):
    """The words of a question as they are spoken; None is a pause."""
    words = question.split()
    first, second = FILLERS[language][number % len(FILLERS[language])]
    half = max(1, len(words) // 2)
    return first.split() + words[:half] + [None] + second.split() + words[half:]


def whole(binary, folder, questions):
    """hit@3 of the whole questions, by the same index."""
    path = os.path.join(folder, "questions.jsonl")
    with open(path, "w", encoding="utf-8") as file:
        for question, wanted in questions:
            file.write(json.dumps({"question": question, "source": f"p{wanted}.txt"}, ensure_ascii=False) + "\n")
    environment = {"PATH": os.environ["PATH"], "RAG_DOCUMENTS": os.path.join(folder, "documents"), "RAG_TOP_K": "3"}
    line = subprocess.run([binary, "rag", "eval", path], env=environment, capture_output=True, text=True, check=True).stdout.strip()
    return float(line.splitlines()[-1].split("hit@3")[1].split()[0])


async def measure(binary, folder, language, questions):
    talks = [list(range(start, min(start + TURNS, len(questions)))) for start in range(0, len(questions), TURNS)]
    upstream = Upstream([[said(questions[n][0], language, n) for n in talk] for talk in talks])
    async with websockets.serve(upstream.serve, "127.0.0.1", 0, max_size=None) as server:
        upstream_port = server.sockets[0].getsockname()[1]
        with server_port() as port:
            pass
        environment = {
            "PATH": os.environ["PATH"], "PORT": str(port), "ENABLE_VOICE_REALTIME": "true", "JWT_SECRET": SECRET, "OPENAI_API_KEY": "k",
            "OPENAI_REALTIME_URL": f"ws://127.0.0.1:{upstream_port}", "VOICE_ALLOWED_MODELS": "*", "VOICE_ALLOWED_PLANS": "",
            "VOICE_MAX_SESSIONS_PER_HOUR": "0", "VOICE_MAX_CONCURRENT_SESSIONS": "0", "RAG_DOCUMENTS": os.path.join(folder, "documents"),
            "RAG_MAX_WAIT_MS": str(LONGEST_WAIT), "LOG_LEVEL": "warning",
        }
        token = subprocess.run([binary, "token", "--user", "u", "--plan", "elite"], env=environment, capture_output=True, text=True, check=True)
        gateway = subprocess.Popen([binary, "run"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            await until_indexed(port)
            calls = [call(port, token.stdout.strip(), n, len(talk)) for n, talk in enumerate(talks)]
            contexts = await asyncio.wait_for(asyncio.gather(*calls), 900)
        finally:
            gateway.terminate()
            gateway.wait(30)
    pairs = [(n, context) for talk, found in zip(talks, contexts) for n, context in zip(talk, found)]
    return pairs, upstream.waits


class server_port:
    """A port that is free now."""

    def __enter__(self):
        import socket
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        return self.socket.getsockname()[1]

    def __exit__(self, *_):
        self.socket.close()


async def until_indexed(port):
    for _ in range(600):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            # The index is read in before the first word is spoken.
            return await asyncio.sleep(float(os.environ.get("INDEXING_SECONDS", 8)))
        except OSError:
            await asyncio.sleep(0.1)
    raise SystemExit("the gateway did not start")


def main():
    binary, data = sys.argv[1:3]
    count = int(os.environ.get("QUESTIONS", 200))
    failures = []
    for language in sys.argv[3:] or ["en", "fr"]:
        paragraphs, questions = load(os.path.join(data, SETS[language]))
        chosen = random.Random(7).sample([q for q in questions if len(q[0].split()) >= 3], min(count, len(questions)))
        random.seed(7)
        with tempfile.TemporaryDirectory() as folder:
            os.makedirs(os.path.join(folder, "documents"))
            for number, paragraph in enumerate(paragraphs):
                with open(os.path.join(folder, "documents", f"p{number}.txt"), "w", encoding="utf-8") as file:
                    file.write(paragraph + "\n")
            best = whole(binary, folder, chosen)
            pairs, waits = asyncio.run(measure(binary, folder, language, chosen))
        hits = sum(any(s["source"] == f"p{chosen[n][1]}.txt" for s in context["sources"]) for n, context in pairs) / max(1, len(chosen))
        own = sorted(context["waited_ms"] for _, context in pairs)
        coverage = statistics.mean(context["coverage"] or 0 for _, context in pairs)
        print(
            f"{language}: {len(pairs)} of {len(chosen)} turns; hit@3 of the whole question {best:.3f}, of the query used {hits:.3f} "
            f"({hits / best:.3f} of it), coverage {coverage:.3f}; wait in the gateway p50 {statistics.median(own):.0f} ms, p99 "
            f"{own[int(len(own) * 0.99) - 1]:.0f} ms, longest {own[-1]:.0f} ms; commit to response.create as upstream sees it p50 "
            f"{statistics.median(waits):.1f} ms, longest {max(waits):.1f} ms", flush=True)
        if len(pairs) < len(chosen) or hits < 0.95 * best:
            failures.append(f"{language}: hit@3 of the query used")
        if statistics.median(own) > 5 or own[-1] > LONGEST_WAIT + 5:
            failures.append(f"{language}: the wait")
    for failure in failures:
        print("NOT KEPT:", failure)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
