import io
import logging
import threading
from collections.abc import Callable, Iterator

import pytest

from bot import wiring
from playground.aws import LocalAws
from tests.house import House


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
