"""Someone who talks to the gateway over `/v1/ws/voice`, again and again: attentive, slow, vanishing, returning."""
import asyncio, json, time

from .. import peer
from ..gateway import mint
from .upstream import STALL_NOTICED, append, delta_head

SESSION_LIMIT = 70
# Dials in a row before a session is given up.
ATTEMPTS = 6
DELTA = b'{"type":"response.output_audio.delta"'
PING = b'{"type":"ping"}'
BEHAVIOURS = {"talks": 46, "closes": 8, "slow": 10, "deaf": 5, "returns": 18, "vanishes": 6, "moves": 7}


class Session:
    """One session of one caller, over all of its connections."""

    def __init__(self, caller, name, behaviour):
        self.caller, self.report, self.random, self.name, self.behaviour = caller, caller.report, caller.random, name, behaviour
        self.line = caller.upstream.line(name)
        self.loop, self.beat = asyncio.get_running_loop(), caller.upstream.append_ms / 1000
        self.id, self.ws, self.over = None, None, self.loop.create_future()
        self.epoch, self.number = -1, 0
        self.is_ready = self.is_speaking = self.is_paused = False
        self.active = self.cancelled = None
        self.next_delta = 0
        self.began = self.heard_at = self.turned_at = time.monotonic()
        self.speech_at = self.speech_until = 0.0
        self.errors, self.ending, self.asked, self.summary = [], None, None, False
        self.old = []               # connections that were left for another
        self.is_done = False
        self.is_unsure = False      # what was said last is not known to it

    async def run(self, life):
        await self.connect()
        self.start_ticking()
        try:
            await asyncio.wait_for(asyncio.shield(self.over), life)
        except asyncio.TimeoutError:
            self.finish()
            try:
                await asyncio.wait_for(asyncio.shield(self.over), 60)
            except asyncio.TimeoutError:
                self.report.fault("a session did not end", self.describe())
                self.ws.reset()
        self.stop_ticking()

    def start_ticking(self):
        self.due = self.loop.time()
        self.next_tick()

    def next_tick(self):
        # A moment that has passed is not made up for.
        self.due = max(self.due + self.beat, self.loop.time())
        self.timer = self.loop.call_at(self.due, self.tick)

    def stop_ticking(self):
        self.timer.cancel()

    async def connect(self):
        self.epoch, self.number = self.epoch + 1, 0
        self.is_ready = False
        path = f"/v1/ws/voice?model={self.name}&token={self.caller.token}" + (f"&session_id={self.id}" if self.id else "")
        self.dialled_at = self.heard_at = time.monotonic()
        try:
            self.ws = await peer.dial(self, self.caller.port, path, 16_384 if self.behaviour in ("slow", "deaf") else None)
        except OSError as error:
            self.report.fault("the gateway refused TCP", f"{error}")
            if not self.over.done():
                self.over.set_result(None)

    def describe(self):
        now = time.monotonic()
        return (f"{self.name} {self.behaviour} {self.id}, {now - self.began:.0f} s old, heard {now - self.heard_at:.1f} s ago, "
                f"turn {now - self.turned_at:.1f} s ago, upstream lost by {self.line.lost_by}, asked {self.asked}, errors {self.errors[-2:]}")

    # What is done

    def finish(self):
        """The planned end of it."""
        if self.over.done():
            return
        if self.asked:      # once it is back
            self.is_done = True
        elif self.behaviour == "closes":
            self.asked = "close"
            self.ws.close(1000, "bye")
        elif self.behaviour == "vanishes":
            self.asked = "vanish"
            self.random.choice((self.ws.reset, self.ws.drop))()
        else:
            self.asked = "end"
            if self.is_paused:
                self.listen()
            self.ws.send(b'{"type":"voice.session.end"}')

    def tick(self):
        now = time.monotonic()
        self.next_tick()
        if self.over.done() or self.asked or self.ws.is_over:
            return
        if not self.ws.can_write:
            self.report.count["ticks held by TCP"] += 1
            return
        if not self.is_ready:
            return
        if now > self.speech_until and now > self.speech_at + 8:
            self.speak_at(now + self.random.uniform(0.3, 1.5))
        self.say(self.speech_at <= now < self.speech_until)
        self.number += 1
        if self.number % 20 == 0:
            self.ws.send(PING)
        self.misbehave(now)

    def say(self, is_speech):
        self.ws.send(append(is_speech, self.epoch, self.number, self.caller.upstream.append_tail))

    def speak_at(self, at):
        self.speech_at, self.speech_until = at, at + self.random.uniform(0.6, 2.5)

    def misbehave(self, now):
        """Each of these once in so many seconds."""
        def is_time(seconds):
            return self.random.random() < self.beat / seconds
        if self.behaviour == "talks":
            return
        if self.behaviour in ("slow", "deaf") and not self.is_paused and is_time(10):
            self.is_paused = True
            self.ws.pause()
            self.report.count["pauses of reading"] += 1
            self.loop.call_later(self.random.uniform(2, 6) if self.behaviour == "slow" else 30, self.listen)
        elif self.behaviour == "returns" and is_time(self.caller.stays):
            how = self.random.choice(("reset", "drop", "going away"))
            self.report.count["clients vanished: " + how] += 1
            self.asked = "return"
            {"reset": self.ws.reset, "drop": self.ws.drop, "going away": lambda: self.ws.close(1001, "reload")}[how]()
            self.loop.call_later(self.random.uniform(0.1, 5), lambda: self.loop.create_task(self.come_back()))
        elif self.behaviour == "moves" and is_time(self.caller.stays):
            self.report.count["sessions opened elsewhere"] += 1
            self.asked = "move"
            self.loop.create_task(self.come_back())

    def listen(self):
        self.is_paused = False
        self.heard_at = self.turned_at = time.monotonic()
        self.ws.resume()

    async def come_back(self):
        if self.over.done():
            return
        if self.asked == "move":
            self.old.append(self.ws)
        await self.connect()

    # What is heard

    def opened(self, ws):
        if ws is self.ws or self.ws is None or self.ws.is_over or ws not in self.old:
            ws.send(json.dumps({"type": "session.update", "session": {"type": "realtime", "instructions": "I am " + self.name}}).encode())

    def received(self, ws, payload):
        now = time.monotonic()
        if ws in self.old:
            if b"session_replaced" in payload:
                ws.was_told = True
            return
        self.heard_at = now
        if payload.startswith(DELTA):
            return self.heard_audio(payload, now)
        event = json.loads(payload)
        self.heard_event(event)
        type = event["type"]
        if type == "voice.session.ready":
            if self.id not in (None, event["session_id"]):
                self.report.fault("another session than asked for", self.describe())
            if event["resumed"] != (self.id is not None):
                self.report.fault("resumed said wrongly", self.describe())
            self.report.count["sessions resumed" if self.id else "sessions opened"] += 1
            self.id, self.is_ready, self.turned_at = event["session_id"], True, now
            self.is_unsure, self.active = self.epoch > 0, None
            if self.asked in ("return", "move"):
                self.asked = None
                if self.is_done:
                    self.finish()
        elif type == "input_audio_buffer.speech_started":
            if self.behaviour not in ("slow", "deaf") and self.epoch == 0:
                self.report.latencies.append(now - event["chaos_sent"])
            if self.active:
                self.cancelled, self.cancelled_sent = self.active, event["chaos_sent"]
                self.report.count["barge-ins"] += 1
                if self.behaviour not in ("slow", "deaf"):
                    self.ws.send(f'{{"type":"voice.playback","item_id":"{self.item}","audio_end_ms":{50 * self.next_delta}}}'.encode())
        elif type == "response.created":
            self.is_unsure = False
            if self.active:
                self.report.fault("two responses at once", self.describe())
            self.active, self.next_delta = event["response"]["id"], 0
            self.item = "item_" + self.active[5:]
            if self.random.random() < 0.4:
                self.speak_at(now + self.random.uniform(0.3, 1.6))
        elif type == "response.done":
            if self.active != event["response"]["id"] and not self.is_unsure:
                self.report.fault("a response done that was not begun", self.describe())
            self.active, self.turned_at = None, now
            if now > self.speech_until and self.speech_at < now:
                self.speak_at(now + self.random.uniform(0.5, 2))
        elif type == "error":
            self.errors.append(event["error"]["code"])
        elif type == "voice.session.summary":
            self.summary = True
        elif type == "voice.session.resumed":
            self.report.count["told of a new upstream"] += 1

    def heard_event(self, event):
        """What a run of another kind judges besides, before anything comes of the event."""

    def heard_audio(self, payload, now):
        number, index = delta_head(payload)
        self.report.count["deltas heard"] += 1
        response = f"resp_{number}"
        if response == self.cancelled:
            late = now - self.cancelled_sent
            self.report.fault("audio of a cancelled response behind speech_started", f"{self.describe()}: {late * 1000:.0f} ms")
        if self.is_unsure:
            return
        if response != self.active:
            return self.report.fault("audio of a response that is not active", self.describe())
        # Who was away may have lost some.
        if index < self.next_delta or index > self.next_delta and self.epoch == 0:
            self.report.fault("audio lost or out of order", f"{self.describe()}: {index} for {self.next_delta}")
        self.next_delta = index + 1

    def closed(self, ws, code, reason):
        if ws in self.old:
            if (code, reason) != (1008, "Session opened elsewhere") or not getattr(ws, "was_told", False):
                self.judge_replaced(code, reason)
            return
        if self.over.done() or ws is not self.ws and self.ws is not None:
            return
        if self.asked == "return" and code == 1006 or self.asked == "return" and code == 1001:
            return
        self.ending = (code, reason, self.errors[-1] if self.errors else None)
        self.judge()
        self.over.set_result(None)

    # Whether it ended as it should

    def judge_replaced(self, code, reason):
        """The session may have ended by itself at the same time."""
        is_limit = code == 1000 and reason.startswith("Session time limit")
        if not self.over.done() and not self.is_ready and self.line.fatal is None and not is_limit:
            self.report.fault("replaced without a word", f"{self.describe()}: {code} {reason}")

    def judge(self):
        code, reason, error = self.ending
        age = time.monotonic() - self.began
        line = self.line
        why = None
        if code == 101:
            why = None
        elif self.asked == "end" and (code, reason) == (1000, "Session ended"):
            why = "session_ended" if self.summary else None
        elif self.asked == "close" and code == 1000 or self.asked == "vanish" and code == 1006:
            why = {"close": "client_closed", "vanish": "client_lost"}[self.asked]
        elif (code, reason, error) == (1000, f"Session time limit reached ({self.caller.limit_text})", "session_time_limit") and self.summary:
            why = "session_time_limit" if age > self.caller.limit - 2 else None
        elif line.fatal and (code, reason) == line.fatal and error == "chaos_fatal":
            why = "upstream_closed"
        elif (code, reason, error) == (1013, "Voice service unavailable, try again", "upstream_unavailable"):
            why = "upstream_unavailable" if line.tries >= ATTEMPTS else None
        elif (code, reason, error) == (1013, "Client too slow", "slow_consumer"):
            why = "slow_consumer" if self.behaviour in ("slow", "deaf") else None
        elif code == 1006 and self.behaviour in ("slow", "deaf"):
            why = "slow, cut off"       # it did not read the goodbye in time: the gateway's log tells
        elif (code, reason, error) == (1008, "Session not found", "session_not_found"):
            gone = line.fatal or line.tries >= ATTEMPTS or age > self.caller.limit - 2
            why = "session_not_found" if self.epoch and gone else None
        if why is None:
            self.report.fault("ended for no reason", f"{self.describe()}: {self.ending}")
        self.report.endings[why or "?"] += 1
        self.report.named[self.name] = why

    def watch(self, now):
        """No session waits for ever."""
        if self.over.done() or self.is_paused or self.asked in ("return", "vanish"):
            return
        allowed = 30 + (STALL_NOTICED if self.line.stalled_at else 0)
        if now - self.heard_at > allowed:
            self.report.fault("stuck: nothing heard", self.describe())
            self.heard_at = now
        if self.is_ready and not self.asked and now - max(self.turned_at, self.line.opened_at) > allowed + 15:
            self.report.fault("stuck: no turn ends", self.describe())
            self.turned_at = now


class Caller:
    """Has one session after another. `lives` are the shortest and the longest, `limit` is the gateway's, and `stays` the seconds
    after which one who returns or moves does so, on average."""

    numbers = iter(range(1, 1 << 30))
    session_type = Session

    def __init__(self, index, random, port, upstream, report, behaviours=BEHAVIOURS, lives=(15, 85), limit=SESSION_LIMIT, stays=50 / 3, good_for=7_200, ramp=5):
        self.random, self.port, self.upstream, self.report, self.behaviours = random, port, upstream, report, behaviours
        self.lives, self.limit, self.stays, self.ramp = lives, limit, stays, ramp
        self.limit_text = f"{limit} s" if limit % 60 else f"{limit // 60} min"
        self.user = f"user{index}"
        self.token, self.session = mint(self.user, exp=int(time.time()) + good_for), None

    async def run(self, until):
        await asyncio.sleep(self.random.uniform(0, self.ramp))
        while time.monotonic() < until:
            name = f"s{next(self.numbers)}"
            behaviour = self.random.choices(list(self.behaviours), list(self.behaviours.values()))[0]
            self.session = self.session_type(self, name, behaviour)
            await self.session.run(min(self.random.uniform(*self.lives), max(1, until - time.monotonic())))
            self.session = None
