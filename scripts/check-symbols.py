#!/usr/bin/env python3
"""Names each public symbol without a comment of its own, from the symbol graphs of the documentation.

usage: check-symbols.py FOLDER MODULE…   with the graphs in FOLDER, as `swift package generate-documentation` leaves them. Exit 1 with one line
for each symbol. What implements a protocol's requirement has the requirement's comment.
"""

import json
import pathlib
import sys


def undocumented(graph: dict) -> list[str]:
    """Place and name of each symbol without a comment."""
    inherited = {relation["source"] for relation in graph["relationships"] if "sourceOrigin" in relation}
    found = []
    for symbol in graph["symbols"]:
        name = symbol["identifier"]["precise"]
        written = "".join(line["text"] for line in symbol.get("docComment", {}).get("lines", [])).strip()
        if written or name in inherited or "::SYNTHESIZED::" in name or symbol["kind"]["identifier"] == "swift.extension":
            continue
        # A macro's symbols have no place in the sources.
        if not (place := symbol.get("location")):
            continue
        file = place["uri"].rpartition("/Sources/")[2]
        found.append(f"{file}:{place['position']['line'] + 1}: {'.'.join(symbol['pathComponents'])} has no comment")
    return found


def main() -> int:
    folder, modules = pathlib.Path(sys.argv[1]), sys.argv[2:]
    problems, count = set(), 0
    for module in modules:
        graphs = [*folder.rglob(f"{module}.symbols.json"), *folder.rglob(f"{module}@*.symbols.json")]
        if not graphs:
            problems.add(f"no symbol graph of {module} in {folder}")
        for path in graphs:
            graph = json.loads(path.read_text(encoding="utf-8"))
            count += len(graph["symbols"])
            problems.update(undocumented(graph))
    print("\n".join(sorted(problems)) if problems else f"{count} public symbols have comments")
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main())
