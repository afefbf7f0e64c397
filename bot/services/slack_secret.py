"""The two Slack secrets, kept for the life of the container and read again when they seem to have changed.

Refuses an empty value: an HMAC with an empty key is one that anybody can make.
"""

import json
import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from bot.errors import AwsCallError, SecretUnavailableError

if TYPE_CHECKING:
    from bot.services.aws_json import AwsJson

SIGNING_SECRET = "SLACK_SIGNING_SECRET"
BOT_TOKEN = "SLACK_BOT_TOKEN"
RENEW_AFTER_SECONDS = 60  # a refused value is read again at most once in that time
MAX_AGE_SECONDS = 600  # a value taken out of use is forgotten after that time
RETRY_AFTER_SECONDS = 10  # while there is no value, a stranger's requests cause no more readings than this
_TOKEN_ERRORS = {"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"}

logger = logging.getLogger("ec2-chatops")


class SlackSecret:
    """Reads through `read` on first use; `now` gives epoch seconds."""

    def __init__(self, read: Callable[[], Mapping[str, str]], now: Callable[[], float]) -> None:
        self._read = read
        self._now = now
        self._values: Mapping[str, str] = {}
        self._read_at = 0.0
        self._problem: str | None = None

    @property
    def signing_secret(self) -> str:
        """Raises SecretUnavailableError."""
        return self._value(SIGNING_SECRET)

    @property
    def bot_token(self) -> str:
        """Raises SecretUnavailableError."""
        return self._value(BOT_TOKEN)

    def renew(self) -> bool:
        """Read again, because a value was refused, and say whether anything changed.

        Within a minute of the last reading it does nothing, so that forged requests cannot hammer Secrets Manager.
        """
        before = self._values
        if self._now() - self._read_at >= RENEW_AFTER_SECONDS:
            self._load()
        return self._values != before

    def refusal(self, error: Exception) -> str:
        """Slack's word for it, or the error's type where no answer came; a token that was refused is read again."""
        answer: Any = getattr(error, "response", None)
        if answer is None:
            return type(error).__name__
        reason = str(answer.get("error") or answer.status_code)
        self.renew_after(reason)
        return reason

    def renew_after(self, refusal: str) -> bool:
        """The same, where Slack's error says that it was the bot token which was refused."""
        return refusal in _TOKEN_ERRORS and self.renew()

    def _value(self, name: str) -> str:
        age = self._now() - self._read_at
        if age >= MAX_AGE_SECONDS or (not self._values.get(name) and age >= RETRY_AFTER_SECONDS):
            self._load()
        value = self._values.get(name)
        if not value:
            raise SecretUnavailableError(self._problem or f"{name} is empty")
        return value

    def _load(self) -> None:
        """What is known stays when the reading fails: a moment's trouble must not close a warm door."""
        self._read_at = self._now()
        try:
            self._values, self._problem = self._read(), None
        except SecretUnavailableError as error:
            self._problem = error.problem
            logger.warning("secret not read", extra={"problem": error.problem})


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
