#!/usr/bin/env python3
"""A thousand sessions for half an hour at the pace of speech, with the mishaps of an ordinary day. Exit 0: nothing below was broken.

usage: soak.py SERVER [--minutes 30] [--sessions 1000] [--seed N] [--failover SECONDS] [--chunk-ms 50] [--workers N] [--trace FILE]

Each session sends 20 messages of 50 ms a second (--chunk-ms 100: ten), 24 kHz PCM16 as real clients do, silence too, and hears answers of four seconds, ten
messages of 100 ms a second. It interrupts, comes back on another connection, or opens elsewhere; upstream connections are lost or reach
their end, and dials are refused; sessions are kept in Redis, whose master is replaced every --failover seconds (300; 0 keeps them in
memory). Callers and upstream are chaos.py's, with milder weights, in as many processes as the machine has cores.

No message lost
    all that chaos.py says of input audio and of what is restored; besides, an answer that upstream completed has all of its audio, byte
    for byte and in order, and its transcript; one that was interrupted has none behind `speech_started`; what was said on one connection
    is transcribed within 30 s; every append is whole.
Every ending with its reason
    as in chaos.py, by the client, the log and the stats; no session is refused.
Flat
    resident memory and descriptors of the second half are at most 10 % above those of the first, once the first sessions have come to their time limit (in a short run, after a third of it); afterwards
    descriptors are back where they began.
Steady
    p99 of the added latency, both ways, is in the last third at most 1.5 times that of the first; less than 2 ms more is no change, and
    where the run's own loops were later in the same measure nothing can be told, and that is said.
At pace
    the run itself says 95 % of its messages in time, and its loops are late by less than 100 ms at p99. Where this is broken the machine
    is too small or too busy for so many sessions, and what else is broken says little.
"""
import argparse, asyncio, collections, functools, os, random, re, resource, time

from chaos import Report, judge_endings, judge_growth
from voice_acceptance.redis import Sentinels
from voice_acceptance.chaos.caller import ATTEMPTS, Caller, Session
from voice_acceptance.chaos.crowd import Crowd, lag_by_time, many_descriptors
from voice_acceptance.chaos.upstream import WORDS, Connection, Upstream
from voice_acceptance.chaos.watch import WatchedGateway, percentile

DELTA_INTERVAL, DELTAS = 0.1, 40
BEHAVIOURS = {"talks": 60, "closes": 10, "returns": 20, "moves": 10}
FAULTS = {"drop": 30, "reset": 30, "expire": 20, "trouble": 10, "none": 10}
LIMIT, LIVES, MEAN_LIFE, STAYS = 600, (60, 640), 120, 60
CONFIRMED_WITHIN = 30
# Sessions that come in a second at the start.
RATE = 50
RATIO, NO_CHANGE = 1.5, 0.002
IN_TIME, LATE = 0.95, 0.1
STORED_FOR = 300
# One append of so many, and one message of each answer, says how long it took: all of them would be gigabytes.
STAMPED_APPENDS, STAMPED_DELTA = 128, 8
SENT = re.compile(rb'"chaos_sent":([0-9.]+)')


class Beats:
    """Ticks of all sessions of a process, a tenth of them at a time: a timer for each costs more than what is sent."""

    TURNS = 10

    def __init__(self, report, seconds):
        self.report, self.seconds, self.turns = report, seconds, [set() for _ in range(self.TURNS)]

    def add(self, session):
        min(self.turns, key=len).add(session)

    def remove(self, session):
        for turn in self.turns:
            turn.discard(session)

    async def run(self):
        loop = asyncio.get_running_loop()
        due, turn = loop.time(), 0
        while True:
            due, now = due + self.seconds / self.TURNS, loop.time()
            # A moment that passed long ago is not made up for.
            missed = max(0, int((now - due) / self.seconds))
            due += missed * self.seconds
            if missed:
                self.report.skipped.append((time.monotonic(), missed * sum(map(len, self.turns))))
            await asyncio.sleep(max(0, due - now))
            for session in tuple(self.turns[turn]):
                session.tick()
            turn = (turn + 1) % self.TURNS


