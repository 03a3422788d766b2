"""A stand-in for Weaviate: GraphQL is validated and executed against the schema that Weaviate makes of a collection, and it can fail in
every way that a server fails."""
import json, socket, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from graphql import build_schema, graphql_sync

# As Weaviate 1.2x describes a collection `Docs` in its introspection, without the arguments that need a module.
SCHEMA = """
schema { query: WeaviateObj }
type WeaviateObj { Get: GetObjectsObj }
type GetObjectsObj {
  Docs(after: String, autocut: Int, bm25: GetObjectsDocsBm25InpObj, hybrid: GetObjectsDocsHybridInpObj, limit: Int, offset: Int,
    nearVector: GetObjectsDocsNearVectorInpObj, tenant: String, consistencyLevel: ConsistencyLevelEnum): [Docs]
}
enum ConsistencyLevelEnum { ONE QUORUM ALL }
enum FusionEnum { rankedFusion relativeScoreFusion }
input GetObjectsDocsBm25InpObj { query: String, properties: [String] }
input GetObjectsDocsNearVectorInpObj { vector: [Float], certainty: Float, distance: Float, targetVectors: [String] }
input GetObjectsDocsHybridInpObj { query: String, alpha: Float, vector: [Float], properties: [String], fusionType: FusionEnum,
  targetVectors: [String] }
type Docs { content: String, title: String, source: String, _additional: DocsAdditional }
type DocsAdditional { id: String, score: String, explainScore: String, vector: [Float], distance: Float, certainty: Float,
  creationTimeUnix: String, lastUpdateTimeUnix: String }
"""
CLASS = {"class": "Docs", "multiTenancyConfig": {"enabled": False}, "properties": [
    {"name": name, "dataType": ["text"]} for name in ("content", "title", "source")]}


class Weaviate:
    def __init__(self, key):
        self.key, self.schema = key, build_schema(SCHEMA)
        self.lock = threading.Lock()
        self.behaviour, self.delay = "answers", 0.0
        self.reset()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def setup(self):
                super().setup()
                with outer.lock:
                    outer.connections += 1

            def do_GET(self):
                if self.path == "/v1/.well-known/ready":
                    with outer.lock:
                        outer.warm.append(time.monotonic())
                    return self.reply(200, {})
                if not self.knows_key():
                    return self.reply(401, {"code": 401, "message": "anonymous access not enabled"})
                self.reply(*((200, CLASS) if self.path == "/v1/schema/Docs" else (404, {})))

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if not self.knows_key():
                    return self.reply(401, {})
                asked = time.monotonic()
                outer.serve(self, json.loads(body), asked)

            def knows_key(self):
                good = self.headers.get("Authorization") == "Bearer " + outer.key
                with outer.lock:
                    outer.keys.add(good)
                return good

            def reply(self, status, value, raw=None):
                data = raw if raw is not None else json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads, request_queue_size = True, 128

            def handle_error(self, *_):
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def reset(self):
        with self.lock:
            self.queries, self.problems, self.cancelled, self.keys, self.warm, self.connections = [], [], [], set(), [], 0

    def serve(self, handler, request, asked):
        found = []

        def docs(_root, _info, hybrid=None, limit=None, **_rest):
            found.append(hybrid["query"])
            return [{"content": f"Part {n} of what is known about {hybrid['query'][:60]}.", "title": f"Title {n}", "source": f"docs/{n}.md",
                     "_additional": {"id": f"00000000-0000-0000-0000-00000000000{n}", "score": str(0.9 - n / 10)}}
                    for n in range(min(limit, 2))]

        result = graphql_sync(self.schema, request["query"], root_value={"Get": {"Docs": lambda info, **a: docs(None, info, **a)}})
        with self.lock:
            self.queries += found
            self.problems += [error.message for error in result.errors or []]
        if self.behaviour == "hangs" or self.delay:
            # Whoever hangs up before the answer has cancelled.
            handler.connection.settimeout(30 if self.behaviour == "hangs" else self.delay)
            try:
                if handler.connection.recv(1, socket.MSG_PEEK) == b"":
                    with self.lock:
                        self.cancelled.append((found[0], time.monotonic() - asked))
                    handler.close_connection = True
                    return
            except (TimeoutError, ConnectionError):
                pass
            handler.connection.settimeout(None)
        if self.behaviour == "fails":
            return handler.reply(500, {"error": [{"message": "shard is not ready"}]})
        if self.behaviour == "garbage":
            return handler.reply(200, None, b"<html>\xff\xfe not what was asked for")
        if self.behaviour == "drops":
            handler.close_connection = True
            return handler.connection.shutdown(socket.SHUT_RDWR)
        handler.reply(200, result.formatted)
