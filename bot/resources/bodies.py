"""The bodies that programs send and get, in EC2's own words; from them the OpenAPI document is made.

What a body does not name is refused, never ignored.
"""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from bot import models
from bot.audit_rows import AuditRow
from bot.fresh_tokens import TOKEN, USERNAME
from bot.metric_series import Chart
from bot.operations import actions
from bot.proposals import MAX_REASON

Code = Literal["INVALID_REQUEST", "UNAUTHORIZED", "FORBIDDEN", "NOT_FOUND", "CONFLICT", "THROTTLED", "INTERNAL_ERROR"]

PLAIN = r"[^\u0000-\u001f\u007f-\u009f]"


class Body(BaseModel):
    """Refuses unknown names."""

    model_config = ConfigDict(extra="forbid")


class Problem(Body):
    """A code to decide by, and words for whoever reads them."""

    code: Code
    message: Annotated[str, Field(description="What happened, and what to do next.")]


class ErrorBody(Body):
    """Every refusal and every failure."""

    error: Problem


class Instance(Body):
    """One EC2 instance. Its tags and its name are whatever somebody wrote."""

    instanceId: str
    name: Annotated[str, Field(description="The tag `Name`; empty where there is none.")]
    state: str
    instanceType: str
    availabilityZone: str
    region: str
    privateIpAddress: str | None
    publicIpAddress: str | None
    imageId: str | None
    launchTime: datetime | None
    securityGroups: list[str]
    tags: Annotated[dict[str, str], Field(description="All tags but `Name`.")]
    systemStatus: Annotated[str | None, Field(description="Null where EC2 has not said.")]
    instanceStatus: Annotated[str | None, Field(description="Null where EC2 has not said.")]

    @classmethod
    def of(cls, instance: models.Instance) -> "Instance":
        """As it was found."""
        return cls(
            instanceId=instance.instance_id,
            name=instance.name,
            state=instance.state,
            instanceType=instance.instance_type,
            availabilityZone=instance.zone,
            region=instance.region,
            privateIpAddress=instance.private_ip,
            publicIpAddress=instance.public_ip,
            imageId=instance.image_id,
            launchTime=instance.launched,
            securityGroups=list(instance.security_groups),
            tags=dict(instance.tags),
            systemStatus=instance.system_status,
            instanceStatus=instance.instance_status,
        )


class RegionFailure(Body):
    """A region that did not answer, or not in time."""

    region: str
    code: Annotated[str, Field(description="EC2's error code, or the kind of failure.")]


class InstancesBody(Body):
    """A page of instances, sorted within itself."""

    instances: list[Instance]
    cursor: Annotated[str | None, Field(description="Sent with the same query, gives the next page; null at the end.")]
    failures: Annotated[
        list[RegionFailure], Field(description="Regions whose instances, or status checks, are not all in this page.")
    ]


class InstanceBody(Body):
    """One instance."""

    instance: Instance


class Point(Body):
    """The value of the period that begins then."""

    timestamp: datetime
    value: float


class Metric(Body):
    """One statistic of one CloudWatch metric, in time order; a period without data has no point."""

    namespace: str
    metric: str
    dimensions: dict[str, str]
    statistic: str
    unit: str
    period: Annotated[int, Field(description="In seconds.")]
    points: list[Point]


class MissingMetric(Body):
    """A metric without data in this time, and why that is so, in words."""

    metric: str
    reason: str


class MetricsBody(Body):
    """What CloudWatch knows of one instance."""

    metrics: list[Metric]
    missing: list[MissingMetric]

    @classmethod
    def of(cls, chart: Chart) -> "MetricsBody":
        """As it was read."""
        return cls(
            metrics=[Metric(**served) for line in chart.lines for served in line.as_json()],
            missing=[MissingMetric(metric=one.title, reason=one.reason) for one in chart.missing],
        )


class RebootRequest(Body):
    """Why; it is recorded, and need not be said."""

    reason: Annotated[
        str, Field(max_length=MAX_REASON, pattern=f"^{PLAIN}*$", examples=["It hangs since the deployment."])
    ] = ""


