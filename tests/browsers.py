"""Browsers that sign in, and the half of a hosted UI that a server talks to: it signs whatever a test asks it to.

Where people type passwords is left out: a test says who signed in, and with which claims.
"""

import base64
import contextlib
import gzip
import hashlib
import html
import json
import re
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from flask import Flask, Response, request
from joserfc import jwt
from joserfc.jwk import RSAKey
from werkzeug.serving import make_server

from playground.gateway import http_api_event
from playground.provision import PASSWORD
from tests.house import LOGIN, House, Quiet

USER_AGENT = "Mozilla/5.0 (a test)"
_PRIVATE_KEY = files("moto.cognitoidp").joinpath("resources/jwks-private.json.gz")
_TOKEN = re.compile(r'name="token" value="([^"]*)"')

Reply = Callable[[], Response]


@dataclass(frozen=True)
class Page:
    """What a browser got; `text` is what a person reads of it."""

    status: int
    headers: dict[str, str]
    cookies: list[str]
    html: str

    @property
    def location(self) -> str:
        assert self.status == 302, self.text
        return self.headers["location"]

    @property
    def text(self) -> str:
        body = re.sub(r"<style>.*?</style>|<[^>]*>", " ", self.html, flags=re.DOTALL)
        return " ".join(html.unescape(body).split()).replace(" ?", "?").replace(" .", ".")

    @property
    def token(self) -> str:
        """The one of the consent, as the form on the page holds it."""
        found = _TOKEN.search(self.html)
        assert found, self.text
        return html.unescape(found[1])


