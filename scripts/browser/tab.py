"""A tab of a headless Chromium, driven over the DevTools protocol. Screenshots go to $SCREENSHOTS."""
import asyncio, base64, itertools, json, os, time


class Page:
    """One tab, by the DevTools protocol."""

    def __init__(self, socket, state):
        """`state` is the expression whose value is told when something that was waited for never came."""
        self.socket, self.state, self.ids, self.waiting, self.problems = socket, state, itertools.count(1), {}, []
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
        state = await self.value(self.state)
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
