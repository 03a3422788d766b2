/** Types of voice-realtime.js: one spoken conversation with a gateway. */

export type VoiceStatus = "idle" | "connecting" | "connected" | "reconnecting" | "ended";

/** The user is heard (`listening`), the model is waited for (`thinking`) or heard (`speaking`). */
export type VoiceActivity = "idle" | "listening" | "thinking" | "speaking";

/** `resume`: tried again by itself. `token`: the app is asked for another token, once. `new`: the user may start again; `later`: after a while. */
export type VoiceRetry = "resume" | "token" | "new" | "later" | "never";

export interface VoiceTokenRequest {
  /** `open`: for a new connection. `refused`: the last one was not accepted. `expiring`: the session ends unless a newer one comes. */
  reason: "open" | "refused" | "expiring";
}

export interface VoiceRealtimeOptions {
  /** The gateway's address, `https://voice.example.com` or with a path in front of `/v1`. Default: the page's own host. */
  url?: string;
  /** Gives the user's JWT. The client changes it into a ticket, so that no JWT stands in an address, and refreshes it when it expires. */
  getToken?: (request: VoiceTokenRequest) => Promise<string | null> | string | null;
  /** Gives a ticket that the app's own server got from `POST /v1/voice/tickets`. Then no JWT reaches the page, and none is refreshed. */
  getTicket?: (request: VoiceTokenRequest) => Promise<string | null> | string | null;
  /** A model that the gateway allows. Default: the gateway's own. */
  model?: string;
  /** Goes on with an earlier session. */
  sessionId?: string;
  /** Wishes for the session, as in `session.update` of the Realtime API. */
  session?: Record<string, unknown>;
  /** Model that writes down what the user says. */
  transcriptionModel?: string;
  /** BCP 47 tag of what the user speaks, such as `fr-FR`. Default: the recognisers find out. */
  language?: string;
  /**
   * Sends the interim words of the browser's own recogniser, where it has one, so that context is looked for sooner.
   * Chromium's recogniser sends the audio to its maker: ask the user first. Default: false.
   */
  interimWords?: boolean;
  reconnect?: Partial<ReconnectionLimits>;
  /** Address of this module itself, for pages whose policy allows no `blob:` scripts. */
  workletURL?: string;
  pingIntervalMs?: number;
  openTimeoutMs?: number;
  /** Sockets, clock and sound in place of the browser's, for tests. */
  environment?: Record<string, unknown>;
}

export interface ReconnectionLimits {
  /** Tries in a row before a session is given up. Default: 8, over about half a minute. */
  attempts: number;
  /** The same before the first session is there. Default: 3. */
  firstAttempts: number;
  firstDelayMs: number;
  longestDelayMs: number;
}

export interface VoiceSource {
  title?: string;
  /** Headings above the passage. */
  section?: string | null;
  source?: string;
  score?: number;
  snippet?: string;
}

export interface VoiceSources {
  readonly itemId: string | null;
  readonly query: string;
  readonly status: "hit" | "late" | "miss" | "stale" | "error" | "off";
  readonly sources: readonly VoiceSource[];
  /** Share of the question's content words in `query`, 0 to 1. */
  readonly coverage: number | null;
  readonly retrievalMs: number | null;
  readonly waitedMs: number | null;
}

export interface TranscriptEntry {
  readonly id: string;
  readonly role: "user" | "assistant";
  readonly text: string;
  /** False while words still come. */
  readonly isFinal: boolean;
  /** The user spoke before it was heard to its end. */
  readonly isInterrupted: boolean;
  /** Sources that were found for this question. */
  readonly sources: readonly VoiceSource[];
}

export interface VoiceSession {
  readonly id: string;
  readonly userId: string;
  readonly plan: string | null;
  readonly isResumed: boolean;
  /** Milliseconds since 1970; null: no limit. */
  readonly expiresAt: number | null;
  readonly rateLimit: { limit: number; remaining: number; reset_seconds: number } | null;
}

export interface VoiceNotice {
  /** `time_limit`, `draining`, `token_expiring`, `idle`, `restored`, `session_lost`, or the code of what is being recovered from. */
  readonly reason: string;
  readonly message: string;
  readonly remainingSeconds: number | null;
}

/** State of a conversation. A new object with every change, and the same one until then. */
export interface VoiceSnapshot {
  readonly status: VoiceStatus;
  readonly activity: VoiceActivity;
  readonly hasMicrophone: boolean;
  readonly isMuted: boolean;
  readonly transcript: readonly TranscriptEntry[];
  /** Sources of the last question. */
  readonly sources: VoiceSources | null;
  readonly notice: VoiceNotice | null;
  /** Reason of the end, the refusal, or the missing microphone. */
  readonly error: VoiceError | null;
  readonly session: VoiceSession | null;
  /** The last `voice.turn.metrics`. */
  readonly metrics: Record<string, unknown> | null;
  /** The last `voice.session.summary`. */
  readonly summary: Record<string, unknown> | null;
}

