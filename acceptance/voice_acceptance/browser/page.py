"""What a page of any browser can do that is driven by JSON messages over a WebSocket. Screenshots go to $SCREENSHOTS."""
import asyncio, base64, itertools, json, os, time


class Page:
    """One tab. A browser's own protocol adds `read`, `value`, `capture` and what users do."""

    def __init__(self, socket, name, state="1"):
        """`state` is the expression whose value is told when something that was waited for never came."""
        self.socket, self.name, self.state, self.ids, self.waiting, self.problems = socket, name, state, itertools.count(1), {}, []
        self.reader = asyncio.create_task(self.read())

    async def call(self, method, **params):
        number = next(self.ids)
        self.waiting[number] = asyncio.get_running_loop().create_future()
        await self.socket.send(json.dumps({"id": number, "method": method, "params": params}))
        answer = await asyncio.wait_for(self.waiting[number], 60)
        assert "error" not in answer, answer
        return answer["result"]

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
        data = await self.capture()
        with open(os.path.join(os.environ["SCREENSHOTS"], f"{self.name}-{name}.png"), "wb") as file:
            file.write(base64.b64decode(data))
