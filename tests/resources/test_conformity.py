"""The REST API keeps what its own OpenAPI document says, whatever is sent: schemathesis makes the requests."""

import json
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode

from tests.house import ROOT, House
from tests.rest_client import ADA, CAROL, PREFIX, RestClient

REFRESH = "/auth/refresh"
DOCUMENT = json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"))
OPERATIONS = [(path, method) for path, methods in DOCUMENT["paths"].items() for method in methods if path != REFRESH]


@pytest.fixture(scope="module")
def client(built_house: House) -> RestClient:
    built_house.fresh()
    return RestClient.of(built_house)


@pytest.fixture(scope="module")
def served(client: RestClient) -> Any:
    """The document as the API itself serves it."""
    authorized = {"Authorization": f"Bearer {client.token(ADA)}"}
    return schemathesis.openapi.from_wsgi(f"{PREFIX}/openapi.json", client.app, headers=authorized)


def judge(
    served: Any, path: str, method: str, mode: GenerationMode, requests: int, headers: dict[str, str]
) -> set[int]:
    """Send that many requests that are right, or wrong, by the document; the statuses of the answers."""
    statuses = set()

    @settings(max_examples=requests, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=served[path][method].as_strategy(generation_mode=mode))
    def send(case: Any) -> None:
        if mode is GenerationMode.POSITIVE and "region" in (case.query or {}):
            case.query["region"] = ["us-east-1"]  # which regions are configured, a document for all cannot say
        response = case.call(base_url=f"http://localhost{PREFIX}", headers=headers)
        statuses.add(response.status_code)
        case.validate_response(response, headers=headers)

    send()
    return statuses


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: str(mode.value))
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_every_answer_to_an_admin_is_one_that_the_document_describes(
    client: RestClient, served: Any, path: str, method: str, mode: GenerationMode
) -> None:
    bearer = {"Authorization": f"Bearer {client.token(ADA)}"}
    statuses = judge(served, path, method, mode, 20, bearer)
    assert 500 not in statuses
    assert 400 in statuses if mode is GenerationMode.NEGATIVE else statuses & {200, 201, 404}


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_every_answer_to_somebody_who_may_only_look_is_one_that_the_document_describes(
    client: RestClient, served: Any, path: str, method: str
) -> None:
    bearer = {"Authorization": f"Bearer {client.token(CAROL)}"}
    statuses = judge(served, path, method, GenerationMode.POSITIVE, 10, bearer)
    assert statuses <= {200, 403, 404}


@pytest.mark.parametrize("token", ["", "Bearer a.b.c"])
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_without_a_valid_token_every_answer_is_401_and_nothing_is_recorded(
    client: RestClient, served: Any, path: str, method: str, token: str
) -> None:
    before = len(client.house.rows())
    assert judge(served, path, method, GenerationMode.POSITIVE, 3, {"Authorization": token}) == {401}
    assert len(client.house.rows()) == before


@pytest.mark.parametrize(("mode", "status"), [(GenerationMode.POSITIVE, 401), (GenerationMode.NEGATIVE, 400)])
def test_a_refresh_token_that_is_none_is_refused_as_the_document_says(
    served: Any, mode: GenerationMode, status: int
) -> None:
    assert judge(served, REFRESH, "post", mode, 25, {}) == {status}
