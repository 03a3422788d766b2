import assert from "node:assert/strict";
import { test } from "node:test";
import { VoiceError, VoiceRealtime } from "../voice-realtime.js";
import { Scene, audioOf } from "./scene.js";

const answer = (scene, item = "item_a", response = "resp_1") => {
  scene.say({ type: "response.created", response: { id: response, conversation_id: "conv" } });
  scene.say({ type: "response.output_audio.delta", response_id: response, item_id: item, delta: audioOf([1, 2, 3]) });
  scene.say({ type: "response.output_audio_transcript.delta", response_id: response, item_id: item, delta: "Hello" });
};

test("the JWT goes into a header of the ticket's request, and the ticket alone into the address", async () => {
  const scene = await Scene.open();
  assert.equal(scene.fetched[0].url, "https://voice.example.com/v1/voice/tickets");
  assert.equal(scene.fetched[0].request.headers.authorization, "Bearer jwt");
  assert.equal(scene.socket.url.href, "wss://voice.example.com/v1/ws/voice?ticket=ticket-1");
  assert.deepEqual(scene.socket.protocols, ["realtime"]);
  assert.equal(scene.snapshot.status, "connected");
  assert.equal(scene.snapshot.session.rateLimit.remaining, 4);
});

test("a ticket of the app's own server is taken as it is", async () => {
  const scene = await Scene.open({ getToken: undefined, getTicket: () => "own", model: "gpt-realtime-2" });
  assert.equal(scene.fetched.length, 0);
  assert.equal(scene.socket.url.search, "?ticket=own&model=gpt-realtime-2");
});

for (const [url, expected] of [
  ["http://localhost:8080", "ws://localhost:8080/v1/ws/voice"], ["https://h/api", "wss://h/api/v1/ws/voice"],
  ["https://h/api/", "wss://h/api/v1/ws/voice"], ["wss://h/v1/ws/voice", "wss://h/v1/ws/voice"], ["https://h/v1", "wss://h/v1/ws/voice"],
]) {
  test(`${url} is dialled as ${expected}`, async () => {
    const scene = new Scene({ url, getToken: undefined });
    scene.client.connect();
    await scene.pass();
    assert.equal(scene.socket.url.href, expected);
  });
}

test("a new session is told the app's wishes, a resumed one has them", async () => {
  const scene = await Scene.open({ session: { instructions: "be brief", audio: { output: { voice: "cedar" } } }, language: "fr-FR" });
  const [{ session }] = scene.sent("session.update");
  assert.deepEqual(session, {
    type: "realtime", output_modalities: ["audio"], instructions: "be brief",
    audio: { output: { voice: "cedar" }, input: { transcription: { model: "gpt-realtime-whisper", language: "fr" } } },
  });
  scene.drop();
  await scene.pass(1_000);
  scene.admit({ resumed: true });
  assert.deepEqual(scene.sent("session.update"), []);
});

test("a lost connection is resumed by the session's name, with a new ticket", async () => {
  const scene = await Scene.open();
  scene.drop(1006);
  assert.equal(scene.snapshot.status, "reconnecting");
  await scene.pass(400);
  assert.equal(scene.socket.url.search, "?ticket=ticket-2&session_id=vs_1");
  scene.admit({ resumed: true });
  assert.equal(scene.snapshot.status, "connected");
  assert.equal(scene.snapshot.session.isResumed, true);
  assert.equal(scene.snapshot.notice, null);
});

test("a server that restarts is come back to", async () => {
  const scene = await Scene.open();
  scene.say({ type: "voice.session.notice", reason: "draining", remaining_seconds: 20, message: "The server restarts" });
  assert.equal(scene.snapshot.notice.reason, "draining");
  scene.refuse("server_draining", 1012);
  await scene.pass(400);
  assert.equal(scene.sockets.length, 2);
});

test("attempts to reconnect end, and the user can go on with the conversation by hand", async () => {
  const scene = await Scene.open();
  scene.drop();
  for (let i = 0; i < 20 && scene.snapshot.status === "reconnecting"; i++) {
    await scene.pass(10_000);
    if (scene.socket.readyState !== 3) scene.drop();
  }
  assert.equal(scene.sockets.length, 9);
  assert.equal(scene.snapshot.status, "ended");
  assert.equal(scene.snapshot.error.code, "connection_refused");
  assert.equal(scene.timers.length, 0);
  scene.client.connect();
  await scene.pass();
  assert.equal(scene.socket.url.searchParams.get("session_id"), "vs_1");
});

