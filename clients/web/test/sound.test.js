import assert from "node:assert/strict";
import { test } from "node:test";
import { audioProcessors, base64FromBytes, bytesFromBase64 } from "../voice-realtime.js";

const { Resampler, Recorder, Player } = audioProcessors({});
const sine = (rate, hertz, seconds) => Float32Array.from({ length: Math.round(rate * seconds) }, (_, i) => Math.sin((2 * Math.PI * hertz * i) / rate));
const rms = samples => Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length);
const middle = samples => samples.slice(Math.floor(samples.length / 4), Math.floor((samples.length * 3) / 4));

/** How loud what is left of `samples` is without its part at `hertz`, in dB of that part. */
function distortion(samples, rate, hertz) {
  let re = 0, im = 0;
  samples.forEach((x, i) => { re += x * Math.cos((2 * Math.PI * hertz * i) / rate); im += x * Math.sin((2 * Math.PI * hertz * i) / rate); });
  const a = (2 * re) / samples.length, b = (2 * im) / samples.length;
  const rest = samples.map((x, i) => x - a * Math.cos((2 * Math.PI * hertz * i) / rate) - b * Math.sin((2 * Math.PI * hertz * i) / rate));
  return { gain: Math.hypot(a, b), noise: 20 * Math.log10(rms(rest) / (Math.hypot(a, b) / Math.SQRT2)) };
}

for (const from of [8_000, 16_000, 22_050, 32_000, 44_100, 48_000, 96_000, 47_999]) {
  test(`a tone from ${from} Hz comes out at 24 kHz as loud and as pure as it was`, () => {
    const out = middle(new Resampler(from, 24_000).process(sine(from, 1_000, 1)));
    const { gain, noise } = distortion([...out], 24_000, 1_000);
    assert.ok(Math.abs(gain - 1) < 0.01, `gain ${gain}`);
    assert.ok(noise < (from === 47_999 ? -45 : -60), `noise ${noise} dB`);
  });
}

for (const to of [44_100, 48_000]) {
  test(`an answer goes out at ${to} Hz as loud and as pure as it came`, () => {
    const { gain, noise } = distortion([...middle(new Resampler(24_000, to).process(sine(24_000, 3_000, 1)))], to, 3_000);
    assert.ok(Math.abs(gain - 1) < 0.01 && noise < -60, `gain ${gain}, noise ${noise} dB`);
  });
}

test("what 24 kHz cannot hold does not fold into the speech", () => {
  for (const hertz of [14_000, 16_000, 19_000, 23_000]) {
    const loud = 20 * Math.log10(rms(middle(new Resampler(48_000, 24_000).process(sine(48_000, hertz, 0.5)))) * Math.SQRT2);
    assert.ok(loud < -60, `${hertz} Hz comes through at ${loud.toFixed(1)} dB`);
  }
});

test("the cut between two blocks leaves no trace", () => {
  const input = sine(44_100, 440, 0.5), whole = new Resampler(44_100, 24_000).process(input);
  const parts = [], resampler = new Resampler(44_100, 24_000);
  for (let i = 0, size = 1; i < input.length; i += size, size = (size * 7 + 3) % 200 + 1) parts.push(...resampler.process(input.slice(i, i + size)));
  assert.ok(Math.abs(parts.length - whole.length) <= 1);
  parts.forEach((x, i) => { if (i < whole.length) assert.equal(x, whole[i]); });
});

test("as many samples are asked for as the output takes", () => {
  for (const to of [44_100, 48_000, 24_000, 96_000, 16_000]) {
    const resampler = new Resampler(24_000, to);
    for (let round = 0; round < 200; round++) assert.equal(resampler.process(new Float32Array(resampler.needed(128)), 128).length, 128);
  }
});

