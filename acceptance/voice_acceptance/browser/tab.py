"""A tab of a headless Chromium, driven over the DevTools protocol. Screenshots go to $SCREENSHOTS."""
import asyncio, base64, itertools, json, os, shutil, subprocess, time, urllib.request

import websockets


CODES = {"Enter": 13, "Escape": 27, "ArrowLeft": 37, "ArrowUp": 38}


class Chromium:
    """The browser: `async with Chromium(folder, port, microphone) as page`; what `microphone` holds is heard once."""

    def __init__(self, folder, port, microphone=None):
        self.folder, self.port, self.microphone = folder, port, microphone

    async def __aenter__(self):
        self.process = subprocess.Popen([
            shutil.which("chromium") or "chromium", "--headless=new", "--no-sandbox", "--disable-gpu",
            f"--remote-debugging-port={self.port}", f"--user-data-dir={self.folder}", "--no-first-run", "--disable-dev-shm-usage",
            "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream",
            *([f"--use-file-for-fake-audio-capture={self.microphone}%noloop"] if self.microphone else []),
            "--autoplay-policy=no-user-gesture-required", "about:blank",
        ], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        pages = []
        for _ in range(600):
            try:
                pages = json.load(urllib.request.urlopen(f"http://127.0.0.1:{self.port}/json", timeout=1))
                break
            except OSError:
                await asyncio.sleep(0.1)
        target = next(page for page in pages if page["type"] == "page")
        self.socket = await websockets.connect(target["webSocketDebuggerUrl"], max_size=None, ping_interval=None)
        page = Page(self.socket)
        for domain in ("Page", "Runtime", "Log"):
            await page.call(domain + ".enable")
        return page

    async def __aexit__(self, *_):
        await self.socket.close()
        self.process.kill()
        self.process.wait()


class Page:
    """One tab, by the DevTools protocol."""

    def __init__(self, socket, state="1"):
        """`state` is the expression whose value is told when something that was waited for never came."""
        self.socket, self.state, self.ids, self.waiting, self.problems, self.name = socket, state, itertools.count(1), {}, [], "chromium"
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
        answer = await asyncio.wait_for(self.waiting[number], 60)
        assert "error" not in answer, answer
        return answer["result"]

    async def before_load(self, script):
        await self.call("Page.addScriptToEvaluateOnNewDocument", source=script)

    async def open(self, url):
        await self.call("Page.navigate", url=url)
        await self.until("document.readyState === 'complete' && location.href !== 'about:blank'", f"{url.split('?')[0]} is loaded")

    async def value(self, expression):
        result = await self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True, userGesture=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    async def run(self, script):
        await self.value(script)

    async def until(self, expression, what, seconds=40):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if await self.value(expression):
                print(f"ok    {self.name}: {what}", flush=True)
                return
            await asyncio.sleep(0.1)
        await self.picture("failed")
        state = await self.value(self.state)
        raise AssertionError(f"never: {what}\n{state}\n{self.problems}")

    async def picture(self, name):
        data = (await self.call("Page.captureScreenshot", format="png"))["data"]
        with open(os.path.join(os.environ["SCREENSHOTS"], f"{self.name}-{name}.png"), "wb") as file:
            file.write(base64.b64decode(data))

    async def key(self, key, code, text=""):
        for kind in ("keyDown", "keyUp"):
            extra = {"text": text} if text and kind == "keyDown" else {}
            await self.call("Input.dispatchKeyEvent", type=kind, key=key, code=code, windowsVirtualKeyCode=CODES.get(key) or ord(key[0]), **extra)

    async def type(self, text):
        await self.call("Input.insertText", text=text)

    async def size(self, width, height, dark):
        await self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500)
        await self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        await asyncio.sleep(0.3)
