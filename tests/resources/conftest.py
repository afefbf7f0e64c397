import pytest

from tests.house import House
from tests.rest_client import RestClient


@pytest.fixture
def client(house: House) -> RestClient:
    return RestClient.of(house)
