"""The OpenAPI document: the one in docs/ is the one that is served, and every error has words and a status."""

import inspect
import json

import pytest

from bot import denials, errors, idempotency
from bot.resources.description import document
from bot.resources.words import words
from bot.rest import STATUS
from playground.rest_api import RestApi
from playground.template import Template
from tests.house import ROOT, House
from tests.rest_client import RestClient
from tests.views.test_views import SAMPLES

KINDS = [
    kind
    for module in (errors, denials, idempotency)
    for kind in vars(module).values()
    if inspect.isclass(kind) and issubclass(kind, errors.ChatOpsError) and kind.__module__ == module.__name__
]


def test_the_document_in_docs_is_the_one_that_is_served_and_reading_it_is_recorded(
    house: House, client: RestClient
) -> None:
    served = client.get("/openapi.json")
    assert served.text == document() == (ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"), (
        "make openapi writes it anew"
    )
    assert served.headers["Content-Type"] == "application/json"
    assert [row["action"] for row in house.rows()] == ["VIEW_HELP"]


def test_the_document_needs_a_token_as_everything_else(client: RestClient) -> None:
    assert client.get("/openapi.json", None).status_code == 401


def test_every_route_of_the_template_is_described_and_no_other(client: RestClient) -> None:
    api = RestApi.of_template(Template.load())
    assert api is not None
    routed = {(route.path, route.method.lower()) for route in api.routes}
    described = {(path, method) for path, methods in json.loads(document())["paths"].items() for method in methods}
    assert routed - described == {("/openapi.json", "get")}
    assert described <= routed


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_error_has_a_status_and_words_that_repeat_nothing(kind: type[errors.ChatOpsError]) -> None:
    error = kind(*SAMPLES.get(kind.__name__, ()))
    said = words(error)
    assert kind.code in STATUS
    assert said.endswith(".")
    for secret in ("ThrottlingException", "RequestLimitExceeded", "AccessDenied", "<!channel>"):
        assert secret not in said
