"""The endpoints of the panel "Time and trouble": what they do, and what they refuse."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from playground.app import create_app
from playground.aws import LocalAws, Lost
from playground.outside import create_outside
from playground.slack import Workspace


class Passing:
    """Stands for time: remembers how much of it passed."""

    def __init__(self) -> None:
        self.passed: list[int] = []

    def later(self, seconds: int) -> None:
        self.passed.append(seconds)


@pytest.fixture
def passing() -> Passing:
    return Passing()


@pytest.fixture
def page(slack: Workspace, passing: Any) -> FlaskClient:
    return create_app(slack, [create_outside(LocalAws(), passing, slack)]).test_client()


def post(page: FlaskClient, doing: str, **said: Any) -> int:
    return page.post(f"/ui/outside/{doing}", json={"user": "U0ADA", **said}).status_code


def test_time_passes_when_somebody_says_so(page: FlaskClient, passing: Passing) -> None:
    assert post(page, "later", seconds=300) == 204
    assert passing.passed == [300]


@pytest.mark.parametrize("seconds", [0, -5, "300", 1.5, True, None, 86_401])
def test_time_neither_turns_back_nor_runs_away(page: FlaskClient, passing: Passing, seconds: object) -> None:
    assert post(page, "later", seconds=seconds) == 400
    assert passing.passed == []


def test_what_is_lost_is_shown_until_it_is_taken_back(page: FlaskClient) -> None:
    assert page.get("/ui/outside").json == {"losing": None}
    assert post(page, "lose", what=Lost.REPLY.value) == 204
    assert page.get("/ui/outside").json == {"losing": "reply"}
    assert post(page, "lose", what="everything") == 400
    assert post(page, "lose", what=None) == 204
    assert page.get("/ui/outside").json == {"losing": None}


def test_strangers_and_forms_are_refused(page: FlaskClient, passing: Passing) -> None:
    assert page.post("/ui/outside/later", json={"user": "U0NOBODY", "seconds": 60}).status_code == 400
    assert page.post("/ui/outside/later", data={"user": "U0ADA", "seconds": "60"}).status_code == 400
    assert passing.passed == []
