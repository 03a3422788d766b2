#!/usr/bin/env python3
"""Makes Tests/VoiceAuthTests/Vectors/jwt.json: tokens by PyJWT and cryptography, valid and bent, for every algorithm.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install pyjwt cryptography && /tmp/venv/bin/python scripts/make-jwt-vectors.py

Keys are new each time, so the file changes whole; what it holds does not.
"""
import base64
import datetime
import hashlib
import hmac
import json
import pathlib
import secrets

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.x509.oid import NameOID

NOW = 1_800_000_000
CLAIMS = {"sub": "user-1", "plan": "elite", "iat": NOW - 1000, "exp": NOW + 3600}
HASHES = {"256": hashes.SHA256, "384": hashes.SHA384, "512": hashes.SHA512}
CURVES = {"ES256": (ec.SECP256R1, 32), "ES384": (ec.SECP384R1, 48), "ES512": (ec.SECP521R1, 66)}
ALL = [family + size for family in ("HS", "RS", "PS", "ES") for size in ("256", "384", "512")] + ["EdDSA"]
cases = []


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def number(value, length=None):
    return b64(value.to_bytes(length or (value.bit_length() + 7) // 8, "big"))


def pem(public):
    return public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


def jwk(public, **members):
    if isinstance(public, rsa.RSAPublicKey):
        numbers = public.public_numbers()
        key = {"kty": "RSA", "n": number(numbers.n), "e": number(numbers.e)}
    elif isinstance(public, ec.EllipticCurvePublicKey):
        numbers, size = public.public_numbers(), (public.curve.key_size + 7) // 8
        names = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521", "secp256k1": "secp256k1"}
        key = {"kty": "EC", "crv": names[public.curve.name], "x": number(numbers.x, size), "y": number(numbers.y, size)}
    else:
        raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        key = {"kty": "OKP", "crv": "Ed25519" if isinstance(public, ed25519.Ed25519PublicKey) else "Ed448", "x": b64(raw)}
    return key | members


def certificate(private):
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "issuer")])
    start = datetime.datetime(2020, 1, 1)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(private.public_key())
    builder = builder.serial_number(1).not_valid_before(start).not_valid_after(start + datetime.timedelta(days=1))
    digest = None if isinstance(private, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return builder.sign(private, digest).public_bytes(serialization.Encoding.PEM).decode()


def jwks(*keys):
    return {"jwks": json.dumps({"keys": list(keys)})}


def case(name, keys, token, valid=False):
    cases.append({"name": name, "keys": keys, "token": token, "valid": valid})


def signing_input(alg, claims=CLAIMS, **header):
    return ".".join(b64(json.dumps(part, separators=(",", ":")).encode()) for part in ({"alg": alg} | header, claims))


def assemble(text, signature):
    return text + "." + b64(signature)


def bend(alg, keys, token):
    """What holds for every algorithm: one bit, one byte and one name changed."""
    header, payload, text = token.split(".")
    signature = unb64(text)
    for name, place in (("first", 0), ("middle", len(signature) // 2), ("last", len(signature) - 1)):
        bent = bytearray(signature)
        bent[place] ^= 1
        case(f"{alg}: {name} byte of the signature changed", keys, assemble(f"{header}.{payload}", bytes(bent)))
    case(f"{alg}: signature a byte short", keys, assemble(f"{header}.{payload}", signature[:-1]))
    case(f"{alg}: signature a byte long", keys, assemble(f"{header}.{payload}", signature + b"\0"))
    case(f"{alg}: signature with a leading zero", keys, assemble(f"{header}.{payload}", b"\0" + signature))
    case(f"{alg}: no signature", keys, f"{header}.{payload}.")
    case(f"{alg}: zeros for a signature", keys, assemble(f"{header}.{payload}", bytes(len(signature))))
    other = signing_input(alg, CLAIMS | {"sub": "user-2"}).split(".")[1]
    case(f"{alg}: claims changed", keys, f"{header}.{other}.{text}")
    case(f"{alg}: header changed", keys, f"{signing_input(alg, typ='at+jwt').split('.')[0]}.{payload}.{text}")
    for name in ALL + ["none"]:
        if name != alg:
            case(f"{alg}: alg changed to {name}", keys, f"{signing_input(name).split('.')[0]}.{payload}.{text}")


def symmetric():
    for size in ("256", "384", "512"):
        alg, secret = "HS" + size, secrets.token_bytes(64)
        keys = {"secret": b64(secret)}
        token = jwt.encode(CLAIMS, secret, alg)
        case(f"{alg}: valid", keys, token, True)
        bend(alg, keys, token)
        case(f"{alg}: another secret", {"secret": b64(secrets.token_bytes(64))}, token)


def rsa_signatures():
    private, stranger = (rsa.generate_private_key(65537, 2048) for _ in range(2))
    large = rsa.generate_private_key(3, 4096)
    public = private.public_key()
    for family in ("RS", "PS"):
        for size in ("256", "384", "512"):
            alg = family + size
            token = jwt.encode(CLAIMS, private, alg)
            for form, keys in (("PEM", {"pem": pem(public)}), ("X.509", {"pem": certificate(private)}), ("JWK", jwks(jwk(public)))):
                case(f"{alg}: valid, {form}", keys, token, True)
            pkcs1 = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.PKCS1).decode()
            case(f"{alg}: valid, PKCS #1", {"pem": pkcs1}, token, True)
            case(f"{alg}: valid, bound", jwks(jwk(public, alg=alg, use="sig", key_ops=["verify"])), token, True)
            case(f"{alg}: valid, 4096 bits, exponent 3", {"pem": pem(large.public_key())}, jwt.encode(CLAIMS, large, alg), True)
            bend(alg, {"pem": pem(public)}, token)
            case(f"{alg}: another key", {"pem": pem(stranger.public_key())}, token)
            for other in ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"):
                if other != alg:
                    case(f"{alg}: key bound to {other}", jwks(jwk(public, alg=other)), token)
            case(f"{alg}: key for encryption", jwks(jwk(public, use="enc")), token)
            case(f"{alg}: key without verify", jwks(jwk(public, key_ops=["sign"])), token)
            case(f"{alg}: private key", jwks(jwk(public, d="AQAB")), token)
            text = signing_input("HS" + size)
            for secret in (pem(public).encode(), pem(public).strip().encode(), number(public.public_numbers().n).encode()):
                mac = hmac.new(secret, text.encode(), "sha" + size).digest()
                case(f"HS{size}: signed with the public key of {alg}", {"pem": pem(public)}, assemble(text, mac))
                case(f"HS{size}: signed with the public key of {alg}, JWK", jwks(jwk(public)), assemble(text, mac))
    for size in ("256", "384", "512"):
        digest = HASHES[size]()
        text = signing_input("PS" + size)
        keys = {"pem": pem(public)}
        for name, salt in (("no salt", 0), ("a short salt", digest.digest_size - 1), ("a long salt", padding.PSS.MAX_LENGTH)):
            signature = private.sign(text.encode(), padding.PSS(padding.MGF1(digest), salt), digest)
            case(f"PS{size}: {name}", keys, assemble(text, signature))
        for other in HASHES.values():
            if other is not HASHES[size]:
                signature = private.sign(text.encode(), padding.PSS(padding.MGF1(other()), digest.digest_size), digest)
                case(f"PS{size}: MGF1 with {other.name}", keys, assemble(text, signature))
        for kind, family in ((padding.PKCS1v15(), "PS"), (padding.PSS(padding.MGF1(digest), digest.digest_size), "RS")):
            text = signing_input(family + size)
            case(f"{family}{size}: padding of the other family", keys, assemble(text, private.sign(text.encode(), kind, digest)))
    weak = rsa.generate_private_key(65537, 1024)
    odd = rsa.generate_private_key(65537, 2040)
    for name, key in (("1024", weak), ("2040", odd)):
        text = signing_input("RS256")
        token = assemble(text, key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))
        case(f"RS256: {name} bits, PEM", {"pem": pem(key.public_key())}, token)
        case(f"RS256: {name} bits, JWK", jwks(jwk(key.public_key())), token)
    # With the exponent 1 the padded hash is its own signature; with 2 there is no such key.
    text = signing_input("RS256")
    info = bytes.fromhex("3031300d060960864801650304020105000420") + hashlib.sha256(text.encode()).digest()
    padded = b"\0\1" + b"\xff" * (256 - 3 - len(info)) + b"\0" + info
    case("RS256: exponent 1", jwks(jwk(public) | {"e": "AQ"}), assemble(text, padded))
    case("RS256: exponent 2", jwks(jwk(public) | {"e": "Ag"}), assemble(text, padded))
    case("RS256: exponent 65536", jwks(jwk(public) | {"e": "AQAA"}), assemble(text, padded))


def curves():
    order = {
        "ES256": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
        "ES384": int("F" * 48 + "C7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973", 16),
        "ES512": int("1" + "F" * 65 + "A51868783BF2F966B7FCC0148F709A5D03BB5C9B8899C47AEBB6FB71E91386409", 16),
    }
    for alg, (curve, size) in CURVES.items():
        private, stranger = (ec.generate_private_key(curve()) for _ in range(2))
        public, digest = private.public_key(), HASHES[alg[2:]]()
        token = jwt.encode(CLAIMS, private, alg)
        for form, keys in (("PEM", {"pem": pem(public)}), ("X.509", {"pem": certificate(private)}), ("JWK", jwks(jwk(public)))):
            case(f"{alg}: valid, {form}", keys, token, True)
        case(f"{alg}: valid, bound", jwks(jwk(public, alg=alg, use="sig", key_ops=["verify"])), token, True)
        keys = {"pem": pem(public)}
        bend(alg, keys, token)
        case(f"{alg}: another key", {"pem": pem(stranger.public_key())}, token)
        text = signing_input(alg)
        der = private.sign(text.encode(), ec.ECDSA(digest))
        r, s = decode_dss_signature(der)
        case(f"{alg}: signature in DER", keys, assemble(text, der))
        raw = lambda r, s, size=size: r.to_bytes(size, "big") + s.to_bytes(size, "big")
        case(f"{alg}: valid by hand", keys, assemble(text, raw(r, s)), True)
        for name, pair in (("r is 0", (0, s)), ("s is 0", (r, 0)), ("both are 0", (0, 0)), ("both are 1", (1, 1)), ("r and s swapped", (s, r))):
            case(f"{alg}: {name}", keys, assemble(text, raw(*pair)))
        n = order[alg]
        case(f"{alg}: r is the order", keys, assemble(text, raw(n, s)))
        case(f"{alg}: s is the order", keys, assemble(text, raw(r, n)))
        if alg == "ES512":
            case(f"{alg}: r past the order", keys, assemble(text, raw(r + n, s)))
            case(f"{alg}: s past the order", keys, assemble(text, raw(r, s + n)))
        case(f"{alg}: halves padded", keys, assemble(text, raw(r, s, size + 1)))
        for other in CURVES:
            if other != alg:
                text = signing_input(other)
                signature = decode_dss_signature(private.sign(text.encode(), ec.ECDSA(HASHES[other[2:]]())))
                length = CURVES[other][1]
                if max(signature).bit_length() <= length * 8:
                    case(f"{other}: by a key on the curve of {alg}", keys, assemble(text, raw(*signature, size=length)))
                case(f"{other}: by a key on the curve of {alg}, its own length", keys, assemble(text, raw(*signature)))
                case(f"{alg}: key bound to {other}", jwks(jwk(public, alg=other)), token)
        key = jwk(public)
        case(f"{alg}: point off the curve", jwks(key | {"x": key["y"], "y": key["x"]}), token)
        case(f"{alg}: point at infinity", jwks(key | {"x": number(0, size), "y": number(0, size)}), token)
        case(f"{alg}: coordinate a byte long", jwks(key | {"x": b64(b"\0" + unb64(key["x"]))}), token)
        case(f"{alg}: coordinate a byte short", jwks(key | {"y": b64(unb64(key["y"])[:-1])}), token)
    koblitz = ec.generate_private_key(ec.SECP256K1())
    text = signing_input("ES256")
    r, s = decode_dss_signature(koblitz.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
    token = assemble(text, r.to_bytes(32, "big") + s.to_bytes(32, "big"))
    case("ES256: secp256k1, PEM", {"pem": pem(koblitz.public_key())}, token)
    case("ES256: secp256k1, JWK", jwks(jwk(koblitz.public_key())), token)
    case("ES256: secp256k1 called P-256", jwks(jwk(koblitz.public_key()) | {"crv": "P-256"}), token)


def edwards():
    private, stranger = ed25519.Ed25519PrivateKey.generate(), ed25519.Ed25519PrivateKey.generate()
    public = private.public_key()
    token = jwt.encode(CLAIMS, private, "EdDSA")
    for form, keys in (("PEM", {"pem": pem(public)}), ("X.509", {"pem": certificate(private)}), ("JWK", jwks(jwk(public)))):
        case(f"EdDSA: valid, {form}", keys, token, True)
    keys = {"pem": pem(public)}
    bend("EdDSA", keys, token)
    case("EdDSA: another key", {"pem": pem(stranger.public_key())}, token)
    text, signature = token.rsplit(".", 1)
    r, s = unb64(signature)[:32], int.from_bytes(unb64(signature)[32:], "little")
    order = 2**252 + 27742317777372353535851937790883648493
    case("EdDSA: s past the order", keys, assemble(text, r + (s + order).to_bytes(32, "little")))
    curve448 = ed448.Ed448PrivateKey.generate()
    token = jwt.encode(CLAIMS, curve448, "EdDSA")
    case("EdDSA: Ed448, PEM", {"pem": pem(curve448.public_key())}, token)
    case("EdDSA: Ed448, JWK", jwks(jwk(curve448.public_key())), token)
    case("EdDSA: Ed448 called Ed25519", jwks(jwk(curve448.public_key()) | {"crv": "Ed25519"}), token)


symmetric()
rsa_signatures()
curves()
edwards()
path = pathlib.Path(__file__).parent.parent / "Tests/VoiceAuthTests/Vectors/jwt.json"
path.write_text(json.dumps({"now": NOW, "cases": cases}, indent=1) + "\n")
valid = sum(entry["valid"] for entry in cases)
print(f"{len(cases)} tokens, {valid} of them valid: {path}")