test("a path that is dead in silence is found out by a ping without an answer", async () => {
  const scene = await Scene.open();
  await scene.pass(10_000);
  assert.equal(scene.sent("ping").length, 1);
  scene.say({ type: "pong" });
  await scene.pass(9_999);
  assert.equal(scene.snapshot.status, "connected");
  const socket = scene.socket;
  await scene.pass(8_001);
  assert.equal(socket.closedWith.code, 4900);
  assert.equal(scene.named("reconnecting").length, 1);
});

test("a refusal is one clear error: what to tell, and when to come back", async () => {
  const scene = new Scene();
  const opened = scene.client.connect();
  await scene.pass();
  scene.refuse("rate_limit_exceeded", 1008, { retry_after_seconds: 600 });
  const error = await opened.catch(error => error);
  assert.ok(error instanceof VoiceError);
  assert.deepEqual([error.code, error.retry, error.retryAfterSeconds], ["rate_limit_exceeded", "later", 600]);
  assert.equal(scene.snapshot.error, error);
  assert.equal(scene.snapshot.status, "ended");
  await scene.pass(60_000);
  assert.equal(scene.sockets.length, 1);
});

test("a token that the gateway calls expired is asked for anew, once", async () => {
  const reasons = [];
  const scene = new Scene({ getToken: async ({ reason }) => { reasons.push(reason); return "jwt"; } });
  scene.ticketAnswer = () => ({ status: 401, body: { error: { code: "auth_token_expired", message: "Token expired" } } });
  const error = await Promise.all([scene.client.connect().catch(error => error), scene.pass(1_000)]);
  assert.equal(error[0].code, "auth_token_expired");
  assert.deepEqual(reasons, ["open", "refused"]);
  assert.equal(scene.sockets.length, 0);
});

test("a server that is away is tried a few times, then said to be so", async () => {
  const scene = new Scene();
  scene.ticketAnswer = () => new TypeError("Failed to fetch");
  const [error] = await Promise.all([scene.client.connect().catch(error => error), scene.pass(20_000)]);
  assert.equal(error.code, "unreachable");
  assert.equal(scene.fetched.length, 4);
});

test("a conversation that ended by silence goes on when the user starts again", async () => {
  const scene = await Scene.open();
  scene.refuse("idle_timeout", 1000);
  await scene.pass(20_000);
  assert.equal(scene.sockets.length, 1, "nothing is dialled by itself");
  scene.client.connect();
  await scene.pass();
  assert.equal(scene.socket.url.searchParams.get("session_id"), "vs_1");
});

test("a conversation that is gone is followed by a new one, and the app is told", async () => {
  const scene = await Scene.open();
  scene.drop();
  await scene.pass(400);
  scene.refuse("session_not_found", 1008);
  await scene.pass();
  assert.equal(scene.socket.url.searchParams.get("session_id"), null);
  scene.admit({ session_id: "vs_2" });
  assert.equal(scene.snapshot.session.id, "vs_2");
  assert.ok(scene.named("notice").some(notice => notice.reason === "session_lost"));
});

test("a window that took the session over is not fought with", async () => {
  const scene = await Scene.open();
  scene.refuse("session_replaced", 1008);
  await scene.pass(60_000);
  assert.equal(scene.sockets.length, 1);
  assert.equal(scene.snapshot.error.code, "session_replaced");
});

test("a token that expires is replaced while the session goes on", async () => {
  const scene = await Scene.open({ getToken: async ({ reason }) => (reason === "expiring" ? "newer" : "jwt") });
  scene.say({ type: "voice.session.notice", reason: "token_expiring", remaining_seconds: 60, message: "…" });
  await scene.pass();
  assert.deepEqual(scene.sent("voice.token.refresh"), [{ type: "voice.token.refresh", token: "newer" }]);
});

