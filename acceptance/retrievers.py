"""Retrieval as it goes wrong: queries are valid and whole, cancellation arrives, and the conversation goes on whatever Weaviate does.

usage: run.py PATH/TO/voice-server
"""
import base64, json, math, os, re, struct, subprocess, sys, tempfile, threading, time, urllib.request
from websockets.sync.client import connect
from weaviate import Weaviate

BINARY, SECRET, KEY = sys.argv[1], "0123456789abcdef0123456789abcdef", "weaviate-key"
# What a busy machine may add to a wait.
SLACK = 150
failures = []


def expect(condition, text):
    print(("ok      " if condition else "FAILED  ") + text, flush=True)
    if not condition:
        failures.append(text)


def start(arguments, environment, pattern):
    process = subprocess.Popen([BINARY] + arguments, env={"PATH": os.environ["PATH"]} | environment, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True)
    lines = []
    for line in process.stdout:
        lines.append(line.rstrip())
        if found := re.search(pattern, line):
            threading.Thread(target=lambda: lines.extend(text.rstrip() for text in process.stdout), daemon=True).start()
            return process, found.group(1), lines
    raise SystemExit("\n".join(lines))


def tool(arguments, environment):
    done = subprocess.run([BINARY] + arguments, env={"PATH": os.environ["PATH"]} | environment, capture_output=True, text=True, timeout=60)
    return done.returncode, (done.stdout + done.stderr).strip()


