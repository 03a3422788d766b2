#!/usr/bin/env python3
"""People in a browser: they speak, interrupt, lose the network, type, and are refused. Screenshots go to $SCREENSHOTS.

usage: browser.py PATH/TO/voice-server SCRATCH BROWSER…      BROWSER: chromium or firefox
SCRATCH holds app/ and app19/ (the examples, compiled for React 18 and 19; speech.wav), microphone.wav and, where axe is to look, axe.min.js.
"""
import asyncio, json, os, sys

from voice_acceptance import Demo
from voice_acceptance.browser.fox import Firefox
from voice_acceptance.browser.tab import Chromium
from voice_acceptance.browser.wire import Wire

# A microphone into which a test speaks: `speak()` says the WAV.
MICROPHONE = """
if (navigator.mediaDevices) navigator.mediaDevices.getUserMedia = async wishes => {
  window.wished = wishes;
  const context = window.mouth ??= new AudioContext();
  const stream = context.createMediaStreamDestination();
  const hum = context.createConstantSource();
  hum.offset.value = 0;
  hum.connect(stream);
  hum.start();
  window.ear = stream;
  return stream.stream;
};
window.speak = async () => {
  const bytes = await (await fetch("/app/speech.wav")).arrayBuffer();
  const source = window.mouth.createBufferSource();
  source.buffer = await window.mouth.decodeAudioData(bytes);
  source.connect(window.ear);
  source.start();
};
// In the page: a busy machine takes longer to ask from outside than the answer lasts.
window.speakOnce = isTime => {
  const timer = setInterval(() => isTime() && (clearInterval(timer), speak()), 20);
};
"""
STATE = "({demo: window.voiceDemo && [voiceDemo.client.getSnapshot(), voiceDemo.speechStarted, voiceDemo.playedMs], text: document.body.innerText.slice(0, 1500)})"


async def axe(page, scratch, name):
    """Faults that shut people out."""
    path = os.path.join(scratch, "axe.min.js")
    if not os.path.exists(path):
        return print(f"skip  {page.name}: axe is not there")
    with open(path) as file:
        await page.run(file.read())
    found = await page.value("axe.run().then(r => r.violations.map(v => ({id: v.id, impact: v.impact, nodes: v.nodes.map(n => n.html.slice(0, 150)).slice(0, 4)})))")
    serious = [fault for fault in found if fault["impact"] in ("serious", "critical")]
    assert not serious, f"axe, {name}: {json.dumps(serious, indent=1)}"
    print(f"ok    {page.name}: axe finds nothing serious, {name}" + (f" (minor: {[fault['id'] for fault in found]})" if found else ""), flush=True)


