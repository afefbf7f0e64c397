"""What users can ask of us, each with its effect on the world, from which follow its roles and its audit rows.

Nothing is run here: the gate reads these facts.
"""

from dataclasses import dataclass
from enum import Enum

from bot.models import Role


class Effect(Enum):
    """A look answers and leaves the world as it was; a change does not."""

    LOOK = "look"
    CHANGE = "change"


@dataclass(frozen=True)
class Operation:
    """One operation: its name (`ec2:<noun>:<verb>`), and the `action` and `resource_type` of its audit rows.

    `own` is what people do about their own link: every full member may, with whatever account or none.
    `admins_only` is a look that shows what other people did.
    """

    name: str
    action: str
    resource_type: str
    effect: Effect
    own: bool = False
    admins_only: bool = False

    @property
    def roles(self) -> tuple[Role, ...]:
        """`admin` may do all, everybody what is their own, and `readonly` look but for what is for admins only."""
        look = self.effect is Effect.LOOK and not self.admins_only
        return (Role.ADMIN, Role.READONLY) if self.own or look else (Role.ADMIN,)

    def permits(self, role: Role | None) -> bool:
        """Whether `role` covers this operation; no role covers nothing."""
        return role in self.roles


ACCESS_DENIED = "ACCESS_DENIED"

# What CloudWatch and the clock do, and nobody asked for: rows without an operation.
ALARM = "ALARM"
ALARM_STATE_CHANGE = "ALARM_STATE_CHANGE"
ALARM_REFUSED = "ALARM_REFUSED"
ALERT_REMINDER = "ALERT_REMINDER"
_UNASKED = (ALARM_STATE_CHANGE, ALARM_REFUSED, ALERT_REMINDER)

VIEW_HELP = Operation("ec2:help:view", "VIEW_HELP", "USER", Effect.LOOK)
VIEW_IDENTITY = Operation("ec2:identity:view", "VIEW_IDENTITY", "USER", Effect.LOOK)
GET_INSTANCE = Operation("ec2:instance:get", "GET_INSTANCE", "EC2_INSTANCE", Effect.LOOK)
VIEW_METRICS = Operation("ec2:instance:metrics", "VIEW_METRICS", "EC2_INSTANCE", Effect.LOOK)
LIST_INSTANCES = Operation("ec2:instance:list", "LIST_INSTANCES", "EC2_INSTANCE", Effect.LOOK)
RECORD_ENTRY = Operation("ec2:audit:record", "RECORD_ENTRY", "AUDIT_LOG", Effect.CHANGE)

REQUEST_LINK = Operation("ec2:identity:request-link", "REQUEST_LINK", "USER", Effect.LOOK, own=True)
LINK_IDENTITY = Operation("ec2:identity:link", "LINK_IDENTITY", "USER", Effect.CHANGE, own=True)
UNLINK_IDENTITY = Operation("ec2:identity:unlink", "UNLINK_IDENTITY", "USER", Effect.CHANGE, own=True)
PROPOSE_REBOOT = Operation("ec2:instance:propose-reboot", "PROPOSE_REBOOT", "EC2_INSTANCE", Effect.LOOK)
CANCEL_REBOOT = Operation("ec2:instance:cancel-reboot", "CANCEL_REBOOT", "EC2_INSTANCE", Effect.LOOK)
REBOOT_INSTANCE = Operation("ec2:instance:reboot", "REBOOT_INSTANCE", "EC2_INSTANCE", Effect.CHANGE)
ACKNOWLEDGE_ALERT = Operation("ec2:alert:acknowledge", "ACKNOWLEDGE_ALERT", "ALARM", Effect.CHANGE)
UNACKNOWLEDGE_ALERT = Operation("ec2:alert:unacknowledge", "UNACKNOWLEDGE_ALERT", "ALARM", Effect.CHANGE)
SILENCE_ALERT = Operation("ec2:alert:silence", "SILENCE_ALERT", "ALARM", Effect.CHANGE)
UNSILENCE_ALERT = Operation("ec2:alert:unsilence", "UNSILENCE_ALERT", "ALARM", Effect.CHANGE)
LIST_ALERTS = Operation("ec2:alert:list", "LIST_ALERTS", "ALARM", Effect.LOOK)
VIEW_ALERT = Operation("ec2:alert:view", "VIEW_ALERT", "ALARM", Effect.LOOK)
VIEW_AUDIT = Operation("ec2:audit:view", "VIEW_AUDIT", "AUDIT_LOG", Effect.LOOK)
VIEW_ALL_AUDIT = Operation("ec2:audit:view-all", "VIEW_AUDIT", "AUDIT_LOG", Effect.LOOK, admins_only=True)
EXPORT_AUDIT = Operation("ec2:audit:export", "EXPORT_AUDIT", "AUDIT_LOG", Effect.LOOK)
EXPORT_ALL_AUDIT = Operation("ec2:audit:export-all", "EXPORT_AUDIT", "AUDIT_LOG", Effect.LOOK, admins_only=True)
VERIFY_AUDIT = Operation("ec2:audit:verify", "VERIFY_AUDIT", "AUDIT_LOG", Effect.LOOK, admins_only=True)


def operations() -> tuple[Operation, ...]:
    """Each operation there is."""
    return tuple(value for value in list(globals().values()) if isinstance(value, Operation))


def actions() -> tuple[str, ...]:
    """What may stand as `action` in an audit row, in the order of the alphabet."""
    return tuple(sorted({ACCESS_DENIED, *_UNASKED, *(operation.action for operation in operations())}))