def get(port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
        return answer.read().decode()


class Call:
    """A session in which the user speaks as fast as the simulator listens."""

    def __init__(self, port, token):
        self.socket = connect(f"ws://127.0.0.1:{port}/v1/ws/voice", additional_headers={"Authorization": "Bearer " + token}, max_size=None)
        self.until("session.created")

    def until(self, wanted, seconds=20):
        seen = []
        while True:
            seen.append(json.loads(self.socket.recv(timeout=seconds)))
            if seen[-1]["type"] == wanted:
                return seen

    def speak(self, seconds=3.2, silence=1.2):
        sound = b"".join(
            struct.pack("<h", int(9000 * math.sin(t / 24000 * 2 * math.pi * 180) * (1 + math.sin(t / 24000 * 2 * math.pi * 4)) / 2))
            for t in range(int(seconds * 24000))) + bytes(int(silence * 48000))
        started = time.monotonic()
        for number, at in enumerate(range(0, len(sound), 4800)):
            self.socket.send(json.dumps({"type": "input_audio_buffer.append", "audio": base64.b64encode(sound[at:at + 4800]).decode()}))
            time.sleep(max(0, started + number * 0.1 - time.monotonic()))

    def turn(self):
        """The outcome of one spoken turn: its context, its figures, its answer."""
        speaker = threading.Thread(target=self.speak)
        speaker.start()
        seen = self.until("response.done")
        speaker.join()
        return ({event["type"]: event for event in seen}, seen)


def wait_for(condition, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.1)
    return False


def main():
    weaviate = Weaviate(KEY)
    base = {"JWT_SECRET": SECRET, "VOICE_ADMIN_LOOPBACK": "true", "WEAVIATE_URL": f"http://127.0.0.1:{weaviate.port}", "WEAVIATE_COLLECTION": "Docs"}
    keyed = base | {"WEAVIATE_API_KEY": KEY}

    # Queries
    hard = ['say "stop" \\ now', "a{b}(c) $d #e 'f' @g", "line\nbreak\ttab", "日本語 emoji 😀 été", '""" block """', "\\u0041 \\n",
            "null true {Get}", ("how do I return an order that came too late " * 90)[:4000]]
    for question in hard:
        weaviate.reset()
        status, text = tool(["rag", "query", question], keyed)
        expect(status == 0 and not weaviate.problems and weaviate.queries == [question], f"a valid query, word for word: {question[:24]!r} ({len(question)} characters)")
    expect(weaviate.keys == {True}, "the key is sent")
    # No question twice: answers are remembered for a minute.
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as script:
        for number in range(200):
            script.write(json.dumps({"user": f"What is the price of article{number} when I order it online?", "assistant": "Ten."}) + "\n")
        script.flush()
        simulator, upstream, _ = start(["simulate", "--port", "0", "--script", script.name], {}, r"(ws://\S+)")
    live = keyed | {"ENABLE_VOICE_REALTIME": "true", "PORT": "0", "LOG_FORMAT": "text", "OPENAI_API_KEY": "k", "OPENAI_REALTIME_URL": upstream,
                    "VOICE_MAX_SESSIONS_PER_HOUR": "0", "RAG_TIMEOUT_MS": "600"}
    status, text = tool(["check"], live)
    expect(status == 0 and "collection Docs" in text, "check names the collection")
    for change, word in ({"WEAVIATE_COLLECTION": "Nope"}, "no collection Nope"), ({"WEAVIATE_API_KEY": "wrong"}, "refused the key"), (
            {"WEAVIATE_TENANT": "t1"}, "no tenants"), ({"WEAVIATE_PROPERTIES": "title,page"}, "no property page"):
        status, text = tool(["check"], live | change)
        lines = [line for line in text.splitlines() if "retriever" in line]
        expect(status != 0 and len(lines) == 1 and word in lines[0] and KEY not in text, f"check fails in one line: {word}")

    # Conversations
    weaviate.reset()
    gateway, port, log = start(["run"], live, r"listening on http://127.0.0.1:(\d+)")
    token = tool(["token", "--user", "ada", "--plan", "elite"], {"JWT_SECRET": SECRET})[1]
    try:
        expect(wait_for(lambda: any("collection Docs" in line for line in log), 5), "the start looks at the collection, in one line")
        weaviate.reset()
        call = Call(port, token)
        events, _ = call.turn()
        context = events["voice.rag.context"]
        expect(context["status"] == "hit" and len(context["sources"]) == 2, "a turn gets its passages")
        expect(bool(weaviate.warm), "a connection is opened before the first word")
        expect(weaviate.connections <= 3 and len(weaviate.queries) >= 2, f"connections are kept: {len(weaviate.queries)} queries over {weaviate.connections}")

        def health():
            return json.loads(get(port, "/v1/voice/health"))["status"]

        def good_turn(what, statuses):
            events, seen = call.turn()
            context, metrics = events["voice.rag.context"], events["voice.turn.metrics"]
            done = events["response.done"]["response"]["status"]
            expect(done == "completed" and context["status"] in statuses and metrics["context_wait_ms"] <= 200 + SLACK,
                   f"{what}: {context['status']}, waited {metrics['context_wait_ms']} ms, answer {done}")
            return events

        for behaviour, statuses in (("hangs", ("late", "error", "stale")), ("fails", ("error",)), ("garbage", ("error",)), ("drops", ("error",))):
            weaviate.behaviour = behaviour
            for number in range(3):
                good_turn(f"Weaviate {behaviour}, turn {number + 1}", statuses + ("late", "stale"))
            expect(health() == "degraded", f"Weaviate {behaviour}: health says degraded")
            expect(any("failed too often" in line for line in log), f"Weaviate {behaviour}: one warning, the breaker is open")
            weaviate.reset()
            weaviate.behaviour = "answers"

            def recovered():
                call.turn()
                return health() == "healthy"

            expect(wait_for(recovered, 60), f"Weaviate {behaviour}, then well again: health says healthy")
            good_turn("and passages come", ("hit",))
        weaviate.delay = 0.9
        good_turn("Weaviate slow from the start (0.9 s, allowed are 0.6 s)", ("late", "error", "stale"))
        expect(wait_for(lambda: bool(weaviate.cancelled), 5), "a query that takes too long is cancelled on the wire")
        weaviate.delay = 0.0
        call.socket.close()
        wait_for(lambda: json.loads(get(port, "/v1/voice/health"))["active_sessions"] == 0, 40)

        # Cancellation: while everything hangs, a client goes away in the middle of its question.
        weaviate.behaviour = "hangs"
        time.sleep(8)
        weaviate.reset()
        call = Call(port, token)
        call.socket.send(json.dumps({"type": "voice.partial_transcript", "text": "how old is the captain"}))
        expect(wait_for(lambda: weaviate.queries, 5), "a query is under way with the fifth word")
        call.socket.send(json.dumps({"type": "voice.session.end"}))
        expect(wait_for(lambda: weaviate.cancelled, 5) and weaviate.cancelled[0][1] < 0.5,
               f"the client goes, and its query is cancelled on the wire after {weaviate.cancelled[0][1] * 1000 if weaviate.cancelled else 0:.0f} ms")
        figures = get(port, "/metrics")
        expect(all(f'voice_retrievals_total{{status="{status}"}}' in figures for status in ("hit", "error")), "outcomes are counted")
        expect(not any(KEY in line for line in log), "the key is in no line of the log")
    finally:
        gateway.terminate()
        simulator.terminate()
    print(f"{len(failures)} failed" if failures else "all well")
    sys.exit(1 if failures else 0)


main()
