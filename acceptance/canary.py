#!/usr/bin/env python3
"""Two gateways on one Redis, all telemetry on: figures of the cluster, and nothing private in any of it.

usage: canary.py
"""
import asyncio, gzip, json, socket, threading, time, urllib.request

import voice_acceptance
from voice_acceptance import Gateway, Simulator, answers, converse, limit, needs, ok, server_binary

needs("sentry-relay")
from voice_acceptance.ingest import Ingest

SENTENCE = "my canary is called Zwitscherling and lives at number nine"
EMAIL = "canary.zwitscherling@example.org"
KEY = "sk-canary-0f9e8d7c6b5a4f3e2d1c"
ADMIN = "canary-admin-token-7f6e5d"


class Redis(voice_acceptance.Redis):
    def keys(self):
        return self.ask("--scan").split()

    def dump(self):
        """All keys, except the stored sessions, with all they hold."""
        read = {"string": ["GET"], "hash": ["HGETALL"], "zset": ["ZRANGE", None, "0", "-1", "WITHSCORES"], "set": ["SMEMBERS"], "list": ["LRANGE", None, "0", "-1"]}
        found = {}
        for key in self.keys():
            words = [key if w is None else w for w in read[self.ask("TYPE", key).strip()]]
            found[key] = self.ask(*(words if key in words else [words[0], key, *words[1:]]))
        return found


def main():
    server = server_binary()
    limit(300)
    redis, simulator, ingest, bodies = Redis(), Simulator(server), Ingest(), []

    def collect(path, headers, body):
        bodies.append(gzip.decompress(body).decode())
        return b"{}"

    statsd_socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    statsd_socket.bind(("127.0.0.1", 0))
    packets = []
    threading.Thread(target=lambda: [packets.append(statsd_socket.recv(65_536).decode()) for _ in iter(int, 1)], daemon=True).start()
    settings = dict(
        REDIS_URL=f"redis://127.0.0.1:{redis.port}", SENTRY_DSN=ingest.dsn, SENTRY_TRACES_SAMPLE_RATE="1", OPENAI_API_KEY=KEY,
        OTEL_EXPORTER_OTLP_ENDPOINT=answers(collect), DATADOG_AGENT_HOST="127.0.0.1", DATADOG_AGENT_PORT=str(statsd_socket.getsockname()[1]),
        VOICE_ADMIN_TOKEN=ADMIN, LOG_LEVEL="debug", JWT_SECRET="canary-secret-" + "9" * 32)
    gateways = [Gateway(server, simulator.url, secret=settings["JWT_SECRET"], **{k: v for k, v in settings.items() if k != "JWT_SECRET"}) for _ in range(2)]
    tokens = [gateways[0].token(f"user-{n}", "elite", "--email", EMAIL) for n in range(3)]
    admin = {"Authorization": f"Bearer {ADMIN}"}
    stream = []

    def watch():
        request = urllib.request.Request(gateways[0].url + "/dashboard/events", headers=admin)
        with urllib.request.urlopen(request, timeout=60) as answer:
            try:
                for line in answer:
                    stream.append(line.decode())
            except OSError:
                pass

    async def talk():
        first, second = gateways
        await asyncio.gather(
            converse(first, tokens[0], typed=2, text=SENTENCE), converse(first, tokens[1], typed=1, text=SENTENCE, spoken=1),
            converse(second, tokens[1], typed=1, text=SENTENCE), converse(second, tokens[2], typed=1, text=EMAIL),
            converse(second, "canary." + tokens[2]), converse(first, tokens[0], model="canary-model"))
    threading.Thread(target=watch, daemon=True).start()
    try:
        asyncio.run(talk())
        time.sleep(6)
        figures = [json.loads(g.get("/v1/voice/stats?scope=cluster", **admin)[1]) for g in gateways]
        own = [json.loads(g.get("/v1/voice/stats", **admin)[1]) for g in gateways]
        metrics = gateways[0].get("/metrics", **admin)[1]
        for cluster in figures:
            assert cluster["scope"] == "cluster" and cluster["instances"] == 2, cluster
            assert cluster["sessions"]["started"] == sum(o["sessions"]["started"] for o in own) == 4, cluster["sessions"]
            assert cluster["users"]["today"] == 3 and [o["users"]["today"] for o in own] == [2, 2], cluster["users"]
            assert abs(cluster["cost_usd"]["total"] - sum(o["cost_usd"]["total"] for o in own)) < 1e-9 < cluster["cost_usd"]["total"]
            assert cluster["turn_latency"]["count"] == 1 and cluster["turn_latency"]["p95_ms"] > 0, cluster["turn_latency"]
        ok("figures of the cluster are those of both instances; a user of both counts once")
        time.sleep(2)
        frame = json.loads([line for line in stream if line.startswith("data: ")][-1][6:])
        today = frame["days"][-1]
        assert today["users"] == 3 and today["sessions"] == 4 and today["cost_nano_usd"] > 0, frame["days"]
        ok(f"the day's sums in Redis: {today}")
        forever = [key for key in redis.keys() if int(redis.ask("PTTL", key)) < 0]
        assert not forever, forever
        ok("every key in Redis has a time to live")
        stored = redis.dump()
        sessions = {k: v for k, v in stored.items() if k.startswith("voice:session:")}
        others = {k: v for k, v in stored.items() if k not in sessions}
        assert any(SENTENCE in v for v in sessions.values()), "the transcript is not stored"
    finally:
        for gateway in gateways:
            gateway.stop()
        time.sleep(0.5)
        simulator.stop()
        redis.stop()
    places = {
        "logs": "".join(gateway.text for gateway in gateways), "stats": json.dumps(figures + own), "metrics": metrics,
        "the dashboard": "".join(stream), "envelopes": json.dumps(ingest.envelopes),
        "OTLP": "".join(bodies), "StatsD": "\n".join(packets), "Redis": json.dumps(others), "stored sessions": json.dumps(sessions)}
    signature = tokens[0].split(".")[2]
    canaries = {"sentence": SENTENCE, "Zwitscherling": "Zwitscherling", "e-mail": EMAIL, "key": KEY, "admin token": ADMIN,
                "secret": settings["JWT_SECRET"], **{f"token {n}": t for n, t in enumerate(tokens)}, "signature": signature}
    for place, text in places.items():
        assert len(text) > 200, f"nothing was seen of {place}"
        # What was said is in the stored session, and only there.
        said = {"sentence", "Zwitscherling", "e-mail"} if place == "stored sessions" else set()
        for name, canary in canaries.items():
            assert name in said or canary.lower() not in text.lower(), f"{name} is in {place}: …{text[max(0, text.lower().find(canary.lower()) - 200):][:400]}"
        ok(f"no {len(canaries) - len(said)} canaries in {len(text)} bytes of {place}")
    lines = [json.loads(line) for line in places["logs"].splitlines() if line.startswith("{")]
    ended = [line for line in lines if line["message"].startswith("Session ") and " ended: " in line["message"]]
    for line in ended:
        missing = {"session", "trace_id", "span_id", "duration_ms", "audio_chunks_from_client", "audio_chunks_to_client", "retrievals", "turns", "interruptions", "cost_usd", "reason"} - set(line)
        assert not missing, missing
    assert len(ended) == 4, ended
    of_sessions = [line for line in lines if "session" in line]
    assert all("trace_id" in line for line in of_sessions), [line for line in of_sessions if "trace_id" not in line][:3]
    ok(f"one summary a session; trace and session in all {len(of_sessions)} lines of sessions. An example:")
    print(json.dumps(ended[0]))


main()