class RebootedBody(Body):
    """EC2 has taken the reboot; whether the machine comes back is watched, and recorded."""

    message: str
    instanceId: str


Detail = Annotated[str, Field(max_length=512)] | bool | Annotated[int, Field(ge=-(2**53), le=2**53)] | None
ResourceType = Literal["EC2_INSTANCE", "AUDIT_LOG", "USER", "ALARM", "DEPLOYMENT"]


class NewEntry(Body):
    """An entry of somebody's own. Who, when and from where are recorded, and never said by the sender."""

    action: Annotated[
        str,
        Field(
            pattern="^[A-Z][A-Z0-9_]{1,63}$",
            description="What was done, such as DEPLOY. The product's own actions are refused.",
            examples=["DEPLOY"],
            json_schema_extra={"not": {"enum": list(actions())}},
        ),
    ]
    resourceType: Annotated[ResourceType, Field(examples=["EC2_INSTANCE"])]
    resourceId: Annotated[
        str, Field(pattern="^[!-~]{1,256}$", description="What it was done to.", examples=["i-0123456789abcdef0"])
    ]
    details: Annotated[
        dict[Annotated[str, Field(min_length=1, max_length=64)], Detail],
        Field(max_length=20, default_factory=dict, description="Whatever else is to be known."),
    ]


class RecordedBody(Body):
    """The entry is in the audit, as an attempt and its outcome, both with this `correlationId`."""

    message: str
    correlationId: str


class AuditLog(Body):
    """One row; what it does not say is null. Names, texts and details are whatever somebody wrote."""

    userId: str
    timestamp: str
    auditId: str | None
    userEmail: str | None
    action: str | None
    resourceType: str | None
    resourceId: str | None
    outcome: str | None
    source: str | None
    correlationId: str | None
    slackUserId: str | None
    slackTeamId: str | None
    channelId: str | None
    ipAddress: str | None
    userAgent: str | None
    details: dict[str, Any]

    @classmethod
    def of(cls, row: AuditRow) -> "AuditLog":
        """As it was read."""
        return cls(
            userId=row.user_id,
            timestamp=row.timestamp,
            auditId=row.audit_id or None,
            userEmail=row.user_email or None,
            action=row.action or None,
            resourceType=row.resource_type or None,
            resourceId=row.resource_id or None,
            outcome=row.outcome or None,
            source=row.source or None,
            correlationId=row.correlation_id or None,
            slackUserId=row.slack_user_id or None,
            slackTeamId=row.slack_team_id or None,
            channelId=row.channel_id or None,
            ipAddress=row.ip_address or None,
            userAgent=row.user_agent or None,
            details=_plain(dict(row.details)),
        )


class RefreshBody(BaseModel):
    """A refresh token, as it was given."""

    refreshToken: Annotated[str, Field(pattern=f"^{TOKEN}$")]
    username: Annotated[
        str | None,
        Field(
            description="`cognito:username` of the last ID token; only a client with a secret needs it.",
            pattern=f"^{USERNAME}$",
        ),
    ] = None


class FreshTokensBody(Body):
    """New tokens; with a `refreshToken` where the old one is good no longer."""

    accessToken: str
    idToken: str
    expiresIn: Annotated[int, Field(description="In seconds.")]
    tokenType: str
    refreshToken: str | None = None


class AuditLogsBody(Body):
    """A page of the audit, newest first."""

    auditLogs: list[AuditLog]
    cursor: Annotated[str | None, Field(description="Sent with the same query, gives the next page; null at the end.")]
    searchedTo: Annotated[
        str | None, Field(description="How far back was looked, where that was given up before the page was full.")
    ]


def _plain(value: Any) -> Any:
    """Numbers as JSON has them; DynamoDB's are Decimals."""
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set):
        return [_plain(one) for one in value]
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value if isinstance(value, str | bool | None) else repr(value)