test("words of both sides stand in the order in which they began", async () => {
  const scene = await Scene.open();
  scene.say({ type: "input_audio_buffer.speech_started", item_id: "item_u" });
  scene.say({ type: "conversation.item.input_audio_transcription.delta", item_id: "item_u", delta: "What " });
  scene.say({ type: "input_audio_buffer.speech_stopped", item_id: "item_u" });
  answer(scene);
  scene.say({ type: "conversation.item.input_audio_transcription.completed", item_id: "item_u", transcript: "What is it?" });
  scene.say({ type: "conversation.item.input_audio_transcription.delta", item_id: "item_u", delta: "late" });
  scene.say({ type: "response.output_audio_transcript.done", item_id: "item_a", transcript: "Hello there" });
  assert.deepEqual(scene.snapshot.transcript.map(({ role, text, isFinal }) => [role, text, isFinal]), [["user", "What is it?", true], ["assistant", "Hello there", true]]);
});

test("the answer is played, and the gateway is told how far", async () => {
  const scene = await Scene.open();
  answer(scene);
  assert.equal(scene.snapshot.activity, "speaking");
  assert.ok(scene.sound.calls.includes("play item_a 3"));
  scene.sound.told.played("item_a", 100, 0.5);
  await scene.pass(100);
  scene.sound.told.played("item_a", 200, 0.5);
  await scene.pass(200);
  scene.sound.told.played("item_a", 400, 0.5);
  scene.say({ type: "response.output_audio.done", response_id: "resp_1", item_id: "item_a" });
  assert.ok(scene.sound.calls.includes("finish item_a"));
  scene.sound.told.ended("item_a", 900, true);
  assert.deepEqual(scene.sent("voice.playback").map(event => event.audio_end_ms), [100, 400, 900]);
});

test("speech silences the answer at once, and what still comes of it is not played", async () => {
  const scene = await Scene.open();
  answer(scene);
  scene.sound.now = { item: "item_a", ms: 750 };
  scene.say({ type: "input_audio_buffer.speech_started", item_id: "item_u" });
  assert.ok(scene.sound.calls.includes("stop"));
  assert.equal(scene.sent("voice.playback").at(-1).audio_end_ms, 750);
  assert.equal(scene.snapshot.activity, "listening");
  assert.equal(scene.snapshot.transcript[0].isInterrupted, true);
  assert.deepEqual(scene.named("interrupted"), [{ itemId: "item_a", heardMs: 750 }]);
  const calls = scene.sound.calls.length;
  scene.say({ type: "response.output_audio.delta", response_id: "resp_1", item_id: "item_a", delta: audioOf([1]) });
  assert.equal(scene.sound.calls.length, calls);
  answer(scene, "item_b", "resp_2");
  assert.ok(scene.sound.calls.includes("play item_b 3"));
  // The gateway truncates by what was reported.
  assert.deepEqual(scene.sent("conversation.item.truncate"), []);
});

test("a session that does not want to be interrupted is not silenced by speech", async () => {
  const scene = await Scene.open();
  scene.say({ type: "session.updated", session: { audio: { input: { turn_detection: { type: "server_vad", interrupt_response: false } } } } });
  answer(scene);
  scene.say({ type: "input_audio_buffer.speech_started", item_id: "item_u" });
  assert.ok(!scene.sound.calls.includes("stop"));
});

test("a click on stop cancels, and truncates to what was heard", async () => {
  const scene = await Scene.open();
  answer(scene);
  scene.sound.now = { item: "item_a", ms: 320 };
  scene.client.interrupt();
  assert.equal(scene.sent("response.cancel").length, 1);
  assert.deepEqual(scene.sent("conversation.item.truncate"), [{ type: "conversation.item.truncate", item_id: "item_a", content_index: 0, audio_end_ms: 320 }]);
  scene.client.interrupt();
  assert.equal(scene.sent("conversation.item.truncate").length, 1);
});

test("an answer that was cut off with its upstream leaves nobody waiting", async () => {
  const scene = await Scene.open();
  answer(scene);
  scene.say({ type: "response.done", response: { id: "resp_1", status: "failed", status_details: { error: { code: "upstream_lost" } }, output: [] } });
  assert.ok(scene.sound.calls.includes("finish item_a"));
  assert.equal(scene.named("fault")[0].code, "upstream_lost");
});

