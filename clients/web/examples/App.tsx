import { StrictMode, useState } from "react";
import type { FormEvent } from "react";
import { createRoot } from "react-dom/client";
import { VoiceRealtimeButton } from "../VoiceRealtimeButton";
import { useVoiceRealtime } from "../useVoiceRealtime";

// Your own server signs the user's token; here the page was opened with one.
const token = new URLSearchParams(location.search).get("token");
const getToken = () => token;

/** A conversation with all that the hook tells. */
function Conversation() {
  const voice = useVoiceRealtime({ getToken });
  const [text, setText] = useState("");
  const send = (event: FormEvent) => {
    event.preventDefault();
    voice.sendText(text);
    setText("");
  };
  return (
    <main>
      <h1>Voice Realtime in React</h1>
      <p>
        <button id="talk" onClick={voice.hasMicrophone ? voice.toggleMute : voice.start}>
          {!voice.hasMicrophone ? "Talk" : voice.isMuted ? "Unmute" : "Mute"}
        </button>{" "}
        <button id="stop" disabled={voice.activity !== "speaking"} onClick={voice.interrupt}>Interrupt</button>{" "}
        <button id="end" disabled={!voice.isOpen} onClick={voice.end}>End</button>
      </p>
      <p role="status" id="state">{voice.status === "connected" ? voice.activity : voice.status}</p>
      {voice.notice && <p id="notice">{voice.notice.message}</p>}
      {voice.error && <p role="alert" id="error">{voice.error.message}</p>}
      <ol aria-live="polite">
        {voice.transcript.map(entry => (
          <li key={entry.id} className={entry.role}>
            <b>{entry.role === "user" ? "You" : "Voice"}</b>{entry.isInterrupted && " (interrupted)"}: <span>{entry.text}</span>
          </li>
        ))}
      </ol>
      <form onSubmit={send}>
        <input id="text" aria-label="Message" value={text} onChange={event => setText(event.target.value)} /> <button>Send</button>
      </form>
    </main>
  );
}

const isButton = new URLSearchParams(location.search).has("button");
createRoot(document.getElementById("root")!).render(<StrictMode>{isButton ? <VoiceRealtimeButton getToken={getToken} /> : <Conversation />}</StrictMode>);
