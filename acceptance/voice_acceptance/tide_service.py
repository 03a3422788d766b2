#!/usr/bin/env python3
"""A tool of the operator's: answers any POST with the tides. Prints its URL."""
import http.server


class Tides(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        answer = b'{"high": "at noon", "low": "at six"}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Tides) as server:
    print(f"http://127.0.0.1:{server.server_port}/tides", flush=True)
    server.serve_forever()
