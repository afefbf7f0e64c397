"""Tokens that must not count, by the id of the attack: each makes one, really signed unless that is the attack."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding

from tests.signer import MISSING, Signer, b64, jwk, rsa_key

Make = Callable[[Signer], str]
NOW = object()  # replaced by the time at which the token is made
SYMMETRIC = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}


def claim(name: str, value: Any) -> Make:
    return lambda signer: signer.access(**{name: int(time.time()) if value is NOW else value})


def later(name: str, seconds: float) -> Make:
    return lambda signer: signer.access(**{name: int(time.time() + seconds)})


def header(**changes: Any) -> Make:
    return lambda signer: signer.with_header(**changes)


def raw_claim(name: str, text: str) -> Make:
    """A claim in JSON that no encoder would write."""

    def make(signer: Signer) -> str:
        claims = {key: value for key, value in signer.claims().items() if key != name}
        return signer.sign(signer.header(), f'{{"{name}": {text}, {json.dumps(claims)[1:]}'.encode())

    return make


def payload(data: bytes | Callable[[Signer], bytes]) -> Make:
    return lambda signer: signer.sign(signer.header(), data(signer) if callable(data) else data)


def changed(change: Callable[[str], str]) -> Make:
    """A good token, altered in transit."""
    return lambda signer: change(signer.access())


def part(index: int, change: Callable[[str], str]) -> Make:
    def altered(token: str) -> str:
        parts = token.split(".")
        parts[index] = change(parts[index])
        return ".".join(parts)

    return changed(altered)


def unsigned(algorithm: str) -> Make:
    return lambda signer: signer.sign(signer.header(alg=algorithm), signer.claims(), lambda _: b"")


def symmetric(algorithm: str, secret: Callable[[Signer], bytes]) -> Make:
    def make(signer: Signer) -> str:
        digest = SYMMETRIC[algorithm]
        signing = lambda message: hmac.new(secret(signer), message, digest).digest()  # noqa: E731
        return signer.sign(signer.header(alg=algorithm), signer.claims(), signing)

    return make


def public(encoding: serialization.Encoding, form: serialization.PublicFormat) -> Callable[[Signer], bytes]:
    return lambda signer: signer.key.public_key().public_bytes(encoding, form)


def asymmetric(algorithm: str, how: Callable[[Signer, bytes], bytes]) -> Make:
    return lambda signer: signer.sign(
        signer.header(alg=algorithm), signer.claims(), lambda message: how(signer, message)
    )


def pss(digest: hashes.HashAlgorithm) -> Callable[[Signer, bytes], bytes]:
    return lambda signer, message: signer.key.sign(message, padding.PSS(padding.MGF1(digest), 32), digest)


def pkcs1(digest: hashes.HashAlgorithm) -> Callable[[Signer, bytes], bytes]:
    return lambda signer, message: signer.key.sign(message, padding.PKCS1v15(), digest)


def elliptic(signer: Signer, message: bytes) -> bytes:
    return ec.generate_private_key(ec.SECP256R1()).sign(message, ec.ECDSA(hashes.SHA256()))


def attackers(key_in_header: Callable[[Signer], dict[str, Any]], **changes: Any) -> Make:
    """Signed by the attacker, who offers the key to check it with."""

    def make(signer: Signer) -> str:
        mallory = Signer(signer.pool_id, signer.client_id, key="mallory")
        return mallory.sign({**mallory.header(**changes), **key_in_header(signer)}, mallory.claims())

    return make


def mallorys_jwk(kid: str) -> dict[str, Any]:
    return jwk(rsa_key("mallory"), kid)


def offered(signer: Signer) -> dict[str, dict[str, Any]]:
    return {}


def doubled(name: str, text: str) -> Make:
    """The claim twice, the good value first or last."""
    return payload(lambda signer: (json.dumps(signer.claims())[:-1] + f', "{name}": {text}}}').encode())


def doubled_header(name: str, text: str) -> Make:
    return lambda signer: signer.sign(
        (json.dumps(signer.header())[:-1] + f', "{name}": {text}}}').encode(), claims(signer)
    )


def claims(signer: Signer) -> dict[str, Any]:
    return signer.claims()


def tail(text: str) -> str:
    """The same bytes in another spelling: the last letter holds bits that decode to nothing."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return text[:-1] + alphabet[alphabet.index(text[-1]) ^ 1]


