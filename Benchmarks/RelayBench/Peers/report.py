#!/usr/bin/env python3
"""Writes what bench-peers.sh measured as a Markdown table, as JSON, and as an SVG plot.

usage: report.py SLICES REPORTS [DOCS]      DOCS: the folder of the documentation, whose benchmarks.md and images/peers.svg are renewed
"""

import csv
import html
import json
import math
import pathlib
import statistics
import sys

NAMES = {"nginx": "nginx", "haproxy": "HAProxy", "gateway": "Voice Realtime", "fastapi": "FastAPI relay", "litellm": "LiteLLM proxy"}
DOES = {"nginx": "passes bytes on", "haproxy": "passes bytes on", "gateway": "JWT, scan of each message, relay", "fastapi": "JWT, relay", "litellm": "key, relay"}

# Where every relay, even one that only copies, added more than this to one message of a hundred, they waited for a core that other programs
# had: latency is left out.
BUSY_US = 1_000

# Figures of a peer: key, title of the panel, unit, digits.
FIGURES = [
    ("message_us", "CPU a message", "µs", 1),
    ("added_p50_us", "added latency, p50", "µs", 0),
    ("added_p99_us", "added latency, p99", "µs", 0),
    ("opening_us", "CPU an opening", "µs", 0),
    ("idle_kib", "memory an idle session", "KiB", 1),
]


