#!/usr/bin/env python3
"""Many sessions through the real binary, while upstream and clients fail at random. Exit 0: nothing below was broken.

usage: chaos.py SERVER [--minutes 10] [--sessions 200] [--seed N] [--failover SECONDS] [--trace FILE]

Upstream (its own, `upstream.py`) drops connections, resets them, stalls, closes with 1011 to 1013, ends sessions with an error and 4000,
lets them expire, and refuses dials: with a reset, with 503, or by silence. Clients (`caller.py`) talk and interrupt, read slowly or
not at all, vanish for good, come back, or open their session elsewhere. The seed draws what happens to whom; when depends on the machine.
With --failover sessions are kept in Redis, whose master is replaced every so many seconds: by its sentinels' order, or since it was killed.

No session stuck
    a client that reads hears something every 30 s, and a turn ends every 45 s; 45 s more while upstream is silent, which is how
    long silence lasts before it counts as a loss.
No audio of a cancelled response
    not one delta behind `speech_started`, though upstream sends three; and `speech_started` itself is with the client within 50 ms.
    The 50 ms are judged at the 99th percentile, less what the test's own loop was late by, and only where the load average says that
    no process had to wait for a processor.
No input audio lost
    Appends are numbered. What was on the wire of a connection that died is known to nobody at the time; it counts all the same. With
    R the last append that the old connection's reader got, and W the first append of the oldest words that were not committed and
    transcribed, the first append on the new connection is at most R+1, and at most W when W was no longer ago than 10 s; from there on
    each is the one before plus one. So the words in the user's mouth are heard from their beginning. What was committed more than a
    second before the loss is not said again, but for the last quarter of a second of its silence. Beyond the 10 s, which is where a
    stalled upstream lies, and what a client's own kernel threw away when it vanished, is counted and not judged.
Restored
    items whose text was known a second (and twice what the test itself was late by of late) before the loss, in order; the client's settings.
Every ending with its reason
    the close code, its reason and the error event before it are the ones for what was done to that session, and the gateway's log
    and `/v1/voice/stats` say the same.
Flat
    resident memory and descriptors of the last third of the run are at most 10 % above those of the middle third, after the sessions
    descriptors are back where they began.
"""
import argparse, asyncio, collections, gc, os, random, resource, time

from voice_acceptance import peer
from voice_acceptance.redis import Sentinels
from voice_acceptance.chaos.caller import ATTEMPTS, SESSION_LIMIT, Caller
from voice_acceptance.chaos.upstream import Upstream
from voice_acceptance.chaos.watch import Findings, WatchedGateway, loop_lag, percentile

NOT_BACK = 8
# Memory keeps what Redis has, for as long as that does: with the hour of the default the first hour of a run is all growth.
STORED_FOR = 300


class Report(Findings):
    def __init__(self, trace):
        super().__init__()
        self.endings, self.named, self.latencies, self.gaps = collections.Counter(), {}, [], []
        self.lags = collections.deque(maxlen=1_000)
        self.trace = trace

    def grace(self):
        """Seconds within which the two sides of a lost connection need not know the same."""
        return 1 + 2 * max(self.lags, default=0)

    def fault(self, what, detail):
        super().fault(what, detail)
        if self.trace:
            print(f"{time.monotonic() - self.began:.3f} {what}: {detail}", file=self.trace, flush=True)


def thirds(samples, index):
    """Means of the middle and the last third."""
    third = len(samples) // 3
    middle, last = samples[third:2 * third], samples[2 * third:]
    return tuple(sum(sample[index] for sample in part) / max(1, len(part)) for part in (middle, last))


async def main(options):
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(65_536, resource.getrlimit(resource.RLIMIT_NOFILE)[1]),) * 2)
    gc.freeze()
    report = Report(open(options.trace, "w") if options.trace else None)
    upstream = Upstream(random.Random(options.seed), report)
    server = await peer.serve(upstream)
    port = server.sockets[0].getsockname()[1]
    stores = Sentinels() if options.failover else None
    gateway = WatchedGateway(
        options.server, f"ws://127.0.0.1:{port}/v1/realtime", **({"REDIS_URL": stores.url} if stores else {}), VOICE_MAX_SESSION_SECONDS=str(SESSION_LIMIT), VOICE_SESSION_NOTICE_SECONDS="10",
        VOICE_CLIENT_BUFFER_BYTES="262144", VOICE_RESUME_GRACE_SECONDS="20", RETRY_MAX_ATTEMPTS=str(ATTEMPTS), LOG_LEVEL="info",
        VOICE_SESSION_TTL_SECONDS=str(STORED_FOR))
    lags = []
    tasks = [asyncio.create_task(loop_lag(lags, report.lags)), asyncio.create_task(gateway.watch())]
    if stores:
        tasks.append(asyncio.create_task(stores.fail_over(options.failover, lambda text: print(f"{(time.monotonic() - report.began) / 60:5.1f} min  {text}", flush=True))))
    try:
        await asyncio.sleep(1)
        before = gateway.sample()
        first, until = len(gateway.samples), time.monotonic() + options.minutes * 60
        callers = [
            Caller(index, random.Random(f"{options.seed} {index}"), gateway.port, upstream, report) for index in range(options.sessions)]

        async def watch():
            while True:
                await asyncio.sleep(1)
                for caller in callers:
                    if caller.session:
                        caller.session.watch(time.monotonic())
        tasks.append(asyncio.create_task(watch()))

        async def progress():
            while True:
                await asyncio.sleep(60)
                resident, descriptors, _ = gateway.sample()
                print(f"{(time.monotonic() - report.began) / 60:5.1f} min  {resident / 1024:.0f} MiB, {descriptors} descriptors; "
                      f"sessions ended {sum(report.endings.values())}; faults {sum(report.faults.values())}", flush=True)
        tasks.append(asyncio.create_task(progress()))
        talking = [asyncio.create_task(caller.run(until)) for caller in callers]
        await asyncio.sleep(until - time.monotonic())
        samples, cpu = gateway.samples[first:], gateway.sample()[2] - before[2]
        await asyncio.gather(*talking)
        # The grace of those who vanished, and the time of goodbyes that nobody reads.
        for _ in range(60):
            await asyncio.sleep(1)
            stats = await asyncio.to_thread(gateway.stats)
            after = gateway.sample()
            if stats["sessions"]["active"] == 0 and after[1] <= before[1] + NOT_BACK:
                break
        alive = gateway.is_running
        judge(report, gateway, stats, before, after, samples, alive, lags)
        show(options, report, stats, before, after, samples, cpu, lags)
    finally:
        for task in tasks:
            task.cancel()
        code = gateway.finish()
        server.close()
        if stores:
            stores.stop()
            print(f"{stores.failovers} failovers of Redis")
    if code != 0:
        report.fault("the gateway's exit", f"{code}")
    return report.verdict(options.seed)


