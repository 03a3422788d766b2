// A browser to try VoiceRealtime in: its sockets, clock, sound and gateway are the test's own.
import { VoiceRealtime } from "../voice-realtime.js";

export class Scene {
  sockets = [];
  timers = [];
  now = 0;
  fetched = [];
  told = [];
  sound = null;
  recogniser = null;
  /** Why the microphone is not given. */
  refusal = null;
  /** What `POST /v1/voice/tickets` answers. */
  ticketAnswer = () => ({ status: 200, body: { ticket: `ticket-${this.fetched.length}`, expires_in: 30 } });

  constructor(options = {}) {
    const scene = this;
    class Socket {
      readyState = 0;
      bufferedAmount = 0;
      sent = [];
      closedWith = null;
      constructor(url, protocols) {
        this.url = new URL(url);
        this.protocols = protocols;
        scene.sockets.push(this);
      }
      send(text) { this.sent.push(JSON.parse(text)); }
      close(code, reason) {
        this.closedWith = { code, reason };
        this.readyState = 3;
      }
    }
    class Sound {
      calls = [];
      isRecording = false;
      isRunning = true;
      now = null;
      constructor(told) {
        this.told = told;
        scene.sound = this;
      }
      unlock() { this.calls.push("unlock"); }
      async openMicrophone() {
        if (scene.refusal) throw scene.refusal;
        this.isRecording = true;
        this.calls.push("open");
      }
      closeMicrophone() {
        this.isRecording = false;
        this.calls.push("closeMicrophone");
      }
      setMuted(isMuted) { this.calls.push(isMuted ? "mute" : "unmute"); }
      play(item, pcm) { this.calls.push(`play ${item} ${pcm.length}`); }
      finish(item) { this.calls.push(`finish ${item}`); }
      stop() {
        this.calls.push("stop");
        const now = this.now;
        this.now = null;
        return now;
      }
      close() { this.calls.push("close"); }
    }
    class Recogniser {
      isRunning = false;
      constructor(language, say) {
        this.language = language;
        this.say = say;
        scene.recogniser = this;
      }
      start() { this.isRunning = true; }
      stop() { this.isRunning = false; }
    }
    this.client = new VoiceRealtime({
      url: "https://voice.example.com", getToken: async () => "jwt", ...options,
      environment: {
        WebSocket: Socket, random: () => 0.5, now: () => this.now,
        setTimeout: (action, ms) => {
          const timer = { at: this.now + ms, action };
          this.timers.push(timer);
          return timer;
        },
        clearTimeout: timer => { this.timers = this.timers.filter(other => other !== timer); },
        fetch: async (url, request) => {
          this.fetched.push({ url, request });
          const answer = this.ticketAnswer(request);
          if (answer instanceof Error) throw answer;
          return {
            ok: answer.status < 300, status: answer.status, json: async () => answer.body,
            headers: { get: name => answer.headers?.[name] ?? null },
          };
        },
        sound: told => new Sound(told), recogniser: (language, say) => new Recogniser(language, say),
      },
    });
    for (const type of ["ready", "error", "fault", "ended", "notice", "reconnecting", "interrupted", "sources", "summary"]) {
      this.client.on(type, value => this.told.push([type, value]));
    }
  }

  get socket() { return this.sockets.at(-1); }
  get snapshot() { return this.client.getSnapshot(); }
  named(type) { return this.told.filter(([name]) => name === type).map(([, value]) => value); }
  sent(type) { return this.socket.sent.filter(event => event.type === type); }

  /** Lets promises run, and timers for this long. */
  async pass(ms = 0) {
    const end = this.now + ms;
    for (;;) {
      for (let i = 0; i < 20; i++) await null;
      const next = this.timers.filter(timer => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.timers = this.timers.filter(timer => timer !== next);
      this.now = next.at;
      next.action();
    }
    this.now = end;
  }

  say(event) { this.socket.onmessage({ data: JSON.stringify(event) }); }

  drop(code = 1006, reason = "") {
    this.socket.readyState = 3;
    this.socket.onclose({ code, reason });
  }

  /** The gateway refuses or ends: one error event and a close. */
  refuse(code, closeCode, more = {}) {
    if (this.socket.readyState === 0) this.socket.onopen();
    this.say({ type: "error", error: { type: "invalid_request_error", code, message: code, ...more } });
    this.drop(closeCode, code);
  }

  admit(more = {}) {
    this.socket.readyState = 1;
    this.socket.onopen?.();
    this.say({
      type: "voice.session.ready", session_id: "vs_1", user_id: "ada", plan: "elite", resumed: false, expires_at: 1_800_000_000,
      max_duration_seconds: 600, rate_limit: { limit: 5, remaining: 4, reset_seconds: 3600 }, ...more,
    });
  }

  static async open(options) {
    const scene = new Scene(options);
    const opened = scene.client.connect();
    await scene.pass();
    scene.admit();
    await opened;
    return scene;
  }
}

export const audioOf = samples => Buffer.from(new Int16Array(samples).buffer).toString("base64");
