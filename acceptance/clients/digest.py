"""What a client was sent, without what differs from run to run: two servers that behave alike have the same digest."""

# These come when the server likes, or when the client asked for them in the middle of a response: compared with no regard to their place.
FLOATING = {
    "rate_limits.updated", "conversation.item.input_audio_transcription.delta", "conversation.item.input_audio_transcription.completed",
    "conversation.item.truncated",
}
# A client that cancels what the server has cancelled already is told so by any server.
HARMLESS = {"response_cancel_not_active"}
# What a client does whenever a transcript is complete, and only then: counted against what it asked for.
ANSWERS = {"conversation.item.retrieve": "conversation.item.retrieved", "conversation.item.truncate": "conversation.item.truncated"}
# Values that count. Of others, which are words, times, counts and names made up at random, only the kind does.
KEPT = {"type", "role", "status", "reason", "code", "object", "name", "param", "conversation", "content_index", "output_index", "output_modalities"}
RANDOM = {"event_id", "expires_at", "obfuscation", "audio_start_ms", "audio_end_ms"}


class Names:
    """Ids, numbered as they come: the same conversation has the same numbers, whatever the server called its items."""

    def __init__(self):
        self.known = {}

    def __call__(self, value):
        kind = value.split("_")[0] if value.split("_")[0] in ("resp", "call", "conv", "sess") else "item"
        return self.known.setdefault(value, f"<{kind} {sum(1 for name in self.known.values() if name[1:].startswith(kind)) + 1}>")


def shape(key, value, names, whole=False):
    if isinstance(value, dict):
        whole = whole or key == "session"
        return {name: shape(name, item, names, whole) for name, item in sorted(value.items()) if name not in RANDOM}
    if isinstance(value, list):
        return [shape(key, item, names, whole) for item in value]
    if isinstance(value, str) and (key == "id" or key.endswith("_id")) and key != "client_event_id":
        return names(value)
    if value is None or whole or key in KEPT:
        return value
    return "number" if isinstance(value, (int, float)) and not isinstance(value, bool) else type(value).__name__


def flat(value, path=""):
    """`a.b=1` for each leaf, so that a difference is a short line."""
    if isinstance(value, dict) and value:
        return [leaf for name, item in value.items() for leaf in flat(item, f"{path}.{name}" if path else name)]
    if isinstance(value, list) and value:
        return [leaf for index, item in enumerate(value) for leaf in flat(item, f"{path}[{index}]")]
    return [f"{path}={value}"]


def digest(events):
    """Answers the lines in order, and the set of those whose place does not count. Of the deltas of one part only the first is told."""
    ordered, floating, late, names, deltas = [], set(), [], Names(), set()
    for event in events:
        if event["type"] in FLOATING or event["type"] == "error":
            late.append(event)
            continue
        if event["type"] == "conversation.item.retrieved":
            continue
        if event["type"].endswith(".delta"):
            key = (event["type"], event["response_id"], event.get("item_id"))
            if key in deltas:
                continue
            deltas.add(key)
        ordered.append(" ".join([event["type"], *flat(shape("", {k: v for k, v in event.items() if k != "type"}, names))]))
    for event in late:
        if event["type"] == "conversation.item.input_audio_transcription.completed":
            # It tells what was really spent: by the second or by the token, as the model has it that heard.
            event = {name: value for name, value in event.items() if name != "usage"}
        floating.add(" ".join([event["type"], *flat(shape("", {k: v for k, v in event.items() if k != "type"}, names))]))
    return ordered, floating


def harmful(events):
    return [event["error"] for event in events if event["type"] == "error" and event["error"]["code"] not in HARMLESS]


def unanswered(sent, events):
    """Requests that got fewer or more answers than there were requests."""
    for request, answer in ANSWERS.items():
        counts = [sum(event["type"] == kind for event in side) for kind, side in ((request, sent), (answer, events))]
        if counts[0] != counts[1]:
            yield f"{counts[0]} {request}, {counts[1]} {answer}"
