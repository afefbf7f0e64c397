"""What the page's API tab needs: an access token for whom one is, and an instance to try the calls on.

It refuses people whom the pool would not sign in. The calls themselves go from the page to the REST API, as any do.
"""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response, jsonify
from flask.typing import ResponseReturnValue

from playground.doors import told
from playground.hosted_ui.authorization import AuthorizationRequest
from playground.hosted_ui.grants import Grant
from playground.hosted_ui.pool import Pool
from playground.hosted_ui.refusal import SignInRefusedError
from playground.hosted_ui.tokens import Trigger, TriggerError, token_answer
from playground.slack.workspace import Workspace

DEMO = "web-1"


class AccessTokens:
    """Signs people in with the playground's password, as a program's own sign-in would end."""

    def __init__(
        self, pool: Pool, client_id: str, password: str, trigger: Trigger | None, clock: Callable[[], float]
    ) -> None:
        self._pool = pool
        self._client_id = client_id
        self._password = password
        self._trigger = trigger
        self._clock = clock

    def mint(self, email: str) -> Mapping[str, Any]:
        """`access_token` and `expires_in`. Raises SignInRefusedError and TriggerError."""
        client = self._pool.client(self._client_id)
        if client is None:
            raise SignInRefusedError("The user pool has no such client.")
        if self._pool.user(email) is None:
            raise SignInRefusedError("There is no such user in the user pool.")
        now = int(self._clock())
        signed_in = self._pool.sign_in(client, email, self._password)
        user = self._pool.user(signed_in.username)
        if user is None:
            raise SignInRefusedError("The user is gone.")
        request = AuthorizationRequest(client, "", tuple(sorted(client.scopes)), "", None, None)
        return token_answer(self._pool, Grant(request, signed_in, now), user, now, self._trigger, "HostedAuth")


def create_api_access(workspace: Workspace, tokens: AccessTokens, base_url: str, ec2: Any) -> Blueprint:
    """`/ui/api`: 200 with the REST API's address and either a token or why there is none."""
    doors = Blueprint("api_access", __name__)
    workspace.has_api = True

    @doors.post("/ui/api")
    def access() -> ResponseReturnValue:
        person = workspace.members.people[told(workspace)["user"]]
        said: dict[str, Any] = {"base": base_url, "instance": _instance_id(ec2), "token": None, "refusal": None}
        try:
            answer = tokens.mint(person.email)
            said |= {"token": answer["access_token"], "expiresIn": answer["expires_in"]}
        except (SignInRefusedError, TriggerError) as refusal:
            said["refusal"] = str(refusal)
        response: Response = jsonify(said)
        response.headers["Cache-Control"] = "no-store"
        return response

    return doors


def _instance_id(ec2: Any) -> str:
    """One that is easily recognized in the fleet."""
    named = [{"Name": "tag:Name", "Values": [DEMO]}]
    found = [
        instance["InstanceId"]
        for reservation in ec2.describe_instances(Filters=named)["Reservations"]
        for instance in reservation["Instances"]
    ]
    return str(found[0]) if found else "i-0123456789abcdef0"
