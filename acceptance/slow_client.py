#!/usr/bin/env python3
"""What one slow client costs the others: the delay of audio from upstream to client, without and with one who hardly reads.

usage: slow_client.py SERVER [--sessions 200] [--rounds 6] [--seconds 20] [--seed N]

Every client listens to an answer that never ends: upstream sends each session a delta of 100 ms every 100 ms, marked with the time,
and one of them eight times as much every 20 ms. In every other round that one, with a small receive buffer, reads what the buffer holds every 2 s, so
that its megabytes wait in the gateway. The rounds alternate on the same sessions, so that both see the same machine. Exit 0: the others' p99 with it is less than 20 % above that
without, or differs by less than the spread of the rounds without it, in which case nothing can be told and that is said.
"""
import argparse, asyncio, gc, random, re, statistics, time

from voice_acceptance import mint, peer
from chaos import Report
from voice_acceptance.chaos.upstream import DELTA_TAIL, Upstream
from voice_acceptance.chaos.watch import WatchedGateway, loop_lag, percentile

SENT = re.compile(rb'"chaos_sent":([0-9.]+)')
DELTA = b'{"type":"response.output_audio.delta"'


class Listener:
    def __init__(self, name):
        self.name, self.ws, self.delays, self.is_recording, self.bytes, self.error = name, None, [], False, 0, None
        self.is_over = False

    def opened(self, ws):
        ws.send(b'{"type":"response.create"}')

    def received(self, ws, payload):
        if payload.startswith(DELTA):
            if self.is_recording:
                self.delays.append(time.monotonic() - float(SENT.search(payload)[1]))
        elif payload.startswith(b'{"type":"error"') or b'"error":{' in payload[:200]:
            self.error = payload

    def closed(self, ws, code, reason):
        self.is_over = True
        self.error = self.error or f"{code} {reason}"

    async def dawdle(self, until):
        """Reads what one receive buffer holds every 2 s."""
        self.ws.pause()
        while time.monotonic() < until and not self.is_over:
            await asyncio.sleep(2)
            self.ws.resume()
            await asyncio.sleep(0)
            self.ws.pause()
        self.ws.resume()


async def main(options):
    gc.freeze()
    gc.disable()
    report = Report(None)
    upstream = Upstream(random.Random(options.seed), report, faults=False, deltas=1 << 40, delta_interval=0.1)
    upstream.line("l0").delta_interval, upstream.line("l0").delta_tail = 0.02, DELTA_TAIL * 8
    server = await peer.serve(upstream)
    gateway = WatchedGateway(
        options.server, f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1/realtime", VOICE_MAX_SESSION_SECONDS="3600", VOICE_IDLE_TIMEOUT_SECONDS="0",
        VOICE_CLIENT_BUFFER_BYTES=str(256 << 20))
    lags = []
    lag = asyncio.create_task(loop_lag(lags))
    try:
        listeners = [Listener(f"l{index}") for index in range(options.sessions)]
        for index, listener in enumerate(listeners):
            path = f"/v1/ws/voice?model={listener.name}&token={mint(listener.name)}"
            listener.ws = await peer.dial(listener, gateway.port, path, 16_384 if index == 0 else None)
            await asyncio.sleep(0.05 / options.sessions * 7)
        slow, others = listeners[0], listeners[1:]
        await asyncio.sleep(3)
        figures = {False: [], True: []}
        for number in range(options.rounds):
            is_slow = number % 2 == 1
            until = time.monotonic() + options.seconds
            dawdling = asyncio.create_task(slow.dawdle(until)) if is_slow else None
            for listener in others:
                listener.is_recording = True
            await asyncio.sleep(options.seconds)
            for listener in others:
                listener.is_recording = False
            delays = [delay for listener in others for delay in listener.delays]
            for listener in others:
                listener.delays = []
            figures[is_slow].append(percentile(delays, 0.99))
            print(f"{'one slow' if is_slow else 'none slow'}: {len(delays)} deltas, p50 {percentile(delays, 0.5) * 1000:.2f} ms, "
                  f"p99 {figures[is_slow][-1] * 1000:.2f} ms; {gateway.sample()[0]} KiB resident", flush=True)
            if dawdling:
                await dawdling
                await asyncio.sleep(5)      # what waited for it is read
        gone = [listener.name for listener in listeners if listener.is_over]
    finally:
        lag.cancel()
        gateway.stop()
        server.close()
    if gone:
        print(f"BROKEN sessions ended: {gone}")
        return 1
    without, with_it = statistics.median(figures[False]), statistics.median(figures[True])
    spread = max(figures[False]) / min(figures[False]) - 1
    change = with_it / without - 1
    print(f"p99 of the {options.sessions - 1} others, median of {len(figures[True])} rounds each: {without * 1000:.2f} ms without, "
          f"{with_it * 1000:.2f} ms with one slow client: {change * 100:+.1f} % (rounds without one differ by {spread * 100:.0f} %; "
          f"the test's own loop is late by {percentile(lags, 0.99) * 1000:.2f} ms at p99)")
    if change < 0.2:
        return 0
    print("BROKEN" if change > spread else "the machine is too restless to tell")
    return 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("server")
    parser.add_argument("--sessions", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--seed", type=int, default=1)
    raise SystemExit(asyncio.run(main(parser.parse_args())))
