#!/usr/bin/env python3
"""Counts what plain English does without in Sources: doc comments that open with a preposition, a wh-word or `Nil:`, and four pronouns.

usage: lint-language.py [--list] [--limit PERCENT] [FOLDER…]
A doc comment begins with a noun or a verb: "Timeout of one command", not "For one command". Exit 1 above the limit (3 %) or with any pronoun.
"""

import argparse
import pathlib
import re
import sys

OPENINGS = {
    "about", "above", "across", "after", "against", "among", "around", "as", "at", "before", "behind", "below", "beside", "besides",
    "between", "beyond", "by", "during", "except", "for", "from", "how", "if", "in", "inside", "into", "like", "near", "nil", "of", "off",
    "on", "onto", "out", "outside", "over", "past", "per", "since", "that", "through", "throughout", "to", "toward", "towards", "under",
    "unless", "until", "upon", "what", "whatever", "when", "whenever", "where", "wherever", "whether", "which", "whichever", "while", "who",
    "whom", "whose", "why", "with", "within", "without", "zero",
}  # fmt: skip
PRONOUNS = re.compile(r"\b(nobody|somebody|whoever|whomever)\b", re.IGNORECASE)


def opening(line: str) -> str:
    """The first word of a doc comment, in small letters; empty for a comment that begins with code or a list."""
    word = re.match(r"[A-Za-z]+", line)
    return word.group(0).lower() if word else ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", default=["Sources"])
    parser.add_argument("--list", action="store_true", help="print every place, for editors")
    parser.add_argument("--limit", type=float, default=3.0, help="percent of doc comments that may open so (default: 3)")
    options = parser.parse_args()

    blocks, fragments, pronouns = 0, [], []
    for folder in options.folders:
        for path in sorted(pathlib.Path(folder).rglob("*.swift")):
            inside = False
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                if PRONOUNS.search(line):
                    pronouns.append(f"{path}:{number}: {line.strip()}")
                comment = re.match(r"\s*///\s?(.*)", line)
                if comment and not inside and comment.group(1):
                    blocks += 1
                    word = opening(comment.group(1))
                    if word in OPENINGS and not (word in {"nil", "zero"} and not re.match(r"(?i)(nil|zero)\b[:,]", comment.group(1))):
                        fragments.append(f"{path}:{number}: {comment.group(1)}")
                inside = bool(comment)

    share = 100 * len(fragments) / max(blocks, 1)
    if options.list:
        print("\n".join(fragments + pronouns))
    print(f"{len(fragments)} of {blocks} doc comments ({share:.1f} %) open with a preposition or a wh-word; the limit is {options.limit:g} %")
    print(f"{len(pronouns)} lines with nobody, somebody, whoever or whomever; the limit is 0")
    if not options.list and (share > options.limit or pronouns):
        print("scripts/lint-language.py --list shows them", file=sys.stderr)
    return int(share > options.limit or bool(pronouns))


if __name__ == "__main__":
    sys.exit(main())
