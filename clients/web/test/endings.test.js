import assert from "node:assert/strict";
import { test } from "node:test";
import { ENDINGS, endingOf, ReconnectionStateMachine, VoiceError } from "../voice-realtime.js";

const machine = limits => new ReconnectionStateMachine(limits);
const now = { hasSession: true, wanted: true, random: 1 };

test("an ending goes by its error event when the close code is that event's", () => {
  const error = endingOf(1008, "Rate limit exceeded (5 sessions/hour max)", { code: "rate_limit_exceeded", retry_after_seconds: 90 });
  assert.equal(error.code, "rate_limit_exceeded");
  assert.equal(error.retry, "later");
  assert.equal(error.retryAfterSeconds, 90);
  assert.equal(error.reason, "Rate limit exceeded (5 sessions/hour max)");
});

test("an error that ended nothing is not the reason of a later close", () => {
  assert.equal(endingOf(1006, "", { code: "session_not_found" }).code, "connection_lost");
  assert.equal(endingOf(1006, "", { code: "invalid_event" }).code, "connection_lost");
  assert.equal(endingOf(1000, "", { code: "auth_token_invalid" }).code, "session_ended");
});

test("upstream's own refusal keeps its code and its words, and is not tried again", () => {
  const error = endingOf(3000, "invalid_request_error.invalid_api_key", { code: "invalid_api_key", message: "Incorrect API key provided" });
  assert.deepEqual([error.code, error.message, error.retry], ["invalid_api_key", "Incorrect API key provided", "never"]);
  assert.equal(endingOf(4000, "x").code, "upstream_closed");
  assert.equal(endingOf(1001, "", { code: "session_expired", message: "60 minutes" }).retry, "new");
});

test("every close code that can come has a code with a text", () => {
  for (const code of [1000, 1001, 1002, 1003, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1015, 3000, 4000, 4999]) {
    const error = endingOf(code);
    assert.ok(ENDINGS[error.code], `${code} ${error.code}`);
    assert.ok(error.message.length > 10);
  }
});

test("an unknown code has a text too", () => {
  assert.ok(new VoiceError("of_tomorrow").message);
  assert.equal(new VoiceError("of_tomorrow").retry, "never");
});

test("delays grow, have chance in them, and end with the attempts", () => {
  const reconnection = machine({ attempts: 5, firstDelayMs: 400, longestDelayMs: 2_000 });
  const delays = [1, 1, 1, 1, 1].map(random => reconnection.ended(new VoiceError("connection_lost"), { ...now, random }).afterMs);
  assert.deepEqual(delays, [400, 800, 1_600, 2_000, 2_000]);
  assert.deepEqual(reconnection.ended(new VoiceError("connection_lost"), now), { kind: "end" });
  reconnection.admitted();
  assert.equal(reconnection.ended(new VoiceError("connection_lost"), { ...now, random: 0 }).afterMs, 200);
});

test("before the first session fewer attempts are made", () => {
  const reconnection = machine();
  const kinds = [1, 2, 3, 4].map(() => reconnection.ended(new VoiceError("unreachable"), { ...now, hasSession: false }).kind);
  assert.deepEqual(kinds, ["retry", "retry", "retry", "end"]);
});

test("a server that names a time is waited for", () => {
  const error = new VoiceError("unreachable", { retryAfterSeconds: 7 });
  assert.equal(machine().ended(error, now).afterMs, 7_000);
});

test("a token is asked for once more, and once only", () => {
  const reconnection = machine();
  assert.deepEqual(reconnection.ended(new VoiceError("auth_token_expired"), now), { kind: "retry", afterMs: 0, resumes: true, needsToken: true });
  assert.deepEqual(reconnection.ended(new VoiceError("auth_token_expired"), now), { kind: "end" });
});

test("a session that is gone is followed by a new one; one that never was is not", () => {
  assert.deepEqual(machine().ended(new VoiceError("session_not_found"), now), { kind: "retry", afterMs: 0, resumes: false, needsToken: false });
  assert.deepEqual(machine().ended(new VoiceError("session_not_found"), { ...now, hasSession: false }), { kind: "end" });
});

test("what the user ended, and what cannot be helped, is not tried again", () => {
  assert.equal(machine().ended(new VoiceError("connection_lost"), { ...now, wanted: false }).kind, "end");
  for (const [code, { retry }] of Object.entries(ENDINGS)) {
    if (["resume", "token"].includes(retry) || code === "session_not_found") continue;
    assert.equal(machine().ended(new VoiceError(code), now).kind, "end", code);
  }
});

test("a random walk: however it goes on, attempts in a row are bounded", () => {
  let seed = 7;
  const random = () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
  const codes = Object.keys(ENDINGS), reconnection = machine();
  for (let round = 0, row = 0; round < 20_000; round++) {
    if (random() < 0.05) { reconnection.admitted(); row = 0; }
    const next = reconnection.ended(new VoiceError(codes[Math.floor(random() * codes.length)]), { hasSession: random() < 0.7, wanted: random() < 0.95, random: random() });
    if (next.kind === "end") { reconnection.admitted(); row = 0; continue; }
    assert.ok(++row <= 10);
    assert.ok(next.afterMs >= 0 && next.afterMs <= 8_000);
  }
});
