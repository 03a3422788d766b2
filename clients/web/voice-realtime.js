/**
 * Voice Realtime in the browser: one spoken conversation with a gateway.
 *
 * An ES module without dependencies. Types are in voice-realtime.d.ts, a guide is in README.md.
 */

/** Samples a second on the wire: PCM, 16 bit, mono, little-endian. */
const RATE = 24_000;

// ---- Endings -------------------------------------------------------------------------------------------------------------------

const ending = (closeCode, retry, message) => Object.freeze({ closeCode, retry, message });

/**
 * Every way a session ends or is refused, by code.
 *
 * `retry`: `resume` reconnects by itself and goes on with the conversation; `token` asks the app for another token, once; `new` means
 * that a new session may be started by the user; `later` the same after a while; `never` that trying again cannot help.
 */
export const ENDINGS = Object.freeze({
  // Refusals and endings that the gateway says in an `error` event.
  feature_disabled: ending(1008, "later", "Voice is switched off at the moment."),
  auth_token_missing: ending(1008, "token", "You need to sign in to use voice."),
  auth_token_invalid: ending(1008, "token", "Your sign-in was not accepted. Sign in again."),
  auth_token_expired: ending(1008, "token", "Your sign-in has expired. Sign in again."),
  plan_not_allowed: ending(1008, "never", "Your plan does not include voice."),
  feature_not_available: ending(1008, "never", "Voice is not available for your account yet."),
  concurrent_limit_exceeded: ending(1008, "later", "You have too many voice sessions open. End one of them first."),
  rate_limit_exceeded: ending(1008, "later", "You have started too many voice sessions."),
  model_not_allowed: ending(1008, "never", "This model is not allowed."),
  session_not_found: ending(1008, "new", "That conversation is gone. Start a new one."),
  session_replaced: ending(1008, "new", "This conversation goes on in another window."),
  session_revoked: ending(1008, "never", "Your access to voice was withdrawn."),
  cost_limit_exceeded: ending(1008, "later", "Your spending limit for today is reached."),
  upstream_unavailable: ending(1013, "resume", "The voice service cannot be reached."),
  session_time_limit: ending(1000, "new", "The time of this conversation is up. You can start a new one."),
  idle_timeout: ending(1000, "new", "The conversation ended, because nothing was said for a while."),
  session_ended: ending(1000, "new", "The conversation has ended."),
  server_draining: ending(1012, "resume", "The server restarts."),
  slow_consumer: ending(1013, "resume", "Your connection is too slow for audio."),
  message_too_large: ending(1009, "never", "A message was too large."),
  internal_error: ending(1011, "resume", "The server had a problem."),
  // The model's own, passed on with its own close code.
  session_expired: ending(1001, "new", "The model's session has expired. You can start a new one."),
  upstream_closed: ending(0, "never", "The voice service ended the conversation."),
  // Close frames without an event.
  going_away: ending(1001, "resume", "The server went away."),
  protocol_error: ending(1002, "never", "The browser and the server did not understand each other."),
  too_many_connections: ending(1008, "later", "The connection was refused."),
  // Found out by this client.
  connection_lost: ending(1006, "resume", "The connection was lost."),
  connection_refused: ending(1006, "resume", "The server did not accept the connection."),
  unreachable: ending(0, "resume", "The server cannot be reached."),
  token_unavailable: ending(0, "resume", "The app could not get a token."),
  client_closed: ending(1000, "new", "The conversation was closed."),
  microphone_denied: ending(0, "new", "The microphone is blocked. Allow it for this page, or type."),
  microphone_missing: ending(0, "new", "No microphone was found. You can type instead."),
  microphone_lost: ending(0, "new", "The microphone was unplugged."),
  audio_unsupported: ending(0, "never", "This browser gives the microphone only to pages over https."),
});

const BY_CLOSE_CODE = {
  1000: "session_ended", 1001: "going_away", 1002: "protocol_error", 1003: "protocol_error", 1005: "connection_lost",
  1006: "connection_lost", 1007: "protocol_error", 1008: "too_many_connections", 1009: "message_too_large", 1010: "protocol_error",
  1011: "internal_error", 1012: "server_draining", 1013: "upstream_unavailable", 1015: "connection_refused",
};

/** An ending, a refusal, or a fault of the microphone: what to tell the user, and whether trying again can help. */
export class VoiceError extends Error {
  constructor(code, details = {}) {
    const known = ENDINGS[code] ?? ENDINGS.upstream_closed;
    super(details.message || known.message);
    this.name = "VoiceError";
    this.code = code;
    this.closeCode = details.closeCode ?? known.closeCode;
    this.reason = details.reason ?? "";
    this.retry = details.retry ?? known.retry;
    this.retryAfterSeconds = details.retryAfterSeconds ?? null;
  }
}

/** Reads the meaning of a close. `lastError` is the `error` event's body that came right before, if one did. */
export function endingOf(closeCode, reason = "", lastError = null) {
  const code = lastError?.code ?? null;
  const retryAfterSeconds = lastError?.retry_after_seconds ?? null;
  if (code && ENDINGS[code]?.closeCode === closeCode) return new VoiceError(code, { closeCode, reason, retryAfterSeconds });
  if (code && (closeCode >= 3000 || closeCode === 1001)) {
    return new VoiceError(code, { closeCode, reason, retry: ENDINGS[code]?.retry ?? "never", message: lastError.message });
  }
  const name = closeCode >= 3000 ? "upstream_closed" : BY_CLOSE_CODE[closeCode] ?? "connection_lost";
  return new VoiceError(name, { closeCode, reason });
}

/** Decides what follows a connection's end: another try, with which delay and as which session, or the end. Pure. */
export class ReconnectionStateMachine {
  #limits;
  #attempts = 0;
  #tokenAsked = false;
  #since = null;

  constructor(limits = {}) {
    this.#limits = { attempts: 8, firstAttempts: 3, firstDelayMs: 400, longestDelayMs: 8_000, ...limits };
  }

