"""Sentry's side of the wire: envelopes are parsed strictly and normalised by Sentry's own relay; answers are scripted."""

import collections
import gzip
import json
import re
import threading
import time

from sentry_relay.processing import StoreNormalizer

from .http import answers

KEY = "0123456789abcdef0123456789abcdef"
KNOWN = {"event", "transaction", "sessions", "client_report", "log"}
LIMITS = {"event": 1 << 20, "transaction": 1 << 20, "log": 1 << 20, "client_report": 4096}


class Malformed(Exception):
    pass


def unique(pairs):
    if len({name for name, _ in pairs}) != len(pairs):
        raise Malformed("a member stands twice")
    return dict(pairs)


def parsed(body: bytes) -> tuple[dict, list]:
    """Header of an envelope, and header and payload of each item."""
    head, _, rest = body.partition(b"\n")
    if head != head.strip():
        raise Malformed("white space around the header")
    items = []
    while rest:
        line, _, rest = rest.partition(b"\n")
        header = json.loads(line, object_pairs_hook=unique)
        if "length" in header:
            size = header["length"]
            if len(rest) < size or rest[size : size + 1] not in (b"", b"\n"):
                raise Malformed(f"a payload is not {size} bytes long")
            payload, rest = rest[:size], rest[size + 1 :]
        else:
            payload, _, rest = rest.partition(b"\n")
        items.append({"h": header, "size": len(payload), "payload": json.loads(payload, object_pairs_hook=unique)})
    return json.loads(head, object_pairs_hook=unique), items


def warnings(envelope: dict, items: list, auth: dict, headers) -> list[str]:
    """What Sentry would complain of."""
    kinds = collections.Counter(item["h"]["type"] for item in items)
    rules = {
        "sentry_version is 7": auth.get("sentry_version") == "7",
        "sentry_key is the project's": auth.get("sentry_key") == KEY,
        "sentry_client is named": bool(auth.get("sentry_client")),
        "Content-Type": headers.get("Content-Type") == "application/x-sentry-envelope",
        "User-Agent": bool(headers.get("User-Agent")),
        "sent_at is a time in UTC": bool(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)", envelope.get("sent_at", ""))),
        "event_id": not (kinds["event"] or kinds["transaction"]) or bool(re.fullmatch("[0-9a-f]{32}", envelope.get("event_id", ""))),
        "an event or a transaction, and one": kinds["event"] + kinds["transaction"] <= 1,
        "known items": set(kinds) <= KNOWN,
        "sizes": all(item["size"] <= LIMITS.get(item["h"]["type"], 1 << 20) for item in items),
    }
    found = [rule for rule, holds in rules.items() if not holds]
    for item in items:
        if item["h"]["type"] in ("event", "transaction"):
            client = auth.get("sentry_client", "")
            normal = StoreNormalizer(project_id=1, protocol_version="7", client=client, is_renormalize=False).normalize_event(item["payload"])
            found += [f"relay: {error.get('name')} {error.get('type')}" for error in normal.get("errors") or []]
        if item["h"]["type"] == "client_report":
            found += [f"client report: {e}" for e in item["payload"]["discarded_events"] if set(e) != {"reason", "category", "quantity"}]
    return found


class Ingest:
    def __init__(self):
        self.lock, self.scripted = threading.Lock(), []
        self.envelopes: list[dict] = []
        self.dsn = answers(self.take).replace("//", f"//{KEY}@") + "/42"

    def answer(self, status: int, times: int = 1, delay: float = 0, **headers: str) -> None:
        """The answer to the next so many envelopes."""
        with self.lock:
            self.scripted.append([status, times, delay, headers])

    def reset(self) -> None:
        """Forgets what is scripted, and keeps what was received."""
        with self.lock:
            self.scripted.clear()

    def take(self, path, headers, body):
        size, encoding = len(body), headers.get("Content-Encoding", "identity")
        record = {"bytes": size, "encoding": encoding}
        auth = dict(re.findall(r"(sentry_\w+)=([^,\s]+)", headers.get("X-Sentry-Auth", "")))
        status, delay, fields = 200, 0, {}
        try:
            assert path == "/api/42/envelope/", path
            envelope, items = parsed(gzip.decompress(body) if encoding == "gzip" else body)
            record |= {"envelope": envelope, "items": items, "warnings": warnings(envelope, items, auth, headers)}
            with self.lock:
                if self.scripted:
                    status, _, delay, fields = self.scripted[0]
                    self.scripted[0][1] -= 1
                    if not self.scripted[0][1]:
                        self.scripted.pop(0)
        except Exception as problem:
            status, record["error"], record["items"] = 400, repr(problem), []
        record["status"] = status
        with self.lock:
            self.envelopes.append(record)
        time.sleep(delay)
        return status, fields, b"{}"
