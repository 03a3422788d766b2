#!/usr/bin/env python3
"""Every kind of envelope that the gateway sends, against an ingest that parses strictly; then one that refuses, hangs or is gone.

usage: sentry.py [SECONDS]
"""
import asyncio, collections, json, sys, tempfile, time

from voice_acceptance import SECRET, Gateway, Process, Simulator, converse, free_port, limit, needs, ok, server_binary

needs("sentry-relay")
from voice_acceptance.ingest import KEY, Ingest

CANARY = "canary-sentence-that-nobody-else-says"


def flags(path, good=True):
    with open(path, "w") as file:
        file.write(json.dumps({"enabled": True}) if good else "{broken")


async def load(gateway, token, seconds):
    """Callers of every kind for so long."""
    end = time.monotonic() + seconds
    rounds = 0
    while time.monotonic() < end or rounds < 3:
        rounds += 1
        await asyncio.gather(
            converse(gateway, token, typed=2, text=CANARY), converse(gateway, token, spoken=1, typed=0),
            converse(gateway, token, model="not-allowed"), converse(gateway, "not.a.token"),
            converse(gateway, token, headers={"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}))
    return rounds


def judged(envelopes, token):
    kinds = collections.Counter(item["h"]["type"] for envelope in envelopes for item in envelope.get("items", []))
    bad = [(e.get("error"), e.get("warnings")) for e in envelopes if e.get("error") or e.get("warnings")]
    assert not bad, bad[:5]
    text = json.dumps(envelopes)
    for canary in (CANARY, token, token.split(".")[2], SECRET):
        assert canary not in text, f"{canary} was sent"
    return kinds


def every_kind(server, ingest, seconds):
    simulator = Simulator(server)
    file = tempfile.NamedTemporaryFile(suffix=".json")
    flags(file.name)
    gateway = Gateway(
        server, simulator.url, SENTRY_DSN=ingest.dsn, SENTRY_TRACES_SAMPLE_RATE="1", SENTRY_ENVIRONMENT="test", VOICE_FLAGS_FILE=file.name,
        VOICE_MAX_SESSIONS_PER_HOUR="1000", VOICE_MAX_CONCURRENT_SESSIONS="1000")
    token = gateway.token()
    try:
        # What is refused at first has to be told of later.
        ingest.answer(429, **{"X-Sentry-Rate-Limits": "1:transaction:organization"})
        rounds = asyncio.run(load(gateway, token, seconds))
        for _ in range(3):
            flags(file.name, good=False)
            time.sleep(1.2)
            flags(file.name)
            time.sleep(1.2)
        simulator.stop()
        refused = asyncio.run(converse(gateway, token))
        assert refused[-1].code == 1013, refused
    finally:
        took = gateway.stop()
        simulator.stop()
    envelopes = ingest.envelopes
    kinds = judged(envelopes, token)
    assert {"event", "transaction", "sessions", "client_report"} <= set(kinds), kinds
    items = [item for e in envelopes for item in e["items"]]
    names = collections.Counter(i["payload"]["transaction"] for i in items if i["h"]["type"] == "transaction")
    spans = {s["op"] for i in items if i["h"]["type"] == "transaction" for s in i["payload"]["spans"]}
    assert {"session", "turn"} <= set(names), names
    assert {"voice.auth", "voice.limit", "voice.dial", "voice.first_audio"} <= spans, spans
    assert any(i["payload"].get("contexts", {}).get("trace", {}).get("parent_span_id") == "00f067aa0ba902b7" for i in items), "no parent"
    events = [i["payload"] for i in items if i["h"]["type"] == "event"]
    assert len(events) <= 2 and events[0]["release"].startswith("voice-server@"), events
    assert events[0]["breadcrumbs"]["values"], "no breadcrumbs"
    sessions = [a for i in items if i["h"]["type"] == "sessions" for a in i["payload"]["aggregates"]]
    assert sum(a.get("errored", 0) for a in sessions) >= 1 and sum(a.get("exited", 0) for a in sessions) >= 3 * rounds, sessions
    discarded = collections.Counter()
    for item in items:
        if item["h"]["type"] == "client_report":
            for entry in item["payload"]["discarded_events"]:
                discarded[entry["reason"], entry["category"]] += entry["quantity"]
    assert discarded["ratelimit_backoff", "transaction"] >= 1, discarded
    assert all(e["encoding"] == "gzip" for e in envelopes if e["bytes"] > 512), "not compressed"
    ok(f"{len(envelopes)} envelopes of {rounds} rounds, no warning: {dict(kinds)}, {dict(names)}")
    ok(f"reported as not sent: {dict(discarded)}; stopped after {took:.1f} s")


def bad_days(server, ingest):
    """No session notices what becomes of its envelopes."""
    days = {
        "429": lambda: ingest.answer(429, times=1_000, **{"Retry-After": "2"}), "413": lambda: ingest.answer(413, times=1_000),
        "500": lambda: ingest.answer(500, times=1_000), "hanging": lambda: ingest.answer(200, times=1_000, delay=60), "gone": None}
    for name, prepare in days.items():
        ingest.reset()
        if prepare:
            prepare()
        simulator = Simulator(server)
        dsn = ingest.dsn if prepare else f"http://{KEY}@127.0.0.1:{free_port()}/42"
        gateway = Gateway(server, simulator.url, SENTRY_DSN=dsn, SENTRY_TRACES_SAMPLE_RATE="1")
        try:
            token = gateway.token()
            seen = asyncio.run(converse(gateway, token, typed=3))
            assert seen[-1].code == 1000, seen[-1]
        finally:
            took = gateway.stop()
            simulator.stop()
        assert took < 6, took
        ok(f"ingest {name}: the session ends as ever, the gateway {took:.1f} s after the signal")


def main():
    limit(900)
    server = server_binary()
    refused = Process([server, "run"], SENTRY_DSN="https://sentry.example/project", JWT_SECRET="x" * 32)
    assert refused.process.wait(20) == 78
    refused.reader.join(5)
    text = refused.text
    assert "SENTRY_DSN" in text and text.count("\n") == 1, text
    ok(f"a bad DSN: {text.strip()}")
    ingest = Ingest()
    every_kind(server, ingest, float(sys.argv[1]) if len(sys.argv) > 1 else 5)
    bad_days(server, ingest)


main()