async def demo_page(page, wire, demo, scratch):
    """The demo page, with a microphone that speaks on demand."""
    page.state = STATE
    await page.before_load(MICROPHONE)
    await page.size(1200, 850, dark=False)
    await page.open(f"http://127.0.0.1:{wire.port}/?token={demo.token}")
    await page.until("!!window.voiceDemo", "the demo page runs on the module, by its nonce")
    await page.until("!location.search.includes('token')", "the token left the address bar")
    await page.until("/No model listens/.test(document.getElementById('simulated').innerText)", "the page says that a simulator answers")
    await axe(page, scratch, "the page at rest")
    await page.picture("rest")
    await page.key(" ", "Space", " ")  # As a person at a keyboard: space begins to talk.
    await page.until("voiceDemo.ready", "the session is admitted")
    await page.until("window.wished.audio.echoCancellation === true", "with echo cancellation")
    await page.run("speak()")
    await page.run("speakOnce(() => voiceDemo.client.getSnapshot().activity === 'speaking')")
    await page.until("voiceDemo.speechStarted > 0", "speech is heard")
    await page.until("document.querySelector('.say.user span')?.textContent.split(' ').length > 2", "the user's words are shown")
    await page.until("voiceDemo.speechStopped > 0", "the end of speech is heard")
    await page.until("document.querySelector('.say.assistant span')?.textContent.length > 10", "the answer is shown")
    await page.until("voiceDemo.client.getSnapshot().activity === 'speaking'", "and spoken")
    await page.picture("spoken")
    await page.until("voiceDemo.interruptions > 0", "speech interrupts the answer")
    await page.until("!!document.querySelector('.say.assistant.cut')", "which is shown as cut")
    await page.picture("interrupted")
    await page.until("voiceDemo.playedMs > 0", "what was heard of it is known")
    await page.until("document.querySelectorAll('.say.assistant').length >= 2", "the second question is answered")
    await page.until("voiceDemo.client.getSnapshot().activity === 'idle'", "to its end", 60)
    await page.until("document.querySelectorAll('#plot rect').length >= 3", "the turn's latency is drawn")
    await page.until("/\\d:\\d\\d/.test(document.getElementById('clock').textContent)", "the clock runs")
    await page.until("/\\d of \\d|no limit/.test(document.getElementById('quota').textContent)", "the quota is shown")

    name = await page.value("voiceDemo.client.getSnapshot().session.id")
    entries = await page.value("voiceDemo.client.getSnapshot().transcript.length")
    wire.cut()
    await page.until("document.getElementById('state').textContent === 'reconnecting'", "the network drops, and the page says so")
    await page.picture("dropped")
    wire.mend()
    await page.until("voiceDemo.ready && voiceDemo.client.getSnapshot().session.isResumed", "the session is resumed")
    assert await page.value("voiceDemo.client.getSnapshot().session.id") == name
    assert await page.value("voiceDemo.client.getSnapshot().transcript.length") >= entries
    await page.run("document.getElementById('text').focus()")
    await page.type("What does the demo keep about me?")
    await page.key("Enter", "Enter", "\r")
    await page.until("[...document.querySelectorAll('.say.user span')].some(e => e.textContent.includes('keep about me'))", "a typed question is shown")
    await page.until("voiceDemo.turns.at(-1)?.typed", "answered and drawn")
    await page.until("voiceDemo.client.getSnapshot().transcript.at(-1).role === 'assistant' && voiceDemo.client.getSnapshot().transcript.at(-1).isFinal", "to its end")
    await page.until("(s => s.status === 'hit' && s.query.includes('keep about me') && s.sources.length > 0)(voiceDemo.client.getSnapshot().sources)", "with what was found for it")
    await page.until("(e => /Sources: ./.test(e?.parentElement.querySelector('.of')?.textContent))([...document.querySelectorAll('.say.user span')].find(e => e.textContent.includes('keep about me')))", "shown under the question")
    await page.until("/^hit/.test(document.querySelector('#sources .tag').textContent) && document.querySelectorAll('#sources .source p').length > 0 && !document.getElementById('sourcesCard').hidden", "and beside it")
    await page.picture("typed")
    await axe(page, scratch, "the page in a conversation")
    if page.name == "chromium":
        await page.size(1200, 850, dark=True)
        await page.picture("dark")
        await axe(page, scratch, "in the dark")
    await page.size(360, 780, dark=False)
    await page.until("document.documentElement.scrollWidth <= 360", "no sideways scrolling on a phone")
    await page.until("new Set([...document.querySelectorAll('.composer > *')].map(e => { const r = e.getBoundingClientRect(); return Math.round(r.top + r.height / 2); })).size === 1", "the composer stands on one line")
    await page.until("document.querySelector('.composer').getBoundingClientRect().bottom <= innerHeight", "at the bottom of what is seen")
    await page.picture("phone")
    await page.size(1200, 850, dark=False)
    await page.run("document.getElementById('end').click()")
    await page.until("document.getElementById('state').textContent === 'ended'", "the session ends")
    await page.until("document.body.innerText.includes('turns,')", "and is summed up")
    # The browser tells of the connection that was cut.
    faults = [problem for problem in page.problems if "WebSocket" not in problem and "ERR_" not in problem]
    assert not faults, faults
    print(f"ok    {page.name}: no error in the console", flush=True)


