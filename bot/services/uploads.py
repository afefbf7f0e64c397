"""Uploads files as the bot, in Slack's three steps.

It refuses to go on after a step that failed, and says which one it was.
https://docs.slack.dev/messaging/working-with-files ("Uploading files")
"""

from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

from slack_sdk.errors import SlackClientError

from bot.errors import FileNotSentError

if TYPE_CHECKING:
    from slack_sdk import WebClient

    from bot.services.slack_secret import SlackSecret

_FAILURES = (SlackClientError, OSError, HTTPException, ValueError, KeyError, TypeError)


class Uploads:
    """`seconds` is how long sending the bytes may take."""

    def __init__(self, client: "WebClient", secret: "SlackSecret", seconds: float) -> None:
        self._client = client
        self._secret = secret
        self._seconds = seconds

    def send(
        self,
        channel_id: str,
        name: str,
        content: bytes,
        title: str,
        alt_text: str | None = None,
        thread_ts: str | None = None,
    ) -> str:
        """The id of the file, which is then shared in that channel. Raises FileNotSentError."""
        with self.step("files.getUploadURLExternal") as token:
            begun: Any = self._client.files_getUploadURLExternal(
                filename=name, length=len(content), alt_txt=alt_text, token=token
            )
            file_id, url = str(begun["file_id"]), str(begun["upload_url"])
        with self.step("upload"):
            self._upload(url, content)
        with self.step("files.completeUploadExternal") as token:
            files: Any = [{"id": file_id, "title": title}]
            self._client.files_completeUploadExternal(
                files=files, channel_id=channel_id, thread_ts=thread_ts, token=token
            )
        return file_id

    @contextmanager
    def step(self, name: str) -> Iterator[str]:
        """One call with the bot's token, which belongs to the sending of a file. Raises FileNotSentError."""
        try:
            yield self._secret.bot_token
        except _FAILURES as error:
            raise FileNotSentError(self._secret.refusal(error), name) from None

    def _upload(self, url: str, content: bytes) -> None:
        if not url.startswith(("https://", "http://")):
            raise ValueError("no address to upload to")
        request = Request(url, content, {"Content-Type": "application/octet-stream"}, method="POST")
        with urlopen(request, timeout=self._seconds) as answer:
            if answer.status != 200:
                raise ValueError(f"upload answered {answer.status}")
