#!/usr/bin/env python3
"""Compares the imports of each module in Sources with what it may import, and the picture in docs/architecture.md with the folders.

usage: check-imports.py. Exit 1 with one line for each import that is not in the table, and for each module that is missing in one of the two.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Siblings that a module may import; VoiceCore is every module's.
SIBLINGS = {
    "VoiceCore": "",
    "RateLimiting": "",
    "DocumentIndex": "RAGPrefetch",
    "RAGPrefetch": "",
    "SessionStore": "RateLimiting",
    "VoiceAuth": "",
    "VoiceHTTP": "",
    "VoiceTransport": "",
    "VoiceTelemetry": "TelemetryExport",
    "TelemetryExport": "",
    "VoiceSimulator": "VoiceTransport",
    "VoiceGateway": "RAGPrefetch RateLimiting SessionStore VoiceAuth VoiceTelemetry VoiceTransport",
    "VoiceHummingbird": "VoiceAuth VoiceGateway VoiceTransport",
    "VoiceTesting": "RAGPrefetch RateLimiting SessionStore VoiceAuth VoiceGateway VoiceSimulator VoiceTransport",
    "VoiceServer": "*",
}

# Heavy imports, each with its owners: every other module builds without them.
OWNERS = {
    "GRDB": "DocumentIndex",
    "CStemmer": "DocumentIndex",
    "CHiredis": "SessionStore",
    "COpenSSL": "VoiceAuth",
    "CCurl": "VoiceHTTP",
    "Histogram": "VoiceTelemetry",
    "Metrics": "VoiceServer TelemetryExport",
    "CoreMetrics": "VoiceTelemetry TelemetryExport",
    "NIOSSL": "SessionStore VoiceTransport VoiceHummingbird VoiceServer",
    "Hummingbird": "VoiceHummingbird VoiceServer",
    "HummingbirdCore": "VoiceHummingbird VoiceServer",
    "ArgumentParser": "VoiceServer",
    "Configuration": "VoiceServer",
    "NIOHTTP1": "VoiceServer VoiceHummingbird VoiceTransport",
}

IMPORT = re.compile(r"^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:public |package |internal |private |fileprivate )?import (?:struct |class |enum |func |protocol |typealias |var )?(\w+)")


NAMES = r"\b(?:Voice[A-Z]\w+|RateLimiting|SessionStore|RAGPrefetch|DocumentIndex|TelemetryExport|C(?:Hiredis|OpenSSL|Curl|Stemmer))\b"


def imports(folder: pathlib.Path) -> dict[str, str]:
    """The imported modules, each with the first place."""
    found: dict[str, str] = {}
    for path in sorted(folder.rglob("*.swift")):
        if ".docc" in str(path):
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            match = IMPORT.match(line)
            if match:
                found.setdefault(match.group(1), f"{path.relative_to(ROOT)}:{number}")
    return found


def main() -> int:
    problems = []
    modules = {path.name for path in (ROOT / "Sources").iterdir() if any(path.rglob("*.swift"))}
    for module in sorted(modules - SIBLINGS.keys()):
        problems.append(f"Sources/{module} is not in the table of scripts/check-imports.py")
    for module in sorted(modules & SIBLINGS.keys()):
        allowed = set(SIBLINGS[module].split())
        for name, place in sorted(imports(ROOT / "Sources" / module).items()):
            if name in SIBLINGS and name not in {module, "VoiceCore"} and not ({name, "*"} & allowed):
                problems.append(f"{place}: {module} imports {name}; it may import {', '.join(['VoiceCore', *sorted(allowed)])}")
            if name in OWNERS and module not in OWNERS[name].split():
                problems.append(f"{place}: {module} imports {name}, which belongs to {OWNERS[name]}")

    picture = re.search(r"## Modules\n+```\n(.*?)```", (ROOT / "docs/architecture.md").read_text(encoding="utf-8"), re.DOTALL)
    drawn = set(re.findall(NAMES, picture.group(1) if picture else ""))
    folders = {path.name for path in (ROOT / "Sources").iterdir() if path.is_dir()}
    problems += [f"docs/architecture.md shows {name}, which is not in Sources" for name in sorted(drawn - folders)]
    problems += [f"docs/architecture.md does not show Sources/{name}" for name in sorted(folders - drawn)]

    # The README's picture is smaller: it may leave out, and not invent.
    readme = re.search(r"## The picture\n+```\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    problems += [f"README.md shows {name}, which is not in Sources" for name in sorted(set(re.findall(NAMES, readme.group(1))) - folders)]

    print("\n".join(problems) if problems else f"the imports of {len(modules)} modules and the picture agree with the table")
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main())
