#!/usr/bin/env python3
"""Speaks a WAV file or the microphone to a gateway, and prints what both sides say.

    pip install websockets                 # and sounddevice, for --microphone and --play
    ./voice_client.py --token "$TOKEN" question.wav
    ./voice_client.py --token "$TOKEN" --microphone --play
    ./voice_client.py --token "$TOKEN" --text "What are your opening hours?"

The token stands in a header; `VOICE_TOKEN` is read where none is named. A line that drops is come back to with the session's name.
"""
import argparse
import array
import asyncio
import base64
import json
import os
import random
import sys
import wave

import websockets

RATE = 24_000
PIECE = RATE // 25  # 40 ms
# Endings after which the conversation goes on: see the table in clients/web/README.md.
RESUMED = {1001, 1006, 1011, 1012, 1013}


def read_wave(path):
    """Samples of a WAV file, mono at 24 kHz."""
    try:
        with wave.open(path, "rb") as file:
            if file.getsampwidth() != 2:
                raise SystemExit(f"voice_client: {path}: expected 16 bit samples")
            channels, rate = file.getnchannels(), file.getframerate()
            samples = array.array("h", file.readframes(file.getnframes()))
    except OSError as error:
        raise SystemExit(f"voice_client: {path}: {error.strerror}") from None
    except (EOFError, wave.Error) as error:
        raise SystemExit(f"voice_client: {path} is no WAV file of PCM samples: {str(error) or 'it is too short'}") from None
    if not samples:
        raise SystemExit(f"voice_client: {path} holds no sound")
    if sys.byteorder == "big":
        samples.byteswap()
    if channels > 1:
        samples = array.array("h", (sum(samples[i:i + channels]) // channels for i in range(0, len(samples) - channels + 1, channels)))
    if rate == RATE:
        return samples
    out = array.array("h")
    for index in range(len(samples) * RATE // rate):
        place = index * rate / RATE
        left = int(place)
        right = min(left + 1, len(samples) - 1)
        out.append(int(samples[left] + (samples[right] - samples[left]) * (place - left)))
    return out


def little_endian(samples):
    if sys.byteorder == "big":
        samples = array.array("h", samples)
        samples.byteswap()
    return samples.tobytes()


def require_sound(microphone, play):
    """Ends the program with what is missing, before a session is opened for nothing."""
    try:
        import sounddevice
    except (ImportError, OSError) as error:
        raise SystemExit(f"voice_client: no sound: {error}. Needed: pip install sounddevice, and PortAudio (Debian: apt install libportaudio2)")
    try:
        if microphone:
            sounddevice.check_input_settings(channels=1, dtype="int16", samplerate=RATE)
        if play:
            sounddevice.check_output_settings(channels=1, dtype="int16", samplerate=RATE)
    except (sounddevice.PortAudioError, ValueError) as error:
        raise SystemExit(f"voice_client: no sound device takes 24 kHz mono: {error}. Devices: python3 -m sounddevice")


async def spoken(samples):
    """Pieces of speech as a microphone would give them, then silence, so that its end is heard."""
    clock = asyncio.get_running_loop()
    due = clock.time()
    for start in range(0, len(samples), PIECE):
        piece = samples[start:start + PIECE]
        yield little_endian(piece + array.array("h", bytes(2 * (PIECE - len(piece)))))
        due += 0.04
        await asyncio.sleep(max(0, due - clock.time()))
    while True:
        yield bytes(2 * PIECE)
        due += 0.04
        await asyncio.sleep(max(0, due - clock.time()))


async def recorded():
    """Pieces of the default microphone. Without echo cancellation: wear headphones."""
    import sounddevice
    loop, pieces = asyncio.get_running_loop(), asyncio.Queue(maxsize=250)

    def heard(data, _frames, _time, _status):
        loop.call_soon_threadsafe(lambda piece: pieces.full() or pieces.put_nowait(piece), bytes(data))

    with sounddevice.RawInputStream(samplerate=RATE, channels=1, dtype="int16", blocksize=PIECE, callback=heard):
        while True:
            yield await pieces.get()


class Loudspeaker:
    """Plays what comes, falls silent at once, and knows how much of an item was heard."""

    def __init__(self, is_on):
        self.queue, self.item, self.played = bytearray(), None, 0
        self.stream = None
        if is_on:
            import sounddevice
            self.stream = sounddevice.RawOutputStream(samplerate=RATE, channels=1, dtype="int16", blocksize=PIECE, callback=self.fill)
            self.stream.start()

    def fill(self, out, _frames, _time, _status):
        piece = bytes(self.queue[:len(out)])
        del self.queue[:len(out)]
        self.played += len(piece)
        out[:] = piece + bytes(len(out) - len(piece))

    def play(self, item, pcm):
        if item != self.item:
            self.item, self.played = item, 0
        if self.stream:
            self.queue += pcm
        else:
            self.played += len(pcm)  # Without a loudspeaker all of it counts as heard.

    def stop(self):
        self.queue.clear()

    @property
    def milliseconds(self):
        return self.played * 1000 // (2 * RATE)


class Refused(Exception):
    pass


class Conversation:
    def __init__(self, options):
        self.options, self.session, self.attempts = options, None, 0
        self.samples = read_wave(options.file) if options.file else None
        self.speaker = Loudspeaker(options.play)
        self.turns, self.error, self.is_over = 0, None, False

    @property
    def url(self):
        base = self.options.url.rstrip("/")
        base = base.replace("http", "ws", 1) if base.startswith("http") else base
        address = base if base.endswith("/v1/ws/voice") else base + "/v1/ws/voice"
        return address + (f"?session_id={self.session}" if self.session else "")

    async def run(self):
        """Until it is over, over as many connections as that takes."""
        while True:
            try:
                return await self.connect()
            except websockets.ConnectionClosedOK:
                return
            except websockets.InvalidURI as error:
                raise Refused(f"{error}; expected a URL such as http://127.0.0.1:8080") from error
            except (OSError, asyncio.TimeoutError, websockets.InvalidHandshake, websockets.ConnectionClosed) as error:
                code = getattr(getattr(error, "rcvd", None), "code", 1006)
                self.attempts += 1
                if code not in RESUMED or self.attempts > (8 if self.session else 3):
                    raise Refused(self.told(error)) from error
                delay = min(8, 0.2 * 2 ** self.attempts) * random.uniform(0.5, 1)
                print(f"-- the line dropped ({self.told(error)}), again in {delay:.1f} s", file=sys.stderr)
                await asyncio.sleep(delay)

    def told(self, error):
        if self.error:
            wait = self.error.get("retry_after_seconds")
            return f"{self.error.get('code')}: {self.error.get('message')}" + (f" (again in {wait} s)" if wait else "")
        return str(error)

    async def connect(self):
        headers = {"Authorization": f"Bearer {self.options.token}"} if self.options.token else {}
        async with websockets.connect(self.url, additional_headers=headers, subprotocols=["realtime"], max_size=None) as socket:
            self.error = None
            tasks = [asyncio.create_task(self.listen(socket))]
            try:
                source = recorded() if self.options.microphone else spoken(self.samples) if self.samples else None
                if source:
                    tasks.append(asyncio.create_task(self.speak(socket, source)))
                tasks.append(asyncio.create_task(self.report(socket)))
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    async def speak(self, socket, source):
        async for piece in source:
            if self.session:
                await socket.send(json.dumps({"type": "input_audio_buffer.append", "audio": base64.b64encode(piece).decode()}))

    async def report(self, socket):
        """Tells what was heard, so that the gateway knows where an interrupted answer ends."""
        last = None
        while True:
            await asyncio.sleep(0.25)
            now = (self.speaker.item, self.speaker.milliseconds)
            if now != last and self.speaker.item:
                await socket.send(json.dumps({"type": "voice.playback", "item_id": now[0], "audio_end_ms": now[1]}))
                last = now

    async def listen(self, socket):
        async for text in socket:
            was_over = self.is_over
            await self.heard(socket, json.loads(text))
            if self.is_over and not was_over:
                await socket.send(json.dumps({"type": "voice.session.end"}))
        if self.error:
            raise websockets.ConnectionClosedError(socket.protocol.close_rcvd, socket.protocol.close_sent)

    async def heard(self, socket, event):
        kind = event["type"]
        if kind == "voice.session.ready":
            self.session, self.attempts = event["session_id"], 0
            if event["resumed"]:
                return print(f"-- goes on with {self.session}", file=sys.stderr)
            await socket.send(json.dumps({"type": "session.update", "session": {
                "type": "realtime", "output_modalities": ["audio"],
                "audio": {"input": {"transcription": {"model": "gpt-realtime-whisper"}}}}}))
            if self.options.text:
                await socket.send(json.dumps({"type": "conversation.item.create", "item": {
                    "type": "message", "role": "user", "content": [{"type": "input_text", "text": self.options.text}]}}))
                await socket.send(json.dumps({"type": "response.create"}))
                print(f"you:   {self.options.text}")
        elif kind == "input_audio_buffer.speech_started":
            self.speaker.stop()
        elif kind == "conversation.item.input_audio_transcription.completed":
            print(f"you:   {event['transcript']}", flush=True)
        elif kind == "response.output_audio.delta":
            self.speaker.play(event["item_id"], base64.b64decode(event["delta"]))
        elif kind in ("response.output_audio_transcript.done", "response.output_text.done"):
            print(f"voice: {event.get('transcript') or event.get('text')}", flush=True)
        elif kind == "voice.rag.context" and event.get("sources"):
            print("       from " + ", ".join(dict.fromkeys(source.get("title") or source.get("source") or "?" for source in event["sources"])), flush=True)
        elif kind == "voice.turn.metrics" and event.get("speech_stopped_to_first_audio_ms") is not None:
            print(f"       first sound after {event['speech_stopped_to_first_audio_ms']} ms", flush=True)
        elif kind == "voice.session.notice":
            print(f"-- {event['message']}", file=sys.stderr)
        elif kind == "voice.session.summary":
            print(f"-- {event['duration_seconds']:.1f} s, {event['turns']} turns, {event['usage']['total_tokens']} tokens", file=sys.stderr)
        elif kind == "response.done" and event["response"]["status"] == "completed":
            self.turns += 1
            # What was said may be written down after it was answered.
            await asyncio.sleep(0.5)
            self.is_over = not self.options.microphone and self.turns >= self.options.turns
        elif kind == "error":
            self.error = event["error"]
            print(f"-- {self.error.get('code')}: {self.error.get('message')}", file=sys.stderr)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("file", nargs="?", help="a WAV file, 16 bit")
    parser.add_argument("--url", default="http://127.0.0.1:8080", help="the gateway")
    parser.add_argument("--token", default=os.environ.get("VOICE_TOKEN"), help="the user's JWT")
    parser.add_argument("--microphone", action="store_true", help="speak, until Ctrl-C")
    parser.add_argument("--play", action="store_true", help="hear the answers")
    parser.add_argument("--text", help="a typed question")
    parser.add_argument("--turns", type=int, default=1, help="answers to wait for")
    options = parser.parse_args()
    if not (options.file or options.microphone or options.text):
        parser.error("name a WAV file, --microphone or --text")
    if options.microphone or options.play:
        require_sound(options.microphone, options.play)
    try:
        asyncio.run(Conversation(options).run())
    except Refused as refusal:
        raise SystemExit(f"voice_client: {refusal}")
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
