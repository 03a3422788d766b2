"""A gateway with the simulator behind it, on free ports, and callers who talk to it. For the telemetry tests."""
import asyncio, base64, json, math, os, re, signal, socket, struct, subprocess, tempfile, threading, time, urllib.request

import websockets

# Of the scripts, and no setting of the server's.
os.environ.pop("VOICE_SERVER", None)
TONE = b"".join(struct.pack("<h", int(9_000 * math.sin(i * 0.08))) for i in range(24_000))
QUIET = b"\0\0" * 24_000


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Process:
    """A program whose lines are kept."""

    def __init__(self, arguments, **environment):
        self.lines = []
        self.process = subprocess.Popen(
            arguments, env={**os.environ, **environment}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line)

    def wait_for(self, pattern, seconds=20):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for line in list(self.lines):
                found = re.search(pattern, line)
                if found:
                    return found.group(1)
            assert self.process.poll() is None, "".join(self.lines)
            time.sleep(0.05)
        raise AssertionError(f"never said {pattern}: " + "".join(self.lines))

    def stop(self, seconds=30):
        """Seconds that it took."""
        start = time.monotonic()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.process.kill()
                raise
        self.reader.join(5)
        return time.monotonic() - start


class Gateway(Process):
    def __init__(self, server, upstream, secret="a-secret-of-the-telemetry-tests-alone", **settings):
        self.secret, self.server = secret, server
        super().__init__([server, "run"], **{
            "ENABLE_VOICE_REALTIME": "true", "OPENAI_API_KEY": "simulator", "OPENAI_REALTIME_URL": upstream, "PORT": "0",
            "JWT_SECRET": secret, "VOICE_ADMIN_LOOPBACK": "true", "VOICE_MAX_SESSIONS_PER_HOUR": "0", "VOICE_MAX_CONCURRENT_SESSIONS": "0", "VOICE_DRAIN_SECONDS": "2",
            "LOG_FORMAT": "json", "RETRY_MAX_ATTEMPTS": "1", **settings})
        self.url = self.wait_for(r"listening on (http:[^\"\s]+)")

    def token(self, user="ada", plan="elite", *more):
        return subprocess.run(
            [self.server, "token", "--user", user, "--plan", plan, *more], env={**os.environ, "JWT_SECRET": self.secret}, check=True,
            capture_output=True, text=True).stdout.strip()

    def get(self, path, **headers):
        with urllib.request.urlopen(urllib.request.Request(self.url + path, headers=headers), timeout=10) as answer:
            return answer.headers.get("Content-Type"), answer.read().decode()


class Simulator(Process):
    def __init__(self, server, *knobs):
        super().__init__([server, "simulate", "--port", "0", *knobs])
        self.url = self.wait_for(r"(ws:[^ \s]+)")


async def converse(gateway, token, typed=1, spoken=0, text="hello there", model=None, headers=None, end=True):
    """Turns in one session; answers the types of all events."""
    query = f"?token={token}" + (f"&model={model}" if model else "")
    seen = []
    async with websockets.connect(
            gateway.url.replace("http:", "ws:") + "/v1/ws/voice" + query, additional_headers=headers or {}, max_size=None) as socket:
        async def until(*wanted):
            while True:
                event = json.loads(await asyncio.wait_for(socket.recv(), 30))
                seen.append(event)
                if event["type"] in wanted:
                    return event
        try:
            await until("session.created", "error")
            if seen[-1]["type"] == "error":
                await until("never")
            for _ in range(typed):
                await socket.send(json.dumps({"type": "conversation.item.create", "item": {
                    "type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}}))
                await socket.send(json.dumps({"type": "response.create"}))
                await until("response.done")
            for _ in range(spoken):
                for sound in (TONE, QUIET):
                    for start in range(0, len(sound), 4_800):
                        await socket.send(json.dumps({
                            "type": "input_audio_buffer.append", "audio": base64.b64encode(sound[start:start + 4_800]).decode()}))
                await until("response.done")
            if end:
                await socket.send(json.dumps({"type": "voice.session.end"}))
                await until("never")
        except websockets.ConnectionClosed as closed:
            seen.append({"type": "close", "code": closed.rcvd.code if closed.rcvd else None})
    return seen
