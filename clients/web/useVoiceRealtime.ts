"use client";

import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { VoiceRealtime } from "./voice-realtime.js";
import type { VoiceRealtimeOptions, VoiceSnapshot } from "./voice-realtime.js";

export interface UseVoiceRealtime extends VoiceSnapshot {
  readonly client: VoiceRealtime;
  readonly isOpen: boolean;
  /** Begins to listen. Call it in the handler of a click or a key. Never throws: `error` says what happened. */
  start: () => void;
  end: () => void;
  toggleMute: () => void;
  interrupt: () => void;
  sendText: (text: string) => void;
}

const nothing = () => {};
const serverSnapshot = () => VoiceRealtime.initialSnapshot;

/**
 * One conversation that lives as long as the component. The functions of `options` may be new with every render; the rest is read once:
 * give the component another `key` to begin with other options.
 *
 * For React 18 and 19, in strict mode too, and when rendered on a server.
 */
export function useVoiceRealtime(options: VoiceRealtimeOptions): UseVoiceRealtime {
  const latest = useRef(options);
  useEffect(() => { latest.current = options; });

  const [client] = useState(() => new VoiceRealtime({
    ...options,
    ...(options.getToken ? { getToken: request => latest.current.getToken?.(request) ?? null } : {}),
    ...(options.getTicket ? { getTicket: request => latest.current.getTicket?.(request) ?? null } : {}),
  }));
  const snapshot = useSyncExternalStore(client.subscribe, client.getSnapshot, serverSnapshot);
  // Strict mode runs this twice: a client that was closed can be used again.
  useEffect(() => () => client.close(), [client]);

  const start = useCallback(() => { client.start().catch(nothing); }, [client]);
  const end = useCallback(() => client.end(), [client]);
  const toggleMute = useCallback(() => client.setMuted(!client.getSnapshot().isMuted), [client]);
  const interrupt = useCallback(() => client.interrupt(), [client]);
  const sendText = useCallback((text: string) => { client.sendText(text).catch(nothing); }, [client]);
  const isOpen = snapshot.status !== "idle" && snapshot.status !== "ended";

  return { ...snapshot, client, isOpen, start, end, toggleMute, interrupt, sendText };
}

/** Calls `show` with the level of the microphone and of the answer, 0 to 1, without rendering anything again. */
export function useVoiceLevel(client: VoiceRealtime, show: (level: { input: number; output: number }) => void): void {
  const latest = useRef(show);
  useEffect(() => { latest.current = show; });
  useEffect(() => {
    const now = { input: 0, output: 0 };
    return client.on("level", level => {
      if (level.input !== null) now.input = level.input;
      if (level.output !== null) now.output = level.output;
      latest.current(now);
    });
  }, [client]);
}
