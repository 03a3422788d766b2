"use client";

import { useRef } from "react";
import type { CSSProperties } from "react";
import { useVoiceLevel, useVoiceRealtime } from "./useVoiceRealtime";
import type { UseVoiceRealtime } from "./useVoiceRealtime";
import type { VoiceRealtimeOptions } from "./voice-realtime.js";

export interface VoiceButtonLabels {
  start: string;
  connecting: string;
  reconnecting: string;
  mute: string;
  unmute: string;
  end: string;
  listening: string;
  thinking: string;
  speaking: string;
  ready: string;
  /** Texts by code in place of the module's English ones. */
  errors?: { [code: string]: string };
}

export const englishLabels: VoiceButtonLabels = {
  start: "Talk", connecting: "Connecting…", reconnecting: "Reconnecting…", mute: "Mute", unmute: "Unmute", end: "End",
  listening: "Listening", thinking: "Thinking", speaking: "Speaking", ready: "Say something",
};

export const frenchLabels: VoiceButtonLabels = {
  start: "Parler", connecting: "Connexion…", reconnecting: "Reconnexion…", mute: "Couper le micro", unmute: "Rétablir le micro",
  end: "Terminer", listening: "Je vous écoute", thinking: "Je réfléchis", speaking: "Je réponds", ready: "Dites quelque chose",
  errors: {
    feature_disabled: "La voix est désactivée pour le moment.",
    auth_token_missing: "Connectez-vous pour utiliser la voix.",
    auth_token_invalid: "Votre connexion n’a pas été acceptée. Reconnectez-vous.",
    auth_token_expired: "Votre connexion a expiré. Reconnectez-vous.",
    plan_not_allowed: "Votre abonnement ne comprend pas la voix.",
    feature_not_available: "La voix n’est pas encore disponible pour votre compte.",
    concurrent_limit_exceeded: "Trop de conversations vocales sont ouvertes. Terminez-en une.",
    rate_limit_exceeded: "Vous avez commencé trop de conversations vocales. Réessayez plus tard.",
    model_not_allowed: "Ce modèle n’est pas autorisé.",
    session_replaced: "Cette conversation continue dans une autre fenêtre.",
    session_revoked: "Votre accès à la voix a été retiré.",
    cost_limit_exceeded: "Votre limite de dépense du jour est atteinte.",
    upstream_unavailable: "Le service vocal est injoignable.",
    session_time_limit: "Le temps de cette conversation est écoulé. Vous pouvez en commencer une autre.",
    idle_timeout: "La conversation s’est terminée faute de parole.",
    slow_consumer: "Votre connexion est trop lente pour le son.",
    internal_error: "Le serveur a rencontré un problème.",
    connection_lost: "La connexion a été perdue.",
    connection_refused: "Le serveur n’a pas accepté la connexion.",
    unreachable: "Le serveur est injoignable.",
    token_unavailable: "L’application n’a pas pu vous identifier.",
    microphone_denied: "Le micro est bloqué. Autorisez-le pour cette page.",
    microphone_missing: "Aucun micro n’a été trouvé.",
    microphone_lost: "Le micro a été débranché.",
    audio_unsupported: "Ce navigateur ne donne le micro qu’aux pages en https.",
  },
};

export interface VoiceRealtimeButtonProps extends VoiceRealtimeOptions {
  labels?: VoiceButtonLabels;
  className?: string;
}

/** A button to talk and to mute, one to end, and a line that says how it stands. */
export function VoiceRealtimeButton({ labels = englishLabels, className, ...options }: VoiceRealtimeButtonProps) {
  const voice = useVoiceRealtime(options);
  const button = useRef<HTMLButtonElement>(null);
  useVoiceLevel(voice.client, level => button.current?.style.setProperty("--level", Math.max(level.input, level.output).toFixed(2)));

  return (
    <div className={className} role="group" style={row}>
      <button
        ref={button} type="button" aria-pressed={voice.hasMicrophone && !voice.isMuted} data-activity={voice.activity} style={main}
        disabled={voice.status === "connecting" && !voice.hasMicrophone}
        onClick={voice.hasMicrophone ? voice.toggleMute : voice.start}
      >
        {voice.hasMicrophone ? (voice.isMuted ? labels.unmute : labels.mute) : labels.start}
      </button>
      {voice.isOpen && <button type="button" style={plain} onClick={voice.end}>{labels.end}</button>}
      <span role="status" aria-live="polite">{said(voice, labels)}</span>
      {voice.error && <span role="alert">{labels.errors?.[voice.error.code] ?? voice.error.message}</span>}
    </div>
  );
}

function said(voice: UseVoiceRealtime, labels: VoiceButtonLabels): string {
  switch (voice.status) {
    case "idle":
    case "ended": return "";
    case "connecting": return labels.connecting;
    case "reconnecting": return labels.reconnecting;
    case "connected": return voice.activity === "idle" ? (voice.hasMicrophone && !voice.isMuted ? labels.ready : "") : labels[voice.activity];
  }
}

const row: CSSProperties = { display: "inline-flex", flexWrap: "wrap", alignItems: "center", gap: "0.5rem" };
const plain: CSSProperties = {
  font: "inherit", padding: "0.5rem 0.9rem", borderRadius: "0.6rem", border: "1px solid currentColor", background: "none", color: "inherit",
};
const main: CSSProperties = {
  ...plain, border: "1px solid transparent", background: "#0a6e60", color: "#fff",
  boxShadow: "0 0 0 calc(var(--level, 0) * 0.6rem) rgb(10 125 108 / 35%)",
};
