#!/usr/bin/env python3
"""Targets that a server builds which embeds one product, with the CPU seconds of each, from a sample of /proc ten times a second.

usage: build-cost.py [PRODUCT…]   default: the whole of voice-server
Each product is built, debug, as the only dependency of a package of its own, into a scratch path that goes afterwards. The sum misses what
ends between two samples, a few per cent.
"""

import collections
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import time

COMPILERS = re.compile(r"^(swift-frontend|swiftc?|swift-driver|swift-build|clang(\+\+)?(-\d+)?|ld(\.\w+)?)$")
ROOT = pathlib.Path(__file__).resolve().parent.parent
TICKS = os.sysconf("SC_CLK_TCK")


def descendants_of(root: int) -> set[int]:
    children = collections.defaultdict(list)
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat") as stat:
                    children[int(stat.read().rsplit(")", 1)[1].split()[1])].append(int(name))
            except (OSError, IndexError):
                pass
    found, open_ = set(), [root]
    while open_:
        found.update(new := children[open_.pop()])
        open_ += new
    return found


def module_of(arguments: list[str]) -> str:
    if "-module-name" in arguments[:-1]:
        return arguments[arguments.index("-module-name") + 1]
    built = next((match.group(1) for text in arguments if (match := re.search(r"/(\w+)\.build/", text))), None)
    return built or os.path.basename(arguments[0])


def embedder(folder: pathlib.Path, product: str) -> None:
    """A package whose one target imports the product and nothing else."""
    (folder / "Sources/Embedder").mkdir(parents=True)
    (folder / "Sources/Embedder/Embedder.swift").write_text(f"import {product}\n")
    (folder / "Package.swift").write_text(f"""// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "embedder", platforms: [.macOS(.v15)], dependencies: [.package(name: "voice-realtime", path: "{ROOT}")],
  targets: [.target(name: "Embedder", dependencies: [.product(name: "{product}", package: "voice-realtime")])])
""")


def measure(command: list[str]) -> int:
    """Builds and prints a line for each module."""
    seconds: dict[tuple[int, str], tuple[str, float]] = {}
    started = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)

    def sample() -> None:
        while process.poll() is None:
            for pid in descendants_of(process.pid):
                try:
                    with open(f"/proc/{pid}/cmdline", "rb") as line:
                        arguments = line.read().decode(errors="replace").split("\0")
                    with open(f"/proc/{pid}/stat") as stat:
                        fields = stat.read().rsplit(")", 1)[1].split()
                except OSError:
                    continue
                if COMPILERS.match(os.path.basename(arguments[0])):
                    seconds[(pid, fields[19])] = (module_of(arguments), (int(fields[11]) + int(fields[12])) / TICKS)
            time.sleep(0.1)

    sampler = threading.Thread(target=sample)
    sampler.start()
    code = process.wait()
    sampler.join()
    total: collections.Counter[str] = collections.Counter()
    for module, cpu in seconds.values():
        total[module] += cpu
    for module, cpu in total.most_common():
        print(f"{cpu:8.1f} s  {module}")
    print(f"{sum(total.values()):8.1f} s  of CPU in all, {time.monotonic() - started:.0f} s from start to end", flush=True)
    return code


def main() -> int:
    status = 0
    for product in sys.argv[1:] or ["voice-server"]:
        print(f"{product}:", flush=True)
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            if product == "voice-server":
                command = ["swift", "build", "--package-path", str(ROOT), "--product", product]
            else:
                embedder(folder, product)
                command = ["swift", "build", "--package-path", name]
            status |= measure([*command, "--quiet", "--scratch-path", str(folder / "build")])
    return status


if __name__ == "__main__":
    sys.exit(main())