def rows(path: pathlib.Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def pairs(path: pathlib.Path) -> dict[str, str]:
    return dict(line.split("\t", 1) for line in path.read_text(encoding="utf-8").splitlines())


def series(table: list[dict[str, str]], peer: str, column: str) -> list[float]:
    """The values of a peer, round by round."""
    return [float(row[column]) for row in sorted((row for row in table if row["relay"] == peer), key=lambda row: int(row["round"]))]


def collect(slices: pathlib.Path) -> dict:
    closed, paced, openings = (rows(slices / f"{name}.tsv") for name in ("closed", "paced", "openings"))
    memory = [line.split("\t") for line in (slices / "memory.tsv").read_text(encoding="utf-8").splitlines()]
    idle = {name: (int(after) - int(before)) / int(count) for name, count, before, after in memory}
    left_out = slices / "left-out"
    run = {key: value if key == "revision" else float(value) for key, value in pairs(slices / "run.tsv").items()}
    peers = []
    for name, version in pairs(slices / "versions.tsv").items():
        # What the way costs without a relay is taken off round by round, so that what disturbs both cancels out.
        added = {
            share: [with_relay - direct for with_relay, direct in zip(series(paced, name, share), series(paced, "direct", share))] for share in ("p50_us", "p99_us")
        }
        values = {
            "message_us": series(closed, name, "cpu_us"),
            "paced_message_us": series(paced, name, "cpu_us"),
            "added_p50_us": added["p50_us"],
            "added_p99_us": added["p99_us"],
            "opening_us": series(openings, name, "cpu_us"),
            "idle_kib": [idle[name]],
        }
        peer = {"name": name, "version": version, "rounds": values}
        peer |= {key: statistics.median(value) for key, value in values.items()}
        peer["messages_per_second"] = statistics.median(series(closed, name, "per_second"))
        peer["paced_share_of_core"] = statistics.median(series(paced, name, "relay_share"))
        peer["opened_after_p50_us"] = statistics.median(series(openings, name, "p50_us"))
        peers.append(peer)
    nginx = next((peer for peer in peers if peer["name"] == "nginx"), None)
    for peer in peers if nginx else []:
        peer["times_nginx"] = {
            key: statistics.median(mine / theirs for mine, theirs in zip(peer["rounds"][key], nginx["rounds"][key]) if theirs > 0)
            for key, *_ in FIGURES
            if any(theirs > 0 for theirs in nginx["rounds"][key])
        }
    direct = {share: statistics.median(series(paced, "direct", share)) for share in ("p50_us", "p99_us")}
    busy = min(peer["added_p99_us"] for peer in peers) > BUSY_US
    return {"run": run, "busy": busy, "direct": direct, "peers": peers, "left_out": left_out.read_text(encoding="utf-8").splitlines() if left_out.exists() else []}


def figures(result: dict) -> list[tuple[str, str, str, int]]:
    return [figure for figure in FIGURES if not (result["busy"] and figure[0].startswith("added_"))]


def number(value: float, digits: int) -> str:
    return f"{value:,.{digits if value < 100 else 0}f}"


def cell(peer: dict, key: str, digits: int) -> str:
    ratio = peer.get("times_nginx", {}).get(key)
    times = "" if ratio is None else f" ({ratio:.1f}×)" if ratio < 10 else f" ({ratio:.0f}×)"
    return number(peer[key], digits) + times


def table(result: dict) -> str:
    run, shown = result["run"], figures(result)
    lines = ["| relay | what it does | " + " | ".join(f"{title}, {unit}" for _, title, unit, _ in shown) + " |", "|---|---|" + "---:|" * len(shown)]
    for peer in result["peers"]:
        late = " \\*" if peer["paced_share_of_core"] > 0.9 else ""
        lines.append(f"| {NAMES[peer['name']]}{late} | {DOES[peer['name']]} | " + " | ".join(cell(peer, key, digits) for key, _, _, digits in shown) + " |")
    notes = [
        f"In brackets: times what nginx takes, the median of {run['rounds']:.0f} rounds. Messages of {run['size']:.0f} bytes. CPU a message: {run['connections']:.0f} connections in a closed loop, "
        "where a round trip is two messages.",
        "CPU an opening: connect, `session.created`, close.",
        f"Memory: growth of the process (PSS) by {run['sessions']:.0f} idle sessions; what the kernel holds for sockets is not in it.",
    ]
    speakers = f"{run['speakers']:.0f} sessions with {run['pace']:.0f} messages a second each way"
    if result["busy"]:
        notes.append(f"Added latency is left out: other programs kept the relays waiting (each added more than {BUSY_US} µs to one message of a hundred, at {speakers}).")
    else:
        notes.append(f"Added latency: {speakers}, over the way without a relay (p50 {result['direct']['p50_us']:.0f} µs, p99 {result['direct']['p99_us']:.0f} µs).")
    if any(peer["paced_share_of_core"] > 0.9 for peer in result["peers"]):
        notes.append("\\* used up its core with the paced sessions: its latency is that of a queue.")
    notes += [
        "Versions: " + "; ".join(peer["version"] for peer in result["peers"]) + ".",
        f"A machine of {run['cores']:.0f} cores; load average {run['load_before']:.1f} before and {run['load_after']:.1f} after the run.",
    ]
    return "\n".join(lines) + "\n\n" + "\n".join(notes + result["left_out"]) + "\n"


# MARK: Picture

STYLE = """
.ink { fill: #1f2328 } .soft { fill: #59636e } .line { stroke: #d1d9e0 } .other { fill: #8c959f } .ours { fill: #0969da }
@media (prefers-color-scheme: dark) {
.ink { fill: #e6edf3 } .soft { fill: #9198a1 } .line { stroke: #3d444d } .other { fill: #8b949e } .ours { fill: #4493f8 } }
"""
LEFT, PANEL, GAP, ROW, TOP = 124, 142, 18, 30, 52


def panel(figure: tuple, at: float, peers: list[dict]) -> list[str]:
    key, title, unit, digits = figure
    # A relay that adds less than a microsecond, or nothing that can be told from none, stands at the left.
    values = [max(peer[key], 0.5) for peer in peers]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    high = max(high, low + 1)
    width = PANEL - 44

    def x(value: float) -> float:
        return at + width * (math.log10(value) - low) / (high - low)

    bottom = TOP + ROW * len(peers)
    parts = [f'<text class="ink" x="{at}" y="22" font-weight="600">{html.escape(title)}</text>', f'<text class="soft" x="{at}" y="37">{unit}</text>']
    for power in range(low, high + 1):
        parts.append(f'<path class="line" d="M{x(10**power):.1f} {TOP - 4}V{bottom}"/>')
        parts.append(f'<text class="soft" x="{x(10**power):.1f}" y="{bottom + 15}" text-anchor="middle">{10**power:g}</text>')
    for index, (peer, value) in enumerate(zip(peers, values)):
        y = TOP + ROW * index + ROW / 2
        ours = peer["name"] == "gateway"
        parts.append(f'<path class="line" stroke-dasharray="1 3" d="M{at} {y}H{at + width}"/>')
        parts.append(f'<circle class="{"ours" if ours else "other"}" cx="{x(value):.1f}" cy="{y}" r="5"/>')
        parts.append(f'<text class="ink" x="{x(value) + 9:.1f}" y="{y + 4}">{number(peer[key], digits)}</text>')
    return parts


def picture(result: dict) -> str:
    peers, shown = result["peers"], figures(result)
    width, height = LEFT + (PANEL + GAP) * len(shown), TOP + ROW * len(peers) + 44
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" font-family="Helvetica, Arial, sans-serif" font-size="11" role="img">',
        "<title>" + html.escape("; ".join(f"{title}: " + ", ".join(f"{NAMES[p['name']]} {number(p[key], digits)} {unit}" for p in peers) for key, title, unit, digits in shown)) + "</title>",
        f"<style>{STYLE}</style>",
    ]
    for index, peer in enumerate(peers):
        weight = ' font-weight="600"' if peer["name"] == "gateway" else ""
        parts.append(f'<text class="ink" x="{LEFT - 14}" y="{TOP + ROW * index + ROW / 2 + 4}" text-anchor="end"{weight}>{html.escape(NAMES[peer["name"]])}</text>')
    for index, figure in enumerate(shown):
        parts += panel(figure, LEFT + (PANEL + GAP) * index, peers)
    parts.append(f'<text class="soft" x="{LEFT}" y="{height - 8}">Logarithmic scales. Less is better. One interleaved run on one core.</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def main() -> int:
    slices, reports = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    result = collect(slices)
    text = table(result)
    (reports / "peers.md").write_text(text, encoding="utf-8")
    (reports / "peers.json").write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    (reports / "peers.svg").write_text(picture(result), encoding="utf-8")
    print(text)
    if len(sys.argv) > 3:
        docs = pathlib.Path(sys.argv[3])
        page = (docs / "benchmarks.md").read_text(encoding="utf-8")
        before, rest = page.split("<!-- peers -->\n", 1)
        _, after = rest.split("<!-- /peers -->\n", 1)
        (docs / "benchmarks.md").write_text(before + "<!-- peers -->\n" + text + "<!-- /peers -->\n" + after, encoding="utf-8")
        (docs / "images/peers.svg").write_text(picture(result), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