async def dashboard(page, wire, scratch):
    """The operator's page, with the life of the session that there was."""
    page.state = "document.body.innerText.slice(0, 1500)"
    await page.size(1280, 1500, dark=False)
    await page.open(f"http://127.0.0.1:{wire.port}/dashboard")
    await page.until("window.voiceDashboard?.frames > 0", "figures come in")
    await page.until("document.querySelectorAll('#life g').length >= 2", "the dashboard draws the session turn by turn")
    await page.run("document.getElementById('life').focus()")
    await page.key("ArrowUp", "ArrowUp")
    await page.until("/first audio/.test(document.querySelector('#life + .readout').textContent)", "and arrow keys read its turns")
    await page.picture("dashboard")
    await axe(page, scratch, "the dashboard")
    await page.size(360, 780, dark=False)
    await page.until("document.documentElement.scrollWidth <= 360", "no sideways scrolling of the dashboard on a phone")
    await page.picture("dashboard-phone")
    await page.size(1200, 850, dark=False)


async def hook(page, wire, demo, react):
    """The React example: hook and button in strict mode."""
    page.state = "document.body.innerText"
    app = f"http://127.0.0.1:{wire.port}/app{'19' if react == 19 else ''}"
    await page.open(f"{app}/?token={demo.token}")
    await page.until("!!document.getElementById('talk')", f"the hook is rendered by React {react}")
    assert (await page.value("React.version")).startswith(f"{react}."), await page.value("React.version")
    await page.run("document.getElementById('talk').click()")
    await page.until("document.getElementById('talk').textContent === 'Mute'", "the microphone is open")
    await page.until("document.getElementById('state').textContent === 'idle'", "the session is there")
    await page.run("speak()")
    await page.run("speakOnce(() => document.getElementById('state').textContent === 'speaking')")
    await page.until("document.getElementById('state').textContent === 'listening'", "the hook hears speech")
    await page.until("document.querySelector('li.user span')?.textContent.length > 10", "and shows it")
    await page.until("document.querySelector('li.assistant span')?.textContent.length > 10", "and the answer")
    await page.until("document.getElementById('state').textContent === 'speaking'", "which is heard")
    await page.picture("hook-spoken")
    await page.until("/interrupted/.test(document.querySelector('li.assistant')?.textContent)", "the hook is interrupted by speech")
    await page.picture("hook-interrupted")
    await page.until("document.getElementById('state').textContent === 'idle'", "and answers again", 60)
    wire.cut()
    await page.until("document.getElementById('state').textContent === 'reconnecting'", "the hook says that the network dropped")
    await page.picture("hook-dropped")
    wire.mend()
    await page.until("document.getElementById('state').textContent === 'idle'", "and goes on")
    before = await page.value("document.querySelectorAll('li.assistant').length")
    await page.run("speak()")
    await page.until(f"document.querySelectorAll('li.assistant').length > {before}", "with another spoken turn", 60)
    await page.picture("hook-resumed")
    await page.run("document.getElementById('end').click()")
    await page.until("document.getElementById('state').textContent === 'ended'", "and ends")
    del page.problems[:]
    await page.open(f"{app}/hydrate.html?token={demo.token}")
    await page.until("window.hydrated && document.querySelector('button')?.textContent === 'Talk'", "the button that a server rendered is taken over")
    await page.run("document.querySelector('button').click()")
    await page.until("document.querySelector('[role=status]').textContent === 'Say something'", "and begins to listen")
    await page.run("speak()")
    await page.until("document.querySelector('[role=status]').textContent === 'Speaking'", "and answers", 60)
    await page.picture("button")
    await page.run("document.querySelectorAll('button')[1].click()")
    await page.until("document.querySelector('button').textContent === 'Talk'", "and ends")
    assert not page.problems, page.problems
    print(f"ok    {page.name}: no error in the console", flush=True)