class Talk(Session):
    """A session whose every answer and every word is accounted for, with the delay of some of them."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.line.stamps = {}
        self.delta_tail = (self.line.delta_tail + '"}').encode()
        self.said_until, self.was_speaking, self.transcript, self.ready_at = None, False, None, self.began

    def say(self, is_speech):
        if self.number % STAMPED_APPENDS == 0:
            self.line.stamps[self.epoch, self.number] = time.monotonic()
        if self.was_speaking and not is_speech:
            self.said_until = self.said_until or time.monotonic()
        self.was_speaking = is_speech
        super().say(is_speech)

    def start_ticking(self):
        self.caller.beats.add(self)

    def next_tick(self):
        """By the beats of the process."""

    def stop_ticking(self):
        self.caller.beats.remove(self)

    async def connect(self):
        self.said_until, self.was_speaking = None, False
        await super().connect()

    def heard_audio(self, payload, now):
        super().heard_audio(payload, now)
        if not payload.endswith(self.delta_tail):
            self.report.fault("audio changed", self.describe())
        # What waited for a client that was away is not of that measure.
        if self.next_delta == STAMPED_DELTA and now - self.ready_at > 2:
            self.report.down.append((now, now - float(SENT.search(payload, 0, 400)[1])))

    def heard_event(self, event):
        type = event["type"]
        if type == "voice.session.ready":
            self.ready_at = time.monotonic()
        elif type == "response.created":
            self.transcript = None
        elif type == "response.output_audio_transcript.done":
            self.transcript = event["transcript"]
            if self.transcript != "a" + event["item_id"] + WORDS:
                self.report.fault("a transcript changed", f"{self.describe()}: {self.transcript!r}")
        elif type == "conversation.item.input_audio_transcription.completed":
            self.said_until = None
            self.report.count["utterances confirmed"] += 1
            if event["transcript"] != "u" + event["item_id"]:
                self.report.fault("a transcript changed", f"{self.describe()}: {event}")
        elif type == "response.done" and event["response"]["status"] == "completed" and event["response"]["id"] == self.active and not self.is_unsure:
            # A barge-in behind its last message drops what was still on its way, by right.
            if self.active != self.cancelled and self.next_delta != DELTAS:
                self.report.fault("an answer is not whole", f"{self.describe()}: {self.next_delta} of {DELTAS} messages")
            if self.transcript is None:
                self.report.fault("an answer has no transcript", self.describe())
            self.report.count["answers whole"] += self.active != self.cancelled

    def watch(self, now):
        super().watch(now)
        if self.over.done() or self.asked or not self.is_ready:
            return
        if self.said_until and now - max(self.said_until, self.line.opened_at) > CONFIRMED_WITHIN:
            self.report.fault("what was said is not confirmed", self.describe())
            self.said_until = None


class Talker(Caller):
    session_type = Talk


class Hearing(Connection):
    def heard(self, is_speech, epoch, number):
        super().heard(is_speech, epoch, number)
        sent, now = self.line.stamps.pop((epoch, number), None), time.monotonic()
        # What is said again after a loss waited for it.
        if sent and now - self.line.opened_at > 2:
            self.report.up.append((now, now - sent))


class Ears(Upstream):
    def connect(self, ws):
        return Hearing(self, ws, ws.line)


class SoakReport(Report):
    def __init__(self):
        super().__init__(None)
        self.down, self.up, self.late, self.skipped = [], [], [], []

    def merged(self, result):
        for name in ("count", "endings", "faults"):
            getattr(self, name).update(result[name])
        self.named.update(result["named"])
        for name in ("latencies", "gaps", "down", "up", "late", "skipped"):
            getattr(self, name).extend(result[name])
        for what, texts in result["examples"].items():
            self.examples[what] = (self.examples[what] + texts)[:5]


async def work(index, workers, box, options):
    """The callers of one process, and what their upstream hears."""
    many_descriptors()
    report = SoakReport()
    upstream = Ears(random.Random(f"{options.seed} {index}"), report, FAULTS, MEAN_LIFE, DELTA_INTERVAL, DELTAS, options.chunk_ms, hopeless=0)
    box.serve(upstream)
    facts = await box.facts()
    report.began, until = facts["began"], facts["until"]
    callers = [
        Talker(number, random.Random(f"{options.seed} {number}"), facts["port"], upstream, report, BEHAVIOURS, LIVES, LIMIT, STAYS,
               options.minutes * 60 + 7_200, options.sessions / RATE)
        for number in range(index, options.sessions, workers)]
    beats = Beats(report, options.chunk_ms / 1000)
    for caller in callers:
        caller.beats = beats
    beating = asyncio.create_task(beats.run())
    lags = asyncio.create_task(lag_by_time(report.late, RecentLags(report.lags)))

    async def watch():
        while True:
            for _ in range(5):
                await asyncio.sleep(1)
                now = time.monotonic()
                for caller in callers:
                    if caller.session:
                        caller.session.watch(now)
            box.tell({
                "count": report.count, "faults": sum(report.faults.values()), "endings": sum(report.endings.values()),
                "down": [late for at, late in tail(report.down, now - 30)], "late": [late for at, late in tail(report.late, now - 30)],
                "open": sum(caller.session is not None and caller.session.is_ready for caller in callers)})
    watching = asyncio.create_task(watch())
    await asyncio.gather(*(caller.run(until) for caller in callers))
    for task in (lags, watching, beating):
        task.cancel()
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return {name: getattr(report, name) for name in ("count", "endings", "faults", "named", "latencies", "gaps", "down", "up", "late", "skipped")} | {
        "examples": dict(report.examples), "cpu": usage.ru_utime + usage.ru_stime}


class RecentLags:
    """The lags without their moments, for `grace`."""

    def __init__(self, lags):
        self.lags = lags

    def append(self, entry):
        self.lags.append(entry[1])


def tail(entries, since):
    at = len(entries)
    while at and entries[at - 1][0] > since:
        at -= 1
    return entries[at:]


async def main(options):
    crowd = Crowd(options.workers, functools.partial(work, options=options))
    stores = Sentinels() if options.failover else None
    report, tasks, gateway = SoakReport(), [], None
    report.trace = open(options.trace, "w") if options.trace else None

    def log(text):
        print(f"{(time.monotonic() - report.began) / 60:5.1f} min  {text}", flush=True)
    try:
        gateway = WatchedGateway(
            options.server, await crowd.serve(), **({"REDIS_URL": stores.url} if stores else {}), VOICE_MAX_SESSION_SECONDS=str(LIMIT),
            VOICE_SESSION_NOTICE_SECONDS="10", VOICE_RESUME_GRACE_SECONDS="20", RETRY_MAX_ATTEMPTS=str(ATTEMPTS), LOG_LEVEL="info",
            VOICE_SESSION_TTL_SECONDS=str(STORED_FOR))
        tasks.append(asyncio.create_task(gateway.watch()))
        if stores:
            tasks.append(asyncio.create_task(stores.fail_over(options.failover, log)))
        await asyncio.sleep(1)
        before, report.began = gateway.sample(), time.monotonic()
        until = report.began + options.minutes * 60
        crowd.start(port=gateway.port, until=until, began=report.began)
        # All sessions are there, and each has spoken.
        settled = report.began + min(options.sessions / RATE + 15, options.minutes * 20)
        beginning = None
        while (now := time.monotonic()) < until:
            await asyncio.sleep(min(30, max(0.1, until - now), max(0.1, settled - now) if now < settled else 30))
            if beginning is None and time.monotonic() >= settled:
                beginning = gateway.sample()
            show_progress(log, gateway, [told for told in crowd.told if told])
        # Until then all conversations grow, and none has ended that makes room.
        grown = report.began + min(LIMIT + 60, options.minutes * 20)
        samples = [sample for sample in gateway.samples if grown < sample[0] < until]
        cpu = gateway.sample()[2] - beginning[2]
        results = await crowd.ended(150)
        for index, result in enumerate(results):
            if not result:
                report.fault("a process of callers broke", f"{index}")
            else:
                report.merged(result)
        # The grace of those who vanished.
        for _ in range(60):
            await asyncio.sleep(1)
            stats = await asyncio.to_thread(gateway.stats)
            after = gateway.sample()
            if stats["sessions"]["active"] == 0 and after[1] <= before[1] + 8:
                break
        judge_endings(report, gateway, stats, gateway.is_running)
        means = [halves(samples, index) for index in (1, 2)]
        judge_growth(report, before, after, means, ("first half", "second"))
        for reason, times in stats["sessions"].get("refused", {}).items():
            if times:
                report.fault("sessions refused", f"{reason}: {times}")
        parts = {name: parted(getattr(report, name), settled, until) for name in ("down", "up", "late")}
        skipped = sum(count for at, count in report.skipped if settled <= at < until)
        in_time = 1 - skipped / (options.sessions * (until - settled) * 1_000 / options.chunk_ms)
        judge_pace(report, parts, in_time)
        judge_delay(report, parts)
        show(options, report, stats, means, before, after, parts, cpu / (until - settled), [result.get("cpu", 0) for result in results])
    finally:
        for task in tasks:
            task.cancel()
        crowd.stop()
        code = gateway.finish() if gateway else 1
        if stores:
            stores.stop()
            print(f"{stores.failovers} failovers of Redis")
    if code != 0:
        report.fault("the gateway's exit", f"{code}")
    return report.verdict(options.seed)


def halves(samples, index):
    middle = len(samples) // 2
    return tuple(sum(sample[index] for sample in part) / max(1, len(part)) for part in (samples[:middle], samples[middle:]))


def parted(entries, begin, end):
    """The values of each third of that time."""
    third = (end - begin) / 3
    parts = [[], [], []]
    for at, value in entries:
        if begin <= at < end:
            parts[int((at - begin) / third)].append(value)
    return parts


def judge_pace(report, parts, in_time):
    late = max(percentile(part, 0.99) for part in parts["late"])
    print(f"said in time: {in_time * 100:.1f} % of the messages")
    if in_time < IN_TIME or late > LATE:
        report.fault("this machine does not carry so many sessions", f"{in_time * 100:.0f} % of the messages in time, own lag {late * 1000:.0f} ms at p99")


def judge_delay(report, parts):
    first_lag, _, last_lag = (percentile(part, 0.99) for part in parts["late"])
    for name in ("down", "up"):
        first, _, last = (percentile(part, 0.99) for part in parts[name])
        if last <= first * RATIO or last - first < NO_CHANGE:
            continue
        if last_lag > first_lag * RATIO or last - first < 2 * (last_lag - first_lag):
            print(f"delay {name}: the machine is too restless to tell")
        else:
            report.fault("added latency grows", f"{name}: p99 {first * 1000:.1f} ms in the first third, {last * 1000:.1f} ms in the last")


def show_progress(log, gateway, told):
    resident, descriptors, _ = gateway.sample()
    count = sum((collections.Counter(one["count"]) for one in told), collections.Counter())
    down, late = ([value for one in told for value in one[name]] for name in ("down", "late"))
    log(f"{sum(one['open'] for one in told)} sessions, {resident / 1024:.0f} MiB, {descriptors} descriptors; {count['appends']} messages up, "
        f"{count['deltas heard']} down, {count['answers whole']} answers whole, {count['barge-ins']} barge-ins, "
        f"{sum(times for what, times in count.items() if what.startswith('redialled'))} redials, {count['sessions resumed']} resumed; "
        f"p99 {percentile(down, 0.99) * 1000:.1f} ms, own lag {percentile(late, 0.99) * 1000:.1f} ms; faults {sum(one['faults'] for one in told)}")


def show(options, report, stats, means, before, after, parts, cpu, callers):
    print(f"{options.sessions} sessions at a time for {options.minutes:g} minutes, {options.workers} processes of callers")
    for what, times in sorted(report.count.items()):
        print(f"  {what}: {times}")
    print("endings as the clients saw them:", dict(report.endings.most_common()))
    print("sessions by the gateway's stats:", stats["sessions"])
    print(f"{'':34}{'first third':>14}{'middle':>14}{'last':>14}")
    for name, what in (("down", "added from upstream to client"), ("up", "added from client to upstream"), ("late", "the run's own lag")):
        for share in (0.5, 0.99):
            print(f"{what + ', p' + str(int(share * 100)):34}" + "".join(f"{percentile(part, share) * 1000:11.2f} ms" for part in parts[name]))
    print(f"from loss to the next upstream: p50 {percentile(report.gaps, 0.5) * 1000:.1f} ms, p99 {percentile(report.gaps, 0.99) * 1000:.1f} ms")
    for (first, second), what, index in zip(means, ("resident KiB", "descriptors"), (0, 1)):
        print(f"{what}: {before[index]} before, {first:.0f} in the first half, {second:.0f} in the second, {after[index]} after")
    print(f"CPU of the gateway: {cpu * 100:.0f} % of a core; of the callers {sum(callers) / (options.minutes * 60) * 100:.0f} %; load average {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(usage=__doc__.split("\n")[2])
    parser.add_argument("server")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--sessions", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--failover", type=float, default=300, help="seconds between failovers of Redis; 0 = sessions in memory")
    parser.add_argument("--chunk-ms", type=int, default=50, choices=(20, 40, 50, 100, 200), help="audio in one message of a client")
    parser.add_argument("--workers", type=int, default=max(2, os.cpu_count()), help="processes of callers")
    parser.add_argument("--trace")
    raise SystemExit(asyncio.run(main(parser.parse_args())))
