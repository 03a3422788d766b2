#!/usr/bin/env python3
"""Instances behind HAProxy on a Redis Cluster, one of which is killed while its sessions speak. Exit 0: nothing below was broken.

usage: fleet.py SERVER [--instances 4] [--sessions 200] [--seconds 30] [--seed N] [--loopback]

Each instance is in a network namespace of its own, or, where that is not permitted or with --loopback, on an address of its own. HAProxy
runs deploy/proxy/haproxy.cfg with other ports and servers; Redis is three masters. Two sessions of each user speak, which is all that
one may have; callers and upstream are chaos.py's, without its faults.

All go on
    every session of the killed instance is resumed by way of HAProxy within 5 s, under its own id; none is refused, no other one ends.
The same conversation
    what was said in turns that had ended half a second before the kill is put back upstream, in order, and is stored afterwards.
Limits stay exact
    each user still holds two places and has used two of the hour's five; a third session is refused; and of users who come anew, forty
    attempts at a time, exactly two are admitted at once and five in the hour, before the kill and after it.
"""
import argparse, asyncio, collections, contextlib, itertools, os, pathlib, random, re, signal, tempfile, time

from chaos import Report
from voice_acceptance import ROOT, Process, WebSocket, check, finish, free_port, limit, mint, ok, peer, request
from voice_acceptance.chaos.caller import Caller, Session
from voice_acceptance.chaos.crowd import many_descriptors
from voice_acceptance.chaos.upstream import Connection, Upstream, was_restored
from voice_acceptance.chaos.watch import WatchedGateway, loop_lag, percentile
from voice_acceptance.namespaces import Namespaces
from voice_acceptance.redis import Cluster

AT_ONCE, IN_AN_HOUR, ATTEMPTS_AT_A_TIME = 2, 5, 40
# In CI the machine has other things to do.
WITHIN = 5 * (10 if os.environ.get("CI") == "true" else 1)
SAVED_WITHIN = 0.5


class Fleet:
    """What happened, for all sessions."""

    def __init__(self):
        self.killed_at, self.lost, self.back, self.busy, self.compared = None, 0, [], 0, 0


class Roamer(Session):
    """Comes back at once when its connection is lost, until it is let in."""

    def closed(self, ws, code, reason):
        fleet = self.caller.fleet
        if ws is not self.ws and self.ws is not None or self.over.done():
            return
        if code == 503 and self.asked == "return":
            fleet.busy += 1
        elif code == 1006 and fleet.killed_at and self.asked != "end":
            fleet.lost += 1
            self.asked, self.lost_at = "return", time.monotonic()
        else:
            return super().closed(ws, code, reason)
        self.loop.call_later(self.random.uniform(0, 0.3), lambda: self.loop.create_task(self.come_back()))

    def heard_event(self, event):
        if event["type"] == "voice.session.ready" and self.asked == "return":
            self.caller.fleet.back.append((time.monotonic() - self.lost_at, time.monotonic() - self.caller.fleet.killed_at))
        elif event["type"] == "error":
            self.report.fault("refused", f"{self.describe()}: {event['error']}")


class User(Caller):
    session_type = Roamer


class Replaced(Connection):
    """The upstream side: what another instance puts back is what was said."""

    def finish(self, status):
        super().finish(status)
        self.line.turns.append(time.monotonic())

    def check_first(self, epoch, number):
        pass            # what was on its way to the killed instance is lost with it

    def check_restored(self):
        line, fleet = self.line, self.upstream.fleet
        due = max((turn for turn in line.turns if turn < fleet.killed_at - SAVED_WITHIN - self.report.grace()), default=0)
        restored = dict(self.restored)
        order = [id for id, *_ in line.items if id in restored]
        if order != list(restored):
            self.report.fault("items restored out of order", f"{line.name}: {list(restored)}, said {order}")
        for id, text, sent, heard in line.items:
            if text and sent <= due and not was_restored(text, heard, restored.get(id)):
                self.report.fault("item not restored", f"{line.name}: {id} {text!r}, {heard} ms heard, but {restored.get(id)!r}")
            fleet.compared += bool(text and sent <= due)
        line.items = [item for item in line.items if item[0] in restored or item[0] not in self.old_items]
        if not self.session["instructions"]:
            self.report.fault("settings not restored", line.name)


class Provider(Upstream):
    def line(self, name):
        line = super().line(name)
        if not hasattr(line, "turns"):
            line.turns = []
        return line

    def connect(self, ws):
        return Replaced(self, ws, ws.line)


