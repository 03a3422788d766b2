#!/usr/bin/env python3
"""A large folder: the time of a query while documents change and are indexed anew, and the memory of it all.

usage: large.py VOICE_SERVER [PASSAGES]

100,000 passages in files of ten, of words as common as those of a language are (Zipf), 80 words each. Meanwhile 1 file in 100 is written anew
every second. Exit 1 where p99 is over 20 ms.
"""
import itertools
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time


def main():
    binary = sys.argv[1]
    passages = int(sys.argv[2]) if len(sys.argv) > 2 else 100_000
    random.seed(3)
    syllables = [c + v for c in "bcdfghjklmnprstvz" for v in "aeiou"]
    vocabulary = ["".join(random.choices(syllables, k=random.randint(2, 5))) for _ in range(60_000)]
    weights = list(itertools.accumulate(1 / (rank + 10) for rank in range(len(vocabulary))))
    words = lambda count: random.choices(vocabulary, cum_weights=weights, k=count)
    with tempfile.TemporaryDirectory() as folder:
        documents = os.path.join(folder, "documents")
        questions = []

        def write(number):
            sections = []
            for section in range(10):
                text = words(80)
                sections.append(f"## {' '.join(text[:3])}\n\n{' '.join(text)}.\n")
                if len(questions) < 2_000 and section == number % 10:
                    questions.append({"question": " ".join(random.sample(text, 8)), "source": f"{number}.md"})
            path = os.path.join(documents, str(number % 100), f"{number}.md")
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w") as file:
                file.write(f"# Document {number}\n\n" + "\n".join(sections))

        files = passages // 10
        for number in range(files):
            write(number)
        asked = os.path.join(folder, "questions.jsonl")
        with open(asked, "w") as file:
            for question in questions:
                file.write(json.dumps(question) + "\n")
        environment = {"PATH": os.environ["PATH"], "RAG_DOCUMENTS": documents, "RAG_MIN_SCORE": "0"}
        print(subprocess.run([binary, "rag", "index"], env=environment, capture_output=True, text=True, check=True).stdout.splitlines()[-1], flush=True)
        ended = threading.Event()

        def change():
            while not ended.wait(1):
                for _ in range(files // 100):
                    write(random.randrange(len(questions), files) if files > len(questions) else random.randrange(files))

        writer = threading.Thread(target=change)
        writer.start()
        start = time.time()
        run = subprocess.run([binary, "rag", "eval", "--refreshing", asked], env=environment, capture_output=True, text=True)
        ended.set()
        writer.join()
        lines = run.stdout.strip().splitlines()
        print("\n".join(lines[-2:]) if run.returncode == 0 else run.stderr, f"({time.time() - start:.0f} s)")
        p99 = float(lines[-2].split("p99")[1].split()[0]) if run.returncode == 0 else float("inf")
        sys.exit(0 if p99 <= 20 else 1)


if __name__ == "__main__":
    main()
