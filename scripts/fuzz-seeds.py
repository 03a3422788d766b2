#!/usr/bin/env python3
"""Inputs that a fuzz target begins with. usage: fuzz-seeds.py auth|transport|relay FOLDER"""
import base64
import json
import pathlib
import sys

corpus = pathlib.Path(sys.argv[2])


def seed(name, data):
    corpus.joinpath("seed-" + name).write_bytes(data)


def auth():
    """Tokens and keys of the tests' vectors; the first byte is the reader of FuzzVoiceAuth."""

    def reader(choice, name, data):
        seed(f"{choice}-{name}", bytes([choice]) + data)

    def decoded(part):
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))

    for number, case in enumerate(json.load(open("Tests/VoiceAuthTests/Vectors/jwt.json"))["cases"]):
        reader(0, number, case["token"].encode())
        try:
            header, payload, _ = case["token"].split(".")
            reader(1, number, decoded(header))
            for choice in (2, 3):
                reader(choice, number, decoded(payload))
            reader(4, number, payload.encode())
        except ValueError:
            pass
        if "jwks" in case["keys"]:
            reader(5, number, case["keys"]["jwks"].encode())
        if "pem" in case["keys"]:
            pem = case["keys"]["pem"]
            reader(6, number, pem.encode())
            try:
                reader(7, number, base64.b64decode("".join(line for line in pem.splitlines() if not line.startswith("-----"))))
            except ValueError:
                pass
    for number, text in enumerate(["/v1/realtime?token=a%2Eb&ticket=c", "https://app.example.com:8443", "https://*.example.com", "Bearer a.b.c"]):
        reader(8, number, text.encode())
    reader(9, 0, b'{"enabled":true,"rollout_percent":12.5,"beta_users":["a"],"allowed_plans":["elite"]}')


def transport():
    """Handshakes, requests and frames; the first byte is the side, the second the size of the pieces."""
    hello = (
        b"GET /ws HTTP/1.1\r\nHost: h\r\nConnection: %s\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    get = b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n"
    frame = b"\x81\x85\1\2\3\4ignmn"
    server = [
        hello % b"Upgrade",
        hello % b"Upgrade\t" + get,
        hello % b"keep-alive, Upgrade" + frame * 3,
        get * 3 + hello % b"Upgrade",
        b"POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n" + get,
        b"HEAD http://h/a HTTP/1.0\r\nConnection: Close\r\n\r\n",
        hello % b"Upgrade" + b"\x88\x82\0\0\0\0\x03\xe8",
    ]
    # Of the key that the target dials with.
    accepted = (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept_key(bytes([7] * 16)) + b"\r\n\r\n"
    )
    client = [
        accepted + b"\x81\2hi\x89\0\x88\2\x03\xe8",
        accepted + b"\x01\1h\x80\1i\x82\x7e\0\4abcd",
        b"HTTP/1.1 401 No\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 100 Continue\r\n\r\n" + accepted,
        b"HTTP/1.1 503 No\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    ]
    for side, texts in ((0, server), (2, server), (1, client)):
        for number, text in enumerate(texts):
            for piece in (255, 0, 6):
                seed(f"{side}-{number}-{piece}", bytes([side, piece]) + text)


def accept_key(key):
    import hashlib

    return base64.b64encode(hashlib.sha1(base64.b64encode(key) + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())


def relay():
    """Events of both sides, a conversation, frames; the first byte is the reader of FuzzVoiceCore."""

    def reader(choice, name, data):
        seed(f"{choice}-{name}", bytes([choice]) + data)

    events = [
        b'{"type":"session.update","session":{"type":"realtime","model":"x","instructions":"a","max_output_tokens":"inf","tools":[],'
        b'"audio":{"input":{"turn_detection":{"type":"server_vad","create_response":true},"transcription":{"model":"m"}}}}}',
        b'{"type":"session.updated","session":{"audio":{"input":{"turn_detection":null}},"expires_at":1e400}}',
        b'{"type":"response.create","event_id":"c","response":{"conversation":"none","instructions":"\\u0041\\ud83d","max_output_tokens":9}}',
        b'{"type":"response.created","response":{"id":"r","conversation_id":null,"metadata":{"a":"b"}}}',
        b'{"type":"response.done","response":{"id":"r","status":"completed","output":[{"id":"f"}],"usage":{"total_tokens":-1}}}',
        b'{"type":"conversation.item.done","previous_item_id":"gw_item_1","item":{"id":"i","type":"message","role":"user",'
        b'"content":[{"type":"input_audio","transcript":"t"}]}}',
        b'{"type":"response.output_item.done","response_id":"r","item":{"id":"f","type":"function_call","name":"t","call_id":"c","arguments":""}}',
        b'{"type":"response.output_audio.delta","event_id":"e","response_id":"r","item_id":"i","content_index":0,"delta":"AAAA"}',
        b'{"type":"error","error":{"code":"invalid_value","param":"session.audio","event_id":"gw_upd_1","message":"\'gw_item_1\'"}}',
        b'{"type":"input_audio_buffer.committed","item_id":"i","previous_item_id":null}',
        b'{"type":"input_audio_buffer.speech_started","item_id":"i"}',
    ]
    for number, event in enumerate(events):
        for choice in (2, 3, 5):
            reader(choice, number, event)
        reader(6, number, b'{"type":"session.created","session":{}}\n>' + event + b"\n" + event + b"\n!\n" + event)
    reader(4, 0, b'{"audio":{"input":{"a":1}},"b":2}\n{"audio":{"input":{"a":{"c":3}}},"\\u0062":4}')
    for choice in (0, 1):
        reader(choice, 0, b"\x81\x85\0\0\0\0hello\x89\x80\0\0\0\0\x88\x82\0\0\0\0\x03\xe8")
        reader(choice, 1, b"\x01\x02hi\x80\x01!\x8a\x00\x82\x7e\x00\x04abcd")


{"auth": auth, "transport": transport, "relay": relay}[sys.argv[1]]()
