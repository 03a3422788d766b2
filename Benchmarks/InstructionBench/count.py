"""Runs InstructionBench under callgrind and compares instructions an operation with their limits. What scripts/instructions.sh calls.

usage: count.py BENCH; ONLY, TOP, WRITE and MARGIN as there
"""

import concurrent.futures
import json
import os
import pathlib
import platform
import re
import subprocess
import sys
import tempfile

FILE = pathlib.Path(__file__).with_name("thresholds.json")
# How often an operation is done, few and many times: as often as takes a second or two. A multiple of what each of them repeats.
COUNTS = {
    "scan-append": (640, 6400),
    "scan-control": (640, 6400),
    "receive-frame": (640, 3200),
    "verify-hs256": (64, 640),
    "verify-es256": (16, 80),
    "limiter-check": (640, 3200),
    "relay-up": (640, 3200),
    "relay-down": (640, 3200),
    "open-session": (64, 320),
}
# Nothing of the caller's environment; hashing by the same seed, and one thread for all tasks, so that two runs are alike.
ENVIRONMENT = {"PATH": os.environ["PATH"], "SWIFT_DETERMINISTIC_HASHING": "1", "LIBDISPATCH_COOPERATIVE_POOL_STRICT": "1"}


def run(bench: str, name: str, count: int, folder: str) -> pathlib.Path:
    out = pathlib.Path(folder) / f"{name}.{count}"
    command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", bench, name, str(count)]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=600)
    if done.returncode != 0:
        sys.exit(f"{name} failed:\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
    return out


def total(out: pathlib.Path) -> int:
    with out.open(encoding="utf-8", errors="replace") as file:
        return int(next(line for line in file if line.startswith("summary:")).split()[1])


def functions(out: pathlib.Path) -> dict[str, int]:
    """Instructions of each function: in itself, or with INCLUSIVE=1 in those that it calls, too."""
    inclusive = "--inclusive=" + ("yes" if os.environ.get("INCLUSIVE") else "no")
    text = subprocess.run(["callgrind_annotate", "--threshold=100", inclusive, out], capture_output=True, text=True, check=True).stdout
    found: dict[str, int] = {}
    for count, name, binary in re.findall(r"^\s*([\d,]+) \([ \d.]+%\)\s+\S*?:(.*?)(?: \[(.*)\])?$", text, re.MULTILINE):
        # A library without symbols has addresses for names.
        name = f"{pathlib.Path(binary).name} at {name}" if name.startswith("0x") else name.removesuffix("'2")
        found[name] = max(found.get(name, 0), int(count.replace(",", ""))) if os.environ.get("INCLUSIVE") else found.get(name, 0) + int(count.replace(",", ""))
    return found


def top(few: pathlib.Path, many: pathlib.Path, operations: int, lines: int) -> None:
    before, after = functions(few), functions(many)
    each = sorted(((after[name] - before.get(name, 0)) / operations, name) for name in after)[::-1][:lines]
    text = "\n".join(name for _, name in each)
    names = subprocess.run(["swift", "demangle", "--simplified", "--compact"], input=text, capture_output=True, text=True, check=True).stdout
    for (count, _), name in zip(each, names.splitlines()):
        if count >= 1:
            print(f"  {count:12,.0f}  {name[:150]}")


def main() -> int:
    bench = sys.argv[1]
    limits = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    names = os.environ.get("ONLY", "").split() or list(COUNTS)
    compares = platform.machine() == "x86_64" and not os.environ.get("WRITE")
    over = []
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        runs = {name: [pool.submit(run, bench, name, count, folder) for count in COUNTS[name]] for name in names}
        print(f"{'operation':<16}{'instructions':>14}{'limit':>12}")
        for name, (few, many) in runs.items():
            operations = COUNTS[name][1] - COUNTS[name][0]
            counted = (total(many.result()) - total(few.result())) / operations
            if os.environ.get("WRITE"):
                limits[name] = {"instructions": round(counted), "limit": round(counted * (1 + float(os.environ.get("MARGIN", "8")) / 100))}
            limit = limits.get(name, {}).get("limit")
            mark = "  over" if compares and limit is not None and counted > limit else ""
            over += [name] if mark else []
            print(f"{name:<16}{counted:>14,.0f}{format(limit, ',') if limit is not None else '-':>12}{mark}", flush=True)
            if os.environ.get("TOP"):
                top(few.result(), many.result(), operations, int(os.environ["TOP"]))
    if os.environ.get("WRITE"):
        FILE.write_text(json.dumps(limits, indent=2) + "\n", encoding="utf-8")
    if over:
        print(f"{', '.join(over)}: more instructions than the limit. TOP=15 shows in which functions; WRITE=1 makes this the new measure.", file=sys.stderr)
    return int(bool(over))


if __name__ == "__main__":
    sys.exit(main())
