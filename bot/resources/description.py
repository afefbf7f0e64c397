"""`/openapi.json`: the REST API described in OpenAPI 3.1, made from the very routes that answer.

It refuses to describe what no route answers: the routes of every resource are taken from their classes.
"""

import json
from typing import TYPE_CHECKING, Annotated, Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response, content_types
from aws_lambda_powertools.event_handler.openapi.models import HTTPBearer, Server
from aws_lambda_powertools.event_handler.openapi.params import Body

from bot.models import Target
from bot.operations import VIEW_HELP
from bot.resources.audit import AuditResource
from bot.resources.bodies import FreshTokensBody, RefreshBody
from bot.resources.errors import MEANS, refusals
from bot.resources.front import Resource, resolver
from bot.resources.instances import InstanceResource
from bot.resources.metrics import MetricResource
from bot.resources.reboots import RebootResource

if TYPE_CHECKING:
    from bot.resources.callers import Callers
    from bot.services.gate import Gate

REFRESH = "/auth/refresh"
TITLE = "ec2-chatops"
VERSION = "1"
_ABOUT = (
    "See and operate EC2 as yourself: the same operations as in Slack, through the same gate. Every request is "
    "recorded, refused ones included. Send Cognito's access token as `Authorization: Bearer <token>`; every answer "
    "has the request's id in `x-request-id`, which audit rows have as `correlationId`."
)
_POWERTOOLS = ("HTTPValidationError", "ValidationError", "ResponseValidationError")


class DescriptionResource:
    """The same for everybody who may come in at all, and recorded like help is."""

    def __init__(self, gate: "Gate", callers: "Callers") -> None:
        self._gate = gate
        self._callers = callers

    def routes(self, app: APIGatewayRestResolver) -> None:
        """Put the method where it is found; it does not describe itself."""
        self._app = app
        app.get("/openapi.json", include_in_schema=False)(self.get)

    def get(self) -> Response[Any]:
        """The document."""
        actor = self._callers.actor(self._app.current_event.raw_event)
        text = self._gate.perform(actor, VIEW_HELP, Target("openapi"), document)
        return Response(200, content_types.APPLICATION_JSON, text)


class RefreshRoute:
    """`handlers.refresh` answers it by itself, without a token and without this resolver: here it is only described."""

    def routes(self, app: APIGatewayRestResolver) -> None:
        """Put the method where it is described."""
        app.post(
            REFRESH,
            summary="Get new tokens for a refresh token",
            description="Without an access token: the refresh token is the proof.",
            operation_id="refreshTokens",
            responses=refusals(FreshTokensBody, is_open=True),
        )(self.refresh)

    def refresh(self, request: Annotated[RefreshBody, Body()]) -> FreshTokensBody:
        """Never called."""
        raise NotImplementedError


KINDS: tuple[type[Resource], ...] = (
    InstanceResource,
    MetricResource,
    RebootResource,
    AuditResource,
    RefreshRoute,
)


def document() -> str:
    """The OpenAPI document of all resources, as JSON."""
    # Routes are described without being called, so that no function needs the services of another one.
    described: list[Resource] = [object.__new__(kind) for kind in KINDS]
    schema = resolver(described).get_openapi_json_schema(
        title=TITLE,
        version=VERSION,
        openapi_version="3.1.0",
        description=_ABOUT,
        servers=[Server(url=".")],
        security_schemes={"accessToken": HTTPBearer(bearerFormat="JWT")},
        security=[{"accessToken": []}],
    )
    content = json.loads(schema)
    for methods in content["paths"].values():
        for operation in methods.values():
            _correct(operation)
    content["paths"][REFRESH]["post"]["security"] = []
    for name in _POWERTOOLS:
        content["components"]["schemas"].pop(name, None)
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _correct(operation: dict[str, Any]) -> None:
    """Powertools tells of answers that are never given here, and takes what may be left out for what may be null."""
    operation["responses"].pop("422", None)
    operation["responses"]["500"] = {**operation["responses"]["400"], "description": MEANS[500]}
    for parameter in operation.get("parameters", ()):
        kinds = [kind for kind in parameter["schema"].pop("anyOf", ()) if kind != {"type": "null"}]
        for kind in kinds:
            parameter["schema"] |= kind


if __name__ == "__main__":
    print(document(), end="")
