"""Puts a picture into a channel: drawn, uploaded in Slack's three steps, and usable only when Slack has looked at it.

It refuses to fail what it decorates: a step that fails, or takes too long, ends in no picture, and the log says which.
https://docs.slack.dev/messaging/working-with-files ("Uploading files")
"""

import logging
from collections.abc import Callable
from http.client import HTTPException
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

from slack_sdk.errors import SlackApiError, SlackClientError

from bot.metric_series import Picture

if TYPE_CHECKING:
    from slack_sdk import WebClient

    from bot.services.charts import Charts
    from bot.services.slack_secret import SlackSecret

DEADLINE_SECONDS = 10  # for all steps together: the worker has 30, and has asked CloudWatch before
UPLOAD_SECONDS = 3
POLL_SECONDS = 0.4

logger = logging.getLogger("ec2-chatops")


class _NotUsableError(Exception):
    """Slack has taken the file and not said in time that it can be shown."""


_FAILURES = (SlackClientError, OSError, HTTPException, ValueError, KeyError, TypeError, ImportError, _NotUsableError)


class Pictures:
    """`clock` is monotonic in seconds, as is what `sleep` takes."""

    def __init__(
        self,
        client: "WebClient",
        secret: "SlackSecret",
        charts: "Charts",
        clock: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        self._client = client
        self._secret = secret
        self._charts = charts
        self._clock = clock
        self._sleep = sleep

    def share(self, picture: Picture, channel_id: str, thread_ts: str) -> str | None:
        """Reply with the picture in that thread; its file id once a message may show it, None without a picture.

        After a None it may still turn up in the thread.
        """
        deadline = self._clock() + DEADLINE_SECONDS
        step = "drawing"
        try:
            png = self._charts.png(picture.svg)
            step = "getUploadURLExternal"
            begun: Any = self._client.files_getUploadURLExternal(
                filename=picture.file_name,
                length=len(png),
                alt_txt=picture.alt_text[:1000],
                token=self._secret.bot_token,
            )
            step = "upload"
            _upload(begun["upload_url"], png)
            step = "completeUploadExternal"
            file_id = str(begun["file_id"])
            self._client.files_completeUploadExternal(
                files=[{"id": file_id, "title": picture.title}],
                channel_id=channel_id,
                thread_ts=thread_ts,
                token=self._secret.bot_token,
            )
            step = "files.info"
            self._wait_until_usable(file_id, channel_id, deadline)
        except _FAILURES as error:
            logger.warning("no picture", extra={"step": step, "error": _reason(error)})
            return None
        return file_id

    def _wait_until_usable(self, file_id: str, channel_id: str, deadline: float) -> None:
        """A file referred to before it has its type makes blocks invalid, before it is shared invisible to others."""
        while True:
            file: Any = self._client.files_info(file=file_id, token=self._secret.bot_token)["file"]
            shares = file.get("shares") or {}
            if file.get("mimetype") and any(channel_id in kind for kind in shares.values()):
                return
            if self._clock() + POLL_SECONDS > deadline:
                raise _NotUsableError
            self._sleep(POLL_SECONDS)


def _upload(url: str, content: bytes) -> None:
    if not url.startswith(("https://", "http://")):
        raise ValueError("no address to upload to")
    request = Request(url, content, {"Content-Type": "application/octet-stream"}, method="POST")
    with urlopen(request, timeout=UPLOAD_SECONDS) as answer:
        if answer.status != 200:
            raise ValueError(f"upload answered {answer.status}")


def _reason(error: Exception) -> str:
    return str(error.response.get("error")) if isinstance(error, SlackApiError) else type(error).__name__
