"""Puts a picture into a channel: drawn, uploaded in Slack's three steps, and usable only when Slack has looked at it.

It refuses to fail what it decorates: a step that fails, or takes too long, ends in no picture, and the log says which.
"""

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from bot.errors import FileNotSentError
from bot.metric_series import Picture

if TYPE_CHECKING:
    from slack_sdk import WebClient

    from bot.services.charts import Charts
    from bot.services.uploads import Uploads

DEADLINE_SECONDS = 10  # for all steps together: the worker has 30, and has asked CloudWatch before
UPLOAD_SECONDS = 3
POLL_SECONDS = 0.4
_NOT_DRAWN = (ImportError, OSError, ValueError, KeyError, TypeError)

logger = logging.getLogger("ec2-chatops")


class Pictures:
    """`clock` is monotonic in seconds, as is what `sleep` takes."""

    def __init__(
        self,
        client: "WebClient",
        uploads: "Uploads",
        charts: "Charts",
        clock: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        self._client = client
        self._uploads = uploads
        self._charts = charts
        self._clock = clock
        self._sleep = sleep

    def share(self, picture: Picture, channel_id: str, thread_ts: str) -> str | None:
        """Reply with the picture in that thread; its file id once a message may show it, None without a picture.

        After a None it may still turn up in the thread.
        """
        deadline = self._clock() + DEADLINE_SECONDS
        try:
            png = self._charts.png(picture.svg)
            file_id = self._uploads.send(
                channel_id, picture.file_name, png, picture.title, picture.alt_text[:1000], thread_ts
            )
            self._wait_until_usable(file_id, channel_id, deadline)
        except _NOT_DRAWN as error:
            logger.warning("no picture", extra={"step": "drawing", "error": type(error).__name__})
            return None
        except FileNotSentError as error:
            logger.warning("no picture", extra={"step": error.step, "error": error.slack_error})
            return None
        return file_id

    def _wait_until_usable(self, file_id: str, channel_id: str, deadline: float) -> None:
        """A file referred to before it has its type makes blocks invalid, before it is shared invisible to others."""
        while True:
            with self._uploads.step("files.info") as token:
                answer: Any = self._client.files_info(file=file_id, token=token)
                file = answer["file"]
                shares = file.get("shares") or {}
            if file.get("mimetype") and any(channel_id in kind for kind in shares.values()):
                return
            if self._clock() + POLL_SECONDS > deadline:
                raise FileNotSentError("not usable in time", "files.info")
            self._sleep(POLL_SECONDS)