test("a typed question opens the session, stands in the transcript and is asked", async () => {
  const scene = new Scene();
  const asked = scene.client.sendText(" What are your opening hours? ");
  await scene.pass();
  scene.admit();
  await asked;
  const [{ item }] = scene.sent("conversation.item.create");
  assert.equal(item.content[0].text, "What are your opening hours?");
  assert.equal(scene.sent("response.create").length, 1);
  assert.deepEqual(scene.snapshot.transcript.map(entry => [entry.id, entry.role, entry.isFinal]), [[item.id, "user", true]]);
  assert.equal(scene.snapshot.activity, "thinking");
});

test("sources stand with the question that they were found for", async () => {
  const scene = await Scene.open();
  scene.say({ type: "input_audio_buffer.speech_started", item_id: "item_u" });
  scene.say({ type: "voice.rag.context", item_id: "item_u", query: "hours", status: "hit", sources: [{ title: "Hours", score: 0.9 }], retrieval_ms: 12, waited_ms: 0 });
  assert.equal(scene.snapshot.sources.status, "hit");
  assert.equal(scene.snapshot.transcript[0].sources[0].title, "Hours");
});

test("the microphone is asked for first: a refusal costs no session", async () => {
  const scene = new Scene();
  scene.refusal = new VoiceError("microphone_denied");
  const started = scene.client.start();
  const error = await started.catch(error => error);
  await scene.pass();
  assert.equal(error.code, "microphone_denied");
  assert.equal(scene.sockets.length, 0);
  assert.equal(scene.snapshot.status, "idle");
  assert.equal(scene.snapshot.error.code, "microphone_denied");
});

async function speaking(options) {
  const scene = new Scene(options);
  const started = scene.client.start();
  await scene.pass();
  scene.admit();
  await started;
  return scene;
}
const spoken = () => new Int16Array(960).fill(500);

test("what is spoken goes out as it comes, and what is spoken while the line is down goes out when it is back", async () => {
  const scene = await speaking();
  scene.sound.told.heard(spoken(), 0.1);
  assert.equal(scene.sent("input_audio_buffer.append").length, 1);
  scene.drop();
  for (let i = 0; i < 200; i++) scene.sound.told.heard(spoken(), 0.1);
  await scene.pass(400);
  scene.admit({ resumed: true });
  assert.equal(scene.sent("input_audio_buffer.append").length, 125);
});

test("muted, the sentence is ended by silence and then nothing is sent", async () => {
  const scene = await speaking();
  scene.client.setMuted(true);
  const sent = scene.sent("input_audio_buffer.append");
  for (let i = 0; i < 100; i++) scene.sound.told.heard(spoken(), 0.5);
  assert.equal(scene.sent("input_audio_buffer.append").length, sent.length);
  assert.equal(sent.length, 38);
  assert.ok(sent.every(event => event.audio === audioOf(new Array(960).fill(0))));
  scene.client.setMuted(false);
  scene.sound.told.heard(spoken(), 0.5);
  assert.equal(scene.sent("input_audio_buffer.append").at(-1).audio, audioOf(spoken()));
});

test("a network that is slower than speech is said, once in a while, and fills no memory", async () => {
  const scene = await speaking();
  scene.socket.bufferedAmount = 2_000_000;
  for (let i = 0; i < 50; i++) scene.sound.told.heard(spoken(), 0.5);
  assert.equal(scene.sent("input_audio_buffer.append").length, 0);
  assert.deepEqual(scene.named("fault").map(fault => fault.code), ["slow_network"]);
});

test("interim words are sent where the app wants it, but not while muted", async () => {
  const scene = await speaking({ interimWords: true, language: "fr-FR" });
  assert.equal(scene.recogniser.language, "fr-FR");
  scene.recogniser.say("quelles sont vos heures", false);
  scene.client.setMuted(true);
  assert.equal(scene.recogniser.isRunning, false);
  scene.recogniser.say("never", false);
  assert.deepEqual(scene.sent("voice.partial_transcript"), [{ type: "voice.partial_transcript", text: "quelles sont vos heures", is_final: false }]);
});

