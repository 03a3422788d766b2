#!/usr/bin/env python3
"""Drives the demo page in headless Chromium over the DevTools protocol.

usage: spoken_turn.py PATH/TO/voice-server MICROPHONE.wav SCRATCH
Starts `voice-server demo`, speaks the WAV into the page, then types; checks what a person would see and hear.
"""
import asyncio, base64, itertools, json, os, re, shutil, signal, socket, subprocess, sys, time, urllib.request

import websockets


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Page:
    """One tab, by the DevTools protocol."""

    def __init__(self, socket):
        self.socket, self.ids, self.waiting, self.problems = socket, itertools.count(1), {}, []
        self.reader = asyncio.create_task(self.read())

    async def read(self):
        async for text in self.socket:
            message = json.loads(text)
            if "id" in message:
                self.waiting.pop(message["id"]).set_result(message)
                continue
            method, params = message["method"], message["params"]
            if method == "Runtime.exceptionThrown":
                self.problems.append(params["exceptionDetails"].get("exception", {}).get("description", str(params)))
            elif method == "Log.entryAdded" and params["entry"]["level"] == "error":
                self.problems.append(params["entry"]["text"])
            elif method == "Runtime.consoleAPICalled" and params["type"] == "error":
                self.problems.append(str(params["args"]))

    async def call(self, method, **params):
        number = next(self.ids)
        self.waiting[number] = asyncio.get_running_loop().create_future()
        await self.socket.send(json.dumps({"id": number, "method": method, "params": params}))
        answer = await asyncio.wait_for(self.waiting[number], 20)
        assert "error" not in answer, answer
        return answer["result"]

    async def value(self, expression):
        result = await self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True, userGesture=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    async def until(self, expression, what, seconds=25):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if await self.value(expression):
                print(f"ok    {what}", flush=True)
                return
            await asyncio.sleep(0.1)
        await self.picture("failed")
        state = await self.value("JSON.stringify({seen: voiceDemo, text: document.body.innerText.slice(0, 1500)})")
        raise AssertionError(f"never: {what}\n{state}\n{self.problems}")

    async def picture(self, name):
        data = (await self.call("Page.captureScreenshot", format="png"))["data"]
        with open(os.path.join(os.environ["SCREENSHOTS"], name + ".png"), "wb") as file:
            file.write(base64.b64decode(data))

    async def key(self, key, code, text=""):
        for kind in ("keyDown", "keyUp"):
            extra = {"text": text} if text and kind == "keyDown" else {}
            await self.call("Input.dispatchKeyEvent", type=kind, key=key, code=code, windowsVirtualKeyCode=ord(key[0]) if len(key) == 1 else 27, **extra)

    async def size(self, width, height, dark):
        await self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500)
        await self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        await asyncio.sleep(0.3)


async def drive(url, port):
    for _ in range(100):
        try:
            pages = json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}/json", timeout=1))
            break
        except OSError:
            await asyncio.sleep(0.1)
    target = next(page for page in pages if page["type"] == "page")
    async with websockets.connect(target["webSocketDebuggerUrl"], max_size=None) as socket:
        page = Page(socket)
        for domain in ("Page", "Runtime", "Log"):
            await page.call(domain + ".enable")
        await page.size(1200, 850, dark=False)
        await page.call("Page.navigate", url=url)
        await page.until("!!window.voiceDemo", "the page runs")
        await page.until("!location.search.includes('token')", "the token left the address bar")
        await page.key(" ", "Space", " ")  # As a person at a keyboard: space begins to talk.
        await page.until("voiceDemo.ready", "the session is admitted")
        await page.until("voiceDemo.speechStarted > 0", "speech is heard")
        await page.until("document.querySelector('.say.you span')?.textContent.split(' ').length > 2", "the user's words are shown")
        await page.until("voiceDemo.speechStopped > 0", "the end of speech is heard")
        await page.until("document.querySelector('.say.it span')?.textContent.length > 10", "the answer is shown")
        await page.until("voiceDemo.playedSamples > 24000", "the answer is heard")
        await page.until("document.querySelectorAll('#plot rect').length >= 3", "the turn's latency is drawn")
        await page.until("/\\d:\\d\\d/.test(document.getElementById('clock').textContent)", "the clock runs")
        await page.until("/\\d of \\d|no limit/.test(document.getElementById('quota').textContent)", "the quota is shown")
        await page.picture("spoken-light")
        await page.value("document.getElementById('mic').click()")
        await page.value("document.getElementById('text').focus()")
        await page.call("Input.insertText", text="And one by keyboard, please")
        await page.key("Enter", "Enter", "\r")
        await page.until("[...document.querySelectorAll('.say.it span')].some(e => e.textContent.includes('by keyboard'))", "a typed turn is answered")
        await page.until("voiceDemo.turns.length >= 2 && voiceDemo.turns.at(-1).typed", "and drawn")
        await page.size(1200, 850, dark=True)
        await page.picture("typed-dark")
        await page.size(360, 780, dark=False)
        await page.until("document.documentElement.scrollWidth <= 360", "no sideways scrolling on a phone")
        await page.picture("phone")
        await page.value("document.getElementById('end').click()")
        await page.until("document.getElementById('state').textContent === 'ended'", "the session ends")
        await page.until("document.body.innerText.includes('turns,')", "and is summed up")
        assert not page.problems, page.problems
        print("ok    no error in the console", flush=True)


def main():
    server_path, wav, scratch = sys.argv[1:4]
    port, debug = free_port(), free_port()
    server = subprocess.Popen([server_path, "demo", "--port", str(port)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    url = None
    for line in server.stdout:
        found = re.search(r"http://127\.0\.0\.1:\d+/\?token=\S+", line)
        if found:
            url = found.group(0)
            break
    assert url, "demo printed no URL"
    chromium = subprocess.Popen([
        shutil.which("chromium") or shutil.which("chromium-browser") or "chromium", "--headless=new", "--no-sandbox", "--disable-gpu",
        f"--remote-debugging-port={debug}", f"--user-data-dir={scratch}/profile", "--no-first-run", "--disable-dev-shm-usage",
        "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream", f"--use-file-for-fake-audio-capture={wav}%noloop",
        "--autoplay-policy=no-user-gesture-required", "about:blank",
    ], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        asyncio.run(drive(url, debug))
        print("1 passed, 0 failed")
    finally:
        chromium.kill()
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()


main()
