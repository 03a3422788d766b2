#!/usr/bin/env python3
"""What `/metrics` says under load: parsed by prometheus_client, judged by promtool, scraped by a real Prometheus.

usage: metrics.py
"""
import asyncio, json, pathlib, re, shutil, subprocess, tempfile, urllib.parse

from voice_acceptance import ROOT, Gateway, Process, Simulator, converse, free_port, limit, needs, ok, request, server_binary, until

needs("prometheus_client")
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse

EXPECTED = """voice_sessions_active voice_sessions_started voice_sessions_resumed voice_sessions_ended voice_sessions_refused
voice_session_duration_seconds voice_users_today voice_messages voice_audio_chunks voice_bytes voice_dropped_audio_chunks
voice_turn_latency_seconds voice_turn_upstream_seconds voice_turn_context_wait_seconds voice_upstream_connect_seconds
voice_retrieval_duration_seconds voice_admission_step_seconds voice_upstream_failures voice_retrievals voice_responses voice_errors
voice_interruptions voice_sessions voice_sessions_faulted voice_client_queue_bytes voice_tokens voice_cost_usd voice_cost_usd_today voice_unpriced voice_build_info voice_store_duration_seconds
process_cpu_seconds process_resident_memory_bytes process_open_fds process_max_fds process_start_time_seconds""".split()


def promtool(*arguments, given=None):
    result = subprocess.run(["promtool", *arguments], input=given, capture_output=True, text=True)
    assert result.returncode == 0 and not result.stderr.strip(), result.stdout + result.stderr
    ok(" ".join(["promtool", *arguments[:2]]))


def value(families, name, **labels):
    return sum(s.value for f in families for s in f.samples if s.name == name and labels.items() <= s.labels.items())


def known(families, path):
    """Every metric that is asked for in this file is told by the gateway, or recorded by a rule."""
    text = path.read_text()
    told = {family.name + suffix for family in families for suffix in ("", "_total", "_bucket", "_sum", "_count")}
    def queries(node):
        if isinstance(node, dict):
            return [v for k, v in node.items() if k in ("expr", "query") and isinstance(v, str)] + [q for v in node.values() for q in queries(v)]
        return [q for v in node for q in queries(v)] if isinstance(node, list) else []
    expressions = queries(json.loads(text)) if path.suffix == ".json" else [text]
    asked = {name for e in expressions for name in re.findall(r"(?<![:\w])(?:voice|process)_[a-z_]+", e)}
    missing = {name for name in asked if name not in told and not name.startswith("voice_sentry_")}
    assert asked and not missing, missing
    ok(f"all {len(asked)} metrics that {path.name} asks for are told")


def scrape(gateway):
    """A real Prometheus finds the gateway up and its counters where they are."""
    folder = tempfile.mkdtemp()
    port = free_port()
    config = pathlib.Path(folder, "prometheus.yml")
    config.write_text(
        "global: {scrape_interval: 1s}\nscrape_configs:\n- job_name: voice\n  static_configs: [{targets: ['%s']}]\n" % gateway.url.split("//")[1])
    prometheus = Process([
        "prometheus", f"--config.file={config}", f"--storage.tsdb.path={folder}/data", f"--web.listen-address=127.0.0.1:{port}"])
    try:
        query = urllib.parse.quote("up{job='voice'} == 1 and on() voice_sessions_started_total > 0")

        def is_up():
            answer = request("GET", port, f"/api/v1/query?query={query}")
            return answer.status == 200 and answer.json["data"]["result"]

        until(is_up, 60, "Prometheus to scrape")
        ok("a real Prometheus scrapes it")
    finally:
        prometheus.stop()
        shutil.rmtree(folder, ignore_errors=True)


def main():
    limit(300)
    server = server_binary()
    simulator = Simulator(server)
    gateway = Gateway(server, simulator.url)
    try:
        token = gateway.token()

        async def load():
            await asyncio.gather(
                converse(gateway, token, typed=2), converse(gateway, token, spoken=1, typed=0), converse(gateway, "no.good.token"),
                converse(gateway, token, model='odd"model\\'))
        asyncio.run(load())
        kind, text = gateway.get("/metrics")
        assert kind == "text/plain; version=0.0.4; charset=utf-8", kind
        families = list(parse(text))
        names = {family.name for family in families}
        assert set(EXPECTED) <= names, set(EXPECTED) - names
        assert value(families, "voice_sessions_started_total") == 2 and value(families, "voice_sessions_active") == 0
        assert value(families, "voice_sessions_refused_total") == 2
        assert value(families, "voice_turn_latency_seconds_count") == 1, "one spoken turn"
        assert value(families, "voice_turn_upstream_seconds_count") == 3
        assert value(families, "voice_tokens_total") > 0 and value(families, "voice_cost_usd_total") > 0
        assert value(families, "voice_store_duration_seconds_count", operation="save") >= 2
        undocumented = [f.name for f in families if not f.documentation]
        assert not undocumented, undocumented
        ok(f"{len(families)} metrics parse, {sum(len(f.samples) for f in families)} samples, and count what was done")
        kind, strict = gateway.get("/metrics", Accept="application/openmetrics-text; version=1.0.0")
        assert kind.startswith("application/openmetrics-text"), kind
        strictly = {family.name for family in parse_openmetrics(strict)}
        assert names <= strictly, names - strictly
        ok("OpenMetrics parses too")
        promtool("check", "metrics", given=text)
        scrape(gateway)
        rules = ROOT / "deploy/prometheus/voice-alerts.yml"
        promtool("check", "rules", str(rules))
        for path in (rules, ROOT / "deploy/grafana/voice-realtime.json"):
            known(families, path)
    finally:
        gateway.stop()
        simulator.stop()

main()