async def plain(page, wire, demo):
    """The example without a framework."""
    page.state = "document.body.innerText"
    await page.open(f"http://127.0.0.1:{wire.port}/app/plain.html?token={demo.token}")
    await page.run("document.getElementById('talk').click()")
    await page.until("document.getElementById('state').textContent === 'idle'", "the plain example opens a session")
    await page.run("speak()")
    await page.until("/^Voice: .{10}/m.test(document.getElementById('words').innerText)", "and shows the answer", 60)
    await page.picture("plain")
    await page.run("document.getElementById('end').click()")
    await page.until("document.getElementById('state').textContent === 'ended'", "and ends")


async def refusal(page, wire, demo, app):
    """A user whose sessions of this hour are used up."""
    page.state = STATE
    for path, error in ((f"/?token={demo.token}", "problem"), (f"/{app}/?token={demo.token}", "error")):
        await page.open(f"http://127.0.0.1:{wire.port}{path}")
        await page.run("speakers = document.getElementById('mic') ?? document.getElementById('talk'); speakers.click()")
        if error == "problem":
            await page.until("voiceDemo.ready", "the first session is admitted")
            await page.run("document.getElementById('end').click()")
            await page.until("document.getElementById('state').textContent === 'ended'", "and ends")
            await page.run("speakers.click()")
        else:
            # A busy machine's fake device is late, and a user would press again.
            await page.until(f"/too many|No microphone/.test(document.getElementById('{error}')?.textContent)", "there is an answer")
            if await page.value(f"/No microphone/.test(document.getElementById('{error}').textContent)"):
                await page.run("speakers.click()")
        await page.until(f"/too many voice sessions/.test(document.getElementById('{error}')?.textContent)", "the second one is refused, in plain words")
        await page.picture("refused-" + ("page" if error == "problem" else "hook"))


async def own_microphone(page, wire, demo):
    """The browser's own fake microphone, through getUserMedia as it is."""
    page.state = STATE
    await page.open(f"http://127.0.0.1:{wire.port}/?token={demo.token}")
    await page.run("document.getElementById('mic').click()")
    await page.until("voiceDemo.speechStarted > 0", "the browser's own microphone is heard")
    if page.name == "firefox":
        await page.run("document.getElementById('mic').click()")  # Its tone never ends by itself.
    await page.until("voiceDemo.speechStopped > 0", "and falls silent")
    await page.until("voiceDemo.playedMs > 300", "and is answered", 60)


async def browse(name, server, scratch):
    def browser(part, microphone=None):
        folder = os.path.join(scratch, f"{name}-{part}")
        return Firefox(folder) if name == "firefox" else Chromium(folder, microphone)
    quick = bool(os.environ.get("QUICK"))
    versions = [19 if name == "chromium" else 18] if quick else [18, 19]
    demo, strict = Demo(server), Demo(server, VOICE_MAX_SESSIONS_PER_HOUR="1")
    try:
        async with Wire(("127.0.0.1", demo.port), scratch) as wire:
            async with browser("spoken") as page:
                if quick:
                    await page.before_load(MICROPHONE)
                else:
                    await demo_page(page, wire, demo, scratch)
                    await dashboard(page, wire, scratch)
                for version in versions:
                    await hook(page, wire, demo, version)
                if not quick:
                    await plain(page, wire, demo)
                async with Wire(("127.0.0.1", strict.port), scratch) as narrow:
                    await refusal(page, narrow, strict, "app19" if versions[-1] == 19 else "app")
            if not quick:
                async with browser("own", os.path.join(scratch, "microphone.wav")) as page:
                    await own_microphone(page, wire, demo)
    finally:
        demo.stop()
        strict.stop()


def main():
    server, scratch, *names = sys.argv[1:]
    for name in names:
        asyncio.run(browse(name, server, scratch))
    print(f"{len(names)} passed, 0 failed")


main()
