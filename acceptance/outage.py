#!/usr/bin/env python3
"""Redis away for minutes, under load: two gateways on one Redis, which is stopped, then killed. Exit 0: nothing below was broken.

usage: outage.py SERVER [--seconds 600] [--faults stopped,killed] [--callers 20] [--seed N]

Nobody waits
    a session opens within three seconds throughout, and none that is open ends.
Nothing is lost
    sessions that were made before and meanwhile are stored with their words, for the other gateway too; what was deleted meanwhile stays
    deleted; a user who had all sessions of the hour gets no other, before, meanwhile and afterwards, on either gateway.
Back within five seconds
    of Redis's return both gateways use it again, and health says so.
Bounded
    resident memory grows by no more than 64 MiB in the second half of the outage.
"""
import argparse, asyncio, json, random, signal, sys, time

from voice_acceptance import Redis, Simulator, mint, peer, request
from voice_acceptance.chaos.watch import Findings, WatchedGateway, percentile

LIMIT, PATIENCE, BACK, GROWTH = 3, 3.0, 5.0, 64


def token(user):
    return mint(user, exp=int(time.time()) + 86_400)


def ask(port, method, path, user=None):
    """Status and body."""
    answer = request(method, port, path, **({"Authorization": f"Bearer {token(user)}"} if user else {}))
    return answer.status, answer.text


class Visit:
    """One connection: what came of it, and the session that it was."""

    def __init__(self):
        self.events, self.session, self.end = asyncio.Queue(), None, None

    def opened(self, socket): pass
    def received(self, socket, message): self.events.put_nowait(json.loads(message))
    def closed(self, socket, code, reason):
        self.end = (code, reason)
        self.events.put_nowait({"type": "closed", "code": code, "reason": reason})

    async def until(self, *kinds, seconds=30):
        async with asyncio.timeout(seconds):
            while (event := await self.events.get())["type"] not in (*kinds, "closed"):
                if event["type"] == "error":
                    return event
            return event

    @classmethod
    async def open(cls, port, user, session=None):
        self = cls()
        self.socket = await peer.dial(self, port, f"/v1/ws/voice?token={token(user)}" + (f"&session_id={session}" if session else ""))
        event = await self.until("voice.session.ready")
        self.code = event["error"]["code"] if event["type"] == "error" else event["type"]
        self.session = event.get("session_id")
        return self

    async def say(self, words):
        self.socket.send(json.dumps({"type": "conversation.item.create", "item": {
            "type": "message", "role": "user", "content": [{"type": "input_text", "text": words}]}}).encode())
        return (await self.until("conversation.item.done", "conversation.item.added"))["type"]


