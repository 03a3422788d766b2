"""A tab of a headless Firefox, driven by WebDriver BiDi, which it speaks by itself."""
import asyncio, json, os, re, subprocess

import websockets

from .page import Page

PREFERENCES = """
user_pref("media.navigator.streams.fake", true);
user_pref("media.navigator.permission.disabled", true);
user_pref("media.autoplay.default", 0);
user_pref("media.autoplay.blocking_policy", 0);
user_pref("media.autoplay.block-webaudio", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("app.update.enabled", false);
"""
KEYS = {"Enter": "\ue007", "Escape": "\ue00c", "ArrowUp": "\ue013"}


class Firefox:
    """The browser: `async with Firefox(folder) as page`."""

    def __init__(self, folder):
        self.folder = folder
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, "user.js"), "w") as file:
            file.write(PREFERENCES)

    async def __aenter__(self):
        self.process = subprocess.Popen(
            ["firefox-esr", "--headless", "--no-remote", "--profile", self.folder, "--remote-debugging-port", "0", "about:blank"],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env={**os.environ, "HOME": self.folder, "MOZ_CRASHREPORTER_DISABLE": "1"})
        address = await asyncio.wait_for(asyncio.to_thread(self.address), 120)
        self.drain = asyncio.create_task(asyncio.to_thread(lambda: [None for _ in self.process.stderr]))
        self.socket = await websockets.connect(address + "/session", max_size=None, ping_interval=None)
        page = FoxPage(self.socket)
        await page.begin()
        return page

    def address(self):
        for line in self.process.stderr:
            found = re.search(r"WebDriver BiDi listening on (ws://\S+)", line)
            if found:
                return found.group(1)
        raise AssertionError("Firefox did not start")

    async def __aexit__(self, *_):
        await self.socket.close()
        self.process.terminate()
        try:
            await asyncio.to_thread(self.process.wait, 15)
        except subprocess.TimeoutExpired:
            self.process.kill()


class FoxPage(Page):
    """One tab, by WebDriver BiDi."""

    def __init__(self, socket):
        super().__init__(socket, "firefox")

    async def begin(self):
        await self.call("session.new", capabilities={})
        await self.call("session.subscribe", events=["log.entryAdded"])
        self.context = (await self.call("browsingContext.getTree"))["contexts"][0]["context"]

    async def read(self):
        try:
            async for text in self.socket:
                message = json.loads(text)
                if message.get("id") in self.waiting:
                    self.waiting.pop(message["id"]).set_result(message)
                elif message.get("method") == "log.entryAdded" and message["params"]["level"] == "error":
                    self.problems.append(str(message["params"].get("text")))
        finally:
            for future in self.waiting.values():
                if not future.done():
                    future.set_exception(ConnectionError("Firefox has closed the connection"))

    async def before_load(self, script):
        await self.call("script.addPreloadScript", functionDeclaration="() => {" + script + "}")

    async def open(self, url):
        await self.call("browsingContext.navigate", context=self.context, url=url, wait="complete")

    async def value(self, expression):
        """The value of an expression, or of the promise that it is: that is kept in the page, since Firefox forgets some of its own."""
        await self.evaluate(f"void (window.asked = undefined, Promise.resolve({expression}).then(v => {{ window.asked = JSON.stringify(v) ?? 'null'; }}, "
                            "e => { window.asked = JSON.stringify({failed: String(e)}); }))")
        for _ in range(600):
            text = await self.evaluate("window.asked")
            if text is not None:
                return json.loads(text)
            await asyncio.sleep(0.05)
        raise AssertionError(f"no value: {expression}")

    async def evaluate(self, expression):
        result = await self.call(
            "script.evaluate", expression=expression, awaitPromise=False, target={"context": self.context}, userActivation=True)
        assert result["type"] == "success", result
        return result["result"].get("value")

    async def run(self, script):
        await self.evaluate(script)

    async def capture(self):
        return (await self.call("browsingContext.captureScreenshot", context=self.context))["data"]

    async def key(self, key, code="", text=""):
        value = KEYS.get(key, key)
        await self.call("input.performActions", context=self.context, actions=[
            {"type": "key", "id": "keyboard", "actions": [{"type": "keyDown", "value": value}, {"type": "keyUp", "value": value}]}])

    async def type(self, text):
        actions = [{"type": kind, "value": letter} for letter in text for kind in ("keyDown", "keyUp")]
        await self.call("input.performActions", context=self.context, actions=[{"type": "key", "id": "keyboard", "actions": actions}])

    async def size(self, width, height, dark):
        await self.call("browsingContext.setViewport", context=self.context, viewport={"width": width, "height": height})
        await asyncio.sleep(0.3)
