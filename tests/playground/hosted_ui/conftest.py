"""A user pool of the test's own, the hosted UI in front of it, and a browser to sign in with."""

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from flask import Flask
from flask.testing import FlaskClient
from joserfc import jwt
from werkzeug.test import TestResponse

from playground.aws import LocalAws
from playground.hosted_ui import Pool, create_hosted_ui
from playground.hosted_ui.tokens import signing_key
from playground.people import PEOPLE
from tests.playground.conftest import Clock

CALLBACK = "https://ops.example/auth/callback"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
PASSWORD = "Playground-only-1"
DAVE = "dave@playground.example"


@dataclass
class Trigger:
    """The pre-token-generation trigger: remembers its events and answers as told."""

    events: list[dict[str, Any]] = field(default_factory=list)
    details: Any = None
    answer: Callable[[dict[str, Any]], Any] | None = None

    def __call__(self, event: dict[str, Any]) -> Any:
        self.events.append(event)
        if self.answer is not None:
            return self.answer(event)
        return {**event, "response": {"claimsAndScopeOverrideDetails": self.details}}


class Hosted:
    """The pool, and a browser that talks to the hosted UI. `client_id` is a public client's."""

    def __init__(self, cognito: Any, clock: Clock, trigger: Trigger, log: list[str]) -> None:
        self.cognito = cognito
        self.trigger = trigger
        self.pool_id = cognito.create_user_pool(
            PoolName="hosted",
            UsernameAttributes=["email"],
            Schema=[{"Name": "role", "AttributeDataType": "String", "Mutable": True}],
        )["UserPool"]["Id"]
        self.client_id = self.make_client()["ClientId"]
        self.person(DAVE, role="readonly")
        app = Flask(__name__)
        pool = Pool(cognito, self.pool_id)
        app.register_blueprint(create_hosted_ui(pool, PEOPLE, PASSWORD, trigger, clock, log.append))
        self.app = app
        self.browser = app.test_client()

    def make_client(self, **changes: Any) -> dict[str, Any]:
        settings = {
            "ClientName": "ops",
            "CallbackURLs": [CALLBACK, "https://ops.example/other?kept=1"],
            "LogoutURLs": ["https://ops.example/bye"],
            "AllowedOAuthFlowsUserPoolClient": True,
            "AllowedOAuthFlows": ["code"],
            "AllowedOAuthScopes": ["openid", "email", "profile"],
            "ReadAttributes": ["email", "email_verified", "name", "custom:role"],
        }
        made = self.cognito.create_user_pool_client(UserPoolId=self.pool_id, **{**settings, **changes})
        client: dict[str, Any] = made["UserPoolClient"]
        return client

    def person(self, email: str, role: str) -> None:
        attributes = {"email": email, "email_verified": "true", "name": "Dave Cutler", "custom:role": role}
        self.cognito.admin_create_user(
            UserPoolId=self.pool_id,
            Username=email,
            MessageAction="SUPPRESS",
            UserAttributes=[{"Name": name, "Value": value} for name, value in attributes.items()],
        )
        self.cognito.admin_set_user_password(UserPoolId=self.pool_id, Username=email, Password=PASSWORD, Permanent=True)

    def query(self, **changes: str | None) -> dict[str, str]:
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": CALLBACK,
            "scope": "openid email profile",
            "state": "st4te",
            "nonce": "n0nce",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        }
        return {name: value for name, value in {**asked, **changes}.items() if value is not None}

    def authorize(self, **changes: str | None) -> TestResponse:
        return self.browser.get("/cognito/oauth2/authorize", query_string=self.query(**changes))

    def sign_in(
        self,
        username: str = DAVE,
        password: str = PASSWORD,
        browser: FlaskClient | None = None,
        query: dict[str, str] | None = None,
        **form: str,
    ) -> TestResponse:
        """Opens the form and sends it."""
        browser, query = browser or self.browser, query or self.query()
        page = browser.get("/cognito/login", query_string=query).text
        found = re.search(r'name="_csrf" value="([^"]+)"', page)
        assert found is not None
        sent = {"_csrf": found[1], "username": username, "password": password, **form}
        return browser.post("/cognito/login", query_string=query, data=sent)

    def code(self, **changes: str) -> str:
        return answered(self.sign_in(query=self.query(**changes)))["code"]

    def exchange(self, code: str, headers: dict[str, str] | None = None, **changes: str | None) -> TestResponse:
        sent = {
            "grant_type": "authorization_code",
            "client_id": self.client_id,
            "redirect_uri": CALLBACK,
            "code": code,
            "code_verifier": VERIFIER,
            **changes,
        }
        form = {name: value for name, value in sent.items() if value is not None}
        return self.browser.post("/cognito/oauth2/token", data=form, headers=headers)

    def refresh(self, refresh_token: str, **changes: str) -> TestResponse:
        form = {
            "grant_type": "refresh_token",
            "client_id": self.client_id,
            "refresh_token": refresh_token,
            **changes,
        }
        return self.browser.post("/cognito/oauth2/token", data=form)

    def tokens(self, **changes: str) -> dict[str, Any]:
        answer = self.exchange(self.code(**changes))
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json
        return body


def answered(answer: TestResponse) -> dict[str, str]:
    """What the browser is sent back with, to the registered address and nowhere else."""
    assert answer.status_code in (302, 303), answer.text
    where = urlsplit(answer.headers["Location"])
    assert f"{where.scheme}://{where.netloc}" == "https://ops.example"
    return {name: values[0] for name, values in parse_qs(where.query).items()}


def claims(token: str) -> dict[str, Any]:
    read: dict[str, Any] = jwt.decode(token, signing_key(), algorithms=["RS256"]).claims
    return read


@pytest.fixture(scope="session")
def cognito(aws: LocalAws) -> Any:
    session: Any = boto3.Session("AKIALOCALTESTS", "local", region_name="us-east-1")
    return session.client("cognito-idp", endpoint_url=aws.url)


@pytest.fixture
def log() -> list[str]:
    return []


@pytest.fixture
def hosted(cognito: Any, clock: Clock, log: list[str]) -> Hosted:
    return Hosted(cognito, clock, Trigger(), log)
