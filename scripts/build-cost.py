#!/usr/bin/env python3
"""CPU seconds that each module costs in a build, from a sample of /proc ten times a second.

usage: build-cost.py [COMMAND…]   default: swift build --product voice-server, into a scratch path of its own
Shows what a dependency adds to a first build. The sum misses what ends between two samples, a few per cent.
"""

import collections
import os
import re
import subprocess
import sys
import tempfile
import threading
import time

COMPILERS = re.compile(r"^(swift-frontend|swiftc?|swift-driver|swift-build|clang(\+\+)?(-\d+)?|ld(\.\w+)?)$")
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


def main() -> int:
    with tempfile.TemporaryDirectory() as scratch:
        command = sys.argv[1:] or ["swift", "build", "--product", "voice-server", "--scratch-path", scratch]
        seconds: dict[tuple[int, str], tuple[str, float]] = {}
        started = time.monotonic()
        process = subprocess.Popen(command)

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
        total = collections.Counter()
        for module, cpu in seconds.values():
            total[module] += cpu
        for module, cpu in total.most_common(40):
            print(f"{cpu:8.1f} s  {module}")
        print(f"{sum(total.values()):8.1f} s  of CPU in all, {time.monotonic() - started:.0f} s from start to end")
        return code


if __name__ == "__main__":
    sys.exit(main())