class Run(Findings):
    def __init__(self, options):
        super().__init__()
        self.options, self.dice = options, random.Random(options.seed)
        self.made, self.deleted, self.waits, self.phase = {}, {}, [], "before"

    def moment(self):
        return self.phase

    def ports(self):
        return [gateway.port for gateway in self.gateways]

    async def caller(self, number):
        """New users, one session each, with words; some sessions are deleted again."""
        turn = 0
        while True:
            turn += 1
            user, phase, here = f"user {number} {turn}", self.phase, self.dice.choice(self.ports())
            words = f"the words of {user}"
            began = time.monotonic()
            try:
                visit = await Visit.open(here, user)
                took = time.monotonic() - began
                self.waits.append(took)
                if visit.code != "voice.session.ready":
                    self.fault("a session does not open", f"{visit.code}")
                elif took > PATIENCE:
                    self.fault("a session opens late", f"{took:.1f} s")
                elif "item" not in (said := await visit.say(words)):
                    self.fault("a session does not go on", f"{said} {visit.end}")
                else:
                    # The checkpoint comes with the next breath; a client that closes in order has its words stored.
                    visit.socket.close(1000)
                    await visit.until("closed", seconds=10)
                    self.count["sessions " + phase] += 1
                    if turn % 5 == 0:
                        status, _ = await asyncio.to_thread(ask, here, "DELETE", f"/v1/voice/sessions/{visit.session}", user)
                        if status != 204:
                            self.fault("a session cannot be deleted", f"{status}")
                        self.deleted[visit.session] = (user, here, phase)
                    else:
                        self.made[visit.session] = (user, words, here, phase)
            except (OSError, TimeoutError) as problem:
                self.fault("a session does not open", repr(problem))
            await asyncio.sleep(0.2 + self.dice.random())

    async def fill(self, user, port):
        """All sessions of a user's hour; the code of one more."""
        for _ in range(LIMIT):
            visit = await Visit.open(port, user)
            if visit.code != "voice.session.ready":
                self.fault("a user gets less than the limit", f"{user}: {visit.code}")
            visit.socket.close(1000)
        return await self.one_more(user, port)

    async def one_more(self, user, port):
        visit = await Visit.open(port, user)
        visit.socket.drop()
        return visit.code

    async def refused(self, user, port, when):
        if (code := await self.one_more(user, port)) != "rate_limit_exceeded":
            self.fault("a user gets more than the limit", f"{user} {when}: {code}")

    def health(self, port):
        return json.loads(ask(port, "GET", "/v1/voice/health")[1])["redis"]

    async def outage(self, redis, fault):
        first, second = self.ports()
        self.phase = f"before it was {fault}"
        for port in self.ports():
            if self.health(port)["using_fallback"]:
                self.fault("memory serves before the outage", f"{port}")
        await self.fill(f"early {fault}", first)
        await asyncio.sleep(5)
        self.phase = f"while it was {fault}"
        redis.signal(signal.SIGSTOP if fault == "stopped" else signal.SIGKILL)
        began = time.monotonic()
        await asyncio.sleep(min(3, self.options.seconds / 4))
        await self.refused(f"early {fault}", first, "meanwhile")
        if (code := await self.fill(f"late {fault}", first)) != "rate_limit_exceeded":
            self.fault("a user gets more than the limit", f"meanwhile: {code}")
        half = None
        while (past := time.monotonic() - began) < self.options.seconds:
            await asyncio.sleep(min(self.options.every, max(0.05, self.options.seconds - past)))
            sizes = [gateway.sample()[0] / 1024 for gateway in self.gateways]
            if half is None and time.monotonic() - began >= self.options.seconds / 2:
                half = sizes
            print(f"{time.monotonic() - began:6.0f} s {fault}: sessions {self.count['sessions ' + self.phase]}, deleted {len(self.deleted)}, "
                  f"longest wait {max(self.waits, default=0):.2f} s, {' and '.join(f'{size:.0f}' for size in sizes)} MiB, faults {sum(self.faults.values())}", flush=True)
        for port in self.ports():
            if not self.health(port)["using_fallback"]:
                self.fault("memory does not serve", f"{port}")
        grown = max(now - then for now, then in zip(sizes, half or sizes))
        if grown > GROWTH:
            self.fault("memory grows", f"{grown:.0f} MiB in the second half")
        self.phase = f"after it was {fault}"
        if fault == "stopped":
            redis.signal(signal.SIGCONT)
        else:
            redis.kill()
            await asyncio.to_thread(redis.start)
        back = time.monotonic()
        left = set(self.ports())
        while left and time.monotonic() - back < 60:
            left -= {port for port in left if not (await asyncio.to_thread(self.health, port))["using_fallback"]}
            await asyncio.sleep(0.05)
        took = time.monotonic() - back
        print(f"back after {took:.1f} s")
        if left or took > BACK:
            self.fault("Redis is used late", f"{took:.1f} s")
        await self.refused(f"early {fault}", second, "afterwards, elsewhere")
        await self.refused(f"late {fault}", second, "afterwards, elsewhere")
        await self.audit()

    async def audit(self):
        """What was promised, asked of the other gateway."""
        await asyncio.sleep(1)
        first, second = self.ports()
        made = self.dice.sample(sorted(self.made.items()), min(400, len(self.made)))
        for session, (user, words, here, phase) in made:
            other = second if here == first else first
            status, body = await asyncio.to_thread(ask, other, "GET", f"/v1/voice/sessions/{session}", user)
            if status != 200 or words not in body:
                self.fault("a session is lost", f"made {phase}: {status}")
        for session, (user, here, phase) in list(self.deleted.items()):
            for port in self.ports():
                status, _ = await asyncio.to_thread(ask, port, "GET", f"/v1/voice/sessions/{session}", user)
                if status != 404:
                    self.fault("what was deleted is back", f"deleted {phase}: {status}")
        resumed = 0
        for session, (user, words, here, phase) in made[:30]:
            visit = await Visit.open(second if here == first else first, user, session)
            resumed += visit.code == "voice.session.ready" and visit.session == session
            if visit.code != "voice.session.ready":
                self.fault("a session does not go on elsewhere", f"made {phase}: {visit.code}")
            visit.socket.close(1000)
        print(f"looked at {len(made)} of {len(self.made)} sessions and {len(self.deleted)} deleted ones; {resumed} went on at the other gateway")

    async def run(self):
        simulator = Simulator(self.options.server)
        redis = Redis("--appendonly", "yes")
        settings = dict(REDIS_URL=redis.url, VOICE_MAX_SESSIONS_PER_HOUR=str(LIMIT), VOICE_RESUME_GRACE_SECONDS="0", LOG_LEVEL="notice",
                        VOICE_DRAIN_DELAY_SECONDS="0", VOICE_IDLE_TIMEOUT_SECONDS="0", VOICE_MAX_SESSION_SECONDS="7200")
        self.gateways = [WatchedGateway(self.options.server, simulator.url, **settings) for _ in range(2)]
        callers = [asyncio.create_task(self.caller(number)) for number in range(self.options.callers)]
        held = []
        try:
            await asyncio.sleep(2)
            for number in range(10):
                held.append(await Visit.open(self.ports()[number % 2], f"held {number}"))
            for fault in self.options.faults.split(","):
                await self.outage(redis, fault)
            for visit in held:
                if visit.end or "item" not in await visit.say("still here"):
                    self.fault("a session ended", f"{visit.end}")
                visit.socket.close(1000)
        finally:
            for task in callers:
                task.cancel()
            await asyncio.gather(*callers, return_exceptions=True)
            for gateway in self.gateways:
                if (code := gateway.finish()) != 0:
                    self.fault("the gateway's exit", f"{code}: {''.join(gateway.lines[-10:])}")
            redis.kill()
            simulator.kill()
        print(dict(self.count), f"a session opened in {percentile(self.waits, 0.5) * 1000:.0f} ms at p50, {max(self.waits):.2f} s at the most")
        return self.verdict(self.options.seed)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(usage=__doc__.split("\n")[2])
    parser.add_argument("server")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--faults", default="stopped,killed")
    parser.add_argument("--callers", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--every", type=float, default=30, help="seconds between lines of progress")
    sys.exit(asyncio.run(Run(parser.parse_args()).run()))
