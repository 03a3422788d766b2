#!/usr/bin/env python3
"""What a session costs an instance and Redis, for the arithmetic of docs/scaling.md: figures alone, nothing is judged.

usage: scale.py SERVER [--sessions 100] [--seconds 40] [--openings 400]

Sessions speak as in soak.py, without its mishaps, on one instance with one Redis and every limit set. Then as many openings as are asked
for at once, on an idle instance; that one is killed, and all of them resume at once on another, which is drained at last. Between them the
stats of a whole fleet are asked for, of which the other instances are copies of what this one says of itself.
"""
import argparse, asyncio, collections, json, random, time

from chaos import Report
from voice_acceptance import Redis, mint, peer, request
from voice_acceptance.chaos.caller import Caller
from voice_acceptance.chaos.crowd import many_descriptors
from voice_acceptance.chaos.upstream import Upstream
from voice_acceptance.chaos.watch import WatchedGateway

APPEND_MS, DELTA_INTERVAL = 50, 0.1
# What Redis is asked within a script is counted by its commandstats as well.
ASKED = ("evalsha", "eval", "get", "hmget", "exists", "publish", "zrem", "hdel", "info", "ping", "pexpire")


class Meter:
    """What an instance and Redis used since the last look."""

    def __init__(self, redis):
        self.redis = redis
        self.then = self.look()

    def look(self):
        lines = self.redis.ask("INFO", "everything").splitlines()
        fields = dict(line.split(":", 1) for line in lines if ":" in line)
        calls = {name[8:]: int(text.split(",")[0][6:]) for name, text in fields.items() if name.startswith("cmdstat_")}
        return calls, sum(float(fields[name]) for name in ("used_cpu_sys", "used_cpu_user")), int(fields["total_net_input_bytes"])

    def used(self):
        """(scripts and single commands by name, CPU seconds, bytes in)"""
        now = self.look()
        calls = collections.Counter(now[0])
        calls.subtract(self.then[0])
        result = (calls, now[1] - self.then[1], now[2] - self.then[2])
        self.then = now
        return result


def asked(calls):
    """Round trips: scripts, and what was not called by one. PEXPIRE is in most scripts, so it is left out."""
    shown = {name: calls[name] for name in ASKED if calls[name] and name != "pexpire"}
    return ", ".join(f"{name} {times}" for name, times in shown.items())


class Opener:
    """One opening, until upstream's session is there."""

    def __init__(self):
        self.done, self.id, self.is_resumed = asyncio.get_running_loop().create_future(), None, False

    def opened(self, ws): pass

    def received(self, ws, payload):
        event = json.loads(payload)
        if event["type"] == "voice.session.ready":
            self.id, self.is_resumed = event["session_id"], event["resumed"]
        elif event["type"] == "session.created" and not self.done.done():
            self.done.set_result(None)

    def closed(self, ws, code, reason):
        if not self.done.done():
            self.done.set_result(f"{code} {reason}")


async def storm(gateway, redis, what, queries):
    meter, before, began, openers = Meter(redis), gateway.cpu(), time.monotonic(), [Opener() for _ in queries]

    async def open(opener, query):
        opener.ws = await peer.dial(opener, gateway.port, "/v1/ws/voice?" + query)
        return await opener.done
    ends = await asyncio.gather(*(open(opener, query) for opener, query in zip(openers, queries)))
    took, cpu = time.monotonic() - began, gateway.cpu() - before
    calls, redis_cpu, _ = meter.used()
    print(f"{len(queries)} {what} at once: {took:.2f} s, {cpu / len(queries) * 1000:.2f} ms of CPU each, Redis {redis_cpu / len(queries) * 1e6:.0f} us each "
          f"({asked(calls)}); resumed {sum(opener.is_resumed for opener in openers)}, failed {sum(end is not None for end in ends)}", flush=True)
    return openers


COPIES = """
local said = redis.call('HGET', KEYS[1], redis.call('HKEYS', KEYS[1])[1])
said = string.gsub(said, '^%d+', '99999999999999')
for number = 1, tonumber(ARGV[1]) do redis.call('HSET', KEYS[1], 'copy' .. number, said) end
return string.len(said)
"""


def fleet_stats(gateway, redis):
    """What `?scope=cluster` costs, by the number of instances."""
    for instances in (50, 100, 200, 400):
        # A sum is told again for two seconds.
        time.sleep(2.1)
        size = int(redis.ask("EVAL", COPIES, "1", "voice:instances", str(instances - 1)))
        meter, cpu, began = Meter(redis), gateway.cpu(), time.monotonic()
        answer = request("GET", gateway.port, "/v1/voice/stats?scope=cluster").json
        took = time.monotonic() - began
        print(f"stats of {instances} instances of {size / 1024:.0f} KiB each: {took * 1000:.0f} ms, CPU of the gateway {(gateway.cpu() - cpu) * 1000:.0f} ms, "
              f"of Redis {meter.used()[1] * 1000:.0f} ms; the answer is of {answer.get('instances', 1)}", flush=True)
    redis.ask("DEL", "voice:instances")


