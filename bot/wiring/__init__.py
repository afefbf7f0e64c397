"""The one composition root: reads the environment, creates clients and builds the services of each function.

Each is built on first use and kept for the life of the container, for as long as its settings are the same. Nothing
happens at import, and the front door never imports what only the worker needs.
"""

import os
from typing import TYPE_CHECKING, Any, TypeVar, cast

from bot.wiring.ground import failure, logger, now

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.browser import BrowserAnswer
    from bot.environment import FunctionSettings
    from bot.wiring.alarms_wiring import AlarmsWiring
    from bot.wiring.door_wiring import DoorWiring
    from bot.wiring.login_wiring import LoginWiring
    from bot.wiring.notary_wiring import NotaryWiring
    from bot.wiring.resource_wiring import AuditWiring, InstancesWiring
    from bot.wiring.rest_wiring import AuthorizerWiring, RefreshWiring
    from bot.wiring.sweep_wiring import SweepWiring
    from bot.wiring.worker_wiring import WorkerWiring

__all__ = [
    "alarms",
    "audit",
    "authorizer",
    "door",
    "failure",
    "instances",
    "logger",
    "login",
    "notary",
    "now",
    "refresh",
    "sign_in_closed",
    "sweep",
    "worker",
]

Settings = TypeVar("Settings", bound="FunctionSettings")
Wiring = TypeVar("Wiring")


def door() -> "DoorWiring":
    """The front door's services. Raises ConfigurationError."""
    from bot.slack_config import DoorSettings
    from bot.wiring.door_wiring import DoorWiring

    return _kept(DoorWiring, DoorSettings)


def worker() -> "WorkerWiring":
    """The worker's services. Raises ConfigurationError."""
    from bot.wiring.worker_wiring import WorkerWiring
    from bot.worker_config import WorkerSettings

    return _kept(WorkerWiring, WorkerSettings)


def alarms() -> "AlarmsWiring":
    """The services of the alarms function. Raises ConfigurationError."""
    from bot.alarms_config import AlarmsSettings
    from bot.wiring.alarms_wiring import AlarmsWiring

    return _kept(AlarmsWiring, AlarmsSettings)


def login() -> "LoginWiring":
    """The services of the sign-in. Raises ConfigurationError."""
    from bot.sign_in_config import LoginSettings
    from bot.wiring.login_wiring import LoginWiring

    return _kept(LoginWiring, LoginSettings)


def sign_in_closed() -> "BrowserAnswer":
    """The page of a sign-in that could not be built or broke down: it needs no settings."""
    from bot.listeners.sign_in_pages import closed

    return closed()


def authorizer() -> "AuthorizerWiring":
    """The REST API's authorizer. Raises ConfigurationError."""
    from bot.sign_in_config import AuthorizerSettings
    from bot.wiring.rest_wiring import AuthorizerWiring

    return _kept(AuthorizerWiring, AuthorizerSettings)


def refresh() -> "RefreshWiring":
    """What gives new tokens. Raises ConfigurationError."""
    from bot.sign_in_config import RefreshSettings
    from bot.wiring.rest_wiring import RefreshWiring

    return _kept(RefreshWiring, RefreshSettings)


def instances() -> "InstancesWiring":
    """What answers for instances at the REST API. Raises ConfigurationError."""
    from bot.rest_config import InstancesSettings
    from bot.wiring.resource_wiring import InstancesWiring

    return _kept(InstancesWiring, InstancesSettings)


def audit() -> "AuditWiring":
    """What answers for the audit at the REST API. Raises ConfigurationError."""
    from bot.rest_config import AuditSettings
    from bot.wiring.resource_wiring import AuditWiring

    return _kept(AuditWiring, AuditSettings)


def notary() -> "NotaryWiring":
    """The notary's services. Raises ConfigurationError."""
    from bot.notary_config import NotarySettings
    from bot.wiring.notary_wiring import NotaryWiring

    return _kept(NotaryWiring, NotarySettings)


def sweep() -> "SweepWiring":
    """The sweep's services. Raises ConfigurationError."""
    from bot.wiring.sweep_wiring import SweepWiring
    from bot.worker_config import SweepSettings

    return _kept(SweepWiring, SweepSettings)


_wirings: dict[Any, tuple[Any, Any]] = {}


def _kept(kind: "Callable[[Settings], Wiring]", told: "type[Settings]") -> "Wiring":
    settings = told.from_env(os.environ)
    held_for, wiring = _wirings.get(kind, (None, None))
    if held_for != settings:
        wiring = kind(settings)
        _wirings[kind] = (settings, wiring)
    return cast("Wiring", wiring)