@dataclass
class Browser:
    """One browser with its cookies; requests reach the function as API Gateway's events."""

    house: House
    settings: dict[str, str | None]
    cookies: dict[str, str] = field(default_factory=dict)
    address: str = "198.51.100.1"

    def get(self, url: str) -> Page:
        """A path, or a whole address of ours."""
        split = urlsplit(url)
        return self.send("GET", f"{split.path}?{split.query}" if split.query else split.path)

    def say_yes(self, page: Page) -> Page:
        return self.post({"token": page.token})

    def post(self, fields: dict[str, str]) -> Page:
        return self.send("POST", "/auth/link", urlencode(fields).encode())

    def send(self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> Page:
        sent = {"user-agent": USER_AGENT, **({"content-type": "application/x-www-form-urlencoded"} if body else {})}
        if self.cookies:
            sent["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        event = http_api_event(method, path, {**sent, **(headers or {})}, body, self.address)
        answer = self.house.invoke(LOGIN, event, self.settings)
        for cookie in answer["cookies"]:
            name, _, value = cookie.split(";")[0].partition("=")
            self.cookies[name] = value
        return Page(answer["statusCode"], answer["headers"], answer["cookies"], answer["body"])


class HostedUi:
    """`/oauth2/token`, with PKCE and one-time codes; `sign_in` stands for what people do before it."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._codes: dict[str, tuple[dict[str, str], Reply]] = {}
        self.requests: list[dict[str, str]] = []
        self.trouble: Reply | None = None
        app = Flask(__name__)
        app.post("/oauth2/token")(self._token)
        self._server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def sign_in(self, location: str, email: str, key: RSAKey | None = None, **claims: Any) -> str:
        """Somebody follows our redirect and signs in; the path of the callback. `claims` replace the ID token's."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
        code = secrets.token_hex(16)
        token = self.id_token(email, key, **{"nonce": asked["nonce"], **claims})
        reply = json.dumps({"id_token": token, "access_token": "a", "refresh_token": "r", "expires_in": 3600})
        self._codes[code] = (asked, lambda: Response(reply, mimetype="application/json"))
        return f"/auth/callback?{urlencode({'code': code, 'state': asked['state']})}"

    def worth(self, code: str) -> Response:
        """What that code is answered with, whoever shows it."""
        return self._codes.pop(code)[1]()

    def id_token(self, email: str, key: RSAKey | None = None, **claims: Any) -> str:
        """As Cognito writes it; a claim of None is left out."""
        pool = self._house.environment["COGNITO_USER_POOL_ID"]
        user = self._house.client("cognito-idp").admin_get_user(UserPoolId=pool, Username=email)
        attributes = {item["Name"]: item["Value"] for item in user["UserAttributes"]}
        now = int(time.time())
        content = {
            "sub": attributes["sub"],
            "email": email,
            "email_verified": attributes.get("email_verified") == "true",
            "cognito:username": user["Username"],
            "iss": f"https://cognito-idp.{pool.split('_')[0]}.amazonaws.com/{pool}",
            "aud": self._house.environment["COGNITO_CLIENT_ID"],
            "token_use": "id",
            "auth_time": now,
            "iat": now,
            "exp": now + 3600,
            "jti": secrets.token_hex(16),
            "origin_jti": secrets.token_hex(16),
            **claims,
        }
        kept = {name: value for name, value in content.items() if value is not None}
        return jwt.encode({"alg": "RS256", "kid": "dummy"}, kept, key or signing_key(), algorithms=["RS256"])

    def _token(self) -> Response:
        form = request.form.to_dict()
        self.requests.append(form)
        if self.trouble:
            return self.trouble()
        asked, reply = self._codes.pop(form.get("code", ""), ({}, None))
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        fits = (
            asked.get("code_challenge") == challenge.rstrip(b"=").decode()
            and asked.get("code_challenge_method") == "S256"
            and all(asked.get(name) == form.get(name) for name in ("client_id", "redirect_uri"))
            and form.get("grant_type") == "authorization_code"
        )
        if reply is None or not fits:
            return Response('{"error": "invalid_grant"}', 400, mimetype="application/json")
        return reply()


def signing_key() -> RSAKey:
    """The one behind the local pool's public keys."""
    content = json.loads(gzip.decompress(_PRIVATE_KEY.read_bytes()))
    return RSAKey.import_key({**content, "kid": "dummy"})


class Newcomers:
    """People without a link: Dave, and whom a test makes one. `leave` puts everything back."""

    DAVE = "dave@playground.example"

    def __init__(self, house: House) -> None:
        self._house = house
        self._cognito = house.client("cognito-idp")
        self._pool = {"UserPoolId": house.environment["COGNITO_USER_POOL_ID"]}
        self._links = self._link_rows()
        self._made: list[str] = []
        self.account(self.DAVE, "readonly")

    def account(self, email: str, role: str | None = "readonly", verified: bool = True) -> str:
        """An enabled Cognito user with that role; the `sub`."""
        wanted = {"email": email, "email_verified": str(verified).lower(), "custom:role": role or ""}
        attributes = [{"Name": name, "Value": value} for name, value in wanted.items()]
        try:
            self._cognito.admin_create_user(
                **self._pool, Username=email, MessageAction="SUPPRESS", UserAttributes=attributes
            )
            self._cognito.admin_set_user_password(**self._pool, Username=email, Password=PASSWORD, Permanent=True)
            self._made.append(email)
        except self._cognito.exceptions.UsernameExistsException:
            # Not the address: moto takes a user's own for somebody else's.
            self._cognito.admin_update_user_attributes(**self._pool, Username=email, UserAttributes=attributes[1:])
        return self.sub(email)

    def sub(self, email: str) -> str:
        user = self._cognito.admin_get_user(**self._pool, Username=email)
        return str(next(item["Value"] for item in user["UserAttributes"] if item["Name"] == "sub"))

    def change(self, who: str, **attributes: str) -> None:
        """Attributes by name, `role` for `custom:role`."""
        self._made += [attributes["email"]] if "email" in attributes else []
        named = [
            {"Name": "custom:role" if name == "role" else name, "Value": value} for name, value in attributes.items()
        ]
        self._cognito.admin_update_user_attributes(**self._pool, Username=who, UserAttributes=named)

    def disable(self, email: str) -> None:
        self._cognito.admin_disable_user(**self._pool, Username=email)

    def delete(self, email: str) -> None:
        self._cognito.admin_delete_user(**self._pool, Username=email)

    def links(self) -> list[str]:
        """The keys of the link rows that were not there before."""
        return sorted(f"{pk} {sk}" for pk, sk in self._link_rows().keys() - self._links.keys())

    def leave(self) -> None:
        table, dynamodb = self._house.environment["STATE_TABLE_NAME"], self._house.client("dynamodb")
        for pk, sk in self._link_rows().keys() - self._links.keys():
            dynamodb.delete_item(TableName=table, Key={"pk": {"S": pk}, "sk": {"S": sk}})
        for item in self._links.values():
            dynamodb.put_item(TableName=table, Item=item)
        for email in {*self._made} - {self.DAVE}:
            with contextlib.suppress(self._cognito.exceptions.UserNotFoundException):
                self._cognito.admin_delete_user(**self._pool, Username=email)
        self.account(self.DAVE, "readonly")
        self._cognito.admin_enable_user(**self._pool, Username=self.DAVE)
        self._house.slack.members._changes.clear()

    def _link_rows(self) -> dict[tuple[str, str], Any]:
        pages = self._house.client("dynamodb").get_paginator("scan")
        found = pages.paginate(TableName=self._house.environment["STATE_TABLE_NAME"])
        rows = [item for page in found for item in page["Items"]]
        keys = {(row["pk"]["S"], row["sk"]["S"]): row for row in rows}
        return {key: row for key, row in keys.items() if key[0].startswith(("slack#", "cognito#"))}
