"""What reboots are made of, in the functions that carry them out and in the sweep that follows them."""

from functools import cached_property
from typing import TYPE_CHECKING

from bot.wiring.ground import epoch

if TYPE_CHECKING:
    from bot.listeners.reboot_cards import RebootCards
    from bot.proposals import Reboot
    from bot.reboot_config import RebootSettings
    from bot.services.alarms import Alarms
    from bot.services.audit import Audit
    from bot.services.channel_posts import ChannelPosts
    from bot.services.gate import Gate
    from bot.services.identity import Identity
    from bot.services.instance_locks import InstanceLocks
    from bot.services.instances import Instances
    from bot.services.proposals import Proposals
    from bot.services.reboot_desk import RebootDesk
    from bot.services.reboot_records import RebootRecords
    from bot.services.reboot_watching import RebootWatching
    from bot.services.slack_api import SlackApi
    from bot.wiring.aws import AwsClients


class RebootWiring:
    """Built once a container, each part on first use."""

    def __init__(self, aws: "AwsClients", audit: "Audit", instances: "Instances", state_table: str) -> None:
        self._aws = aws
        self._audit = audit
        self._instances = instances
        self._state_table = state_table

    def desk(
        self,
        gate: "Gate",
        identity: "Identity",
        settings: "RebootSettings",
        alarms: "Alarms | None" = None,
        audit_table: str | None = None,
    ) -> "RebootDesk":
        """What may end in a call of RebootInstances; the sweep has none.

        What a card shows of alarms and of past reboots is left out without `alarms` and `audit_table`.
        """
        from bot.services.reboot_desk import RebootDesk
        from bot.services.reboot_history import RebootHistory
        from bot.services.reboot_role import RebootRole
        from bot.services.reboots import Reboots

        policy = settings.reboot_policy
        role = RebootRole(self._aws.get("sts"), settings.reboot_role_arn, self._aws.once)
        reboots = Reboots(role, self._instances, policy)
        history = RebootHistory(self._aws.get("dynamodb"), audit_table) if audit_table else None
        return RebootDesk(
            gate,
            identity,
            self.proposals,
            reboots,
            self._locks,
            history,
            alarms,
            self._records_for,
            policy,
            epoch,
        )

    def _records_for(self, reboot: "Reboot", reason: str) -> "RebootRecords":
        from bot.services.reboot_records import RebootRecords

        return RebootRecords(self._audit, self.proposals, self._locks, epoch, reboot, reason)

    def cards(self, posts: "ChannelPosts", slack: "SlackApi") -> "RebootCards":
        """What shows them in Slack."""
        from bot.listeners.reboot_cards import RebootCards

        return RebootCards(posts, slack, self.proposals, self.watching)

    @cached_property
    def watching(self) -> "RebootWatching":
        from bot.services.cloudtrail import CloudTrail
        from bot.services.reboot_watching import RebootWatching

        cloudtrail = CloudTrail(lambda region: self._aws.get("cloudtrail", region))
        return RebootWatching(self._audit, self.proposals, self._locks, self._instances, cloudtrail, epoch)

    @cached_property
    def proposals(self) -> "Proposals":
        from bot.services.proposals import Proposals

        return Proposals(self._aws.get("dynamodb"), self._state_table, epoch)

    @cached_property
    def _locks(self) -> "InstanceLocks":
        from bot.services.instance_locks import InstanceLocks

        return InstanceLocks(self._aws.get("dynamodb"), self._state_table, epoch)