  get attempts() { return this.#attempts; }

  /** A session was admitted: faults from now on begin to count anew. */
  admitted() {
    this.#attempts = 0;
    this.#tokenAsked = false;
    this.#since = null;
  }

  /**
   * A connection ended, or did not come to be.
   * @returns {{kind: "end"} | {kind: "retry", afterMs: number, resumes: boolean, needsToken: boolean}}
   */
  ended(error, { hasSession, wanted, random }) {
    if (!wanted) return { kind: "end" };
    if (error.code === "session_not_found" && hasSession) {
      // The conversation is gone, the user is still there: a new one begins.
      return this.#attempts++ < this.#most(true) ? { kind: "retry", afterMs: 0, resumes: false, needsToken: false } : { kind: "end" };
    }
    if (error.retry === "token") {
      if (this.#tokenAsked) return { kind: "end" };
      this.#tokenAsked = true;
      return { kind: "retry", afterMs: 0, resumes: hasSession, needsToken: true };
    }
    if (error.retry !== "resume" || this.#attempts >= this.#most(hasSession)) return { kind: "end" };
    const longest = Math.min(this.#limits.longestDelayMs, this.#limits.firstDelayMs * 2 ** this.#attempts++);
    // Half of it is chance, so that a server that restarts does not get all its clients back at once.
    const afterMs = Math.max(longest * (0.5 + random / 2), (error.retryAfterSeconds ?? 0) * 1000);
    return { kind: "retry", afterMs, resumes: hasSession, needsToken: false };
  }

  #most(hasSession) { return hasSession ? this.#limits.attempts : Math.min(this.#limits.firstAttempts, this.#limits.attempts); }
}

// ---- Sound ---------------------------------------------------------------------------------------------------------------------

/**
 * Classes of the audio thread. The function stands alone, since its text is what an AudioWorklet loads; so it names nothing of this module.
 *
 * @param scope the AudioWorkletGlobalScope, or any object: then only the classes are made
 */
export function audioProcessors(scope) {
  const WIRE = 24000;

  /** Changes the sample rate of a stream: a windowed sinc, 80 dB down where frequencies would fold. */
  class Resampler {
    constructor(from, to) {
      const divisor = (a, b) => (b ? divisor(b, a % b) : a);
      const common = divisor(Math.round(from), Math.round(to));
      this.up = Math.round(to) / common;
      this.down = Math.round(from) / common;
      this.isIdentity = this.up === this.down;
      const scale = Math.min(1, to / from);
      this.half = Math.ceil(24 / scale);
      // Odd rates would need a filter for each of thousands of places between two samples: the nearest of these will do.
      this.count = Math.min(this.up, 512);
      this.filters = this.isIdentity ? [] : this.design(scale * 0.46);
      this.reset();
    }

    reset() {
      this.held = new Float32Array(this.half - 1);
      this.place = this.half - 1;
      this.phase = 0;
    }

    design(cutoff) {
      const bessel = x => { let sum = 1, term = 1; for (let k = 1; k < 30; k++) { term *= (x / (2 * k)) * (x / (2 * k)); sum += term; } return sum; };
      const beta = 8, edge = bessel(beta), filters = [];
      for (let phase = 0; phase < this.count; phase++) {
        const taps = new Float32Array(2 * this.half);
        let sum = 0;
        for (let k = 0; k < taps.length; k++) {
          const t = k - this.half + 1 - phase / this.count;
          const x = 2 * Math.PI * cutoff * t, width = 1 - (t / this.half) * (t / this.half);
          taps[k] = (Math.abs(x) < 1e-9 ? 1 : Math.sin(x) / x) * (width > 0 ? bessel(beta * Math.sqrt(width)) / edge : 0);
          sum += taps[k];
        }
        for (let k = 0; k < taps.length; k++) taps[k] /= sum;
        filters.push(taps);
      }
      return filters;
    }

    /** Input samples that are wanted for `n` samples of output. */
    needed(n) {
      if (this.isIdentity || n === 0) return n;
      const last = this.place + Math.floor((this.phase + (n - 1) * this.down) / this.up);
      return Math.max(0, last + this.half + 1 - this.held.length);
    }

    /** At most `most` samples come out; what they leave is for the next call. */
    process(input, most = Infinity) {
      if (this.isIdentity) return input;
      const all = new Float32Array(this.held.length + input.length);
      all.set(this.held);
      all.set(input, this.held.length);
      const out = new Float32Array(Math.ceil((input.length * this.up) / this.down) + 2);
      let made = 0;
      while (this.place + this.half < all.length && made < most) {
        const taps = this.filters[Math.floor((this.phase * this.count) / this.up)];
        const from = this.place - this.half + 1;
        let sum = 0;
        for (let k = 0; k < taps.length; k++) sum += all[from + k] * taps[k];
        out[made++] = sum;
        this.phase += this.down;
        this.place += Math.floor(this.phase / this.up);
        this.phase %= this.up;
      }
      const keep = Math.min(this.place - this.half + 1, all.length);
      this.held = all.slice(keep);
      this.place -= keep;
      return out.subarray(0, made);
    }
  }

  /** Cuts what the microphone gives into pieces of 40 ms for the wire. */
  class Recorder {
    constructor(rate, emit) {
      this.resampler = new Resampler(rate, WIRE);
      this.emit = emit;
      this.piece = new Int16Array(960);
      this.filled = 0;
      this.peak = 0;
    }

    /** @param channels one Float32Array a channel */
    heard(channels) {
      if (!channels.length || !channels[0].length) return;
      let mono = channels[0];
      if (channels.length > 1) {
        mono = new Float32Array(channels[0].length);
        for (let i = 0; i < mono.length; i++) for (let c = 0; c < channels.length; c++) mono[i] += channels[c][i] / channels.length;
      }
      const samples = this.resampler.process(mono);
      for (let i = 0; i < samples.length; i++) {
        const value = Math.max(-1, Math.min(1, samples[i]));
        this.peak = Math.max(this.peak, Math.abs(value));
        this.piece[this.filled++] = Math.round(value * 32767);
        if (this.filled < this.piece.length) continue;
        this.emit({ pcm: this.piece.slice(0), peak: this.peak });
        this.filled = 0;
        this.peak = 0;
      }
    }
  }

  /** Plays items one behind the other without a gap, and knows how much of each was played. */
  class Player {
    constructor(rate, emit) {
      this.resampler = new Resampler(WIRE, rate);
      this.emit = emit;
      this.ahead = WIRE * 0.08; // Against jitter, before the first sound and after a gap.
      this.most = WIRE * 1800;
      this.clear();
    }

    clear() {
      this.items = [];
      this.waiting = 0;
      this.isPlaying = false;
      this.peak = 0;
      this.last = 0;
      this.resampler.reset();
    }

    push(id, pcm) {
      if (this.waiting + pcm.length > this.most) return;
      let item = this.items[this.items.length - 1];
      if (!item || item.id !== id) this.items.push((item = { id, pieces: [], at: 0, played: 0, isWhole: false }));
      item.pieces.push(pcm);
      this.waiting += pcm.length;
    }

    /** No more of this item comes: what is there need not wait for more. */
    finish(id) { for (const item of this.items) if (item.id === id) item.isWhole = true; }

    /** Stops at once. */
    stop() {
      const tail = this.last;
      this.clear();
      this.last = tail; // Faded out by the next pull, so that it does not click.
    }

    pull(out) {
      const item = this.items[0];
      if (!this.isPlaying && item && (this.waiting >= this.ahead || this.items.every(i => i.isWhole))) this.isPlaying = true;
      if (!this.isPlaying || !item) {
        for (let i = 0; i < out.length; i++) out[i] = this.last * Math.max(0, 1 - (i + 1) / Math.min(96, out.length));
        this.last = 0;
        return;
      }
      const wanted = this.resampler.needed(out.length), input = new Float32Array(wanted);
      const got = this.read(input);
      const samples = this.resampler.process(input, out.length);
      for (let i = 0; i < out.length; i++) {
        out[i] = i < samples.length ? samples[i] : 0;
        this.peak = Math.max(this.peak, Math.abs(out[i]));
      }
      this.last = out[out.length - 1];
      if (got < wanted) this.isPlaying = false;
    }

    read(input) {
      let filled = 0;
      while (filled < input.length && this.items.length) {
        const item = this.items[0], piece = item.pieces[0];
        if (!piece) {
          // The next item begins, or the end of this one is all that is missing.
          if (!item.isWhole && this.items.length === 1) break;
          this.items.shift();
          this.emit({ ended: item.id, played: item.played, isIdle: !this.items.length });
          continue;
        }
        const count = Math.min(input.length - filled, piece.length - item.at);
        for (let i = 0; i < count; i++) input[filled + i] = piece[item.at + i] / 32768;
        filled += count;
        item.at += count;
        item.played += count;
        this.waiting -= count;
        if (item.at === piece.length) {
          item.pieces.shift();
          item.at = 0;
        }
      }
      return filled;
    }
  }

  if (scope.registerProcessor) {
    scope.registerProcessor("voice-recorder", class extends scope.AudioWorkletProcessor {
      constructor() {
        super();
        this.isOpen = true;
        this.silence = [new Float32Array(128)];
        this.recorder = new Recorder(scope.sampleRate, piece => this.port.postMessage(piece, [piece.pcm.buffer]));
        this.port.onmessage = () => { this.isOpen = false; };
      }
      process(inputs) {
        // Some browsers give no channel at all while nothing is heard: silence is sound too.
        this.recorder.heard(inputs[0].length ? inputs[0] : this.silence);
        return this.isOpen;
      }
    });
    scope.registerProcessor("voice-player", class extends scope.AudioWorkletProcessor {
      constructor() {
        super();
        this.isOpen = true;
        this.blocks = 0;
        const player = (this.player = new Player(scope.sampleRate, told => this.port.postMessage(told)));
        this.port.onmessage = ({ data }) => {
          if (data.pcm) player.push(data.item, data.pcm);
          if (data.finish) player.finish(data.finish);
          if (data.stop) {
            player.stop();
            this.port.postMessage({ isStopped: true });
          }
          if (data.close) this.isOpen = false;
        };
      }
      process(inputs, outputs) {
        const channels = outputs[0];
        this.player.pull(channels[0]);
        for (let c = 1; c < channels.length; c++) channels[c].set(channels[0]);
        const item = this.player.items[0];
        if (++this.blocks % 16 === 0 && item && item.played) {
          this.port.postMessage({ playing: item.id, played: item.played, peak: this.player.peak });
          this.player.peak = 0;
        }
        return this.isOpen;
      }
    });
  }
  return { Resampler, Recorder, Player };
}

// Loaded as a worklet itself, where a page's policy allows no `blob:` scripts: the option `workletURL`.
if (typeof globalThis.registerProcessor === "function") audioProcessors(globalThis);

export function base64FromBytes(bytes) {
  if (bytes.toBase64) return bytes.toBase64();
  let text = "";
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode.apply(null, bytes.subarray(i, i + 8192));
  return btoa(text);
}

export function bytesFromBase64(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const raw = atob(text), bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
  return bytes;
}

/** Firefox on Linux: it takes PulseAudio's lock for `outputLatency` while it holds its graph's own, and now and then freezes the tab for good. */
const isLatencyFatal = () => /Linux.*Firefox\//.test(globalThis.navigator?.userAgent ?? "");

/** The microphone and the loudspeaker, by Web Audio. Both run at the device's own rate. */
class Sound {
  #told;
  #workletURL;
  #context = null;
  #modules = null;
  #player = null;
  #playerReady = null;
  #microphone = null;
  #now = null;
  #generation = 0; // Counts stops: what was given before one is not played behind it.
  #unanswered = 0; // Stops that the audio thread has not answered yet: until then it speaks of before.

  /** @param told {heard(pcm, peak), played(item, ms, peak), ended(item, ms, isIdle), microphoneLost()} */
  constructor(told, workletURL) {
    this.#told = told;
    this.#workletURL = workletURL;
  }

  /** Call it in the handler of a click or a key: browsers begin to make sound only there. */
  unlock() {
    if (!globalThis.AudioContext) throw new VoiceError("audio_unsupported");
    if (!this.#context) {
      this.#context = new AudioContext({ latencyHint: "interactive" });
      // Interrupted by a call, or by another app: the next touch goes on.
      this.#context.onstatechange = () => { if (this.#context?.state === "interrupted") this.#context.resume().catch(() => {}); };
    }
    if (this.#context.state !== "running") this.#context.resume().catch(() => {});
  }

  get isRecording() { return this.#microphone !== null; }

  /** False where the browser waits for a click, or finds no device to play on. */
  get isRunning() { return this.#context?.state === "running"; }

  async openMicrophone(deviceId) {
    this.unlock();
    if (!navigator.mediaDevices?.getUserMedia) throw new VoiceError("audio_unsupported");
    this.closeMicrophone();
    // iPhones play through the earpiece, and without echo cancellation, unless they are told what the page is for.
    if (navigator.audioSession) navigator.audioSession.type = "play-and-record";
    const own = (this.#microphone = { stream: null, source: null, node: null });
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({
        audio: {
          channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true,
          ...(deviceId ? { deviceId: { exact: deviceId } } : {}),
        },
      });
    } catch (error) {
      if (this.#microphone === own) this.#microphone = null;
      const isDenied = error?.name === "NotAllowedError" || error?.name === "SecurityError";
      throw new VoiceError(isDenied ? "microphone_denied" : "microphone_missing", { reason: error?.name });
    }
    await this.#load();
    // Closed meanwhile.
    if (this.#microphone !== own) return stream.getTracks().forEach(track => track.stop());
    own.stream = stream;
    own.source = this.#context.createMediaStreamSource(stream);
    own.node = new AudioWorkletNode(this.#context, "voice-recorder", { numberOfInputs: 1, numberOfOutputs: 1, outputChannelCount: [1] });
    own.node.port.onmessage = ({ data }) => this.#told.heard(data.pcm, data.peak);
    own.source.connect(own.node);
    // It makes no sound; connected, it runs in every browser.
    own.node.connect(this.#context.destination);
    stream.getAudioTracks()[0].addEventListener("ended", () => {
      if (this.#microphone !== own) return;
      this.closeMicrophone();
      this.#told.microphoneLost();
    });
  }

  setMuted(isMuted) { this.#microphone?.stream?.getAudioTracks().forEach(track => { track.enabled = !isMuted; }); }

  closeMicrophone() {
    const own = this.#microphone;
    this.#microphone = null;
    if (!own) return;
    if (navigator.audioSession) navigator.audioSession.type = "auto";
    own.node?.port.postMessage("close");
    own.source?.disconnect();
    own.node?.disconnect();
    own.stream?.getTracks().forEach(track => track.stop());
  }

  play(item, pcm) {
    this.unlock();
    const generation = this.#generation;
    this.#openPlayer().then(player => { if (generation === this.#generation) player.port.postMessage({ item, pcm }, [pcm.buffer]); }, () => {});
  }

  finish(item) { this.#playerReady?.then(player => player.port.postMessage({ finish: item }), () => {}); }

  /** Silence at once. Answers the item that was being played and the milliseconds of it that were heard, or null. */
  stop() {
    const now = this.#now;
    this.#now = null;
    this.#generation++;
    if (this.#player) {
      this.#unanswered++;
      this.#player.port.postMessage({ stop: true });
    }
    // It went on since it last spoke, though not for long.
    return now && { item: now.item, ms: Math.round(now.ms + Math.min(60, performance.now() - now.at)) };
  }

  async close() {
    this.closeMicrophone();
    this.stop();
    this.#player?.port.postMessage({ close: true });
    this.#player?.disconnect();
    const context = this.#context;
    this.#context = this.#modules = this.#player = this.#playerReady = null;
    this.#unanswered = 0;
    if (context && context.state !== "closed") await context.close().catch(() => {});
  }

  #load() {
    return (this.#modules ??= (async () => {
      if (this.#workletURL) return this.#context.audioWorklet.addModule(this.#workletURL);
      const url = URL.createObjectURL(new Blob([`(${audioProcessors})(globalThis)`], { type: "text/javascript" }));
      try { await this.#context.audioWorklet.addModule(url); } finally { URL.revokeObjectURL(url); }
    })());
  }

  #openPlayer() {
    return (this.#playerReady ??= this.#load().then(() => {
      const player = new AudioWorkletNode(this.#context, "voice-player", { numberOfInputs: 0, outputChannelCount: [1] });
      player.port.onmessage = ({ data }) => this.#hear(data);
      player.connect(this.#context.destination);
      return (this.#player = player);
    }));
  }

  #hear(data) {
    if (data.isStopped) this.#unanswered--;
    if (data.isStopped || this.#unanswered > 0 || !this.#context) return;
    if (data.playing !== undefined) {
      this.#now = { item: data.playing, ms: this.#heard(data.played), at: performance.now() };
      this.#told.played(data.playing, this.#now.ms, data.peak);
    } else if (data.ended !== undefined) {
      this.#now = null;
      this.#told.ended(data.ended, Math.round(data.played / (RATE / 1000)), data.isIdle);
    }
  }

  /** Milliseconds that were heard: the device plays what it was given a little later. */
  #heard(samples) {
    const late = (isLatencyFatal() ? 0.05 : this.#context.outputLatency) || this.#context.baseLatency || 0;
    return Math.max(0, Math.round((samples / RATE - late) * 1000));
  }
}

/** Interim words from the browser's own recogniser, where it has one. */
class Recogniser {
  #language;
  #told;
  #running = null;
  #restarts = 0;

  constructor(language, told) {
    this.#language = language;
    this.#told = told;
  }

  static get isThere() { return Boolean(globalThis.SpeechRecognition ?? globalThis.webkitSpeechRecognition); }

  start() {
    const Recognition = globalThis.SpeechRecognition ?? globalThis.webkitSpeechRecognition;
    if (!Recognition || this.#running) return;
    const own = (this.#running = new Recognition());
    own.continuous = true;
    own.interimResults = true;
    own.lang = this.#language || globalThis.document?.documentElement.lang || navigator.language;
    let last = "";
    own.onresult = event => {
      for (let i = event.resultIndex; i < event.results.length; i++) {
        const text = event.results[i][0].transcript.trim(), isFinal = event.results[i].isFinal;
        this.#restarts = 0;
        if (text && (text !== last || isFinal)) this.#told(text, isFinal);
        last = isFinal ? "" : text;
      }
    };
    own.onerror = event => { if (event.error !== "no-speech" && event.error !== "aborted") this.#restarts = Infinity; };
    // It stops by itself after a silence.
    own.onend = () => {
      if (this.#running !== own) return;
      this.#running = null;
      if (this.#restarts++ < 20) this.start();
    };
    try { own.start(); } catch { this.#running = null; }
  }

  stop() {
    const own = this.#running;
    this.#running = null;
    this.#restarts = 0;
    try { own?.abort(); } catch { /* It had not begun. */ }
  }
}

// ---- The words -----------------------------------------------------------------------------------------------------------------

/** Words of both sides, in the order in which they began. Entries are never changed, only replaced. Pure. */
export class Transcript {
  entries = Object.freeze([]);
  static most = 300;

  /** Adds the entry, or changes it. */
  put(id, change) {
    const index = this.entries.findIndex(entry => entry.id === id);
    const entries = [...this.entries];
    const old = index < 0 ? { id, role: "assistant", text: "", isFinal: false, isInterrupted: false, sources: [] } : entries[index];
    const entry = Object.freeze({ ...old, ...(typeof change === "function" ? change(old) : change) });
    if (index < 0) entries.push(entry); else entries[index] = entry;
    this.entries = Object.freeze(entries.slice(-Transcript.most));
  }

  has(id) { return this.entries.some(entry => entry.id === id); }

  /** No more words come for what is not final. An entry without any word goes. */
  finish() {
    const left = this.entries.filter(entry => entry.isFinal || entry.text);
    this.entries = Object.freeze(left.map(entry => (entry.isFinal ? entry : Object.freeze({ ...entry, isFinal: true }))));
  }
}

// ---- The conversation ----------------------------------------------------------------------------------------------------------

const NOTHING = Object.freeze({
  status: "idle", activity: "idle", isMuted: false, hasMicrophone: false, transcript: Object.freeze([]), sources: null, notice: null,
  error: null, session: null, metrics: null, summary: null,
});

/** One conversation with a gateway. See voice-realtime.d.ts for what each member does. */
export class VoiceRealtime {
  #options;
  #world;
  #listeners = new Map();
  #subscribers = new Set();
  #snapshot = NOTHING;
  #transcript = new Transcript();

  #socket = null;
  #opening = null; // {promise, resolve, reject} while `connect` is under way.
  #wanted = false;
  #dial = 0; // Counts dials: what an older one still says is ignored.
  #reconnection;
  #timers = new Map();
  #resumes = null;
  #lastError = null;
  #network = null;

  #sound = null;
  #recogniser = null;
  #unsent = []; // Audio that was recorded while there was no connection.
  #response = null; // The id of the response that runs.
  #silenced = new Set(); // Responses that were interrupted: what still comes of them is not played.
  #responseOf = new Map(); // item → response, for items with sound.
  #interrupts = true;
  #isSpeaking = false;
  #isPending = false;
  #isPlaying = false;
  #reported = { item: null, ms: -1, at: 0 };

  constructor(options = {}) {
    this.#options = options;
    this.#world = {
      WebSocket: globalThis.WebSocket, fetch: globalThis.fetch?.bind(globalThis), random: Math.random, now: () => Date.now(),
      setTimeout: (f, ms) => globalThis.setTimeout(f, ms), clearTimeout: id => globalThis.clearTimeout(id),
      sound: (told, workletURL) => new Sound(told, workletURL), recogniser: (language, told) => new Recogniser(language, told),
      ...options.environment,
    };
    this.#reconnection = new ReconnectionStateMachine(options.reconnect);
    this.#resumes = options.sessionId ?? null;
  }

  /** True where the browser has what a spoken conversation takes; false on a server. */
  static get isSupported() {
    return Boolean(globalThis.AudioWorkletNode && globalThis.WebSocket && globalThis.navigator?.mediaDevices?.getUserMedia);
  }

  // What is known now. The same object until something changes, so that it suits React's useSyncExternalStore.
  getSnapshot = () => this.#snapshot;
  static initialSnapshot = NOTHING;

  subscribe = listener => {
    this.#subscribers.add(listener);
    return () => { this.#subscribers.delete(listener); };
  };

  on(type, listener) {
    if (!this.#listeners.has(type)) this.#listeners.set(type, new Set());
    this.#listeners.get(type).add(listener);
    return () => { this.#listeners.get(type)?.delete(listener); };
  }

  // ---- What the app does

  async start({ deviceId } = {}) {
    const sound = this.#sounds();
    sound.unlock();
    this.#wanted = true;
    this.#set({ error: null });
    try {
      // First: a session without a microphone would use up the user's limit.
      await sound.openMicrophone(deviceId);
    } catch (error) {
      if (!this.#socket && !this.#opening) this.#wanted = false;
      throw this.#fail(error instanceof VoiceError ? error : new VoiceError("microphone_missing", { reason: String(error) }));
    }
    if (!this.#wanted) return;
    this.#set({ hasMicrophone: sound.isRecording, isMuted: false });
    this.#after("sound", 3_000, () => {
      if (!sound.isRecording || sound.isRunning) return;
      this.#emit("fault", { code: "audio_blocked", message: "The browser lets this page neither record nor play." });
    });
    try { await this.connect(); } catch (error) {
      this.#closeMicrophone();
      throw error;
    }
    if (this.#options.interimWords) {
      this.#recogniser ??= this.#world.recogniser(this.#options.language, (text, isFinal) => this.#heardWords(text, isFinal));
      this.#recogniser.start();
    }
  }

  connect() {
    this.#wanted = true;
    if (this.#snapshot.status === "connected") return Promise.resolve();
    if (!this.#opening) {
      const opening = (this.#opening = {});
      opening.promise = new Promise((resolve, reject) => Object.assign(opening, { resolve, reject }));
      opening.promise.catch(() => {}); // A caller that does not wait for it has the event.
      if (this.#snapshot.status !== "reconnecting") {
        if (!this.#resumes) this.#transcript = new Transcript();
        this.#set({ status: "connecting", error: null, summary: null, sources: null, metrics: null, transcript: this.#transcript.entries });
        this.#open(false);
      }
    }
    return this.#opening.promise;
  }

  setMuted(isMuted) {
    if (!this.#snapshot.hasMicrophone || isMuted === this.#snapshot.isMuted) return;
    this.#sound.setMuted(isMuted);
    // Enough silence for the end of a sentence to be heard; then nothing, which costs nothing.
    if (isMuted) for (let ms = 0; ms < 1_500; ms += 40) this.#record(new Int16Array(RATE / 25));
    if (isMuted) this.#recogniser?.stop(); else this.#recogniser?.start();
    this.#set({ isMuted });
    this.#emit("level", { input: 0, output: null });
  }

  stopMicrophone() { this.#closeMicrophone(); }

  async sendText(text) {
    const words = text.trim();
    if (!words) return;
    try { this.#sounds().unlock(); } catch { /* Without sound the words can still be read. */ }
    await this.connect();
    this.interrupt();
    const id = "typed_" + this.#world.random().toString(36).slice(2, 12).padEnd(10, "0");
    this.#words(id, { role: "user", text: words, isFinal: true });
    this.send({ type: "conversation.item.create", item: { id, type: "message", role: "user", content: [{ type: "input_text", text: words }] } });
    this.#isPending = true;
    this.send({ type: "response.create" });
    this.#act();
  }

  /** Stops the answer, as a click on "stop" does. */
  interrupt() {
    const heard = this.#silence();
    if (this.#response) this.send({ type: "response.cancel" });
    if (heard && heard.ms > 0) this.send({ type: "conversation.item.truncate", item_id: heard.item, content_index: 0, audio_end_ms: heard.ms });
    this.#isPending = false;
    this.#act();
  }

  send(event) {
    if (this.#socket?.readyState !== 1) return false;
    this.#socket.send(JSON.stringify(event));
    this.#emit("sent", event);
    return true;
  }

  async refreshToken(token) {
    const fresh = token ?? (await this.#options.getToken?.({ reason: "expiring" }));
    return fresh ? this.send({ type: "voice.token.refresh", token: fresh }) : false;
  }

  /** Says goodbye: the gateway answers with a summary, and closes. */
  end() {
    this.#wanted = false;
    this.#closeMicrophone();
    this.#silence();
    if (!this.send({ type: "voice.session.end" })) return this.close();
    this.#after("goodbye", 3_000, () => this.close());
  }

  /** Drops everything at once, and can be used again. */
  close() {
    const wasOpen = !["idle", "ended"].includes(this.#snapshot.status);
    this.#wanted = false;
    this.#dial++;
    for (const name of [...this.#timers.keys()]) this.#stopTimer(name);
    const socket = this.#socket;
    this.#socket = null;
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = socket.onerror = null;
      socket.close(1000);
    }
    this.#finish(wasOpen ? new VoiceError("client_closed") : null);
  }

  // ---- The connection

  async #open(needsToken) {
    const dial = ++this.#dial;
    this.#watchNetwork();
    this.#after("opening", this.#options.openTimeoutMs ?? 15_000, () => this.#lost(dial, new VoiceError("unreachable", { reason: "timeout" })));
    let query;
    try { query = await this.#credentials(needsToken ? "refused" : "open"); } catch (error) {
      const known = error instanceof VoiceError ? error : new VoiceError("token_unavailable", { reason: String(error?.message ?? error) });
      return this.#lost(dial, known);
    }
    if (dial !== this.#dial) return;
    if (this.#resumes) query.set("session_id", this.#resumes);
    if (this.#options.model) query.set("model", this.#options.model);
    const url = this.#address("ws/voice");
    url.protocol = url.protocol === "https:" || url.protocol === "wss:" ? "wss:" : "ws:";
    url.search = query.toString();
    let socket;
    try { socket = new this.#world.WebSocket(url.href, ["realtime"]); } catch (error) {
      return this.#lost(dial, new VoiceError("connection_refused", { reason: String(error?.message ?? error), retry: "never" }));
    }
    this.#socket = socket;
    this.#lastError = null;
    let wasOpened = false;
    socket.onopen = () => { wasOpened = true; };
    socket.onmessage = ({ data }) => { if (dial === this.#dial) this.#read(data); };
    socket.onclose = ({ code, reason }) => {
      const error = endingOf(code, reason, this.#lastError);
      this.#lost(dial, error.code === "connection_lost" && !wasOpened ? new VoiceError("connection_refused", { closeCode: code }) : error);
    };
  }

  /** A ticket stands in the address instead of a token: it is good once, for half a minute. */
  async #credentials(reason) {
    const query = new URLSearchParams();
    const { getTicket, getToken } = this.#options;
    const token = getTicket ? null : await getToken?.({ reason });
    const ticket = getTicket ? await getTicket({ reason }) : token && (await this.#ticketFor(token));
    if (ticket) query.set("ticket", ticket);
    return query;
  }

  async #ticketFor(token) {
    let answer;
    try {
      answer = await this.#world.fetch(this.#address("voice/tickets").href, {
        method: "POST", headers: { authorization: `Bearer ${token}`, "content-type": "application/json" }, body: "{}", credentials: "omit",
      });
    } catch (error) { throw new VoiceError("unreachable", { reason: String(error?.message ?? error) }); }
    const body = await answer.json().catch(() => null);
    if (answer.ok && body?.ticket) return body.ticket;
    const code = body?.error?.code;
    const retryAfterSeconds = Number(answer.headers?.get?.("retry-after")) || null;
    const details = { reason: `HTTP ${answer.status}`, retryAfterSeconds };
    if (code && ENDINGS[code]) throw new VoiceError(code, details);
    if (answer.status === 401) throw new VoiceError("auth_token_invalid", details);
    throw new VoiceError(answer.status === 429 || answer.status >= 500 ? "unreachable" : "connection_refused", {
      ...details, ...(answer.status < 500 && answer.status !== 429 ? { retry: "never" } : {}),
    });
  }

  #address(path) {
    const base = new URL(this.#options.url ?? "/", globalThis.location?.href ?? "http://localhost");
    base.protocol = { "ws:": "http:", "wss:": "https:" }[base.protocol] ?? base.protocol;
    base.pathname = base.pathname.replace(/\/?(v1(\/ws\/voice|\/realtime)?)?\/?$/, "") + "/v1/" + path;
    base.search = base.hash = "";
    return base;
  }

  /** The connection that `dial` was is gone, or never was. */
  #lost(dial, error) {
    if (dial !== this.#dial) return;
    this.#dial++;
    const socket = this.#socket;
    this.#socket = null;
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = socket.onerror = null;
      // 4900: no farewell, so the session is kept for the next connection.
      try { socket.close(4900, "unanswered"); } catch { /* It was closed by the other side. */ }
    }
    this.#stopTimer("opening");
    this.#stopTimer("ping");
    this.#stopTimer("pong");
    this.#response = null;
    this.#isSpeaking = this.#isPending = false;
    const next = this.#reconnection.ended(error, { hasSession: this.#resumes !== null, wanted: this.#wanted, random: this.#world.random() });
    if (next.kind === "end") return this.#finish(error);
    if (!next.resumes) {
      this.#resumes = null;
      this.#unsent = [];
    }
    const notice = Object.freeze({ reason: error.code, message: error.message, remainingSeconds: null });
    this.#set({ status: this.#snapshot.session ? "reconnecting" : "connecting", notice });
    this.#emit("reconnecting", { error, attempt: this.#reconnection.attempts, afterMs: next.afterMs });
    this.#act();
    this.#after("retry", next.afterMs, () => this.#open(next.needsToken));
  }

  /** A network that comes back ends a wait, one that goes away begins a question. */
  #watchNetwork() {
    if (!globalThis.addEventListener || this.#network) return;
    this.#network = new AbortController();
    const { signal } = this.#network;
    globalThis.addEventListener("online", () => { if (this.#stopTimer("retry")) this.#open(false); }, { signal });
    globalThis.addEventListener("offline", () => this.#ping(2_000), { signal });
  }

  /** The last word of a conversation. */
  #finish(error) {
    for (const name of [...this.#timers.keys()]) this.#stopTimer(name);
    const opening = this.#opening;
    this.#opening = null;
    this.#wanted = false;
    this.#network?.abort();
    this.#network = null;
    this.#reconnection.admitted();
    // A conversation that the network or silence has ended is gone on with when the user starts again.
    if (error?.retry !== "resume" && error?.code !== "idle_timeout") this.#resumes = null;
    this.#unsent = [];
    this.#closeMicrophone();
    this.#silence();
    this.#sound?.close();
    this.#sound = null;
    this.#isSpeaking = this.#isPending = false;
    this.#transcript.finish();
    if (error) {
      const isFault = !["session_ended", "client_closed"].includes(error.code);
      this.#set({ status: "ended", error: isFault ? error : null, notice: null, session: null, transcript: this.#transcript.entries });
      if (isFault) this.#emit("error", error);
      this.#emit("ended", error);
    }
    this.#act();
    opening?.reject(error ?? new VoiceError("client_closed"));
  }

  /** A path that is dead in silence is found out by a ping that stays without an answer. */
  #ping(patienceMs = 8_000) {
    if (!this.send({ type: "ping" }) || this.#timers.has("pong")) return;
    const dial = this.#dial;
    this.#after("pong", patienceMs, () => this.#lost(dial, new VoiceError("connection_lost", { reason: "ping unanswered" })));
  }

  #keepPinging() {
    this.#after("ping", this.#options.pingIntervalMs ?? 10_000, () => {
      this.#ping();
      this.#keepPinging();
    });
  }

  // ---- What the gateway says

  #read(data) {
    let event;
    try { event = JSON.parse(data); } catch { return; }
    if (event === null || typeof event !== "object") return;
    // Whatever comes proves that the path is alive.
    this.#stopTimer("pong");
    this.#emit("event", event);
    this.#lastError = event.type === "error" ? event.error : this.#lastError;
    switch (event.type) {
      case "voice.session.ready": return this.#ready(event);
      case "session.created":
      case "session.updated": this.#interrupts = event.session?.audio?.input?.turn_detection?.interrupt_response !== false; return;
      case "voice.session.notice": return this.#notice(event);
      case "voice.session.resumed":
        this.#notice({ reason: "restored", message: "The connection to the model was renewed; the conversation goes on.", remaining_seconds: null });
        return this.#after("notice", 4_000, () => this.#set({ notice: null }));
      case "voice.session.summary":
        this.#set({ summary: event });
        return this.#emit("summary", event);
      case "voice.rag.context": return this.#context(event);
      case "voice.turn.metrics":
        this.#set({ metrics: event });
        return this.#emit("metrics", event);
      case "input_audio_buffer.speech_started": return this.#speechStarted(event);
      case "input_audio_buffer.speech_stopped":
        this.#isSpeaking = false;
        this.#isPending = true;
        return this.#act();
      case "conversation.item.input_audio_transcription.delta":
        return this.#words(event.item_id, entry => ({ role: "user", text: entry.isFinal ? entry.text : entry.text + (event.delta ?? "") }));
      case "conversation.item.input_audio_transcription.completed":
        return this.#words(event.item_id, { role: "user", text: event.transcript ?? "", isFinal: true });
      case "conversation.item.input_audio_transcription.failed":
        return this.#words(event.item_id, { role: "user", isFinal: true });
      case "response.created":
        if (event.response?.conversation_id === null) return;
        this.#response = event.response?.id ?? null;
        this.#isPending = true;
        return this.#act();
      case "response.output_audio.delta": return this.#sounded(event);
      case "response.output_audio.done": return this.#sound?.finish(event.item_id);
      case "response.output_audio_transcript.delta":
      case "response.output_text.delta":
        return this.#words(event.item_id, entry => ({ text: entry.text + (event.delta ?? "") }));
      case "response.output_audio_transcript.done":
      case "response.output_text.done":
        return this.#words(event.item_id, { text: event.transcript ?? event.text ?? "", isFinal: true });
      case "response.done": return this.#answered(event.response ?? {});
      case "error":
        // Those that end the session are told by the close that follows; a token that was offered and refused ends nothing yet.
        if (!ENDINGS[event.error?.code] || event.error.code === "auth_token_invalid") this.#emit("fault", event.error);
    }
  }

  #ready(event) {
    this.#stopTimer("opening");
    this.#reconnection.admitted();
    this.#resumes = event.session_id;
    const session = Object.freeze({
      id: event.session_id, userId: event.user_id, plan: event.plan ?? null, isResumed: event.resumed === true,
      expiresAt: event.expires_at ? event.expires_at * 1000 : null,
      // Going on with a session counts for nothing, so what was said of the limit stands.
      rateLimit: event.rate_limit ?? (event.resumed ? this.#snapshot.session?.rateLimit : null) ?? null,
    });
    if (!session.isResumed && this.#snapshot.session) {
      const message = "The earlier conversation could not be found; a new one has begun.";
      this.#emit("notice", Object.freeze({ reason: "session_lost", message, remainingSeconds: null }));
    }
    this.#set({ status: "connected", session, notice: null, error: null });
    if (!session.isResumed) this.send({ type: "session.update", session: this.#wishes() });
    const unsent = this.#unsent;
    this.#unsent = [];
    for (const pcm of unsent) this.#sendAudio(pcm);
    this.#keepPinging();
    this.#emit("ready", session);
    const opening = this.#opening;
    this.#opening = null;
    opening?.resolve();
    this.#act();
  }

  #wishes() {
    const { session = {}, language, transcriptionModel = "gpt-realtime-whisper" } = this.#options;
    const audio = session.audio ?? {};
    const transcription = { model: transcriptionModel, ...(language ? { language: language.slice(0, 2) } : {}) };
    return {
      type: "realtime", output_modalities: ["audio"], ...session,
      audio: { ...audio, input: { transcription, ...audio.input } },
    };
  }

  #notice(event) {
    const notice = Object.freeze({ reason: event.reason, message: event.message, remainingSeconds: event.remaining_seconds ?? null });
    this.#emit("notice", notice);
    if (event.reason === "token_expiring" && this.#options.getToken) {
      this.refreshToken().catch(error => this.#emit("fault", { code: "token_unavailable", message: String(error?.message ?? error) }));
      return;
    }
    this.#stopTimer("notice");
    this.#set({ notice });
  }

  #context(event) {
    const found = Object.freeze({
      itemId: event.item_id ?? null, query: event.query ?? "", status: event.status, sources: Object.freeze(event.sources ?? []),
      coverage: event.coverage ?? null, retrievalMs: event.retrieval_ms ?? null, waitedMs: event.waited_ms ?? null,
    });
    if (found.itemId && this.#transcript.has(found.itemId)) this.#words(found.itemId, { sources: found.sources });
    this.#set({ sources: found });
    this.#emit("sources", found);
  }

  #speechStarted(event) {
    this.#isSpeaking = true;
    this.#isPending = false;
    if (this.#interrupts) this.#silence();
    this.#words(event.item_id, { role: "user" });
    this.#act();
  }

  #answered(response) {
    if (this.#response === response.id) this.#response = null;
    this.#silenced.delete(response.id);
    this.#isPending = false;
    // One that was cut off has not said that its sound is whole.
    for (const [item, id] of this.#responseOf) if (id === response.id) this.#sound?.finish(item);
    for (const item of response.output ?? []) if (this.#transcript.has(item.id)) this.#words(item.id, { isFinal: true });
    if (response.status === "failed") {
      this.#emit("fault", { code: "response_failed", message: "The model could not answer.", ...response.status_details?.error });
    }
    this.#act();
  }

  // ---- Sound out

  #sounded(event) {
    if (this.#silenced.has(event.response_id)) return;
    const bytes = bytesFromBase64(event.delta ?? "");
    if (bytes.length < 2) return;
    this.#responseOf.set(event.item_id, event.response_id);
    if (this.#responseOf.size > 50) this.#responseOf.delete(this.#responseOf.keys().next().value);
    this.#isPending = false;
    this.#isPlaying = true;
    const pcm = new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length >> 1).slice();
    try { this.#sounds().play(event.item_id, pcm); } catch { this.#isPlaying = false; }
    this.#act();
  }

  #played(item, ms, peak) {
    this.#emit("level", { input: null, output: peak });
    const now = this.#world.now();
    if (this.#reported.item === item && now - this.#reported.at < 250) return;
    this.#report(item, ms);
  }

  #report(item, ms) {
    if (this.#reported.item === item && this.#reported.ms === ms) return;
    this.#reported = { item, ms, at: this.#world.now() };
    this.send({ type: "voice.playback", item_id: item, audio_end_ms: ms });
  }

  #playbackEnded(item, ms, isIdle) {
    this.#report(item, ms);
    this.#emit("played", { itemId: item, ms });
    if (!isIdle) return;
    this.#isPlaying = false;
    this.#emit("level", { input: null, output: 0 });
    this.#act();
  }

  /** Silence, now. Answers what was being played, and how much of it was heard. */
  #silence() {
    if (!this.#sound || !this.#isPlaying) return null;
    const heard = this.#sound.stop();
    this.#isPlaying = false;
    if (this.#response) this.#silenced.add(this.#response);
    for (const response of this.#responseOf.values()) if (response) this.#silenced.add(response);
    if (this.#silenced.size > 100) this.#silenced = new Set([...this.#silenced].slice(-50));
    this.#emit("level", { input: null, output: 0 });
    if (!heard) return null;
    this.#report(heard.item, heard.ms);
    if (this.#transcript.has(heard.item)) this.#words(heard.item, { isInterrupted: true });
    this.#emit("interrupted", { itemId: heard.item, heardMs: heard.ms });
    return heard;
  }

  // ---- Sound in

  #heard(pcm, peak) {
    if (this.#snapshot.isMuted) return;
    this.#emit("level", { input: peak, output: null });
    this.#record(pcm);
  }

  #record(pcm) {
    if (this.#snapshot.status === "connected") return this.#sendAudio(pcm);
    // Words that were said while the connection was away: the last five seconds go out when it is back.
    this.#unsent.push(pcm);
    if (this.#unsent.length > 125) this.#unsent.shift();
  }

  #sendAudio(pcm) {
    if (this.#socket?.readyState !== 1) return;
    // The network is slower than speech: what waits longer than this has lost its worth.
    if (this.#socket.bufferedAmount > 1_000_000) return this.#tooSlow();
    const audio = base64FromBytes(new Uint8Array(pcm.buffer, pcm.byteOffset, pcm.byteLength));
    this.#socket.send(`{"type":"input_audio_buffer.append","audio":"${audio}"}`);
  }

  #tooSlow() {
    if (this.#timers.has("slow")) return;
    this.#emit("fault", { code: "slow_network", message: "The network is too slow for your voice." });
    this.#after("slow", 5_000, () => {});
  }

  #heardWords(text, isFinal) {
    if (!this.#snapshot.isMuted) this.send({ type: "voice.partial_transcript", text, is_final: isFinal });
  }

  #closeMicrophone() {
    this.#recogniser?.stop();
    this.#sound?.closeMicrophone();
    if (!this.#snapshot.hasMicrophone) return;
    this.#set({ hasMicrophone: false, isMuted: false });
    this.#emit("level", { input: 0, output: null });
  }

  #sounds() {
    return (this.#sound ??= this.#world.sound({
      heard: (pcm, peak) => this.#heard(pcm, peak), played: (item, ms, peak) => this.#played(item, ms, peak),
      ended: (item, ms, isIdle) => this.#playbackEnded(item, ms, isIdle),
      microphoneLost: () => {
        this.#closeMicrophone();
        this.#fail(new VoiceError("microphone_lost"));
      },
    }, this.#options.workletURL));
  }

  // ---- Telling

  /** A fault that ends nothing. */
  #fail(error) {
    this.#set({ error });
    this.#emit("error", error);
    return error;
  }

  #words(id, change) {
    if (!id) return;
    this.#transcript.put(id, change);
    this.#set({ transcript: this.#transcript.entries });
    this.#emit("transcript", this.#transcript.entries.find(entry => entry.id === id));
  }

  #act() {
    const isOpen = this.#snapshot.status === "connected";
    const activity = this.#isPlaying ? "speaking" : !isOpen ? "idle" : this.#isSpeaking ? "listening" : this.#isPending ? "thinking" : "idle";
    if (activity !== this.#snapshot.activity) this.#set({ activity });
  }

  #set(change) {
    this.#snapshot = Object.freeze({ ...this.#snapshot, ...change });
    for (const listener of [...this.#subscribers]) listener();
    this.#emit("change", this.#snapshot);
  }

  #emit(type, value) {
    for (const listener of [...(this.#listeners.get(type) ?? [])]) {
      // An app's mistake does not stop the voice.
      try { listener(value); } catch (error) { globalThis.reportError ? globalThis.reportError(error) : console.error(error); }
    }
  }

  #after(name, ms, action) {
    this.#stopTimer(name);
    const timer = this.#world.setTimeout(() => {
      this.#timers.delete(name);
      action();
    }, ms);
    this.#timers.set(name, timer);
  }

  #stopTimer(name) {
    if (!this.#timers.has(name)) return false;
    this.#world.clearTimeout(this.#timers.get(name));
    return this.#timers.delete(name);
  }
}
