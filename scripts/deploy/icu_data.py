#!/usr/bin/env python3
"""Makes an object file with the part of ICU's data that the server can use, and prints the flags that link it in place of the whole.

usage: swift build --static-swift-stdlib $(icu_data.py OUT.o). Swift's static library has 34 MB of data. Left out are all languages but
English, as dates and numbers are written in no other; the dictionaries that find words in Chinese, Thai and others; and the tables of
encodings before Unicode. For what is missing ICU takes its root. Needs nm, ar and the clang of Swift, or cc.
"""

import json
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile

LANGUAGE = re.compile(r"(?!en[_.])[a-z]{2,3}(_[A-Z][a-z]{3})?(_([A-Z]{2}|[0-9]{3}))?(_[A-Z]+)*\.res")


def is_wanted(name: str) -> bool:
    base = name.rsplit("/", 1)[-1]
    return not (LANGUAGE.fullmatch(base) or base.endswith((".dict", ".cnv")))


def part(data: bytes) -> bytes:
    """The same package with the wanted items: a header, a table of names and places, sorted by name, and the items."""
    start = struct.unpack_from("<H", data)[0]
    count = struct.unpack_from("<I", data, start)[0]
    table = [struct.unpack_from("<II", data, start + 4 + 8 * number) for number in range(count)]
    ends = [place for _, place in table[1:]] + [len(data) - start]
    items = []
    for (name, place), end in zip(table, ends):
        text = data[start + name : data.index(b"\0", start + name)]
        if is_wanted(text.decode()):
            items.append((text, data[start + place : start + end]))
    names, contents, entries = b"", b"", b""
    first_name = 4 + 8 * len(items)
    first_item = -(-(first_name + sum(len(text) + 1 for text, _ in items)) // 16) * 16
    for text, item in items:
        entries += struct.pack("<II", first_name + len(names), first_item + len(contents))
        names += text + b"\0"
        contents += item + bytes(-len(item) % 16)
    return data[:start] + (struct.pack("<I", len(items)) + entries + names).ljust(first_item, b"\0") + contents


target = subprocess.run(["swiftc", "-print-target-info", "-static-stdlib"], check=True, capture_output=True, text=True).stdout
runtime = pathlib.Path(json.loads(target)["paths"]["runtimeResourcePath"])
archive = runtime / "linux/lib_FoundationICU.a"
symbols = subprocess.run(["nm", "-A", "-S", "--defined-only", archive], check=True, capture_output=True, text=True).stdout
found = re.search(r":([^:\n]+):[0-9a-f]+ ([0-9a-f]+) [A-Z] (icudt\d+_dat)$", symbols, re.M)
if not found:
    sys.exit(f"icu_data.py: no data in {archive}")
member, length, symbol = found[1], int(found[2], 16), found[3]
holder = subprocess.run(["ar", "p", archive, member], check=True, capture_output=True).stdout
# A package begins with the length of its header and a mark, and says CmnD at its twelfth byte.
begin = holder.index(b"CmnD") - 12
if holder[begin + 2 : begin + 4] != b"\xda\x27":
    sys.exit(f"icu_data.py: {symbol} is no package of ICU's data")
data = part(holder[begin : begin + length])
output = pathlib.Path(sys.argv[1]).absolute()
compiler = shutil.which("clang", path=f"{runtime.parent.parent / 'bin'}:{os.environ['PATH']}") or "cc"
with tempfile.TemporaryDirectory() as folder:
    pathlib.Path(folder, "icu.dat").write_bytes(data)
    # What asks for the symbol gets this one, and the archive's is not linked.
    source = f"""
        .section .rodata
        .balign 16
        .globl __wrap_{symbol}
        .type __wrap_{symbol}, %object
        __wrap_{symbol}: .incbin "{folder}/icu.dat"
        .size __wrap_{symbol}, . - __wrap_{symbol}
        .section .note.GNU-stack, "", %progbits
    """
    subprocess.run([compiler, "-c", "-x", "assembler", "-", "-o", output], input=source, text=True, check=True)
print(f"{symbol}: {len(data) / 1e6:.1f} of {length / 1e6:.1f} MB", file=sys.stderr)
print(f"-Xlinker --wrap={symbol} -Xlinker {output}")
