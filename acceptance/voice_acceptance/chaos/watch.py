"""The gateway of a run that watches it from outside, and the run's own delay."""
import asyncio, collections, contextlib, json, re, subprocess, time

from ..gateway import Gateway


class WatchedGateway(Gateway):
    """A gateway for any model: samples of what it uses, and the reasons that its log gives for endings."""

    def __init__(self, server, upstream, within=(), **settings):
        self.ended, self.samples = {}, []
        defaults = {"VOICE_ALLOWED_MODELS": "*", "VOICE_DRAIN_SECONDS": "20", "RETRY_MAX_ATTEMPTS": "3"}
        super().__init__(server, upstream, within=within, **{**defaults, **settings})

    def wrote(self, line):
        if re.search(r'"Session vs_[0-9a-f]+ (ended|refused): ', line):
            entry = json.loads(line)
            self.ended.setdefault(entry["model"], []).append(entry["reason"])

    def sample(self):
        """(resident KiB, descriptors, CPU seconds)"""
        return round(self.memory()[0] * 1024), self.descriptors(), self.cpu()

    def finish(self):
        """Exit status after SIGTERM; negative when it had to be killed."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.stop()
        return self.code

    async def watch(self, every=2.0):
        while self.is_running:
            self.samples.append((time.monotonic(), *self.sample()))
            await asyncio.sleep(every)


class Findings:
    """What a run found broken: how often, and the first five of each with their moment."""

    def __init__(self):
        self.count, self.faults, self.examples = collections.Counter(), collections.Counter(), collections.defaultdict(list)
        self.began = time.monotonic()

    def moment(self):
        return f"{time.monotonic() - self.began:.1f} s"

    def fault(self, what, detail):
        self.faults[what] += 1
        if len(self.examples[what]) < 5:
            self.examples[what].append(f"{self.moment()}: {detail}")

    def verdict(self, seed):
        """Prints all of it. The exit status."""
        for what, times in self.faults.most_common():
            print(f"BROKEN {what}: {times} times")
            for example in self.examples[what]:
                print(f"       {example}")
        print("seed", seed, "broken" if self.faults else "held")
        return 1 if self.faults else 0


async def loop_lag(*lags):
    """How late the test itself is: what it measures is no better than that."""
    while True:
        due = time.monotonic() + 0.01
        await asyncio.sleep(0.01)
        for lag in lags:
            lag.append(time.monotonic() - due)


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))] if values else float("nan")