def judge(report, gateway, stats, before, after, samples, alive, lags):
    judge_endings(report, gateway, stats, alive)
    judge_growth(report, before, after, [thirds(samples, index) for index in (1, 2)], ("middle third", "last"))
    late = percentile(report.latencies, 0.99) - percentile(lags, 0.99)
    if late > 0.05 and os.getloadavg()[0] <= os.cpu_count():
        report.fault("speech_started takes longer than 50 ms", f"{late * 1000:.1f} ms at p99")


def judge_endings(report, gateway, stats, alive):
    sessions = stats["sessions"]
    if not alive:
        report.fault("the gateway ended", "".join(gateway.lines[-20:]))
    if sessions["active"]:
        report.fault("sessions left over", f"{sessions}")
    # One that is gone on with from the store, since it had ended, ends once more.
    if not sessions["started"] <= sum(sessions["ended"].values()) <= sessions["started"] + sessions["resumed"]:
        report.fault("stats do not add up", f"{sessions}")
    logged = collections.Counter(reason for reasons in gateway.ended.values() for reason in reasons)
    for reason, times in sessions["ended"].items():
        if logged[reason] < times:
            report.fault("log and stats differ", f"{reason}: {logged[reason]} and {times}")
    for name, why in report.named.items():
        # A session that ended while its client was away may end once more under another connection.
        if why in (None, "session_not_found"):
            continue
        reasons = gateway.ended.get(name, [])
        # What ends while nobody is there ends by whatever comes first.
        expected = {
            "slow, cut off": ("slow_consumer", "client_lost", "session_ended", "session_time_limit", "upstream_closed", "upstream_unavailable"),
            "client_lost": ("client_lost", "session_time_limit", "upstream_closed", "upstream_unavailable"),
        }.get(why, (why,))
        if not any(reason in expected for reason in reasons):
            report.fault("the log's reason is another", f"{name}: {reasons} for {why}")


def judge_growth(report, before, after, means, parts):
    """`means` are those of resident KiB and of descriptors, each of an earlier and a later part of the run."""
    for (earlier, later), what, unit in zip(means, ("resident memory", "descriptors"), (" KiB", "")):
        if later > earlier * 1.10:
            report.fault(what + " grows", f"{earlier:.0f}{unit} in the {parts[0]}, {later:.0f} in the {parts[1]}")
    if after[1] > before[1] + NOT_BACK:
        report.fault("descriptors left over", f"{before[1]} before, {after[1]} after")


def show(options, report, stats, before, after, samples, cpu, lags):
    def milliseconds(values):
        return "p50 %.1f ms, p99 %.1f ms, longest %.1f ms" % tuple(1000 * percentile(values, share) for share in (0.5, 0.99, 1))
    print(f"{options.sessions} sessions at a time for {options.minutes:g} minutes")
    for what, times in sorted(report.count.items()):
        print(f"  {what}: {times}")
    print("endings as the clients saw them:", dict(report.endings.most_common()))
    print("sessions by the gateway's stats:", stats["sessions"])
    print(f"speech_started from upstream to client: {milliseconds(report.latencies)}; the test's own lag: {milliseconds(lags)}")
    print(f"from loss to the next upstream, stalls aside: {milliseconds(report.gaps)}")
    for index, what in ((1, "resident KiB"), (2, "descriptors")):
        middle, last = thirds(samples, index)
        print(f"{what}: {before[index - 1]} before, {middle:.0f} in the middle third, {last:.0f} in the last, {after[index - 1]} after")
    print(f"CPU of the gateway: {cpu / (options.minutes * 60) * 100:.0f} % of a core; load average {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(usage=__doc__.split("\n")[2])
    parser.add_argument("server")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--sessions", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--failover", type=float, default=0, help="seconds between failovers of Redis; 0 = sessions in memory")
    parser.add_argument("--trace")
    raise SystemExit(asyncio.run(main(parser.parse_args())))