PEM = public(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
DER = public(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
POOL = "https://cognito-idp.us-east-1.amazonaws.com/"
JKU = "http://127.0.0.1:9/mallory.json"
HOUR = 3600


def other_issuer(change: Callable[[str], Any]) -> Make:
    return lambda signer: signer.access(iss=change(signer.claims()["iss"]))


def other_client(change: Callable[[str], Any]) -> Make:
    return lambda signer: signer.access(client_id=change(signer.client_id))


BAD: dict[str, dict[str, Make]] = {
    "J1": {
        **{f"{word} unsigned": unsigned(word) for word in ("none", "None", "NONE", "NoNe", "nOnE", "")},
        **{f"{word} with a signature": header(alg=word) for word in ("none", "None", "NONE", "NoNe")},
        "none and the signature left out": lambda signer: unsigned("none")(signer).rstrip("."),
        "alg left out": header(alg=MISSING),
    },
    "J2": {
        f"{algorithm} keyed with the public {name}": symmetric(algorithm, secret)
        for algorithm in SYMMETRIC
        for name, secret in {
            "PEM": PEM,
            "DER": DER,
            "PEM without its last line break": lambda signer: PEM(signer).strip(),
            "modulus": lambda signer: jwk(signer.key, "")["n"].encode(),
            "nothing": lambda signer: b"",
        }.items()
    },
    "J3": {
        "RS384": asymmetric("RS384", pkcs1(hashes.SHA384())),
        "RS512": asymmetric("RS512", pkcs1(hashes.SHA512())),
        "PS256": asymmetric("PS256", pss(hashes.SHA256())),
        "PS512": asymmetric("PS512", pss(hashes.SHA512())),
        "PS256 that calls itself RS256": asymmetric("RS256", pss(hashes.SHA256())),
        "RS512 that calls itself RS256": asymmetric("RS256", pkcs1(hashes.SHA512())),
        "ES256": asymmetric("ES256", elliptic),
        "ES256 that calls itself RS256": asymmetric("RS256", elliptic),
        **{f"alg {word!r}": header(alg=word) for word in ("rs256", "RS256 ", "EdDSA", ["RS256"], None, 256, {})},
    },
    "J4": {
        "another key of the same name": attackers(offered),
        "the pool's key for ID tokens": lambda signer: Signer(
            signer.pool_id, signer.client_id, signer.kid, "id tokens"
        ).access(),
        "another token's signature": lambda signer: ".".join(
            [*signer.access(role="readonly").split(".")[:2], signer.access().split(".")[2]]
        ),
        "another payload": part(1, lambda text: b64(base64.urlsafe_b64decode(text + "==").replace(b"admin", b"admim"))),
        "zeros": part(2, lambda text: b64(bytes(256))),
        "ones": part(2, lambda text: b64(b"\xff" * 256)),
        "half of it": part(2, lambda text: text[:171]),
        "twice": part(2, lambda text: b64(base64.urlsafe_b64decode(text + "==") * 2)),
        "one byte": part(2, lambda text: "AA"),
        "a zero byte before": part(2, lambda text: b64(b"\0" + base64.urlsafe_b64decode(text + "=="))),
    },
    "J5": {
        f"kid {kid!r:.30} ({len(str(kid))})": header(kid=kid)
        for kid in (
            MISSING,
            None,
            1,
            True,
            ["kid+1/a="],
            {"kid": "kid+1/a="},
            "",
            "../",
            "../../etc/passwd",
            "/dev/null",
            "kid+1/a=\n",
            "kid+1/a= ",
            "KID+1/A=",
            "unknown",
            "kid-3",
            "' OR 1=1 --",
            "kid\u0000",
            "kıd",
            "x" * 129,
            "x" * 5000,
            "__class__",
        )
    },
    "J6": {
        "jwk": attackers(lambda signer: {"jwk": mallorys_jwk("kid+1/a=")}),
        "jwk and a new name": attackers(lambda signer: {"jwk": mallorys_jwk("mallory")}, kid="mallory"),
        "jwk alone": attackers(lambda signer: {"jwk": mallorys_jwk("mallory")}, kid=MISSING),
        "jku": attackers(lambda signer: {"jku": JKU}),
        "jku and a new name": attackers(lambda signer: {"jku": JKU}, kid="mallory"),
        "x5u": attackers(lambda signer: {"x5u": JKU}),
        "x5c": attackers(lambda signer: {"x5c": [b64(b"certificate")]}),
        "jwk beside our own signature": header(jwk=mallorys_jwk("kid+1/a=")),
        "jku beside our own signature": header(jku=JKU),
        "x5u beside our own signature": header(x5u=JKU),
        "x5c beside our own signature": header(x5c=[]),
        "x5t beside our own signature": header(x5t="AAAA"),
    },
    "J7": {
        "crit unknown": header(crit=["urn:x"], **{"urn:x": 1}),
        "crit empty": header(crit=[]),
        "crit exp": header(crit=["exp"], exp=1),
        "crit b64": header(crit=["b64"], b64=True),
        "b64 false": header(b64=False),
        "b64 false and crit": header(b64=False, crit=["b64"]),
        "zip": header(zip="DEF"),
        "enc": header(enc="A256GCM"),
        "cty": header(cty="JWT"),
        "typ other": header(typ="at+jwt"),
        "typ null": header(typ=None),
        "typ list": header(typ=["JWT"]),
        "a claim among the headers": header(exp=99999999999),
        "something new": header(new=1),
    },
    "J8": {
        "missing": claim("exp", MISSING),
        "NaN": raw_claim("exp", "NaN"),
        "Infinity": raw_claim("exp", "Infinity"),
        "-Infinity": raw_claim("exp", "-Infinity"),
        "1e400": raw_claim("exp", "1e400"),
        "-1e400": raw_claim("exp", "-1e400"),
        **{f"{value!r}": claim("exp", value) for value in (None, [], [99999999999], {}, True, False, "", "never")},
    },
    "J9": {
        "a string": lambda signer: signer.access(exp=str(int(time.time()) + 300)),
        "milliseconds": lambda signer: signer.access(exp=int(time.time() + 300) * 1000),
        "10**30": claim("exp", 10**30),
        "5,000 digits": raw_claim("exp", "9" * 5000),
        "an exponent": lambda signer: raw_claim("exp", f"{int(time.time()) + 300}e0")(signer),
        "a fraction": lambda signer: raw_claim("exp", f"{int(time.time()) + 300}.5")(signer),
        "negative": claim("exp", -5),
        "25 hours": later("exp", 25 * HOUR),
        "a day and a second": lambda signer: signer.access(iat=int(time.time()), exp=int(time.time()) + 24 * HOUR + 1),
        "before it was issued": lambda signer: signer.access(iat=int(time.time()) + 9, exp=int(time.time()) + 5),
    },
    "J10": {
        "exp now": claim("exp", NOW),
        "exp a second ago": later("exp", -1),
        "exp an hour ago": later("exp", -HOUR),
        "exp 0": claim("exp", 0),
        "iat in a minute": later("iat", 60),
        "iat in an hour": lambda signer: signer.access(iat=int(time.time()) + HOUR, exp=int(time.time()) + 2 * HOUR),
        "nbf in a minute": later("nbf", 60),
        "nbf in a year": later("nbf", 365 * 24 * HOUR),
        "nbf 10**30": claim("nbf", 10**30),
        **{f"nbf {value!r}": claim("nbf", value) for value in ("0", [], True, 1.5, -1)},
        **{f"iat {value!r}": claim("iat", value) for value in (MISSING, None, "0", [], True, 1.5, -1, 0)},
    },
    "J11": {
        "another pool": claim("iss", POOL + "us-east-1_other"),
        "another region": other_issuer(lambda iss: iss.replace("us-east-1", "eu-west-1")),
        "prefix": other_issuer(lambda iss: iss[:-1]),
        "longer": other_issuer(lambda iss: iss + "x"),
        "slash": other_issuer(lambda iss: iss + "/"),
        "http": other_issuer(lambda iss: iss.replace("https", "http")),
        "capital": other_issuer(lambda iss: iss.replace("cognito", "Cognito")),
        "line break": other_issuer(lambda iss: iss + "\n"),
        "blank before": other_issuer(lambda iss: " " + iss),
        "another host": other_issuer(lambda iss: iss.replace("amazonaws.com", "amazonaws.com.evil.example")),
        "list": other_issuer(lambda iss: [iss]),
        "object": other_issuer(lambda iss: {iss: iss}),
        **{f"{value!r}": claim("iss", value) for value in (MISSING, None, "", True, 0)},
    },
    "J12": {
        "an ID token": lambda signer: signer.id(),
        "an ID token for the client": lambda signer: signer.id(client_id=signer.client_id, username=signer.sub),
        **{
            f"token_use {value!r}": claim("token_use", value)
            for value in (MISSING, None, "id", "Access", "access ", "refresh", ["access"], True)
        },
    },
    "J13": {
        "another client": claim("client_id", "0123456789abcdefghijklmnop"),
        "prefix": other_client(lambda client: client[:-1]),
        "capitals": other_client(lambda client: client.upper() + "X"),
        "list": other_client(lambda client: [client]),
        "aud in its place": lambda signer: signer.access(client_id=MISSING, aud=signer.client_id),
        **{f"{value!r}": claim("client_id", value) for value in (MISSING, None, "", 0)},
    },
    "J14": {
        f"{name} {value!r:.20}": claim(name, value)
        for name in ("sub", "username")
        for value in (MISSING, None, 1, "", [], {}, True, "x" * 129, "a\nb", "a b", "a\u0000b", "\ud800")
    },
    "J15": {
        f"{name} {value!r:.20}": claim(name, value)
        for name in ("role", "email")
        for value in (1, True, ["admin"], {"admin": 1}, "admin\n", "\ud800", "x" * 3000)
    },
    "J16": {
        "exp": doubled("exp", "99999999999"),
        "exp again the same": lambda signer: doubled("exp", str(signer.claims()["exp"]))(signer),
        "sub": doubled("sub", '"mallory"'),
        "role": doubled("custom:role", '"admin"'),
        "client_id": lambda signer: doubled("client_id", f'"{signer.client_id}"')(signer),
        "token_use": doubled("token_use", '"access"'),
        "inside another claim": doubled("address", '{"a": 1, "a": 2}'),
        "escaped": doubled("\\u0073ub", '"mallory"'),
        "alg": doubled_header("alg", '"RS256"'),
        "kid": doubled_header("kid", '"kid+1/a="'),
    },
    "J17": {
        **{f"payload {text!r}": payload(text) for text in (b"[]", b'"text"', b"1", b"null", b"true", b"", b"{}", b"{")},
        "a list of the claims": payload(lambda signer: json.dumps([signer.claims()]).encode()),
        "nested 5,000 deep": raw_claim("deep", "[" * 5000 + "]" * 5000),
        "nested 100,000 deep": raw_claim("deep", "[" * 100_000 + "]" * 100_000),
        "objects 2,000 deep": raw_claim("deep", '{"a":' * 2000 + "1" + "}" * 2000),
        "a megabyte": raw_claim("long", '"' + "x" * 1_000_000 + '"'),
        "a megabyte of dots": lambda signer: "." * 1_000_000,
        "a megabyte of header": header(kid="x" * 1_000_000),
        "header a list": lambda signer: signer.sign(b"[]", signer.claims()),
        "header null": lambda signer: signer.sign(b"null", signer.claims()),
        "header empty": lambda signer: signer.sign(b"{}", signer.claims()),
        "text after the claims": payload(lambda signer: json.dumps(signer.claims()).encode() + b"{}"),
        "single quotes": payload(lambda signer: json.dumps(signer.claims()).replace('"', "'").encode()),
    },
    "J18": {
        "one part": changed(lambda token: token.replace(".", "")),
        "two parts": changed(lambda token: token.rsplit(".", 1)[0]),
        "two parts and a dot": changed(lambda token: token.rsplit(".", 1)[0] + "."),
        "four parts": changed(lambda token: token + ".AAAA"),
        "five parts": changed(lambda token: token + ".AAAA.AAAA"),
        "a dot before": changed(lambda token: "." + token),
        "a dot after": changed(lambda token: token + "."),
        "two dots": changed(lambda token: token.replace(".", "..", 1)),
        "no header": part(0, lambda text: ""),
        "no payload": part(1, lambda text: ""),
        "padding of the signature": changed(lambda token: token + "=="),
        "padding of the header": part(0, lambda text: text + "=" * (-len(text) % 4 or 4)),
        "padding of the payload": part(1, lambda text: text + "=" * (-len(text) % 4 or 4)),
        "line break after": changed(lambda token: token + "\n"),
        "line break before": changed(lambda token: "\n" + token),
        "line break within": part(1, lambda text: text[:40] + "\n" + text[40:]),
        "blank within": part(2, lambda text: text[:40] + " " + text[40:]),
        "tab after": changed(lambda token: token + "\t"),
        "NUL after": changed(lambda token: token + "\0"),
        "other letters for 62 and 63": part(2, lambda text: "+/" + text[2:]),
        "a letter beyond ASCII": part(1, lambda text: "é" + text[1:]),
        "a fullwidth letter": part(0, lambda text: "ｅ" + text[1:]),
        "tail bits of the signature": part(2, tail),
        "a letter more": changed(lambda token: token + "A"),
        "byte order mark": payload(lambda signer: b"\xef\xbb\xbf" + json.dumps(signer.claims()).encode()),
        "UTF-16": payload(lambda signer: json.dumps(signer.claims()).encode("utf-16")),
        "bytes that are no UTF-8": payload(lambda signer: json.dumps(signer.claims())[:-1].encode() + b', "\xff": 1}'),
    },
}
