#!/usr/bin/env python3
"""Runs the Autobahn|Testsuite against this package's WebSocket layer, as server and as client, and prints one line for each.

usage: autobahn.py      AUTOBAHN_DIR: an installed testsuite, a folder with `wstest`, set up in .build/autobahn where it is not there
AUTOBAHN_CASES: all but 12.* and 13.*, permessage-deflate, which is declined
"""
import collections, json, os, pathlib, socket, subprocess, tempfile

from voice_acceptance import ROOT, Process, check, finish, free_port, limit, until

GOOD = {"OK", "NON-STRICT", "INFORMATIONAL"}


def build(product):
    subprocess.run(["swift", "build", "-c", "release", "--product", product], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    folder = subprocess.run(["swift", "build", "-c", "release", "--show-bin-path"], cwd=ROOT, check=True, capture_output=True, text=True)
    return f"{folder.stdout.strip()}/{product}"


def listens(port):
    socket.create_connection(("127.0.0.1", port), 1).close()
    return True


def judge(name, report):
    cases = {case: result for agent in json.loads(report.read_text()).values() for case, result in agent.items()}
    bad = {case: result for case, result in cases.items() if not {result["behavior"], result["behaviorClose"]} <= GOOD}

    def passed(chosen):
        return f"{sum(case not in bad for case in chosen)} of {len(chosen)}"

    limits = [case for case in cases if case.startswith("9.")]
    counts = collections.Counter(result["behavior"] for result in cases.values())
    core = [case for case in cases if case not in limits]
    check(bool(cases) and not bad, f"autobahn as {name}: passed {passed(core)} core cases and {passed(limits)} of 9.* ({dict(counts)})")
    for case, result in sorted(bad.items()):
        print(f"  {case}: {result['behavior']}, close {result['behaviorClose']}, code {result['remoteCloseCode']}")


def main():
    limit(2_000)
    suite = pathlib.Path(os.environ.get("AUTOBAHN_DIR", ROOT / ".build/autobahn"))
    if not (suite / "wstest").exists():
        subprocess.run([ROOT / "acceptance/autobahn-setup.sh", suite], check=True)
    server, client, work = build("AutobahnServer"), build("AutobahnClient"), pathlib.Path(tempfile.mkdtemp())
    cases = {"cases": [os.environ.get("AUTOBAHN_CASES", "*")], "exclude-cases": ["12.*", "13.*"], "exclude-agent-cases": {}}

    def fuzzing(mode, **settings):
        specification = work / f"{mode}.json"
        specification.write_text(json.dumps({**settings, **cases}))
        return [str(suite / "wstest"), "-m", mode, "-s", str(specification)]

    port = free_port()
    peer = Process([server, str(port)])
    until(lambda: listens(port))
    subprocess.run(
        fuzzing("fuzzingclient", outdir=str(work / "server"), servers=[{"agent": "voice", "url": f"ws://127.0.0.1:{port}"}]), check=True,
        stdout=subprocess.DEVNULL)
    peer.stop()
    port = free_port()
    peer = Process(fuzzing("fuzzingserver", outdir=str(work / "client"), url=f"ws://127.0.0.1:{port}"))
    until(lambda: listens(port))
    subprocess.run([client, str(port)], check=True, stdout=subprocess.DEVNULL)
    peer.kill()
    for side in ("server", "client"):
        judge(side, work / side / "index.json")
    finish()


main()
