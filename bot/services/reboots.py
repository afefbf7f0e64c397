"""Asks EC2 whether a reboot would be allowed, and for the one reboot itself: sent once, never again.

It refuses to guess: a call whose reply did not come may have happened, and says so.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RebootInstances.html
"""

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, EndpointConnectionError

from bot.aws_refusals import code_of
from bot.errors import OutcomeUnknownError
from bot.models import Instance
from bot.proposals import Proposal, is_opted_in
from bot.reboot_errors import NotRebootableError, RebootRefusedError, RebootsDisabledError, StaleTargetError

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

    from bot.proposals import RebootPolicy
    from bot.services.instances import Instances
    from bot.services.reboot_role import RebootRole

ALLOWED = "DryRunOperation"
# Refused before anything was done, though by a status that is the service's own.
_THROTTLES = {"RequestLimitExceeded", "Throttling", "ThrottlingException", "RequestThrottled"}
_NEVER_SENT = (ConnectTimeoutError, EndpointConnectionError)


class Reboots:
    """Instances of the configured regions, by the reboot role."""

    def __init__(self, role: "RebootRole", instances: "Instances", policy: "RebootPolicy") -> None:
        self._role = role
        self._instances = instances
        self._policy = policy

    def require_enabled(self) -> None:
        """Raises RebootsDisabledError."""
        if not self._policy.enabled:
            raise RebootsDisabledError

    def require_rebootable(self, instance: Instance) -> None:
        """Whether it could be rebooted as far as we know. Raises RebootsDisabledError and NotRebootableError."""
        self.require_enabled()
        if instance.state != "running":
            raise NotRebootableError(instance.name or instance.instance_id, instance.state)
        if not is_opted_in(instance.tags):
            raise NotRebootableError(instance.name or instance.instance_id, "not_managed")

    def preflight(self, instance: Instance, user_id: str) -> None:
        """The same by EC2's own DryRun too. Raises also RebootRefusedError."""
        self.require_rebootable(instance)
        client = self._role.client(instance.region, instance.instance_id, f"preflight-{user_id}", user_id)
        try:
            client.reboot_instances(InstanceIds=[instance.instance_id], DryRun=True)
        except (ClientError, BotoCoreError) as error:
            if code_of(error) != ALLOWED:
                raise RebootRefusedError(code_of(error)) from None

    def require_unchanged(self, proposal: Proposal) -> None:
        """Read the target again. Raises StaleTargetError, RebootsDisabledError and InstancesUnavailableError."""
        self.require_enabled()
        instance = self._instances.one(proposal.region, proposal.instance_id)
        change = _change(proposal, instance, self._policy)
        if change:
            raise StaleTargetError(change)

    def client(self, proposal: Proposal, user_id: str) -> "EC2Client":
        """What `reboot` takes: EC2 as that person, for this action and instance alone. Raises RebootRefusedError."""
        return self._role.client(proposal.region, proposal.instance_id, proposal.action_id, user_id)

    def reboot(self, client: "EC2Client", instance_id: str) -> None:
        """The one call. Raises RebootRefusedError where it did not happen, OutcomeUnknownError where nobody knows."""
        try:
            client.reboot_instances(InstanceIds=[instance_id])
        except ClientError as error:
            code = error.response["Error"]["Code"]
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            if 400 <= status < 500 or code in _THROTTLES:
                raise RebootRefusedError(code) from None
            raise OutcomeUnknownError from None
        except _NEVER_SENT as error:
            raise RebootRefusedError(type(error).__name__) from None
        except BotoCoreError:
            raise OutcomeUnknownError from None


def _change(proposal: Proposal, instance: Instance | None, policy: "RebootPolicy") -> str | None:
    if instance is None:
        return "gone"
    if instance.state != "running":
        return "state"
    if instance.name != proposal.name:
        return "name"
    if not is_opted_in(instance.tags):
        return "not_managed"
    return None if policy.protection_of(instance.tags) is proposal.protection else "protection"
