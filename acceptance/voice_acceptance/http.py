"""Plain HTTP: requests to a gateway, and servers of a run's own."""

import http.server
import json
import threading
import urllib.error
import urllib.request
from dataclasses import dataclass


@dataclass
class Answer:
    status: int
    headers: object
    text: str

    @property
    def json(self):
        return json.loads(self.text)


def request(method: str, port: int, path: str, body: bytes | None = None, host: str = "127.0.0.1", **headers: str) -> Answer:
    """The answer, whatever its status."""
    asked = urllib.request.Request(f"http://{host}:{port}{path}", data=body, method=method, headers=headers)
    try:
        with urllib.request.urlopen(asked, timeout=20) as answer:
            return Answer(answer.status, answer.headers, answer.read().decode())
    except urllib.error.HTTPError as error:
        return Answer(error.code, error.headers, error.read().decode())


def get(port: int, path: str, expected: int = 200, **headers: str) -> Answer:
    answer = request("GET", port, path, **headers)
    assert answer.status == expected, (path, answer.status, answer.text[:300])
    return answer


def answers(respond) -> str:
    """Serves POST on a free port; `respond(path, headers, body)` is the body of a 200, or (status, headers, body). Answers its URL."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            result = respond(self.path, self.headers, body)
            status, headers, data = result if isinstance(result, tuple) else (200, {}, result)
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"
