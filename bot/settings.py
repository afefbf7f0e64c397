"""The environment variables there are, and how they are read: README's table holds the same list.

A reader notes everything that is missing or malformed and names all of it in one error. Values never appear in it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.alert_pace import Pace
from bot.alert_routes import Route, routes_of
from bot.errors import ConfigurationError

_ROLE_ARN = re.compile(r"arn:[a-z-]+:iam::[0-9]{12}:role/[\w+=,.@/-]+", re.ASCII)
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]{1,2}")
_POOL_ID = re.compile(_REGION.pattern + r"_[0-9A-Za-z]{1,46}")
_ADDRESS = re.compile(r"(https://[A-Za-z0-9.-]+|http://(localhost|127\.0\.0\.1))(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?")


@dataclass(frozen=True)
class Setting:
    """One environment variable and what it is for."""

    name: str
    purpose: str
    default: str | None = None


AUDIT_TABLE_NAME = Setting("AUDIT_TABLE_NAME", "DynamoDB table of the audit")
STATE_TABLE_NAME = Setting("STATE_TABLE_NAME", "DynamoDB table of links and claims")
JOBS_QUEUE_URL = Setting("JOBS_QUEUE_URL", "SQS queue between the front door and the worker")
JOBS_MAX_RECEIVES = Setting("JOBS_MAX_RECEIVES", "receives of a request before the dead-letter queue keeps it", "3")
COGNITO_USER_POOL_ID = Setting("COGNITO_USER_POOL_ID", "user pool that holds people and their `custom:role`")
COGNITO_CLIENT_ID = Setting("COGNITO_CLIENT_ID", "the pool's client")
COGNITO_DOMAIN = Setting("COGNITO_DOMAIN", "the pool's hosted UI, by which people sign in")
COGNITO_JWKS_URL = Setting("COGNITO_JWKS_URL", "the pool's public keys", "the pool's own")
PUBLIC_URL = Setting("PUBLIC_URL", "where browsers reach the HTTP API")
REQUIRE_SAME_EMAIL = Setting("REQUIRE_SAME_EMAIL", "whether a link needs the same e-mail in Slack and Cognito", "true")
SLACK_TEAM_ID = Setting("SLACK_TEAM_ID", "the one Slack workspace that is served")
SLACK_APP_ID = Setting("SLACK_APP_ID", "the Slack app's id; requests of other apps are dropped")
SLACK_SECRET_ARN = Setting(
    "SLACK_SECRET_ARN", "Secrets Manager secret with `SLACK_SIGNING_SECRET` and `SLACK_BOT_TOKEN`"
)
SLACK_SIGNING_SECRET = Setting("SLACK_SIGNING_SECRET", "local runs: the signing secret itself")
SLACK_BOT_TOKEN = Setting("SLACK_BOT_TOKEN", "local runs: the bot token itself")
SLACK_API_URL = Setting("SLACK_API_URL", "base of Slack's Web API", "https://slack.com/api/")
REBOOT_ROLE_ARN = Setting("REBOOT_ROLE_ARN", "IAM role that is assumed for each reboot; nothing else can reboot")
REBOOTS_ENABLED = Setting("REBOOTS_ENABLED", "`false` stops every reboot, and says so", "true")
CONFIRM_SECONDS = Setting("CONFIRM_SECONDS", "seconds in which a proposed reboot can be confirmed", "300")
DEFAULT_PROTECTION = Setting(
    "DEFAULT_PROTECTION", "`click`, `typed` or `approval`, for instances without the tag `chatops:protection`", "typed"
)
REGIONS = Setting("REGIONS", "comma-separated regions to look at", "the function's own")
AUDIT_RETENTION_DAYS = Setting("AUDIT_RETENTION_DAYS", "days an audit row is kept", "30")
DIGEST_BUCKET_NAME = Setting("DIGEST_BUCKET_NAME", "S3 bucket of the digests that prove the audit")
DIGEST_KEY_ID = Setting("DIGEST_KEY_ID", "KMS key that signs them")
ALARMS_QUEUE_URL = Setting("ALARMS_QUEUE_URL", "SQS queue that alarms, and what is to be shown of alerts, come by")
ALARM_ACCOUNT_ID = Setting("ALARM_ACCOUNT_ID", "the AWS account whose alarms are taken")
ALARM_TOPIC_ARNS = Setting(
    "ALARM_TOPIC_ARNS", "comma-separated SNS topics whose alarms are taken", "any of that account"
)
ALERT_CHANNEL_ID = Setting("ALERT_CHANNEL_ID", "Slack channel of the alerts that no route leads elsewhere")
ALERT_ROUTES = Setting(
    "ALERT_ROUTES",
    "comma-separated channels: `prod-=C0PROD` by alarm name prefix, `tag:Team=pay=C0PAY` by tag",
    "none",
)
ALERT_FLAPPING_MINUTES = Setting("ALERT_FLAPPING_MINUTES", "how long a resolved alert is taken up again", "30")
ALERT_REMIND_MINUTES = Setting("ALERT_REMIND_MINUTES", "until an alert that nobody acknowledged is reminded of", "15")
ALERT_STILL_FIRING_HOURS = Setting(
    "ALERT_STILL_FIRING_HOURS", "until an acknowledged alert that still fires is reminded of", "4"
)
AWS_ENDPOINT_URL = Setting("AWS_ENDPOINT_URL", "another AWS endpoint, for local runs", "AWS itself")
AWS_REGION = Setting("AWS_REGION", "set by Lambda")

SETTINGS = tuple(value for value in list(globals().values()) if isinstance(value, Setting))


class Reader:
    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._missing: list[str] = []
        self._malformed: list[str] = []

    def optional(self, setting: Setting) -> str | None:
        return self._environ.get(setting.name, "").strip() or None

    def text(self, setting: Setting) -> str:
        value = self.optional(setting)
        if value is None and setting.default is None:
            self._missing.append(setting.name)
        return value or setting.default or ""

    def number(self, setting: Setting) -> int:
        value = self.text(setting)
        if not re.fullmatch(r"[1-9][0-9]{0,4}", value):
            self._malformed.append(setting.name)
            return 0
        return int(value)

    def choice(self, setting: Setting, *choices: str) -> str:
        value = self.text(setting)
        if value and value not in choices:
            self._malformed.append(setting.name)
        return value if value in choices else choices[0]

    def listed(self, setting: Setting) -> tuple[str, ...]:
        return tuple(entry.strip() for entry in (self.optional(setting) or "").split(",") if entry.strip())

    def routes(self) -> tuple[Route, ...]:
        try:
            return routes_of(self.optional(ALERT_ROUTES) or "")
        except ValueError:
            self._malformed.append(ALERT_ROUTES.name)
            return ()

    def pace(self) -> Pace:
        return Pace(60.0 * self.number(ALERT_REMIND_MINUTES), 3600.0 * self.number(ALERT_STILL_FIRING_HOURS))

    def region(self) -> str:
        return self.optional(AWS_REGION) or self._environ.get("AWS_DEFAULT_REGION") or self.text(AWS_REGION)

    def regions(self) -> tuple[str, ...]:
        listed = self.optional(REGIONS)
        if listed is None:
            return (self.region(),)
        names = tuple(dict.fromkeys(name.strip() for name in listed.split(",") if name.strip()))
        if not names or not all(_REGION.fullmatch(name) for name in names):
            self._malformed.append(REGIONS.name)
        return names

    def role_arn(self, setting: Setting) -> str:
        value = self.text(setting)
        if value and not _ROLE_ARN.fullmatch(value):
            self._malformed.append(setting.name)
        return value

    def secret(self, local: Setting) -> str | None:
        """The local value if it is set; else the ARN must be."""
        value = self.optional(local)
        if value is None and self.optional(SLACK_SECRET_ARN) is None:
            self._missing.append(f"{SLACK_SECRET_ARN.name} (or {local.name})")
        return value

    def flag(self, setting: Setting) -> bool:
        value = self.text(setting)
        if value not in ("true", "false"):
            self._malformed.append(setting.name)
        return value != "false"

    def address(self, setting: Setting) -> str:
        """A web address without its last slash; a bare host is one too. Only this machine is reached without TLS."""
        value = self.text(setting).rstrip("/")
        if value and "://" not in value:
            value = f"https://{value}"
        if value and not _ADDRESS.fullmatch(value):
            self._malformed.append(setting.name)
        return value

    def pool_id(self) -> str:
        value = self.text(COGNITO_USER_POOL_ID)
        if value and not _POOL_ID.fullmatch(value):
            self._malformed.append(COGNITO_USER_POOL_ID.name)
        return value

    def finish(self) -> None:
        """Raises ConfigurationError if anything was missing or malformed."""
        if self._missing or self._malformed:
            raise ConfigurationError(sorted(set(self._missing)), sorted(set(self._malformed)))