async def main(options):
    many_descriptors()
    report = Report(None)
    upstream = Upstream(random.Random(1), report, faults=None, delta_interval=DELTA_INTERVAL, append_ms=APPEND_MS)
    server = await peer.serve(upstream)
    redis = Redis()

    def instance():
        return WatchedGateway(
            options.server, f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1/realtime", REDIS_URL=redis.url, VOICE_MAX_CONCURRENT_SESSIONS="2",
            VOICE_MAX_SESSIONS_PER_HOUR="50", VOICE_MAX_COST_USD_PER_DAY="5", VOICE_MAX_SESSION_SECONDS="3600", REDIS_COMMAND_TIMEOUT_MS="10000", LOG_LEVEL="notice")
    first = instance()
    try:
        await asyncio.sleep(3)
        meter, empty = Meter(redis), first.sample()
        await asyncio.sleep(10)
        print("an instance without sessions, in 10 s:", asked(meter.used()[0]) + f"; it says {len(redis.ask('HVALS', 'voice:instances'))} bytes of itself", flush=True)
        until = time.monotonic() + options.seconds + 8
        callers = [Caller(index, random.Random(index), first.port, upstream, report, {"talks": 1}, (3_600, 3_601), 3_600, ramp=3) for index in range(options.sessions)]
        talking = [asyncio.create_task(caller.run(until)) for caller in callers]
        await asyncio.sleep(6)
        print(f"{options.sessions} openings and first turns:", asked(meter.used()[0]), flush=True)
        started, said = first.sample(), collections.Counter(report.count)
        await asyncio.sleep(options.seconds)
        now, count = first.sample(), report.count - said
        calls, redis_cpu, arrived = meter.used()
        messages, turns = count["appends"] + count["deltas"], count["responses completed"] + count["responses cancelled"]
        each = options.sessions * options.seconds
        print(f"{options.sessions} speak for {options.seconds:g} s: {count['appends'] / each:.1f} messages up and {count['deltas'] / each:.1f} down a second, "
              f"{turns / each * 60:.1f} turns a minute; CPU {(now[2] - started[2]) / each * 1000:.2f} ms a second of a session, "
              f"{(now[2] - started[2]) / messages * 1e6:.1f} us a message; {(now[0] - empty[0]) / options.sessions:.0f} KiB and "
              f"{(now[1] - empty[1]) / options.sessions:.1f} descriptors each")
        scripts = calls["evalsha"] + calls["eval"]
        print(f"Redis meanwhile: {scripts / each:.2f} scripts a second of a session, {scripts / turns:.1f} a turn, {redis_cpu / scripts * 1e6:.0f} us of CPU each, "
              f"{arrived / each:.0f} bytes in a second; {asked(calls)}")
        print(f"what an instance says of itself every 5 s: {len(redis.ask('HVALS', 'voice:instances'))} bytes", flush=True)
        await asyncio.gather(*talking)
        await asyncio.sleep(2)
        print(f"{options.sessions} endings, and the last turns:", asked(meter.used()[0]))
        sizes = [int(redis.ask("MEMORY", "USAGE", f"voice:session:{{{name}}}") or 0) for name in session_names(redis)[:20]]
        print(f"a stored session of {options.seconds:g} s: {sum(sizes) / max(1, len(sizes)) / 1024:.1f} KiB", flush=True)
        await asyncio.to_thread(fleet_stats, first, redis)
        users = [f"token={mint(f'new {number}')}&model=new{number}".replace(" ", "%20") for number in range(options.openings)]
        openers = await storm(first, redis, "new sessions", users)
        second = instance()
        await asyncio.sleep(3)
        first.kill()
        await asyncio.sleep(0.5)
        await storm(second, redis, "resumes", [f"{user}&session_id={opener.id}" for user, opener in zip(users, openers)])
        print(f"drained, {options.openings} idle sessions: {await asyncio.to_thread(second.stop):.1f} s from SIGTERM to the end")
    finally:
        server.close()
        redis.kill()
    print("faults of the speakers:", dict(report.faults) or "none")


def session_names(redis):
    keys = redis.ask("KEYS", "voice:session:*").split()
    return [key.split("{")[1].rstrip("}") for key in keys if "{" in key]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(usage=__doc__.split("\n")[2])
    parser.add_argument("server")
    parser.add_argument("--sessions", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=40)
    parser.add_argument("--openings", type=int, default=400)
    asyncio.run(main(parser.parse_args()))
