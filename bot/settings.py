"""The environment variables there are: README's table holds the same list, and there is no other.

Nothing here reads one; `bot.environment` does.
"""

from dataclasses import dataclass


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
