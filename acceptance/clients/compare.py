#!/usr/bin/env python3
"""A stock client against several Realtime servers, which are to send it the same events.

usage: compare.py CLIENT --wav SPEECH.wav --server NAME WS-URL KEY [--server …] [--documents NAME] [--tools NAME] [--only SCENARIO] [--verbose]

CLIENT names a module beside this file, which holds conversations (SCENARIOS) by means of a library from PyPI. Each conversation is held
with every server; what the client is sent is compared with what the first server sends it: the events, their order, the ids that tie
them together, and their members. No server may send an error, unless it is harmless and all do. The WAV is 16 bit mono at 24 kHz.
"""
import argparse, asyncio, difflib, importlib, sys, traceback, urllib.parse, wave

from digest import digest, harmful, unanswered
from tap import Tap


async def hold(scenario, url, key, speech):
    """Holds one conversation; answers the events of both directions and what was said."""
    parts = urllib.parse.urlsplit(url)
    async with Tap(parts.hostname, parts.port) as tap:
        try:
            said, problem = await scenario(f"ws://127.0.0.1:{tap.port}{parts.path}", key, speech), None
        except Exception as error:
            said, problem = "", "".join(traceback.format_exception(error)[-2:])
        if tap.connections != 1 and not problem:
            problem = f"{tap.connections} connections"
    sent = [event for side, event in tap.events if side == "client" and event["type"] not in ("input_audio_buffer.append", "close")]
    return sent, [event for side, event in tap.events if side == "server" and event["type"] != "close"], said, problem


def differences(expected, got):
    """Short: where the same types come in the same order only the members that differ are told, else the order."""
    kinds = [[line.split()[0] for line in lines] for lines in (expected, got)]
    if kinds[0] != kinds[1]:
        return list(difflib.unified_diff(*kinds, lineterm="", n=2))[2:]
    return [f"{kind}: {sign} {' '.join(sorted(set(one.split(' ')) - set(other.split(' '))))}"
            for kind, *pair in zip(kinds[0], expected, got) if pair[0] != pair[1]
            for sign, one, other in (("-", *pair), ("+", *reversed(pair)))]


async def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("client")
    parser.add_argument("--wav", required=True)
    parser.add_argument("--server", nargs=3, action="append", required=True)
    parser.add_argument("--documents", default="", help="the server that has the documents to answer from")
    parser.add_argument("--tools", default="", help="the server that has a tool of its own to answer with")
    parser.add_argument("--only")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    client = importlib.import_module(options.client)
    with wave.open(options.wav) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (24000, 1, 2), "16 bit mono at 24 kHz"
        speech = file.readframes(file.getnframes()) + b"\0" * 48000
    print(client.VERSION)
    failures = 0
    for scenario in client.SCENARIOS:
        if options.only not in (None, scenario.__name__):
            continue
        runs = await asyncio.gather(*(hold(scenario, url, key, speech) for _, url, key in options.server))
        ordered, floating = digest(runs[0][1])
        for (name, _, _), (sent, events, said, problem) in zip(options.server, runs):
            lines, loose = digest(events)
            problems = [problem] if problem else []
            problems += [f"error event: {error}" for error in harmful(events)]
            for answered, server, word in ((client.ANSWERED_FROM_DOCUMENTS, options.documents, ".md"), (client.ANSWERED_BY_TOOL, options.tools, "noon")):
                if scenario in answered and name == server and word not in said:
                    problems.append(f"answered without {word}: {said!r}")
            problems += unanswered(sent, events)
            if not problem:
                problems += differences(ordered, lines) + differences(sorted(floating), sorted(loose))
            print(f"  {scenario.__name__:17} {name:9} {'FAILED' if problems else 'ok    '} {len(events):4} events, {len(lines)} steps, said {said[:70]!r}")
            for line in problems[:None if options.verbose else 20]:
                print(f"      {line}")
            if options.verbose:
                print("    sent", [event["type"] for event in sent])
                print(*(f"    {line[:300]}" for line in [*lines, *sorted(loose)]), sep="\n")
            failures += bool(problems)
    print(f"{failures} failed" if failures else "all the same")
    sys.exit(1 if failures else 0)


asyncio.run(main())
