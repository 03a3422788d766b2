#!/usr/bin/env python3
"""Drives the demo page in headless Chromium over the DevTools protocol.

usage: spoken_turn.py PATH/TO/voice-server MICROPHONE.wav SCRATCH
Starts `voice-server demo`, speaks the WAV into the page, then types; checks what a person would see and hear.
"""
import asyncio, json, re, shutil, signal, socket, subprocess, sys, time, urllib.request

import websockets

from tab import Page


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


async def drive(url, port):
    for _ in range(100):
        try:
            pages = json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}/json", timeout=1))
            break
        except OSError:
            await asyncio.sleep(0.1)
    target = next(page for page in pages if page["type"] == "page")
    async with websockets.connect(target["webSocketDebuggerUrl"], max_size=None) as socket:
        page = Page(socket, "JSON.stringify({seen: voiceDemo, text: document.body.innerText.slice(0, 1500)})")
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
