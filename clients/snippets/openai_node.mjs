// openai-node (7.x, Node 22 or later) by way of the gateway: baseURL and apiKey. npm install openai ws
// It dials wss:// always, so VOICE_URL begins with https://: TLS by the gateway, or by a proxy in front. NODE_EXTRA_CA_CERTS names
// the authority of a certificate of your own.
import OpenAI from "openai";
import { OpenAIRealtimeWS } from "openai/realtime/ws";

const client = new OpenAI({ baseURL: `${process.env.VOICE_URL}/v1`, apiKey: process.env.VOICE_TOKEN });
const realtime = new OpenAIRealtimeWS({ model: "gpt-realtime-2.1" }, client);

realtime.socket.on("open", () => {
  realtime.send({ type: "session.update", session: { type: "realtime", output_modalities: ["text"] } });
  realtime.send({ type: "conversation.item.create", item: { type: "message", role: "user", content: [{ type: "input_text", text: "What are your opening hours?" }] } });
  realtime.send({ type: "response.create" });
});
realtime.on("response.output_text.delta", event => process.stdout.write(event.delta));
realtime.on("response.done", () => {
  process.stdout.write("\n");
  realtime.close();
});
realtime.on("error", error => console.error(error.message));
