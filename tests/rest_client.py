"""A program that talks to the local REST API: API Gateway's stand-in, the authorizer, the functions, real tokens."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from playground.functions import FunctionError
from playground.hosted_ui.tokens import sign
from playground.provision import PASSWORD
from playground.rest_api import RestApi, create_rest_api
from playground.template import Template
from tests.house import House

PREFIX = "/rest/v1"
ADA, BOB, CAROL, DAVE = (f"{name}@playground.example" for name in ("ada", "bob", "carol", "dave"))


@dataclass
class RestClient:
    """Calls as somebody; `token` says who."""

    house: House
    app: Flask

    @classmethod
    def of(cls, house: House) -> "RestClient":
        api = RestApi.of_template(Template.load())
        assert api is not None
        app = Flask(__name__)
        app.register_blueprint(create_rest_api(api, lambda name, event: _invoked(house, name, event)))
        return cls(house, app)

    def token(self, email: str) -> str:
        """An access token of the local pool, good for five minutes, with what the pool's trigger puts into it."""
        environment = self.house.environment
        result = self.house.client("cognito-idp").admin_initiate_auth(
            UserPoolId=environment["COGNITO_USER_POOL_ID"],
            ClientId=environment["COGNITO_CLIENT_ID"],
            AuthFlow="ADMIN_USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": email, "PASSWORD": PASSWORD},
        )
        part = result["AuthenticationResult"]["AccessToken"].split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        attributes = self._attributes(email)
        return sign({**claims, "email": email, "custom:role": attributes.get("custom:role", "")})

    def call(
        self, method: str, path: str, who: str | None = ADA, body: Any = None, token: str | None = None, **headers: str
    ) -> TestResponse:
        """`who` is an e-mail, None for nobody; a name of `headers` has `_` for `-`."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if token or who:
            sent["Authorization"] = f"Bearer {token or self.token(who or '')}"
        data = None if body is None else json.dumps(body)
        if data is not None:
            sent.setdefault("Content-Type", "application/json")
        return self.app.test_client().open(PREFIX + path, method=method, headers=sent, data=data)

    def get(self, path: str, who: str | None = ADA, **headers: str) -> TestResponse:
        return self.call("GET", path, who, **headers)

    def post(self, path: str, body: Any, who: str | None = ADA, **headers: str) -> TestResponse:
        return self.call("POST", path, who, body, **headers)

    def sub(self, email: str) -> str:
        """Of the person with that e-mail."""
        return self._attributes(email)["sub"]

    def _attributes(self, email: str) -> dict[str, str]:
        pool = self.house.environment["COGNITO_USER_POOL_ID"]
        user = self.house.client("cognito-idp").admin_get_user(UserPoolId=pool, Username=email)
        return {entry["Name"]: entry["Value"] for entry in user["UserAttributes"]}


def _invoked(house: House, name: str, event: Mapping[str, Any]) -> Any:
    """As Lambda tells what a function raises."""
    try:
        return house.invoke(name, dict(event))
    except Exception as error:
        raise FunctionError(type(error).__name__, str(error)) from None
