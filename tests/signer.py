"""A user pool that says what a test wants: really signed tokens, and an endpoint for its keys that can misbehave."""

import base64
import json
import threading
import time
from collections.abc import Callable
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa


class _Missing:
    """Says what it is in the name of a test, which must be the same in every process."""

    def __repr__(self) -> str:
        return "missing"


MISSING = _Missing()
Answer = Callable[[BaseHTTPRequestHandler], None]


@cache
def rsa_key(name: str, bits: int = 2048) -> rsa.RSAPrivateKey:
    """The same key for the same name."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def jwk(key: rsa.RSAPrivateKey, kid: str, **changes: Any) -> dict[str, Any]:
    numbers = key.public_key().public_numbers()
    entry = {
        "kty": "RSA",
        "use": "sig",
        "alg": "RS256",
        "kid": kid,
        "n": b64(numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8, "big")),
        "e": b64(numbers.e.to_bytes(3, "big")),
        **changes,
    }
    return {name: value for name, value in entry.items() if value is not MISSING}


class Signer:
    """Makes tokens as Cognito does, except for what a test changes."""

    def __init__(self, pool_id: str, client_id: str, kid: str = "kid+1/a=", key: str = "pool") -> None:
        self.pool_id = pool_id
        self.client_id = client_id
        self.kid = kid
        self.key = rsa_key(key)
        self.sub = str(uuid4())

    def claims(self, use: str = "access") -> dict[str, Any]:
        now = int(time.time())
        common = {
            "sub": self.sub,
            "iss": f"https://cognito-idp.{self.pool_id.split('_')[0]}.amazonaws.com/{self.pool_id}",
            "origin_jti": str(uuid4()),
            "event_id": str(uuid4()),
            "token_use": use,
            "auth_time": now,
            "iat": now,
            "exp": now + 300,
            "jti": str(uuid4()),
        }
        if use == "access":
            own = {"client_id": self.client_id, "username": self.sub, "version": 2, "scope": "openid email profile"}
            return {**common, **own, "email": "ada@playground.example", "custom:role": "admin"}
        return {
            **common,
            "aud": self.client_id,
            "cognito:username": self.sub,
            "email": "ada@playground.example",
            "email_verified": True,
            "custom:role": "admin",
            "nonce": "n-0S6_WzA2Mj",
            "at_hash": "77QmUPtjPfzWtF2AnpK9RQ",
        }

    def header(self, **changes: Any) -> dict[str, Any]:
        header = {"kid": self.kid, "alg": "RS256", **changes}
        return {name: value for name, value in header.items() if value is not MISSING}

    def access(self, **changes: Any) -> str:
        """An access token with claims changed; MISSING leaves one out. `role` stands for `custom:role`."""
        return self._token("access", changes)

    def id(self, **changes: Any) -> str:
        return self._token("id", changes)

    def _token(self, use: str, changes: dict[str, Any]) -> str:
        changes = {{"role": "custom:role"}.get(name, name): value for name, value in changes.items()}
        claims = {**self.claims(use), **changes}
        return self.sign(self.header(), {name: value for name, value in claims.items() if value is not MISSING})

    def sign(
        self,
        header: dict[str, Any] | bytes,
        claims: dict[str, Any] | bytes,
        how: Callable[[bytes], bytes] | None = None,
    ) -> str:
        """Whatever the two parts are, signed; `how` signs otherwise than by RS256 and our key."""
        parts = [part if isinstance(part, bytes) else json.dumps(part).encode() for part in (header, claims)]
        signed = ".".join(b64(part) for part in parts)
        return f"{signed}.{b64((how or self.rs256)(signed.encode()))}"

    def with_header(self, **changes: Any) -> str:
        return self.sign(self.header(**changes), self.claims())

    def rs256(self, message: bytes) -> bytes:
        return self.key.sign(message, padding.PKCS1v15(), hashes.SHA256())

    def jwks(self) -> bytes:
        return json.dumps({"keys": [jwk(self.key, self.kid), jwk(rsa_key("id tokens"), "kid-2")]}).encode()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has read enough hangs up."""


class KeyServer:
    """Serves what `document` says, or misbehaves as `answer` does; counts what it was asked."""

    def __init__(self) -> None:
        self.document = b""
        self.answer: Answer | None = None
        self.asked = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked += 1
                if outer.answer is not None:
                    outer.answer(self)
                else:
                    respond(self, 200, outer.document)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = _Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/jwks.json"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> "KeyServer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def respond(handler: BaseHTTPRequestHandler, status: int, body: bytes, **headers: str) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)
