"""The real binary as a child process, watched from outside."""
import asyncio, json, os, re, signal, subprocess, threading, time, urllib.request


class Gateway:
    def __init__(self, server, upstream_port, secret, **settings):
        self.lines, self.ended, self.samples = [], {}, []
        self.process = subprocess.Popen([server, "run"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env={
            **os.environ, "ENABLE_VOICE_REALTIME": "true", "OPENAI_API_KEY": "chaos", "JWT_SECRET": secret, "VOICE_ADMIN_LOOPBACK": "true", "PORT": "0",
            "OPENAI_REALTIME_URL": f"ws://127.0.0.1:{upstream_port}/v1/realtime", "VOICE_ALLOWED_MODELS": "*", "LOG_FORMAT": "json",
            "VOICE_MAX_SESSIONS_PER_HOUR": "0", "VOICE_MAX_CONCURRENT_SESSIONS": "0", "VOICE_MAX_CONNECTIONS_PER_IP": "100000", **settings})
        self.port = None
        threading.Thread(target=self.read, daemon=True).start()
        deadline = time.monotonic() + 20
        while self.port is None:
            assert time.monotonic() < deadline and self.process.poll() is None, "".join(self.lines)
            time.sleep(0.02)

    def read(self):
        for line in self.process.stderr:
            if len(self.lines) < 200_000:
                self.lines.append(line)
            if found := re.search(r"listening on http://[^:]+:(\d+)", line):
                self.port = int(found[1])
            if re.search(r'"Session vs_[0-9a-f]+ (ended|refused): ', line):
                entry = json.loads(line)
                self.ended.setdefault(entry["model"], []).append(entry["reason"])

    def stats(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/v1/voice/stats", timeout=20) as answer:
            return json.load(answer)

    def sample(self):
        """(resident KiB, descriptors, CPU seconds)"""
        root = f"/proc/{self.process.pid}"
        with open(root + "/status") as status:
            resident = int(re.search(r"VmRSS:\s+(\d+)", status.read())[1])
        with open(root + "/stat") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return resident, len(os.listdir(root + "/fd")), (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    async def watch(self, every=2.0):
        while self.process.poll() is None:
            self.samples.append((time.monotonic(), *self.sample()))
            await asyncio.sleep(every)

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return self.process.returncode


async def loop_lag(*lags):
    """How late the test itself is: what it measures is no better than that."""
    while True:
        due = time.monotonic() + 0.01
        await asyncio.sleep(0.01)
        for lag in lags:
            lag.append(time.monotonic() - due)


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))] if values else float("nan")
