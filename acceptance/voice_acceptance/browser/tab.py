"""A tab of a headless Chromium, driven over the DevTools protocol."""
import asyncio, json, os, shutil, subprocess, urllib.request

import websockets

from .page import Page

CODES = {"Enter": 13, "Escape": 27, "ArrowLeft": 37, "ArrowUp": 38}


class Chromium:
    """The browser: `async with Chromium(folder, microphone) as page`; what `microphone` holds is heard once."""

    def __init__(self, folder, microphone=None):
        self.folder, self.microphone = folder, microphone

    async def __aenter__(self):
        self.process = subprocess.Popen([
            shutil.which("chromium") or "chromium", "--headless=new", "--no-sandbox", "--disable-gpu",
            "--remote-debugging-port=0", f"--user-data-dir={self.folder}", "--no-first-run", "--disable-dev-shm-usage",
            "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream",
            *([f"--use-file-for-fake-audio-capture={self.microphone}%noloop"] if self.microphone else []),
            "--autoplay-policy=no-user-gesture-required", "about:blank",
        ], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        pages = []
        for _ in range(600):
            try:
                # Written once it listens: the port that it took, and a path.
                with open(os.path.join(self.folder, "DevToolsActivePort")) as file:
                    port = int(file.readline())
                pages = json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}/json", timeout=1))
                if any(page["type"] == "page" for page in pages):
                    break
            except (OSError, ValueError):
                pass
            await asyncio.sleep(0.1)
        target = next(page for page in pages if page["type"] == "page")
        self.socket = await websockets.connect(target["webSocketDebuggerUrl"], max_size=None, ping_interval=None)
        page = ChromiumPage(self.socket)
        for domain in ("Page", "Runtime", "Log"):
            await page.call(domain + ".enable")
        return page

    async def __aexit__(self, *_):
        await self.socket.close()
        self.process.kill()
        self.process.wait()


class ChromiumPage(Page):
    """One tab, by the DevTools protocol."""

    def __init__(self, socket):
        super().__init__(socket, "chromium")

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

    async def capture(self):
        return (await self.call("Page.captureScreenshot", format="png"))["data"]

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
