"""A Realtime server that is scripted, numbers all that it says, and fails at random."""
import asyncio, base64, itertools, json, struct, time, urllib.parse

from ..peer import SKIMMED

APPEND = b'{"type":"input_audio_buffer.append","audio":"'
APPEND_MS = 200
DELTA_TAIL = base64.b64encode(b"\0" * (4_800 - 12)).decode()
STALL_NOTICED = 45
# Seconds that a connection lives until the dials before it do not count any more.
FORGIVEN_AFTER = 5
WORDS = " and" * 40
# What becomes of a connection, by weight.
FAULTS = {"drop": 25, "reset": 25, "stall": 7, "expire": 20, "trouble": 10, "fatal": 2, "none": 11}


def append_tail(milliseconds):
    """What follows the twelve bytes by which an append of so much audio is known."""
    return base64.b64encode(b"\0" * (48 * milliseconds - 12)) + b'"}'


def append(is_speech, epoch, number, tail):
    return APPEND + base64.b64encode(struct.pack(">3sBII", b"APP", is_speech, epoch, number)) + tail


def delta_head(payload):
    at = payload.index(b'"delta":"') + 9
    return struct.unpack(">4sII", base64.b64decode(payload[at:at + 16]))[1:]


class Line:
    """One session, over all of its upstream connections."""

    def __init__(self, name):
        self.name, self.connection, self.refusals, self.refused_in_a_row = name, None, 0, 0
        self.successor = None               # dialled beside the connection
        self.tries = 0                      # losses and refused dials since a connection that lived for long enough to be forgiven
        self.items = []                     # [id, text, when its text was sent, ms that were heard where it was truncated]
        self.last = None                    # (epoch, number) of the newest append read
        self.owed = {}                      # item: number of the append with which its words began, until its transcript is sent
        self.committed, self.committed_at = None, 0.0
        self.lost_by, self.lost_at, self.stalled_at, self.fatal = None, 0.0, None, None
        self.instructions, self.instructed_at = None, 0.0
        self.opened_at = 0.0
        self.delta_interval, self.delta_tail = None, DELTA_TAIL     # an interval other than the upstream's

    @property
    def owed_from(self):
        return min(self.owed.values(), default=None)


class Upstream:
    """`faults` by weight, or none; `hopeless` is the share of losses after which no dial succeeds any more."""

    def __init__(self, random, report, faults=FAULTS, mean_life=25.0, delta_interval=0.05, deltas=40, append_ms=APPEND_MS, hopeless=0.02):
        self.random, self.report, self.faults, self.mean_life = random, report, faults, mean_life
        self.delta_interval, self.deltas, self.hopeless = delta_interval, deltas, hopeless
        self.append_ms, self.append_tail = append_ms, append_tail(append_ms)
        self.append_length = len(append(False, 0, 0, self.append_tail))
        self.ten_seconds = 10_000 // append_ms
        # What may come twice of audio that was committed: a quarter of a second of the silence before it was.
        self.repeated = 250 // append_ms
        # 400 ms of it end an utterance.
        self.quiet_appends = 400 // append_ms
        self.lines, self.numbers, self.by_socket = {}, itertools.count(1), {}

    def line(self, name):
        if name not in self.lines:
            self.lines[name] = Line(name)
        return self.lines[name]

    def asked(self, ws, path):
        name = urllib.parse.parse_qs(urllib.parse.urlsplit(path).query)["model"][0]
        line = self.line(name)
        mute = False
        if line.refusals:
            line.refusals -= 1
            line.refused_in_a_row += 1
            line.tries += 1
            # Silence is waited for 10 s long.
            how = self.random.choices(("reset", "503", "mute"), (5, 4, line.refused_in_a_row == 1))[0]
            self.report.count["dial refused: " + how] += 1
            if how == "reset":
                return ws.reset()
            if how == "503":
                return 503
            mute = True
        ws.line, ws.is_mute = line, mute
        return 101

    def opened(self, ws):
        ws.connection = None if ws.is_mute else self.connect(ws)
        ws.skims = APPEND

    def connect(self, ws):
        return Connection(self, ws, ws.line)

    def skimmed(self, ws, head, length):
        """An append of which only the beginning was unmasked."""
        if length != self.append_length:
            self.report.fault("an append of another length", f"{ws.line.name}: {length}")
        self.received(ws, head)

    def received(self, ws, payload):
        if ws.connection:
            ws.connection.received(payload)

    def closed(self, ws, code, reason):
        if getattr(ws, "connection", None):
            ws.connection.closed(code)


