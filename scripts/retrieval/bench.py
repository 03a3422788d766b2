#!/usr/bin/env python3
"""Retrieval on public questions, as heard: voice-server's index beside bm25s with a Snowball stemmer, in one run.

usage: bench.py VOICE_SERVER DATA_FOLDER [LANGUAGE …]

DATA_FOLDER holds sets in SQuAD's format named xquad.LANGUAGE.json, and cnil-faq.fr.json. A question counts as found when the paragraph
that it was asked of is among the first k. Questions are in small letters and without punctuation. With EMBEDDINGS=URL the index is
measured a second time with vectors of the model MODEL.
"""
import json
import os
import re
import subprocess
import sys
import tempfile
import unicodedata

import bm25s
import Stemmer

STEMMERS = {
    "ar": "arabic", "de": "german", "el": "greek", "en": "english", "es": "spanish", "fr": "french", "hi": "hindi", "ro": "romanian",
    "ru": "russian", "tr": "turkish",
}
STOPWORDS = {"en", "de", "es", "fr", "ru", "tr"}
# Written without spaces: the reference takes pairs of letters.
UNSPACED = {"th", "zh", "ja"}


def load(path):
    paragraphs, questions = [], []
    with open(path, encoding="utf-8") as file:
        for article in json.load(file)["data"]:
            for paragraph in article["paragraphs"]:
                questions += [(spoken(q["question"]), len(paragraphs)) for q in paragraph["qas"]]
                paragraphs.append(paragraph["context"])
    return paragraphs, questions


def spoken(question):
    """As a recogniser writes it: small letters, no punctuation."""
    kept = (c if c.isalnum() or unicodedata.category(c)[0] == "M" else " " for c in question.lower())
    return " ".join("".join(kept).split())


def pairs(text):
    words = re.findall(r"\w+", text.lower())
    return [word[i : i + 2] for word in words for i in range(max(1, len(word) - 1))]


def reference(language, paragraphs, questions):
    texts = [question for question, _ in questions]
    if language in UNSPACED:
        corpus, asked = [pairs(p) for p in paragraphs], [pairs(t) for t in texts]
    else:
        stemmer = Stemmer.Stemmer(STEMMERS[language]) if language in STEMMERS else None
        options = {"stopwords": language if language in STOPWORDS else None, "stemmer": stemmer, "show_progress": False}
        try:
            corpus, asked = bm25s.tokenize(paragraphs, **options), bm25s.tokenize(texts, **options)
        except ValueError:
            options["stopwords"] = None
            corpus, asked = bm25s.tokenize(paragraphs, **options), bm25s.tokenize(texts, **options)
    index = bm25s.BM25()
    index.index(corpus, show_progress=False)
    found, _ = index.retrieve(asked, k=10, show_progress=False)
    ranks = [list(map(int, row)).index(wanted) + 1 if wanted in row else 0 for row, (_, wanted) in zip(found, questions)]
    hits = lambda k: sum(0 < rank <= k for rank in ranks) / len(ranks)
    return f"hit@1 {hits(1):.3f}  hit@3 {hits(3):.3f}  MRR {sum(1 / r for r in ranks if r) / len(ranks):.3f}"


def ours(binary, folder, paragraphs, questions, **settings):
    documents = os.path.join(folder, "documents")
    os.makedirs(documents, exist_ok=True)
    for number, paragraph in enumerate(paragraphs):
        with open(os.path.join(documents, f"p{number}.txt"), "w", encoding="utf-8") as file:
            file.write(paragraph + "\n")
    asked = os.path.join(folder, "questions.jsonl")
    with open(asked, "w", encoding="utf-8") as file:
        for question, wanted in questions:
            file.write(json.dumps({"question": question, "source": f"p{wanted}.txt"}, ensure_ascii=False) + "\n")
    environment = {"PATH": os.environ["PATH"], "RAG_DOCUMENTS": documents, **settings}
    run = subprocess.run([binary, "rag", "eval", asked], env=environment, capture_output=True, text=True, timeout=1800)
    lines = run.stdout.strip().splitlines()
    return lines[-1] if run.returncode == 0 and lines else "failed: " + (run.stderr or run.stdout).strip()


def main():
    binary, data = sys.argv[1:3]
    wanted = set(sys.argv[3:])
    for name in sorted(os.listdir(data)):
        match = re.fullmatch(r"(?:xquad|cnil-faq)\.([a-z]{2})\.json", name)
        if not match or wanted and match[1] not in wanted:
            continue
        language = match[1]
        paragraphs, questions = load(os.path.join(data, name))
        print(f"{name}: {len(paragraphs)} paragraphs, {len(questions)} questions")
        print(f"  bm25s        {reference(language, paragraphs, questions)}")
        with tempfile.TemporaryDirectory() as folder:
            print(f"  words        {ours(binary, folder, paragraphs, questions)}", flush=True)
            if os.environ.get("EMBEDDINGS"):
                settings = {
                    "RAG_EMBEDDINGS_URL": os.environ["EMBEDDINGS"], "RAG_EMBEDDINGS_MODEL": os.environ.get("MODEL", "all-minilm"),
                    "RAG_EMBEDDINGS_TIMEOUT_MS": "10000", "RAG_EMBEDDINGS_QUERY_PREFIX": os.environ.get("QUERY_PREFIX", ""),
                    "RAG_EMBEDDINGS_PASSAGE_PREFIX": os.environ.get("PASSAGE_PREFIX", ""),
                }
                print(f"  and vectors  {ours(binary, folder, paragraphs, questions, **settings)}", flush=True)


if __name__ == "__main__":
    main()
