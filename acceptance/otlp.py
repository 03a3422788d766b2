#!/usr/bin/env python3
"""Traces, metrics and StatsD of a run: parsed with OpenTelemetry's own protobuf types, `traceparent` in and out followed.

usage: otlp.py
"""
import asyncio, base64, collections, gzip, json, re, socket, threading, time

from voice_acceptance import Gateway, Simulator, answers, converse, limit, needs, ok, server_binary

needs("opentelemetry-proto")
from google.protobuf import json_format
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


class Collector:
    """Takes OTLP/HTTP as JSON; the first traces are refused for a moment."""

    def __init__(self):
        self.got = collections.defaultdict(list)
        self.refused = set()
        self.url = answers(self.answer) + "/base"

    def answer(self, path, headers, body):
        assert headers["Content-Type"] == "application/json" and headers["Content-Encoding"] == "gzip"
        if path.endswith("traces") and path not in self.refused:
            self.refused.add(path)
            return 503, {"Retry-After": "1"}, b"{}"
        self.got[path].append(json.loads(gzip.decompress(body)))
        return b"{}"


class Retriever:
    """Answers queries with one passage, and keeps the header fields that it was asked with."""

    def __init__(self):
        self.heads = []
        self.url = answers(self.answer) + "/search"

    def answer(self, path, headers, body):
        self.heads.append(dict(headers))
        return json.dumps({"passages": [{"text": "The parcel comes on Friday.", "title": "Parcels", "score": 1.0}]}).encode()


class Tap:
    """Passes bytes on to upstream, and keeps the request heads."""

    def __init__(self, url):
        host, port = re.search(r"//([^:/]+):(\d+)", url).groups()
        self.heads = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = url.replace(f"{host}:{port}", f"127.0.0.1:{self.listener.getsockname()[1]}")
        self.target = (host, int(port))
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            upstream = socket.create_connection(self.target)
            threading.Thread(target=self.pass_on, args=(client, upstream, True), daemon=True).start()
            threading.Thread(target=self.pass_on, args=(upstream, client, False), daemon=True).start()

    def pass_on(self, source, target, is_request):
        head = b"" if is_request else None
        try:
            while data := source.recv(65_536):
                if head is not None:
                    head += data
                    if b"\r\n\r\n" in head:
                        self.heads.append(head.split(b"\r\n\r\n")[0].decode())
                        head = None
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass


def ids_as_bytes(node):
    """The protocol's JSON has ids in hexadecimal where protobuf's has base64."""
    if isinstance(node, dict):
        return {k: base64.b64encode(bytes.fromhex(v)).decode() if k in ("traceId", "spanId", "parentSpanId") else ids_as_bytes(v)
                for k, v in node.items()}
    return [ids_as_bytes(v) for v in node] if isinstance(node, list) else node


def statsd():
    """Its port, and the packets so far."""
    got = []
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))

    def read():
        while True:
            got.append(server.recv(65_536).decode())
    threading.Thread(target=read, daemon=True).start()
    return server.getsockname()[1], got


def main():
    limit(300)
    server = server_binary()
    simulator, collector, retriever = Simulator(server), Collector(), Retriever()
    tap = Tap(simulator.url)
    port, packets = statsd()
    gateway = Gateway(
        server, tap.url, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, DATADOG_AGENT_HOST="127.0.0.1", DATADOG_AGENT_PORT=str(port),
        RAG_HTTP_URL=retriever.url, APP_VERSION="7.7.7")
    try:
        token = gateway.token()
        asyncio.run(converse(gateway, token, typed=1, spoken=2, headers={"traceparent": PARENT}))
        asyncio.run(converse(gateway, token, typed=1))
        time.sleep(12)
    finally:
        gateway.stop()
        simulator.stop()
    spans = []
    for body in collector.got["/base/v1/traces"]:
        request = json_format.ParseDict(ids_as_bytes(body), ExportTraceServiceRequest())
        for resource in request.resource_spans:
            attributes = {a.key: a.value.string_value for a in resource.resource.attributes}
            assert attributes["service.name"] == "voice-server" and attributes["service.version"] == "7.7.7", attributes
            spans += [span for scope in resource.scope_spans for span in scope.spans]
    assert len({s.span_id for s in spans}) == len(spans), "ids are not unique"
    names = collections.Counter(s.name for s in spans)
    assert names["session"] == 2 and names["turn"] == 4 and names["dial"] == 2 and names["first audio"] == 4, names
    assert all(s.end_time_unix_nano >= s.start_time_unix_nano > 1e18 for s in spans)
    mine = [s for s in spans if s.trace_id.hex() == PARENT.split("-")[1]]
    root = next(s for s in mine if s.name == "session")
    assert root.parent_span_id.hex() == PARENT.split("-")[2], root
    assert all(s.parent_span_id == root.span_id for s in mine if s.name == "turn")
    known = {s.span_id for s in mine}
    assert all(s.parent_span_id in known for s in mine if s is not root), "a span without its parent"
    ok(f"{len(spans)} spans, in their trees: {dict(names)}")
    sent = [re.search(r"(?i)traceparent: (\S+)", head).group(1) for head in tap.heads]
    assert sent[0].split("-")[1] == PARENT.split("-")[1] and sent[0].split("-")[2] == root.span_id.hex(), sent
    assert sent[1].split("-")[1] != PARENT.split("-")[1], sent
    ok(f"traceparent goes on to upstream: {sent[0]}")
    asked = [{k.lower(): v for k, v in head.items()}.get("traceparent") for head in retriever.heads]
    assert asked and all(a and a.split("-")[1] == PARENT.split("-")[1] for a in asked), asked
    ok(f"and to the retriever, {len(asked)} times")
    metrics = {}
    for body in collector.got["/base/v1/metrics"]:
        request = json_format.ParseDict(body, ExportMetricsServiceRequest())
        for metric in (m for r in request.resource_metrics for s in r.scope_metrics for m in s.metrics):
            metrics[metric.name] = metric
    turns = metrics["voice_turn_latency_seconds"].histogram.data_points[0]
    assert turns.count == 2 and len(turns.bucket_counts) == len(turns.explicit_bounds) + 1 and sum(turns.bucket_counts) == 2, turns
    assert metrics["voice_sessions_started_total"].sum.is_monotonic and metrics["voice_turn_latency_seconds"].unit == "s"
    ok(f"{len(metrics)} metrics")
    lines = [line for packet in packets for line in packet.split("\n")]
    assert packets and max(len(p.encode()) for p in packets) <= 1_432
    bad = [line for line in lines if not re.fullmatch(r"[a-z_]+:[-+.e0-9]+\|[cgd](\|@[.e\-0-9]+)?(\|#[a-z_]+:[^|,#]*(,[a-z_]+:[^|,#]*)*)?", line)]
    assert not bad, bad[:5]
    started = sum(float(l.split(":")[1].split("|")[0]) for l in lines if l.startswith("voice_sessions_started_total:"))
    heard = sum(1 / float((re.search(r"\|@([^|]+)", l) or [0, "1"])[1]) for l in lines if l.startswith("voice_turn_latency_seconds:"))
    assert started == 2 and heard == 2, (started, heard)
    ok(f"{len(lines)} StatsD lines in {len(packets)} packets, each told once")


main()
