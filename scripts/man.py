#!/usr/bin/env python3
"""Prints the manual page of voice-server, of what its --help says: each command, and every setting. usage: man.py VOICE_SERVER"""

import re
import subprocess
import sys

LISTED = re.compile(r"^  (\S+)(?: \(default\))? {2,}\S", re.MULTILINE)


def ask(*arguments: str) -> str:
    return subprocess.run([sys.argv[1], *arguments], capture_output=True, text=True, check=True).stdout.strip()


def escaped(text: str) -> str:
    """Text of which roff takes no character for a request or an escape."""
    return re.sub(r"^(?=[.'])", r"\\&", text.replace("\\", r"\e").replace("-", r"\-"), flags=re.MULTILINE)


def commands(*above: str):
    """Every command that does something, with its words."""
    _, _, listed = ask("help", *above).partition("\nSUBCOMMANDS:\n")
    if not listed:
        yield above
    for name in LISTED.findall(listed.partition("\n\n")[0]):
        yield from commands(*above, name)


def page() -> str:
    version = ask("--version")
    lines = [f'.TH VOICE\\-SERVER 1 "" "voice\\-server {escaped(version)}" "User Commands"', ".SH NAME", "voice\\-server \\- realtime voice gateway"]
    lines += [".SH SYNOPSIS", ".B voice\\-server", "[\\fIcommand\\fR] [\\fIoptions\\fR]"]
    overview = re.search(r"OVERVIEW: (.*?)\n\n", ask("--help"), re.DOTALL).group(1)
    lines += [".SH DESCRIPTION", escaped(overview), ".PP", "Without a command it is", ".BR \"voice\\-server run\" .", ".SH COMMANDS"]
    settings = ""
    for words in commands():
        text = ask("help", *words).removeprefix("OVERVIEW: ")
        if words == ("run",):
            settings = re.search(r"^[A-Z_]+  --.*?(?=\n\n)", text, re.MULTILINE | re.DOTALL).group()
            text = text.replace(settings + "\n\n", "")
        lines += [f".SS {escaped(' '.join(words))}", ".nf", escaped(text), ".fi"]
    lines += [".SH SETTINGS"]
    for name, flag, meaning in re.findall(r"^([A-Z][A-Z0-9_]+)  (--\S+)\n(.*?)(?=\n[A-Z][A-Z0-9_]+  --|\Z)", settings, re.MULTILINE | re.DOTALL):
        lines += [".TP", f".BR {name} \", \" {escaped(flag)}", escaped(" ".join(meaning.split()))]
    return "\n".join(lines) + "\n"


print(page(), end="")
