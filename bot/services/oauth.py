"""The authorization-code flow with PKCE at Cognito's hosted UI: where to sign in, and what a code is worth.

It follows no redirect, reads no long answer and keeps no token: who signed in is all that we want to know.
"""

import base64
import hashlib
import json
import time
from typing import Any
from urllib.parse import urlencode

import requests
from urllib3.exceptions import HTTPError

from bot.sign_in import LinkRefusedError, SignInUnavailableError

TIMEOUT_SECONDS = (2, 4)  # to connect, and between two bytes
DEADLINE_SECONDS = 6.0
MAX_ANSWER_BYTES = 64 * 1024
_HOSTED_UI = "hosted UI"


class Oauth:
    """`domain` is the hosted UI's address with its scheme, `redirect_uri` one that the client allows."""

    def __init__(self, domain: str, client_id: str, redirect_uri: str) -> None:
        self._domain = domain.rstrip("/")
        self._client_id = client_id
        self._redirect_uri = redirect_uri

    def authorize_url(self, state: str, nonce: str, verifier: str) -> str:
        """Where the browser signs in (https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html)."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        query = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": self._redirect_uri,
            "scope": "openid email profile",
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return f"{self._domain}/oauth2/authorize?{urlencode(query)}"

    def id_token(self, code: str, verifier: str) -> str:
        """The ID token that `code` is worth, not yet verified.

        Raises LinkRefusedError for a code that is worth none, and SignInUnavailableError.
        """
        form = {
            "grant_type": "authorization_code",
            "client_id": self._client_id,
            "redirect_uri": self._redirect_uri,
            "code": code,
            "code_verifier": verifier,
        }
        status, answer = self._post(form)
        if status == 400:
            raise LinkRefusedError("code_refused")
        token = answer.get("id_token")
        if status != 200 or not isinstance(token, str):
            raise SignInUnavailableError(_HOSTED_UI)
        return token

    def _post(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        deadline = time.monotonic() + DEADLINE_SECONDS
        with requests.Session() as session:
            session.trust_env = False  # no proxy and no password file comes between us and Cognito
            try:
                with session.post(
                    f"{self._domain}/oauth2/token",
                    data=form,
                    headers={"accept": "application/json", "accept-encoding": "identity"},
                    timeout=TIMEOUT_SECONDS,
                    allow_redirects=False,
                    stream=True,
                ) as answer:
                    found = json.loads(_body(answer, deadline))
            except (requests.RequestException, HTTPError, ValueError, RecursionError):
                raise SignInUnavailableError(_HOSTED_UI) from None
        return answer.status_code, found if isinstance(found, dict) else {}


def _body(answer: requests.Response, deadline: float) -> bytes:
    """All of an answer, in however many pieces it comes. Raises ValueError for one that is too long or too slow."""
    received = b""
    for piece in iter(lambda: answer.raw.read1(8192), b""):
        received += piece
        if len(received) > MAX_ANSWER_BYTES or time.monotonic() > deadline:
            raise ValueError
    return received