def haproxy(instances):
    """HAProxy by the file of deploy/, with the ports and the servers of this run."""
    port, scratch = free_port(), pathlib.Path(tempfile.mkdtemp(prefix="haproxy-"))
    text = (ROOT / "deploy/proxy/haproxy.cfg").read_text()
    servers = "\n".join(f"  server i{number} {gateway.host}:{gateway.port} check" for number, gateway in enumerate(instances))
    for pattern, replacement in (
        (r"  log /dev/log local0\n", "  log stdout format raw local0\n"), (r"  maxconn 20000\n", "  maxconn 4000\n"),
        (r"  stats socket \S+", f"  stats socket {scratch}/admin.sock"), (r"  bind :80\n", f"  bind 127.0.0.1:{port}\n"),
        (r"  bind :443 .*\n", ""), (r"  http-request redirect scheme https .*\n", ""), (r"(  server .*\n)+", servers + "\n"),
    ):
        text, times = re.subn(pattern, lambda _: replacement, text)
        assert times == 1, f"deploy/proxy/haproxy.cfg has no line like {pattern!r}"
    (scratch / "haproxy.cfg").write_text(text)
    return Process(["haproxy", "-db", "-f", str(scratch / "haproxy.cfg")]), port


numbers = itertools.count(1)


async def attempts(port, user, count):
    """Sockets and verdicts of so many openings at once."""
    sockets = await asyncio.gather(*(
        WebSocket.open(port, f"/v1/ws/voice?model=attempt{next(numbers)}&token={mint(user)}") for _ in range(count)))
    return sockets, await asyncio.gather(*(socket.verdict() for socket in sockets))


async def count_exactly(port, user, redis):
    """Two at a time, five in the hour: what was admitted in each of three rounds."""
    admitted, other = [], collections.Counter()
    for _ in range(3):
        sockets, verdicts = await attempts(port, user, ATTEMPTS_AT_A_TIME)
        admitted.append(verdicts.count("admitted"))
        other.update(verdict for verdict in verdicts if verdict not in ("admitted", "concurrent_limit_exceeded", "rate_limit_exceeded"))
        for socket, verdict in zip(sockets, verdicts):
            if verdict == "admitted":
                socket.send({"type": "voice.session.end"})
                await socket.closed()
            socket.abort()
        for _ in range(50):
            if redis.ask("ZCARD", f"voice:lease:{{{user}}}") == "0":
                break
            await asyncio.sleep(0.1)
    return admitted, other, int(redis.ask("ZCARD", f"voice:limit:{{{user}}}"))


async def limits(port, redis, when, users):
    for user in users:
        admitted, other, counted = await count_exactly(port, user, redis)
        check(admitted == [2, 2, 1] and counted == IN_AN_HOUR and not other,
              f"{when}: of {ATTEMPTS_AT_A_TIME} attempts at a time {admitted} were admitted, {counted} count in the hour {dict(other) or ''}")


def health(gateway):
    return request("GET", gateway.port, "/v1/voice/health", host=gateway.host).json


