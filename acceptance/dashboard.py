#!/usr/bin/env python3
"""The dashboard in headless Chromium while callers talk: what it shows, by eye (screenshots in $SCREENSHOTS) and by question.

usage: dashboard.py
"""
import asyncio, os, tempfile

from voice_acceptance import ROOT, Gateway, Simulator, converse, limit, mint, needs, ok, server_binary

needs("websockets")
from voice_acceptance.browser.tab import Chromium


async def callers(gateway, stop):
    """Five people who talk, and some who are not let in."""
    tokens = [mint(f"user-{n}") for n in range(5)]

    async def one(n):
        while not stop.is_set():
            await converse(gateway, tokens[n], typed=1, spoken=1)
            if n == 0:
                await converse(gateway, "no.good.token")
    await asyncio.gather(*(one(n) for n in range(5)))


async def look(gateway, simulator):
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        async with Chromium(profile) as page:
            page.state = "JSON.stringify({frames: voiceDashboard.frames, text: document.body.innerText.slice(0, 1500)})"
            await page.call("Network.enable")
            await watch(page, gateway, simulator)


async def watch(page, gateway, simulator):
    await page.size(1280, 1500, dark=False)
    await page.call("Page.navigate", url=gateway.url + "/dashboard")
    await page.until("window.voiceDashboard?.frames > 1", "figures come in")
    await page.until("document.getElementById('status').textContent === 'healthy'", "the server is healthy")
    stop = asyncio.Event()
    load = asyncio.create_task(callers(gateway, stop))
    await page.until("voiceDashboard.frame.stats.sessions.active >= 4", "open sessions are shown")
    await page.until("document.querySelectorAll('#latency circle').length >= 3", "latencies are drawn", 60)
    await page.until("document.querySelector('#latency .limit.good') && /limit 800/.test(document.getElementById('latency').textContent)",
                     "with their limit, green", 60)
    await page.until("document.querySelectorAll('#fall svg').length >= 3", "the last turns are drawn", 60)
    await page.until("document.querySelectorAll('#cost rect').length && /budget/.test(document.getElementById('cost').textContent)",
                     "cost by day is drawn, with the budget", 60)
    await page.until("document.querySelectorAll('#adoption rect').length === 2", "and adoption", 60)
    await page.until("/auth_token_invalid/.test(document.getElementById('endings').textContent)", "refusals are told", 60)
    await page.until("/\\$\\d/.test(document.getElementById('models').textContent)", "and spend by model", 60)
    await page.until("voiceDashboard.points.size >= 4", "time passes", 60)
    texts = "[...document.querySelectorAll('#%s text[text-anchor=%s]')].map(t => t.textContent)"
    for plot in ("sessions", "retrievals", "adoption"):
        await page.until(texts % (plot, "end") + ".every(t => /^[0-9]+$/.test(t))", f"counts of {plot} are whole numbers")
    await page.until("(all => new Set(all).size === all.length)(" + texts % ("sessions", "middle") + ")", "no time stands twice on an axis")
    await page.picture("dashboard-light")
    await page.value("document.getElementById('latency').focus()")
    await page.key("ArrowLeft", "ArrowLeft")
    await page.until("/p95/.test(document.querySelector('#latency + .readout').textContent)", "arrow keys read values")
    await page.key("1", "Digit1", "1")
    await page.until("document.getElementById('span').textContent === '5 minutes'", "keys choose the time shown")
    await page.key("p", "KeyP", "p")
    await page.until("voiceDashboard.paused", "and stop it")
    await page.key("p", "KeyP", "p")
    await page.size(1280, 1500, dark=True)
    await asyncio.sleep(2.5)
    await page.picture("dashboard-dark")
    await page.size(360, 780, dark=False)
    await asyncio.sleep(2.5)
    await page.until("document.documentElement.scrollWidth <= 360", "no sideways scrolling on a phone")
    await page.picture("dashboard-phone")
    # Faults are red.
    await page.size(1280, 900, dark=False)
    simulator.stop()
    stop.set()
    await asyncio.gather(load, return_exceptions=True)
    for _ in range(3):
        await converse(gateway, mint())
    await page.until("!!document.querySelector('#errors .limit.bad') && !!document.querySelector('.tile.bad')", "faults turn it red", 30)
    await page.picture("dashboard-red")
    foreign = await page.value("performance.getEntriesByType('resource').map(e => e.name).filter(n => !n.startsWith(location.origin))")
    assert not foreign, foreign
    ok("nothing is loaded from elsewhere")
    assert not page.problems, page.problems
    ok("no error in the console")
    gateway.terminate()
    await page.until("!document.getElementById('gone').hidden", "a server that is gone is told", 30)


def main():
    limit(300)
    os.environ.setdefault("SCREENSHOTS", str(ROOT / "reports/dashboard"))
    os.makedirs(os.environ["SCREENSHOTS"], exist_ok=True)
    server = server_binary()
    simulator = Simulator(server)
    gateway = Gateway(server, simulator.url, VOICE_BUDGET_USD_PER_DAY="0.05")
    try:
        asyncio.run(look(gateway, simulator))
    finally:
        gateway.stop()
        simulator.stop()


main()