export interface RealtimeEvent {
  type: string;
  [member: string]: unknown;
}

export interface VoiceEvents {
  change: VoiceSnapshot;
  ready: VoiceSession;
  transcript: TranscriptEntry;
  sources: VoiceSources;
  /** Peaks between 0 and 1, some 25 times a second; null: says nothing of that side. */
  level: { input: number | null; output: number | null };
  notice: VoiceNotice;
  reconnecting: { error: VoiceError; attempt: number; afterMs: number };
  interrupted: { itemId: string; heardMs: number };
  /** An item was heard to its end. */
  played: { itemId: string; ms: number };
  metrics: RealtimeEvent;
  summary: RealtimeEvent;
  /** An end of the session, or of its microphone. */
  error: VoiceError;
  /** A fault that ends nothing: an answer that failed, an event that was refused, a network that is too slow. */
  fault: { code?: string | null; message?: string; [member: string]: unknown };
  ended: VoiceError;
  /** Every event of the gateway, as it came. */
  event: RealtimeEvent;
  /** Every event that was sent, audio aside. */
  sent: RealtimeEvent;
}

export interface Ending {
  readonly closeCode: number;
  readonly retry: VoiceRetry;
  readonly message: string;
}

/** Every way a session ends or is refused, by code. */
export const ENDINGS: { readonly [code: string]: Ending };

export class VoiceError extends Error {
  constructor(code: string, details?: Partial<Pick<VoiceError, "closeCode" | "reason" | "retry" | "retryAfterSeconds" | "message">>);
  readonly code: string;
  /** Code of the close frame; 0: there was none. */
  readonly closeCode: number;
  /** Reason of the close frame, or what the browser said. */
  readonly reason: string;
  readonly retry: VoiceRetry;
  readonly retryAfterSeconds: number | null;
}

/** Reads the meaning of a close frame; `lastError` is the body of the `error` event before it. */
export function endingOf(
  closeCode: number, reason?: string, lastError?: { code?: string | null; message?: string; retry_after_seconds?: number } | null,
): VoiceError;

export type Reconnection = { kind: "end" } | { kind: "retry"; afterMs: number; resumes: boolean; needsToken: boolean };

/** Decides what follows a connection's end. Pure. */
export class ReconnectionStateMachine {
  constructor(limits?: Partial<ReconnectionLimits>);
  readonly attempts: number;
  admitted(): void;
  ended(error: VoiceError, now: { hasSession: boolean; wanted: boolean; random: number }): Reconnection;
}

/** Words of both sides, in the order in which they began. Pure. */
export class Transcript {
  static most: number;
  readonly entries: readonly TranscriptEntry[];
  put(id: string, change: Partial<TranscriptEntry> | ((entry: TranscriptEntry) => Partial<TranscriptEntry>)): void;
  has(id: string): boolean;
  finish(): void;
}

/** Classes of the audio thread; `scope` is the AudioWorkletGlobalScope, or any object. */
export function audioProcessors(scope: object): { Resampler: unknown; Recorder: unknown; Player: unknown };

export function base64FromBytes(bytes: Uint8Array): string;
export function bytesFromBase64(text: string): Uint8Array;

export class VoiceRealtime {
  /** Touches nothing of the browser yet, so that it may be made on a server. */
  constructor(options?: VoiceRealtimeOptions);

  /** True where the browser has what a spoken conversation takes. */
  static readonly isSupported: boolean;
  static readonly initialSnapshot: VoiceSnapshot;

  /** Opens the microphone, then the session. Call it in the handler of a click or a key. Throws {@link VoiceError}. */
  start(options?: { deviceId?: string }): Promise<void>;
  /** Opens the session without a microphone. Throws {@link VoiceError} when it is refused or given up. */
  connect(): Promise<void>;
  /** Asks by keyboard; opens the session where there is none. */
  sendText(text: string): Promise<void>;
  setMuted(isMuted: boolean): void;
  /** Gives the microphone back; the session goes on. */
  stopMicrophone(): void;
  /** Stops the answer that is being spoken. */
  interrupt(): void;
  /** Sends any event of the Realtime API. False: there is no connection. */
  send(event: RealtimeEvent): boolean;
  /** Offers a newer token of the same user; without one `getToken` is asked. */
  refreshToken(token?: string): Promise<boolean>;
  /** Ends the session: the gateway sends a summary and closes. */
  end(): void;
  /** Drops everything at once. The object can be used again. */
  close(): void;

  getSnapshot: () => VoiceSnapshot;
  subscribe: (listener: () => void) => () => void;
  /** Answers the function that takes the listener away. */
  on<Name extends keyof VoiceEvents>(type: Name, listener: (value: VoiceEvents[Name]) => void): () => void;
}
