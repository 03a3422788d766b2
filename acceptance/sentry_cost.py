#!/usr/bin/env python3
"""Whether sessions notice what becomes of their envelopes: durations with ingest answering 429, 413, 500, hanging or gone, beside none
at all; what client reports tell of an outage; and memory while ingest hangs.

usage: sentry_cost.py [ROUNDS]
"""
import asyncio, collections, random, statistics, sys, time

from voice_acceptance import Gateway, Simulator, converse, free_port, limit, needs, ok, server_binary

needs("sentry-relay")
from voice_acceptance.ingest import KEY, Ingest

STATES = {
    "off": None, "fine": {}, "429": dict(status=429, **{"Retry-After": "1"}), "413": dict(status=413), "500": dict(status=500),
    "hanging": dict(status=200, delay=600), "gone": "gone"}


def durations(server, rounds):
    simulator = Simulator(server)
    ingests, gateways = [], {}
    for name, answer in STATES.items():
        settings = {}
        if answer is not None:
            if answer == "gone":
                dsn = f"http://{KEY}@127.0.0.1:{free_port()}/42"
            else:
                ingests.append(Ingest())
                if answer:
                    ingests[-1].answer(times=1_000_000, **answer)
                dsn = ingests[-1].dsn
            settings = {"SENTRY_DSN": dsn, "SENTRY_TRACES_SAMPLE_RATE": "1"}
        gateways[name] = Gateway(server, simulator.url, **settings)
    tokens = {name: gateway.token() for name, gateway in gateways.items()}
    took = collections.defaultdict(list)
    try:
        async def one(name):
            start = time.monotonic()
            seen = await converse(gateways[name], tokens[name], typed=3)
            assert seen[-1].code == 1000, seen[-1]
            return time.monotonic() - start

        async def round(names):
            # All at the same time: what else the machine does, it does to all of them.
            return await asyncio.gather(*map(one, names))
        order = list(gateways)
        for number in range(rounds + 1):
            random.shuffle(order)
            for name, seconds in zip(order, asyncio.run(round(order))):
                if number:
                    took[name].append(seconds)
    finally:
        for process in [*gateways.values(), simulator]:
            process.stop()
    worst = 0
    for name in STATES:
        # Round by round, so that what disturbs all cancels out.
        change = statistics.median(a / b for a, b in zip(took[name], took["off"])) - 1
        worst = max(worst, change)
        print(f"      {name:8} median of {rounds} sessions {statistics.median(took[name]) * 1000:7.1f} ms  {change * 100:+5.2f} %", flush=True)
    assert worst < 0.01, f"{worst * 100:.2f} % slower"
    ok("no session is slower by more than 1 %, whatever ingest does")


def outage(server):
    """One gateway, an ingest that changes its mind: what arrived and what was reported is all that there was."""
    simulator, ingest = Simulator(server), Ingest()
    gateway = Gateway(server, simulator.url, SENTRY_DSN=ingest.dsn, SENTRY_TRACES_SAMPLE_RATE="1")
    token, sessions = gateway.token(), 0
    try:
        for answer, pause in (({}, 1), (dict(status=413), 1), (dict(status=500), 5), (dict(status=429, **{"X-Sentry-Rate-Limits": "3:transaction:key"}), 4), ({}, 2)):
            ingest.reset()
            if answer:
                ingest.answer(times=1_000, **answer)
            for _ in range(3):
                asyncio.run(converse(gateway, token, typed=1))
                sessions += 1
            time.sleep(pause)
        ingest.reset()
    finally:
        gateway.stop()
        simulator.stop()
    kept = [(e["status"], i) for e in ingest.envelopes for i in e["items"]]
    arrived = {i["payload"]["event_id"] for s, i in kept if i["h"]["type"] == "transaction" and s == 200}
    limited = {i["payload"]["event_id"] for s, i in kept if i["h"]["type"] == "transaction" and s == 429} - arrived
    reported = collections.Counter()
    for status, item in kept:
        if item["h"]["type"] == "client_report" and status == 200:
            for entry in item["payload"]["discarded_events"]:
                reported[entry["reason"], entry["category"]] += entry["quantity"]
    told = sum(n for (reason, category), n in reported.items() if category == "transaction")
    assert len(arrived) + len(limited) + told == 2 * sessions, (len(arrived), len(limited), reported, 2 * sessions)
    ok(f"of {2 * sessions} transactions {len(arrived)} arrived, {len(limited)} were limited by ingest, and {told} are reported: {dict(reported)}")


def memory(server, sessions=50):
    simulator, ingest = Simulator(server), Ingest()
    ingest.answer(200, times=1_000_000, delay=600)
    gateway = Gateway(server, simulator.url, SENTRY_DSN=ingest.dsn, SENTRY_TRACES_SAMPLE_RATE="1")
    token, seen = gateway.token(), []

    async def talk():
        await asyncio.gather(*(converse(gateway, token, typed=3) for _ in range(25)))
    try:
        for _ in range(6):
            for _ in range(sessions // 25):
                asyncio.run(talk())
            seen.append(gateway.memory()[0])
        metrics = gateway.get("/metrics")[1]
    finally:
        gateway.stop()
        simulator.stop()
    queue = next(float(line.split()[1]) for line in metrics.splitlines() if line.startswith("voice_sentry_queue_envelopes "))
    assert queue <= 65, queue
    assert seen[-1] - seen[1] < 8, seen
    ok(f"while ingest hangs, {queue:.0f} envelopes wait; resident after every {sessions} sessions: " + ", ".join(f"{m:.1f}" for m in seen) + " MiB")


def main():
    limit(1800)
    server = server_binary()
    outage(server)
    memory(server)
    durations(server, int(sys.argv[1]) if len(sys.argv) > 1 else 30)


main()
