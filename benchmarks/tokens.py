"""`make bench`: what it costs to check an access token in a warm container, beside the bare RSA verification.

Both are of the same round. It measures no network: the keys are read once, before. Exits with 1 when a goal is missed.
"""

import argparse
import base64
import gc
import json
import sys
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from statistics import median
from threading import Thread
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from bot.wiring import ground

POOL, CLIENT, KID = "us-east-1_Bench", "1example23456789", "bench+key/id="
GOAL, STRETCH = 6.5, 4.0
BATCH = 500


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def access_token(key: rsa.RSAPrivateKey) -> str:
    """As Cognito writes one for a person of the pool."""
    now = int(time.time())
    header = {"kid": KID, "alg": "RS256"}
    claims = {
        "sub": "3f0a6c1e-7c1b-4c7e-9b9e-0d6f8a5b1c2d",
        "iss": f"https://cognito-idp.us-east-1.amazonaws.com/{POOL}",
        "version": 2,
        "client_id": CLIENT,
        "origin_jti": "5b8f6ad2-59c1-4d47-9e2a-6b8f1f5d0c11",
        "event_id": "0e0b2f6c-8c57-44f2-9bb8-5a0f4a3a7c55",
        "token_use": "access",
        "scope": "openid profile email",
        "auth_time": now,
        "exp": now + 3600,
        "iat": now,
        "jti": "a3c1a5ad-61f0-4c52-8f9f-3c6a0d6e2a90",
        "username": "3f0a6c1e-7c1b-4c7e-9b9e-0d6f8a5b1c2d",
        "email": "ada@playground.example",
        "custom:role": "admin",
    }
    signed = f"{b64(json.dumps(header).encode())}.{b64(json.dumps(claims).encode())}"
    return f"{signed}.{b64(key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def key_server(key: rsa.RSAPrivateKey) -> HTTPServer:
    numbers = key.public_key().public_numbers()
    entry = {
        "kty": "RSA",
        "use": "sig",
        "alg": "RS256",
        "kid": KID,
        "e": "AQAB",
        "n": b64(numbers.n.to_bytes(256, "big")),
    }
    body = json.dumps({"keys": [entry]}).encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    return server


def microseconds(work: Callable[[], Any]) -> float:
    """Of this thread's CPU, for one of a batch: the machine is shared."""
    gc.collect()
    started = time.thread_time()
    for _ in range(BATCH):
        work()
    return (time.thread_time() - started) / BATCH * 1e6


def run(rounds: int) -> list[tuple[float, float]]:
    """Bare verification and our check, a pair a round."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    server = key_server(key)
    try:
        tokens = ground.tokens(POOL, CLIENT, f"http://127.0.0.1:{server.server_port}/jwks.json")
        token = access_token(key)
        tokens.verify_access(token)
    finally:
        server.shutdown()
        server.server_close()
    signed, _, tail = token.rpartition(".")
    message, signature, public = signed.encode(), base64.urlsafe_b64decode(tail + "=="), key.public_key()

    def bare() -> None:
        public.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())

    pairs = [(microseconds(bare), microseconds(lambda: tokens.verify_access(token))) for _ in range(rounds + 1)]
    return pairs[1:]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tokens", description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    pairs = run(parser.parse_args().rounds)
    print("| access token | µs |\n| --- | ---: |")
    print(f"| bare RSA verification | {median(bare for bare, _ in pairs):.3g} |")
    print(f"| our check, with the key looked up | {median(ours for _, ours in pairs):.3g} |\n")
    figure = median(ours / bare for bare, ours in pairs)
    print(
        f"{'met' if figure <= GOAL else 'MISSED':10} token check, x bare RSA: {figure:.3g} (goal <= {GOAL}, {STRETCH})"
    )
    return 0 if figure <= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
