import io
import logging
import threading
from collections.abc import Callable, Iterator

import pytest

from bot import wiring
from playground.aws import LocalAws
from tests import sdk_speed
from tests.browsers import Browser, HostedUi, Newcomers
from tests.house import House

sdk_speed.apply()


@pytest.fixture(scope="session")
def aws() -> Iterator[LocalAws]:
    with LocalAws() as local:
        yield local


@pytest.fixture(scope="session")
def built_house(aws: LocalAws) -> Iterator[House]:
    house = House(aws)
    thread = threading.Thread(target=house.serve, daemon=True)
    thread.start()
    yield house
    house.close()
    thread.join()


@pytest.fixture
def log() -> Iterator[Callable[[], str]]:
    """What the product has written to its log so far, as it leaves the process."""
    (handler,) = wiring.logger().handlers
    assert isinstance(handler, logging.StreamHandler)
    written = io.StringIO()
    before = handler.setStream(written)
    yield written.getvalue
    handler.setStream(before)


@pytest.fixture
def house(built_house: House) -> House:
    built_house.fresh()
    return built_house


@pytest.fixture
def hosted_ui(house: House) -> Iterator[HostedUi]:
    running = HostedUi(house)
    yield running
    running.close()


@pytest.fixture
def newcomers(house: House) -> Iterator[Newcomers]:
    people = Newcomers(house)
    yield people
    people.leave()


@pytest.fixture
def browser(house: House, hosted_ui: HostedUi) -> Callable[..., Browser]:
    """Makes browsers; a keyword is a setting of the function that differs."""

    def make(**settings: str) -> Browser:
        return Browser(house, {"COGNITO_DOMAIN": hosted_ui.url, **settings})

    return make
