#!/usr/bin/env python3
"""How soon a session is open: without connections that wait (VOICE_UPSTREAM_WARM), with them, and with sessions that wait.

usage: warm.py [--delay-ms 30] [--sessions 40]

Upstream is the simulator behind a line that takes its time in each direction. Sessions open one after the other on one event loop, in
turn at three gateways. Exit 0: a connection that waited saves a round trip at least, and a session that waited is there within 5 ms at
the median; where upstream restarts, sessions open all the same.
"""
import argparse
import asyncio
import statistics
import time

from voice_acceptance import Gateway, Simulator, WebSocket, limit, ok, server_binary, until


class Line:
    """Passes bytes on to `port`, each `delay` seconds late; a connection costs a round trip, as TCP's handshake does."""

    def __init__(self, port: int, delay: float):
        self.target, self.delay, self.accepted = port, delay, 0

    async def start(self) -> int:
        server = await asyncio.start_server(self.accept, "127.0.0.1", 0)
        return server.sockets[0].getsockname()[1]

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        try:
            back, forth = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            return writer.transport.abort()
        # The kernel has greeted already: the first bytes carry the round trip that the greeting would have taken.
        try:
            await asyncio.gather(self.carry(reader, forth, 3 * self.delay), self.carry(back, writer, self.delay))
        except (OSError, asyncio.CancelledError):
            writer.transport.abort()

    async def carry(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, first: float) -> None:
        loop, began, queue = asyncio.get_running_loop(), time.monotonic(), asyncio.Queue()

        async def deliver() -> None:
            while item := await queue.get():
                due, data = item
                await asyncio.sleep(max(0.0, due - loop.time()))
                sink.write(data)
            sink.close()

        delivery = asyncio.create_task(deliver())
        while data := await source.read(65_536):
            # Of a connection that waited, the greeting is long over.
            late = max(self.delay, first - (time.monotonic() - began))
            queue.put_nowait((loop.time() + late, data))
        queue.put_nowait(None)
        await delivery


async def opening(gateway: Gateway, token: str) -> float:
    """Seconds from the request for a session to `session.created`."""
    began = time.monotonic()
    socket = await WebSocket.open(gateway.port, token=token)
    await socket.until("session.created")
    took = time.monotonic() - began
    socket.send({"type": "voice.session.end"})
    await socket.closed()
    return took


async def run(options: argparse.Namespace) -> None:
    server = server_binary()
    simulator = Simulator(server)
    line = Line(int(simulator.url.split(":")[2].split("/")[0]), options.delay_ms / 1_000)
    url = f"ws://127.0.0.1:{await line.start()}/v1/realtime"
    common = {"VOICE_EVENT_LOOPS": "1"}
    gateways = {
        "plain": Gateway(server, url, **common), "connections": Gateway(server, url, VOICE_UPSTREAM_WARM="4", **common),
        "sessions": Gateway(server, url, VOICE_UPSTREAM_WARM="4", VOICE_UPSTREAM_WARM_SESSIONS="true", **common),
    }  # fmt: skip
    took: dict[str, list[float]] = {name: [] for name in gateways}
    await asyncio.sleep(1)
    for number in range(options.sessions):
        for name, gateway in gateways.items():
            took[name].append(1_000 * await opening(gateway, gateway.token()))
        await asyncio.sleep(4 * options.delay_ms / 1_000)
    for name, times in took.items():
        times.sort()
        print(f"{name:12} p50 {statistics.median(times):7.2f} ms   p90 {times[len(times) * 9 // 10]:7.2f} ms   longest {times[-1]:7.2f} ms")
    plain, connections, sessions = (statistics.median(times) for times in took.values())
    assert connections <= plain - 1.5 * options.delay_ms, "a connection that waited saves less than a round trip"
    assert sessions <= 5, "a session that waited is not there at once"
    for name in ("connections", "sessions"):
        counted = {line.split()[0]: float(line.split()[1]) for line in gateways[name].get("/metrics")[1].splitlines() if line.startswith("voice_upstream_warm")}
        hits = counted['voice_upstream_warm_dials_total{result="hit"}']
        assert hits >= 0.9 * options.sessions, counted
    ok("sessions open sooner on what waited")

    # Upstream goes and comes back: what waited is gone with it.
    simulator.kill()
    again = Simulator(server)
    line.target = int(again.url.split(":")[2].split("/")[0])
    for name, gateway in gateways.items():
        assert await opening(gateway, gateway.token()) < 4, name
    ok("a restarted upstream is dialled anew")
    for gateway in gateways.values():
        assert gateway.stop() < 10
    until(lambda: not any(gateway.is_running for gateway in gateways.values()), 5)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--delay-ms", type=float, default=30)
    parser.add_argument("--sessions", type=int, default=40)
    limit(180)
    asyncio.run(run(parser.parse_args()))


main()
