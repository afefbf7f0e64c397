"""The two Slack secrets, kept for the life of the container and read again when they seem to have changed.

Refuses an empty value: an HMAC with an empty key is one that anybody can make.
"""

import json
import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from bot.errors import AwsCallError, SecretUnavailableError

if TYPE_CHECKING:
    from bot.services.aws_json import AwsJson

SIGNING_SECRET = "SLACK_SIGNING_SECRET"
BOT_TOKEN = "SLACK_BOT_TOKEN"
RENEW_AFTER_SECONDS = 60

logger = logging.getLogger("ec2-chatops")


class SlackSecret:
    """Reads through `read` on first use; `now` gives epoch seconds."""

    def __init__(self, read: Callable[[], Mapping[str, str]], now: Callable[[], float]) -> None:
        self._read = read
        self._now = now
        self._values: Mapping[str, str] = {}
        self._read_at = 0.0

    @property
    def signing_secret(self) -> str:
        """Raises SecretUnavailableError."""
        return self._value(SIGNING_SECRET)

    @property
    def bot_token(self) -> str:
        """Raises SecretUnavailableError."""
        return self._value(BOT_TOKEN)

    def renew(self) -> bool:
        """Read again and say whether anything changed.

        Within a minute of the last reading it does nothing, so that forged requests cannot hammer Secrets Manager.
        """
        if self._now() - self._read_at < RENEW_AFTER_SECONDS:
            return False
        before = self._values
        try:
            self._load()
        except SecretUnavailableError as error:
            logger.warning("secret not renewed", extra={"problem": error.problem})
        return self._values != before

    def _value(self, name: str) -> str:
        if not self._values.get(name):
            self._load()
        value = self._values.get(name)
        if not value:
            raise SecretUnavailableError(f"{name} is empty")
        return value

    def _load(self) -> None:
        self._read_at = self._now()
        self._values = self._read()


def secret_reader(aws: "AwsJson", arn: str, endpoint_url: str | None) -> Callable[[], Mapping[str, str]]:
    """A reader of the secret at `arn`, a JSON object of strings; it raises SecretUnavailableError."""
    _, partition, _, region, *_ = (*arn.split(":"), "", "", "")
    suffix = "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com"
    endpoint = endpoint_url or f"https://secretsmanager.{region}.{suffix}/"

    def read() -> Mapping[str, str]:
        try:
            answer = aws.call(endpoint, region, "secretsmanager.GetSecretValue", "1.1", {"SecretId": arn})
            content = json.loads(answer.get("SecretString", ""))
            return {str(name): str(value) for name, value in content.items()}
        except AwsCallError as error:
            raise SecretUnavailableError(error.aws_code) from None
        except (ValueError, AttributeError):
            raise SecretUnavailableError("not a JSON object") from None

    return read