test("the microphone comes in pieces of 40 ms, both channels mixed, and never wraps around", () => {
  const pieces = [], recorder = new Recorder(48_000, piece => pieces.push(piece));
  for (let i = 0; i < 375; i++) recorder.heard([new Float32Array(128).fill(2), new Float32Array(128).fill(2)]);
  assert.equal(pieces.length, 24);
  assert.ok(pieces.every(piece => piece.pcm.length === 960));
  assert.equal(pieces.at(-1).peak, 1);
  assert.equal(Math.max(...pieces.at(-1).pcm), 32_767);
  recorder.heard([]);
  recorder.heard([new Float32Array(0)]);
});

const pcm = (length, value = 1_000) => new Int16Array(length).fill(value);
function play(player, blocks) {
  const out = [];
  for (let i = 0; i < blocks; i++) { const block = new Float32Array(128); player.pull(block); out.push(...block); }
  return out;
}

test("two items follow each other without a gap", () => {
  const told = [], player = new Player(24_000, message => told.push(message));
  player.push("a", pcm(3_000));
  player.push("b", pcm(3_000, 2_000));
  player.finish("a");
  player.finish("b");
  const out = play(player, 50);
  const level = out.slice(0, 6_000);
  assert.ok(level.slice(0, 3_000).every(x => x === Math.fround(1_000 / 32_768)));
  assert.ok(level.slice(3_000).every(x => x === Math.fround(2_000 / 32_768)));
  assert.ok(out.slice(6_000).every(x => x === 0));
  assert.deepEqual(told, [{ ended: "a", played: 3_000, isIdle: false }, { ended: "b", played: 3_000, isIdle: true }]);
});

test("pieces of one item that arrive in time leave no gap", () => {
  const player = new Player(48_000, () => {});
  for (let i = 0; i < 5; i++) player.push("a", pcm(1_000));
  const out = [];
  for (let i = 0; i < 80; i++) {
    if (i % 10 === 0) player.push("a", pcm(1_000));
    out.push(...play(player, 1));
  }
  assert.ok(out.slice(200).every(x => Math.abs(x - 1_000 / 32_768) < 1e-4));
});

test("the first sound waits for 80 ms, unless the item is whole before", () => {
  const player = new Player(24_000, () => {});
  player.push("a", pcm(1_000));
  assert.ok(play(player, 5).every(x => x === 0));
  player.finish("a");
  assert.ok(play(player, 5).some(x => x !== 0));
});

test("after a gap it waits for 80 ms again, so that it does not stutter", () => {
  const player = new Player(24_000, () => {});
  player.push("a", pcm(2_000));
  play(player, 20);
  player.push("a", pcm(500));
  assert.ok(play(player, 4).every(x => x === 0));
  player.push("a", pcm(1_500));
  assert.ok(play(player, 4).some(x => x !== 0));
});

test("a stop is silence within one block, faded so that it does not click", () => {
  const player = new Player(24_000, () => {});
  player.push("a", pcm(24_000, 20_000));
  play(player, 20);
  player.stop();
  const out = play(player, 3);
  assert.ok(out.slice(0, 128).every((x, i, all) => i === 0 || x <= all[i - 1]));
  assert.ok(out.slice(128).every(x => x === 0));
  assert.equal(player.waiting, 0);
});

test("it knows how much of an item was played", () => {
  const player = new Player(24_000, () => {});
  player.push("a", pcm(24_000));
  play(player, 10);
  assert.equal(player.items[0].played, 1_280);
});

test("an item whose end is told late ends", () => {
  const told = [], player = new Player(24_000, message => told.push(message));
  player.push("a", pcm(2_000));
  play(player, 30);
  assert.deepEqual(told, []);
  player.finish("a");
  play(player, 1);
  assert.deepEqual(told, [{ ended: "a", played: 2_000, isIdle: true }]);
});

test("what waits has a bound", () => {
  const player = new Player(24_000, () => {});
  player.most = 10_000;
  for (let i = 0; i < 100; i++) player.push("a", pcm(1_000));
  assert.equal(player.waiting, 10_000);
});

test("base64 there and back, of every length", () => {
  for (let length = 0; length < 40; length++) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 37) & 255);
    assert.deepEqual(bytesFromBase64(base64FromBytes(bytes)), bytes);
  }
  assert.equal(base64FromBytes(new Uint8Array(100_000)).length, 133_336);
});