async def main(options):
    many_descriptors()
    network = Namespaces(options.instances, options.loopback)
    report, fleet = Report(None), Fleet()
    upstream = Provider(random.Random(options.seed), report, faults=None, delta_interval=0.1)
    upstream.fleet = fleet
    server = await peer.serve(upstream, network.host)
    url = f"ws://{network.host}:{server.sockets[0].getsockname()[1]}/v1/realtime"
    redis = Cluster(3, network.host)
    # A machine that is slow is no Redis that is away: there each instance would go on with a limit of its own.
    gateways = [
        WatchedGateway(
            options.server, url, within, HOST=address, REDIS_URL=redis.url, REDIS_COMMAND_TIMEOUT_MS="10000", VOICE_TRUSTED_PROXIES=network.host + ",127.0.0.1",
            VOICE_MAX_CONCURRENT_SESSIONS=str(AT_ONCE), VOICE_MAX_SESSIONS_PER_HOUR=str(IN_AN_HOUR), VOICE_MAX_SESSION_SECONDS="3600",
            VOICE_ADMIN_TOKEN="admin", LOG_LEVEL="info")
        for address, within in network.places]
    proxy, port = haproxy(gateways)
    tasks = [asyncio.create_task(loop_lag(report.lags))]
    try:
        await asyncio.sleep(4)              # two checks that each instance is there
        ok(f"{len(gateways)} instances " + ("in network namespaces" if network.are_real else "on addresses of loopback") + ", HAProxy, three masters of Redis Cluster")
        await limits(port, redis, "before the kill", ["early 1", "early 2"])
        until = time.monotonic() + 10 + options.seconds * 2
        callers = [User(index // AT_ONCE, random.Random(f"{options.seed} {index}"), port, upstream, report, {"talks": 1}, (3_600, 3_601), 3_600, ramp=5)
                   for index in range(options.sessions)]
        for caller in callers:
            caller.fleet = fleet
        talking = [asyncio.create_task(caller.run(until)) for caller in callers]
        await asyncio.sleep(10 + options.seconds / 2)
        spread = [health(gateway)["active_sessions"] for gateway in gateways]
        check(sum(spread) == options.sessions and min(spread) > 0, f"{sum(spread)} sessions speak, spread by HAProxy: {spread}")
        victim = spread.index(max(spread))
        fleet.killed_at = time.monotonic()
        gateways[victim].signal(signal.SIGKILL)
        await asyncio.sleep(WITHIN + options.seconds / 2)
        took, since = sorted(late for late, _ in fleet.back), sorted(late for _, late in fleet.back)
        check(fleet.lost == spread[victim] == len(took), f"kill -9 of one: {fleet.lost} of its {spread[victim]} sessions were cut, {len(took)} resumed")
        check(bool(since) and since[-1] < WITHIN,
              f"the last resumed {since[-1] if since else float('nan'):.2f} s after the kill; from cut to ready p50 {percentile(took, 0.5) * 1000:.0f} ms, p99 {percentile(took, 0.99) * 1000:.0f} ms; "
              f"HAProxy answered 503 {fleet.busy} times")
        check(not report.faults, f"{fleet.compared} items of turns that had ended were put back upstream, in order; nothing else broke {dict(report.faults) or ''}")
        spread = [health(gateway)["active_sessions"] for gateway in gateways if gateway.is_running]
        check(sum(spread) == options.sessions, f"{sum(spread)} sessions speak on: {spread}")
        users = sorted({caller.user for caller in callers})
        held = collections.Counter((redis.ask("ZCARD", f"voice:lease:{{{user}}}"), redis.ask("ZCARD", f"voice:limit:{{{user}}}")) for user in users)
        check(set(held) == {("2", "2")}, f"each of {len(users)} users holds two places and has used two of the hour: {dict(held)}")
        more = [(await attempts(port, user, 1))[1][0] for user in random.Random(options.seed).sample(users, min(20, len(users)))]
        check(set(more) == {"concurrent_limit_exceeded"}, f"a third session is refused to {len(more)} of them: {dict(collections.Counter(more))}")
        await limits(port, redis, "after the kill", ["late 1", "late 2"])
        stored = await asyncio.to_thread(compare_stored, port, callers)
        check(stored[0] == stored[1] > 0, f"{stored[0]} of {stored[1]} conversations are stored as they were said, by way of HAProxy")
        await asyncio.gather(*talking)
        check(set(report.endings) == {"session_ended"}, f"endings: {dict(report.endings)}")
        check(not report.faults, f"no fault in {report.count['responses completed']} answers and {report.count['barge-ins']} barge-ins")
        check("eyJ" not in proxy.text, "no token in HAProxy's log")
        for gateway in gateways:
            if gateway.is_running and (code := gateway.finish()) != 0:
                check(False, f"an instance ended with {code}: {''.join(gateway.lines[-5:])}")
    finally:
        for task in tasks:
            task.cancel()
        for process in (*gateways, proxy):
            process.kill()
        server.close()
        redis.stop()
        network.remove()
    for what, examples in report.examples.items():
        print(f"BROKEN {what}: {report.faults[what]} times", *examples, sep="\n       ")


def compare_stored(port, callers):
    """(as said, looked at)"""
    looked = good = 0
    for caller in callers:
        session = caller.session
        if session and session.epoch > 0 and looked < 40:
            looked += 1
            answer = request("GET", port, f"/v1/voice/sessions/{session.id}", Authorization=f"Bearer {caller.token}")
            with contextlib.suppress(ValueError, KeyError):
                ids = [item["id"] for item in answer.json["items"]]
                said = [id for id, text, *_ in session.line.items if text]
                good += answer.status == 200 and len(ids) > 0 and [id for id in said if id in ids] == [id for id in ids if id in said] and set(said[:-4]) <= set(ids)
    return good, looked


if __name__ == "__main__":
    parser = argparse.ArgumentParser(usage=__doc__.split("\n")[2])
    parser.add_argument("server")
    parser.add_argument("--instances", type=int, default=4)
    parser.add_argument("--sessions", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--loopback", action="store_true", help="addresses of loopback, also where namespaces are permitted")
    limit(900)
    asyncio.run(main(parser.parse_args()))
    finish()
