"""Prints one line for a report of the Autobahn|Testsuite, and each bad case: autobahn-verdict.py NAME index.json"""
import collections
import json
import sys

GOOD = {"OK", "NON-STRICT", "INFORMATIONAL"}
name, path = sys.argv[1:]
with open(path) as file:
    cases = {case: result for agent in json.load(file).values() for case, result in agent.items()}
bad = {
    case: result for case, result in cases.items()
    if result["behavior"] not in GOOD or result["behaviorClose"] not in GOOD
}
failed = sum(result["behavior"] not in GOOD for result in bad.values())
wrong = sum(result["behaviorClose"] not in GOOD for result in bad.values())


def passed(chosen):
    """How many of these cases passed, of how many."""
    return f"{sum(case not in bad for case in chosen)} of {len(chosen)}"


limits = [case for case in cases if case.startswith("9.")]
core = [case for case in cases if case not in limits]
counts = collections.Counter(result["behavior"] for result in cases.values())
summary = ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items()))
print(f"autobahn as {name}: passed {passed(core)} core cases and {passed(limits)} of 9.*; {failed} FAILED, {wrong} WRONG CODE ({summary})")
for case, result in sorted(bad.items()):
    print(f"  {case}: {result['behavior']}, close {result['behaviorClose']}, code {result['remoteCloseCode']}")
sys.exit(1 if bad or not cases else 0)