test("a browser that gives no sound says so", async () => {
  const scene = new Scene();
  const started = scene.client.start();
  scene.sound.isRunning = false;
  await scene.pass();
  scene.admit();
  await started;
  await scene.pass(3_000);
  assert.deepEqual(scene.named("fault").map(fault => fault.code), ["audio_blocked"]);
});

test("a microphone that is unplugged is said, and the session goes on", async () => {
  const scene = await speaking();
  scene.sound.told.microphoneLost();
  assert.equal(scene.snapshot.error.code, "microphone_lost");
  assert.equal(scene.snapshot.hasMicrophone, false);
  assert.equal(scene.snapshot.status, "connected");
});

test("the end is said, summed up and final", async () => {
  const scene = await speaking();
  scene.client.end();
  assert.equal(scene.sent("voice.session.end").length, 1);
  scene.say({ type: "voice.session.summary", duration_seconds: 3, turns: 1 });
  scene.drop(1000, "Session ended");
  assert.equal(scene.snapshot.status, "ended");
  assert.equal(scene.snapshot.error, null);
  assert.equal(scene.snapshot.summary.turns, 1);
  assert.equal(scene.named("ended")[0].code, "session_ended");
  assert.equal(scene.timers.length, 0);
  assert.ok(scene.sound.calls.includes("close"));
});

test("an end that is not answered is made by hand", async () => {
  const scene = await speaking();
  scene.client.end();
  await scene.pass(3_000);
  assert.equal(scene.snapshot.status, "ended");
  assert.equal(scene.timers.length, 0);
});

test("closed, it says nothing more, holds nothing, and can be used again", async () => {
  const scene = await speaking();
  const socket = scene.socket;
  scene.client.close();
  scene.client.close();
  assert.equal(socket.closedWith.code, 1000);
  assert.equal(socket.onmessage, null);
  assert.equal(scene.snapshot.status, "ended");
  const opened = scene.client.connect();
  await scene.pass();
  scene.admit({ session_id: "vs_3" });
  await opened;
  assert.equal(scene.socket.url.searchParams.get("session_id"), null);
  assert.deepEqual(scene.snapshot.transcript, []);
});

test("closed while it opens, it does not come up later", async () => {
  let give;
  const scene = new Scene({ getToken: () => new Promise(resolve => { give = resolve; }) });
  const opened = scene.client.connect();
  await scene.pass();
  scene.client.close();
  give("jwt");
  await scene.pass(60_000);
  assert.equal((await opened.catch(error => error)).code, "client_closed");
  assert.equal(scene.sockets.length, 0);
});

test("a client that was never used closes without a word: strict mode does so", () => {
  const client = new VoiceRealtime();
  client.close();
  assert.equal(client.getSnapshot().status, "idle");
});

test("the snapshot is the same until something changes", async () => {
  const scene = await Scene.open();
  const before = scene.snapshot;
  scene.say({ type: "of.tomorrow" });
  assert.equal(scene.snapshot, before);
  let changes = 0;
  const stop = scene.client.subscribe(() => { changes++; });
  scene.say({ type: "response.output_text.delta", item_id: "x", delta: "a" });
  assert.equal(changes, 1);
  stop();
  scene.say({ type: "response.output_text.delta", item_id: "x", delta: "a" });
  assert.equal(changes, 1);
});

test("junk from the wire hurts nothing", async () => {
  const scene = await Scene.open();
  for (const data of ["", "null", "[]", "3", "{", '{"type":3}', '{"type":"response.done"}', '{"type":"error"}', '{"type":"response.output_audio.delta"}', '{"type":"voice.rag.context"}', '{"type":"input_audio_buffer.speech_started"}']) {
    scene.socket.onmessage({ data });
  }
  assert.equal(scene.snapshot.status, "connected");
});

test("an app's mistake in a listener stops nothing", async () => {
  const scene = new Scene();
  const said = [];
  globalThis.reportError = error => said.push(error.message);
  scene.client.on("ready", () => { throw new Error("theirs"); });
  scene.client.connect();
  await scene.pass();
  scene.admit();
  assert.equal(scene.snapshot.status, "connected");
  assert.deepEqual(said, ["theirs"]);
  delete globalThis.reportError;
});