class Connection:
    def __init__(self, upstream, ws, line):
        self.upstream, self.ws, self.line, self.report = upstream, ws, line, upstream.report
        self.loop = asyncio.get_running_loop()
        self.is_again, self.is_first_append, self.is_over = line.connection is not None, True, False
        self.old_items, self.old_loss, self.old_loss_at, self.life = set(), None, 0.0, 0.0
        self.restored, self.speaking, self.quiet, self.active, self.appends = [], False, 0, None, 0
        self.session = {
            "id": "sess_" + line.name, "object": "realtime.session", "type": "realtime", "model": line.name, "instructions": "",
            "output_modalities": ["audio"], "audio": {
                "input": {"format": {"type": "audio/pcm", "rate": 24000}, "transcription": {"model": "gpt-realtime-whisper"}, "turn_detection": {
                    "type": "server_vad", "create_response": True, "interrupt_response": True}},
                "output": {"format": {"type": "audio/pcm", "rate": 24000}, "voice": "marin"}}}
        self.timers = []
        line.refused_in_a_row = 0
        if line.connection is None or line.connection.is_over:
            self.take_over()
        else:
            self.stand_by()
        if upstream.faults:
            fault = upstream.random.choices(list(upstream.faults), list(upstream.faults.values()))[0]
            after = 0.5 + upstream.random.expovariate(1 / upstream.mean_life)
            if fault == "expire":
                self.life = 12 + after
                self.later(self.life, self.expired)
            elif fault != "none":
                self.later(after, lambda: self.fail(fault))
        if self.life:
            self.session["expires_at"] = int(time.time() + self.life)
        self.say("session.created", session=self.session)

    # The one that serves, and the one that is to take its place

    @property
    def serves(self):
        return self.line.connection is self

    def stand_by(self):
        """Dialled before the one that serves ends: it takes over when it is spoken to, or when that one is gone."""
        line, serving = self.line, self.line.connection
        if line.successor and not line.successor.is_over:
            self.report.fault("three upstream connections", line.name)
        remaining = serving.session.get("expires_at", float("inf")) - time.time()
        if remaining > serving.life / 6 + 1 + self.report.grace():
            self.report.fault("two upstream connections", f"{line.name}: the first ends in {remaining:.1f} s")
        line.successor = self

    def take_over(self):
        line = self.line
        if line.connection and not line.connection.is_over:
            line.connection.retire()
        if self.is_again:
            self.report.count["redialled after " + (line.lost_by or "?")] += 1
            if line.lost_by != "stall":
                self.report.gaps.append(time.monotonic() - line.lost_at)
        self.old_items = {item[0] for item in line.items}
        self.old_loss, self.old_loss_at = line.lost_by, line.lost_at
        line.lost_by = line.stalled_at = line.successor = None
        line.connection, line.opened_at = self, time.monotonic()

    def retire(self):
        """The gateway lets go of it, for another."""
        self.is_over = True
        self.lost("renewal")
        self.line.refusals = 0

    # What goes wrong

    def lost(self, how):
        line = self.line
        line.lost_by, line.lost_at = how, time.monotonic()
        line.tries = 1 if line.lost_at - line.opened_at > FORGIVEN_AFTER else line.tries + 1
        for timer in self.timers:
            timer.cancel()
        if self.upstream.faults and line.refusals == 0:
            random = self.upstream.random
            line.refusals = 99 if random.random() < self.upstream.hopeless else random.choices((0, 1, 2, 3), (65, 20, 10, 5))[0]

    def fail(self, how):
        if self.is_over:
            return
        if not self.serves:
            self.report.count["successor " + how] += 1
            self.is_over = True
            return self.ws.drop()
        self.report.count["upstream " + how] += 1
        if how == "fatal":
            self.line.fatal = (4000, "Chaos ends this session")
            self.say("error", error={"type": "invalid_request_error", "code": "chaos_fatal", "message": "over", "param": None, "event_id": None})
            for timer in self.timers:
                timer.cancel()
            return self.ws.close(*self.line.fatal)
        self.lost(how)
        if how == "drop":
            self.ws.drop()
        elif how == "reset":
            self.ws.reset()
        elif how == "trouble":
            self.ws.close(self.upstream.random.choice((1011, 1012, 1013)), "trouble")
        elif how == "stall":
            self.line.stalled_at = time.monotonic()
            self.ws.stall()
            self.loop.call_later(90, self.ws.reset)
        self.is_over = True

    def expired(self):
        if not self.is_over:
            self.report.fault("upstream's session was let expire", self.line.name)
            self.line.fatal = (1001, "expired")
            self.ws.close(*self.line.fatal)

    def closed(self, code):
        if self.is_over:
            return
        if self.serves:
            self.report.count[f"upstream closed by the gateway: {code}"] += 1
            self.retire()
        self.is_over = True

    # What is said

    def later(self, seconds, call):
        self.timers = [timer for timer in self.timers if not timer.cancelled() and timer.when() > self.loop.time()]
        self.timers.append(self.loop.call_later(seconds, call))

    def say(self, type, **fields):
        if not self.is_over:
            self.ws.send(json.dumps({"type": type, "event_id": f"event_{next(self.upstream.numbers)}", **fields}).encode())

    # What is heard

    def received(self, payload):
        if self.is_over:
            return
        if not self.serves:
            self.take_over()
        if payload.startswith(APPEND):
            if len(payload) > SKIMMED and not payload.endswith(self.upstream.append_tail):
                self.report.fault("an append was changed", self.line.name)
            return self.heard(*struct.unpack(">3sBII", base64.b64decode(payload[len(APPEND):len(APPEND) + 16]))[1:])
        event = json.loads(payload)
        type = event["type"]
        if type == "session.update":
            merge(self.session, event["session"])
            self.line.instructions, self.line.instructed_at = self.session["instructions"], time.monotonic()
            self.say("session.updated", session=self.session)
        elif type == "conversation.item.create":
            item = event["item"]
            self.restored.append((item["id"], item["content"][0]["text"]))
            self.say("conversation.item.added", previous_item_id=None, item=item)
            self.say("conversation.item.done", previous_item_id=None, item=item)
        elif type == "response.create":
            self.report.count["answers asked for again"] += 1
            if self.active:
                self.report.fault("response.create while a response is active", self.line.name)
            self.respond()
        elif type == "response.cancel":
            self.cancel(event)
        elif type == "conversation.item.truncate":
            self.report.count["truncations"] += 1
            for entry in self.line.items:
                if entry[0] == event["item_id"]:
                    entry[3] = event["audio_end_ms"]
            self.say("conversation.item.truncated", item_id=event["item_id"], content_index=0, audio_end_ms=event["audio_end_ms"])
        else:
            self.report.fault("unexpected " + type, self.line.name)

    def heard(self, is_speech, epoch, number):
        line = self.line
        self.report.count["appends"] += 1
        self.appends += 1
        if self.is_first_append:
            self.is_first_append = False
            if self.is_again:
                self.check_restored()
            if self.is_again and line.last:
                self.check_first(epoch, number)
            line.owed.clear()
        elif line.last and (epoch, number) != (line.last[0], line.last[1] + 1) and not (epoch > line.last[0] and number == 0):
            self.report.fault("appends out of order", f"{line.name}: {line.last} then {(epoch, number)}")
        line.last = (epoch, number)
        if is_speech:
            self.quiet = 0
            if not self.speaking:
                self.speech_started(number)
        elif self.speaking:
            self.quiet += 1
            if self.quiet == self.upstream.quiet_appends:
                self.speech_stopped(number)

    def check_first(self, epoch, number):
        line = self.line
        last_epoch, last = line.last
        if epoch != last_epoch:
            return
        self.report.count["redials with input"] += 1
        detail = f"{line.name} ({self.old_loss}): read to {last}, words owed from {line.owed_from}, committed to {line.committed}, then {number}"
        if number > last + 1:
            missing = number - last - 1
            if self.old_loss == "stall" or time.monotonic() - self.old_loss_at > 10:
                self.report.count["appends lost beyond the 10 s"] += missing
            else:
                self.report.count["appends lost"] += missing
                self.report.fault("input lost", detail)
        elif self.old_loss != "stall" and line.owed_from is not None and last - line.owed_from < self.upstream.ten_seconds - 1_000 // self.upstream.append_ms and number > line.owed_from:
            self.report.count["utterances cut"] += 1
            self.report.fault("the beginning of an utterance lost", detail)
        if line.owed_from is None and line.committed and line.committed[0] == epoch and number < line.committed[1] - self.upstream.repeated and self.old_loss_at - line.committed_at > self.report.grace():
            self.report.fault("committed audio said again", detail)

    def check_restored(self):
        line = self.line
        ids = [item[0] for item in line.items if item[1] and item[0] in self.old_items]
        got = [id for id, _ in self.restored]
        if got != ids[:len(got)] and got != [id for id in ids if id in set(got)]:
            self.report.fault("items restored out of order", f"{line.name}: {got} of {ids}")
        restored = dict(self.restored)
        for id, text, sent, heard in line.items:
            if text and sent < self.old_loss_at - self.report.grace() and not was_restored(text, heard, restored.get(id)):
                self.report.fault("item not restored", f"{line.name} ({self.old_loss}): {id} {text!r}, {heard} ms heard, {self.old_loss_at - sent:.1f} s old, but {restored.get(id)!r}")
        # What the gateway was not told of any more is not part of the conversation.
        line.items = [item for item in line.items if item[0] in set(got) or item[0] not in self.old_items]
        if line.instructions and line.instructed_at < self.old_loss_at - self.report.grace() and not self.session["instructions"]:
            self.report.fault("settings not restored", line.name)

    # Turns

    def speech_started(self, number):
        line = self.line
        self.speaking, self.quiet = True, 0
        self.item = f"item_{next(self.upstream.numbers)}"
        line.owed[self.item] = number
        self.say("input_audio_buffer.speech_started", audio_start_ms=(self.appends - 1) * self.upstream.append_ms, item_id=self.item, chaos_sent=time.monotonic())
        if self.active:
            self.interrupt()

    def speech_stopped(self, number):
        line, item = self.line, self.item
        self.speaking = False
        self.say("input_audio_buffer.speech_stopped", audio_end_ms=self.appends * self.upstream.append_ms, item_id=item)
        self.say("input_audio_buffer.committed", item_id=item, previous_item_id=line.items[-1][0] if line.items else None)
        line.committed, line.committed_at = line.last, time.monotonic()
        said = {"id": item, "type": "message", "role": "user", "status": "completed", "content": [{"type": "input_audio", "transcript": None}]}
        previous = line.items[-1][0] if line.items else None
        line.items.append([item, None, 0, None])
        self.say("conversation.item.added", previous_item_id=previous, item=said)
        self.say("conversation.item.done", previous_item_id=previous, item=said)
        self.later(self.upstream.random.choice((0.0, 0.02, 0.3)), lambda: self.transcribed(item))
        if self.session["audio"]["input"]["turn_detection"]["create_response"]:
            self.later(0.05, self.respond)

    def transcribed(self, item):
        if self.is_over:
            return
        for entry in self.line.items:
            if entry[0] == item:
                entry[1], entry[2] = "u" + item, time.monotonic()
        self.say("conversation.item.input_audio_transcription.completed", item_id=item, content_index=0, transcript="u" + item,
                 usage={"type": "duration", "seconds": 1})
        self.line.owed.pop(item, None)

    def respond(self):
        if self.is_over or self.active:
            return
        number = next(self.upstream.numbers)
        self.active = {"number": number, "id": f"resp_{number}", "item": f"item_{number}", "sent": 0, "interrupted": 0}
        self.say("response.created", response=self.response("in_progress"))
        item = {"id": self.active["item"], "type": "message", "role": "assistant", "status": "in_progress", "content": []}
        self.say("response.output_item.added", response_id=self.active["id"], output_index=0, item=item)
        self.say("conversation.item.added", previous_item_id=self.line.items[-1][0] if self.line.items else None, item=item)
        self.line.items.append([item["id"], None, 0, None])
        active = self.active
        self.later(self.line.delta_interval or self.upstream.delta_interval, lambda: self.delta(active))

    def response(self, status):
        response = {"id": self.active["id"], "object": "realtime.response", "status": status, "status_details": None, "output": [],
                    "conversation_id": "conv_1", "usage": None}
        if status != "in_progress":
            response["usage"] = {"total_tokens": 30, "input_tokens": 10, "output_tokens": 20}
        return response

    def delta(self, active):
        if self.is_over or active is not self.active:
            return
        if active["interrupted"] == 0 and active["sent"] == self.upstream.deltas:
            return self.finish("completed")
        if active["interrupted"] == 4:
            return self.finish("cancelled")
        # What was on its way when the user spoke comes behind it.
        active["interrupted"] += active["interrupted"] > 0
        head = base64.b64encode(struct.pack(">4sII", b"DLT\0", active["number"], active["sent"])).decode()
        active["sent"] += 1
        self.ws.send((
            f'{{"type":"response.output_audio.delta","event_id":"event_d","response_id":"{active["id"]}","item_id":"{active["item"]}",'
            f'"output_index":0,"content_index":0,"chaos_sent":{time.monotonic()},"delta":"{head}{self.line.delta_tail}"}}').encode())
        self.report.count["deltas"] += 1
        self.later(0.02 if active["interrupted"] else self.line.delta_interval or self.upstream.delta_interval, lambda: self.delta(active))

    def interrupt(self):
        self.active["interrupted"] = max(1, self.active["interrupted"])

    def cancel(self, event):
        """It ends at once, with nothing more on its way; or is an error, as there is none to end."""
        self.report.count["cancels"] += 1
        if not self.active or event.get("response_id") not in (None, self.active["id"]):
            self.report.count["cancels that found nothing"] += 1
            return self.say("error", error={
                "type": "invalid_request_error", "code": "response_cancel_not_active", "message": "Cancellation failed: no active response found",
                "param": None, "event_id": event.get("event_id")})
        self.finish("cancelled")

    def finish(self, status):
        active = self.active
        text = "a" + active["item"] + WORDS
        item = {"id": active["item"], "type": "message", "role": "assistant", "status": "completed" if status == "completed" else "incomplete",
                "content": [{"type": "output_audio", "transcript": text}]}
        ids = {"response_id": active["id"], "item_id": active["item"], "output_index": 0, "content_index": 0}
        self.say("response.output_audio.done", **ids)
        self.say("response.output_audio_transcript.done", transcript=text, **ids)
        self.say("conversation.item.done", previous_item_id=None, item=item)
        self.say("response.output_item.done", response_id=active["id"], output_index=0, item=item)
        self.say("response.done", response=self.response(status))
        self.report.count["responses " + status] += 1
        for entry in self.line.items:
            if entry[0] == active["item"]:
                entry[1], entry[2] = text, time.monotonic()
        self.active = None


def was_restored(text, heard, restored):
    """Whether it came back as it was said, or as far as it was heard: of less than a second there may be no word."""
    if heard is None or restored is None:
        return restored == text or heard is not None and heard < 1_000
    return text.startswith(restored)


def merge(into, new):
    for key, value in new.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            merge(into[key], value)
        else:
            into[key] = value
