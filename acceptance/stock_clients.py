#!/usr/bin/env python3
"""Stock clients from PyPI straight at the simulator, through the gateway, through one that answers from documents and through one that has
a tool of its own: they are to see no difference. usage: stock_clients.py [all] [NAME…]      all: the clients too that take long to install
"""
import asyncio, json, pathlib, subprocess, sys, tempfile

from voice_acceptance import ROOT, Gateway, Simulator, answers, check, finish, limit, needs, server_binary
from voice_acceptance.resample import resample

FOLDER = ROOT / "acceptance/clients"
CLIENTS = {"openai_python": "requirements.txt", "openai_agents": "requirements.txt"}
if "all" in sys.argv:
    CLIENTS |= {"livekit_agent": "requirements-all.txt", "pipecat_pipeline": "requirements-all.txt"}
needs(*{line for name in CLIENTS.values() for line in (FOLDER / name).read_text().split()}, name="clients")

NAMES = [name for name in sys.argv[1:] if name != "all"] or ["strict_events", *CLIENTS]
QUESTION = "When does the harbour office open on Saturdays?"
DOCUMENTS = {
    "harbour.md": "# Harbour office\nThe harbour office opens on Saturdays from nine to twelve. On weekdays it opens at eight and closes at five.\n",
    "mooring.md": "# Mooring\nA mooring costs twelve euros a night for boats up to ten metres.\n",
}


async def held(name, *arguments):
    """Conversations of one client, with its output when they are over."""
    command = [FOLDER / "strict_events.py"] if name == "strict_events" else [FOLDER / "compare.py", name, *arguments]
    process = await asyncio.create_subprocess_exec(sys.executable, *command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    print((await process.communicate())[0].decode(), end="")
    check(process.returncode == 0, name)


async def main():
    limit(900)
    server, folder = server_binary(), pathlib.Path(tempfile.mkdtemp())
    (folder / "script.jsonl").write_text(json.dumps({"user": QUESTION}) + "\n")
    (folder / "documents").mkdir()
    for name, text in DOCUMENTS.items():
        (folder / "documents" / name).write_text(text)
    # A tool of the operator's.
    tides = answers(lambda path, headers, body: b'{"high": "at noon", "low": "at six"}')
    (folder / "tools.json").write_text(json.dumps({"tools": [{"name": "tide_times", "description": "When the water is high", "url": tides}]}))
    subprocess.run(["espeak-ng", "-v", "en", "-s", "150", "-w", folder / "espeak.wav", QUESTION], check=True)
    resample(folder / "espeak.wav", folder / "speech.wav")

    simulator = Simulator(server, "--script", str(folder / "script.jsonl"))
    gateways = {
        "gateway": Gateway(server, simulator.url), "prefetch": Gateway(server, simulator.url, RAG_DOCUMENTS=str(folder / "documents")),
        "tools": Gateway(server, simulator.url, VOICE_TOOLS_FILE=str(folder / "tools.json"))}
    servers = ["--server", "direct", simulator.url, "simulator"]
    for name, gateway in gateways.items():
        servers += ["--server", name, f"ws://127.0.0.1:{gateway.port}/v1/realtime", gateway.token()]
    # Side by side: most of the time is speech. The first of them holds each event of the simulator against the types of openai-python.
    await asyncio.gather(*(
        held(name, "--wav", folder / "speech.wav", *servers, "--documents", "prefetch", "--tools", "tools") for name in NAMES))


asyncio.run(main())
finish()
