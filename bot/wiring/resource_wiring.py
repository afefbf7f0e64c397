"""What the functions of the REST API's resources are made of."""

import time
from functools import cached_property
from typing import TYPE_CHECKING

from bot.rest_config import AuditSettings, InstancesSettings
from bot.wiring.aws import AwsClients
from bot.wiring.ground import audit, epoch, failure, logger, now
from bot.wiring.reboot_wiring import RebootWiring

if TYPE_CHECKING:
    from bot.resources.callers import Callers
    from bot.resources.front import Front
    from bot.resources.keyed import Keyed
    from bot.services.audit import Audit
    from bot.services.bookmarks import Bookmarks
    from bot.services.gate import Gate
    from bot.services.instances import Instances
    from bot.services.reboot_desk import RebootDesk


def failed(message: str, error: BaseException) -> None:
    """Logged, and never told."""
    logger().error(message, extra=failure(error))


class _Shared:
    def __init__(self, settings: AuditSettings) -> None:
        self.settings = settings
        self.aws = AwsClients(settings.region, settings.endpoint_url)

    @cached_property
    def callers(self) -> "Callers":
        from bot.resources.callers import Callers
        from bot.services.cognito_users import CognitoUsers
        from bot.services.identity import Identity

        users = CognitoUsers(self.aws.get("cognito-idp"), self.settings.cognito_user_pool_id)
        return Callers(Identity(None, users, epoch))

    @cached_property
    def audit(self) -> "Audit":
        return audit(self.aws, self.settings)

    @cached_property
    def gate(self) -> "Gate":
        from bot.services.gate import Gate

        return Gate(self.audit, self.callers.identity)

    @cached_property
    def keyed(self) -> "Keyed":
        from bot.resources.keyed import Keyed
        from bot.services.first_answers import FirstAnswers

        return Keyed(FirstAnswers(self.aws.get("dynamodb"), self.settings.state_table_name, epoch))

    @cached_property
    def bookmarks(self) -> "Bookmarks":
        from bot.services.bookmarks import Bookmarks

        return Bookmarks(self.aws.get("dynamodb"), self.settings.state_table_name, epoch)


class InstancesWiring:
    """Built once a container."""

    def __init__(self, settings: InstancesSettings) -> None:
        self._settings = settings
        self._shared = _Shared(settings)

    @cached_property
    def front(self) -> "Front":
        """Answers for instances, and describes the whole API."""
        from bot.resources.description import DescriptionResource
        from bot.resources.front import Front
        from bot.resources.instances import InstanceResource
        from bot.resources.metrics import MetricResource
        from bot.resources.reboots import RebootResource
        from bot.services.metrics import Metrics

        shared, instances = self._shared, self._instances
        listed = InstanceResource(shared.gate, shared.callers, instances, shared.bookmarks)
        metrics = Metrics(lambda region: shared.aws.get("cloudwatch", region), None, now, time.monotonic)
        measured = MetricResource(shared.gate, shared.callers, instances, metrics)
        reboots = RebootResource(shared.gate, shared.callers, instances, self._desk, shared.keyed, epoch)
        return Front([listed, measured, reboots, DescriptionResource(shared.gate, shared.callers)], failed)

    @cached_property
    def _desk(self) -> "RebootDesk":
        shared, settings = self._shared, self._settings
        reboots = RebootWiring(shared.aws, shared.audit, self._instances, settings.state_table_name)
        return reboots.desk(shared.gate, shared.callers.identity, settings)

    @cached_property
    def _instances(self) -> "Instances":
        from bot.services.instances import Instances

        shared = self._shared
        return Instances(lambda region: shared.aws.get("ec2", region), self._settings.regions, time.monotonic)


class AuditWiring:
    """Built once a container."""

    def __init__(self, settings: AuditSettings) -> None:
        self._shared = _Shared(settings)

    @cached_property
    def front(self) -> "Front":
        """Answers for the audit."""
        from bot.resources.audit import AuditResource
        from bot.resources.front import Front
        from bot.services.audit_log import AuditLog

        shared, settings = self._shared, self._shared.settings
        dynamodb = shared.aws.get("dynamodb")
        log = AuditLog(dynamodb, settings.audit_table_name, settings.audit_retention_days, now)
        return Front([AuditResource(shared.gate, shared.callers, log, shared.bookmarks, shared.keyed)], failed)
