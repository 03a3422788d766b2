#!/usr/bin/env python3
"""Checks what the documentation says against the tree: links and anchors, settings, alerts, endings, the README's length and code, French spelling.

usage: check-docs.py. Exit 1 with one line for each fault. French needs hunspell and hunspell-fr; words of the field stand in docs/fr/words.txt.
"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
# What a build or npm lays below clients/ is no page of this tree.
CLIENTS = [page for page in (ROOT / "clients").rglob("*.md") if not {".build", "node_modules"} & set(page.relative_to(ROOT).parts)]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "deploy").rglob("*.md"), *CLIENTS])
problems: list[str] = []


def read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def source(pattern: str) -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(ROOT.glob(pattern)))


def prose(page: pathlib.Path) -> str:
    return re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)


def anchors(page: pathlib.Path) -> set[str]:
    """Names of a page's headings in an address, as GitHub makes them."""
    seen: dict[str, int] = {}
    names = set()
    for heading in re.findall(r"^#+ +(.+?) *$", prose(page), re.MULTILINE):
        name = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        count = seen.get(name, 0)
        seen[name] = count + 1
        names.add(f"{name}-{count}" if count else name)
    return names


def links() -> None:
    for page in PAGES:
        for target, anchor in re.findall(r"\]\(([^)#\s]*)(?:#([^)\s]*))?\)", prose(page)):
            if re.match(r"[a-z]+:", target):
                continue
            file = page.parent / target if target else page
            if not file.exists():
                problems.append(f"{page.relative_to(ROOT)}: no file at {target}")
            elif anchor and file.suffix == ".md" and anchor not in anchors(file):
                problems.append(f"{page.relative_to(ROOT)}: no heading #{anchor} in {file.resolve().relative_to(ROOT)}")


def paths() -> None:
    """A path to a source in backticks is that of a file or a folder, from the root or below one that the page names."""
    files = {str(path.relative_to(ROOT)) for folder in ("Sources", "Tests", "Examples", "acceptance", "scripts") for path in (ROOT / folder).rglob("*")}
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]:
        for name in re.findall(r"`((?:Sources/|Tests/|acceptance/|scripts/)[\w+./-]+|\w[\w+/-]*\.(?:swift|py|sh))`", page.read_text(encoding="utf-8")):
            if not any(file == name.rstrip("/") or file.endswith("/" + name) for file in files):
                problems.append(f"{page.relative_to(ROOT)}: no file {name}")


def settings() -> None:
    known = set(re.findall(r'Setting\(\s*"([A-Z_0-9]+)"', source("Sources/VoiceServer/Settings/*.swift")))
    for page in PAGES:
        for count in re.findall(r"\bof (\d+) set$", page.read_text(encoding="utf-8"), re.MULTILINE):
            if int(count) != len(known):
                problems.append(f"{page.relative_to(ROOT)}: {count} settings; there are {len(known)}")
    foreign = re.compile(r"^VOICE_(SERVER|PACKAGE|TEST|WALK|(URL|TOKEN)$)")
    files = [*PAGES, *(p for p in (ROOT / "deploy").rglob("*") if p.is_file()), ROOT / "compose.yaml", ROOT / "Dockerfile"]
    for page in files:
        for name in sorted(set(re.findall(r"(?<![A-Z_/.])(?:VOICE|RAG|JWT|WEAVIATE|REDIS|RETRY|SENTRY)_[A-Z0-9_]*[A-Z0-9]\b", page.read_text(encoding="utf-8")))):
            if name not in known and not foreign.match(name) and not any(other.startswith(name) for other in known):
                problems.append(f"{page.relative_to(ROOT)}: {name} is not a setting")


def alerts() -> None:
    names = re.findall(r"alert: (\w+)", read("deploy/prometheus/voice-alerts.yml"))
    for page in ("docs/en/runbook.md", "docs/fr/exploitation.md"):
        problems.extend(f"{page}: nothing about the alert {name}" for name in names if f"`{name}`" not in read(page))


def endings() -> None:
    """Every code and text of an ending stands in the client protocol, a text as far as its numbers."""
    page = read("docs/client-protocol.md")
    code = source("Sources/**/CloseReason*.swift")
    pairs = re.findall(r'\.policy\("(\w+)", "([^"\\]+)', code) + re.findall(r'\bpolicy\("(\w+)", "([^"\\]+)', code)
    pairs += [pair for pair in re.findall(r'label: "(\w+)", code: \d+, text: "([^"\\]+)', code) if pair[0] != "session_ended"]
    if len(pairs) < 15:
        problems.append("scripts/check-docs.py finds too few endings in CloseReason.swift")
    for label, text in pairs:
        if label not in page or text.rstrip(" (") not in page:
            problems.append(f"docs/client-protocol.md: nothing about {label} `{text}`")


def readme() -> None:
    text = read("README.md")
    if len(text.splitlines()) > 120:
        problems.append(f"README.md has {len(text.splitlines())} lines; the limit is 120")


def examples() -> None:
    """Code in the README and in DocC articles is that of an example, which CI builds; each example is short, and shown."""
    sources = {path.parent.name: path.read_text(encoding="utf-8").strip() for path in (ROOT / "Examples/Sources").rglob("*.swift")}
    pages = [ROOT / "README.md", *(ROOT / "Sources").glob("*/*.docc/*.md")]
    shown = set()
    for page in pages:
        for block in re.findall(r"```swift\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
            shown.add(block.strip())
            if ".package(" not in block and block.strip() not in sources.values():
                problems.append(f"{page.relative_to(ROOT)}: no file in Examples has the code that begins with {block.strip().splitlines()[0]!r}")
    for name, code in sources.items():
        if len(code.splitlines()) > 30:
            problems.append(f"Examples/Sources/{name} has {len(code.splitlines())} lines; the limit is 30")
        if code not in shown:
            problems.append(f"Examples/Sources/{name} is not shown in the documentation of any module")


def tutorials() -> None:
    """The last step of a tutorial is an example, which CI builds."""
    examples = {path.read_text(encoding="utf-8") for path in (ROOT / "Examples/Sources").rglob("*.swift")}
    for folder in sorted((ROOT / "Sources").glob("*/*.docc/Tutorial")):
        last = max(folder.glob("*.swift"))
        if last.read_text(encoding="utf-8") not in examples:
            problems.append(f"{last.relative_to(ROOT)} is not the code of any example")


def french() -> None:
    words = ROOT / "docs/fr/words.txt"
    for page in sorted((ROOT / "docs/fr").glob("*.md")):
        text = page.read_text(encoding="utf-8")
        text = re.sub(r"```.*?```|`[^`\n]*`|\]\([^)]*\)|https?://\S+", " ", text, flags=re.DOTALL)
        # A file's name, and a word with a digit in it, are no French.
        text = re.sub(r"\S+\.md|\b\w*\d\w*\b|-{2,}", " ", text.replace("’", "'").replace("→", " "))
        run = subprocess.run(["hunspell", "-d", "fr_FR", "-i", "utf-8", "-p", str(words), "-l"], input=text, capture_output=True, text=True, check=True)
        for word in sorted({word.strip(".-") for word in run.stdout.split()} - {""}):
            problems.append(f"{page.relative_to(ROOT)}: hunspell does not know {word}")


for check in (links, paths, settings, alerts, endings, readme, examples, tutorials, french):
    check()
print("\n".join(problems) if problems else f"{len(PAGES)} pages agree with the tree")
sys.exit(bool(problems))
