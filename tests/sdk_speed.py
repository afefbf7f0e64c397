"""Three habits of botocore and moto that take half of the suite's time, and mean nothing to it."""

import functools
from typing import Any

from botocore.loaders import JSONFileLoader, Loader
from botocore.retries.standard import ExponentialBackoff
from moto.core.serialize import ResponseSerializer


def apply() -> None:
    """For this process, once. What is sent, what comes back and how often it is tried stay as they are."""
    _read_once()
    _retry_at_once()
    _pick_directly()


def _read_once() -> None:
    """Each test's containers are cold, and would parse the same megabytes of AWS's service models again."""
    load_file, list_services = JSONFileLoader.load_file, Loader.list_available_services

    @functools.cache
    def loaded(path: str) -> Any:
        return load_file(JSONFileLoader(), path)

    @functools.cache
    def listed(search_paths: frozenset[str], type_name: str) -> Any:
        return list_services(Loader(extra_search_paths=sorted(search_paths)), type_name)

    JSONFileLoader.load_file = lambda self, file_path: loaded(file_path)
    Loader.list_available_services = lambda self, type_name: listed(frozenset(self.search_paths), type_name)


def _retry_at_once() -> None:
    """The second try of a throttled call comes up to a second later."""
    ExponentialBackoff.delay_amount = lambda self, context: 0


def _pick_directly() -> None:
    """moto tries four spellings of each of the ten members of every value in DynamoDB, which has plain ones."""
    pick = ResponseSerializer.get_value

    def get_value(self: Any, value: Any, key: str, shape: Any) -> Any:
        if type(value) is dict and shape.parent.name == "AttributeValue":
            return value.get(key)
        return pick(self, value, key, shape)

    ResponseSerializer.get_value = get_value
