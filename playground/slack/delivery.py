"""Brings one request to the app and waits for it no longer than Slack does.

It hides nothing of what went wrong: a late, broken or unwilling app is an error word, as in Slack.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass

Deliver = Callable[[str, str, dict[str, str], bytes], tuple[int, dict[str, str], bytes]]

EVENTS_PATH = "/slack/events"
PATIENCE_SECONDS = 3.0


class DeliveryError(Exception):
    """The app didn't answer as it must; the text is the word that Slack shows."""


@dataclass(frozen=True)
class Answer:
    """The app's 200 answer."""

    headers: dict[str, str]
    body: bytes

    @property
    def is_json(self) -> bool:
        kind = next((value for name, value in self.headers.items() if name.lower() == "content-type"), "")
        return kind.partition(";")[0].strip().lower() == "application/json"


def delivered(deliver: Deliver, headers: dict[str, str], body: bytes, patience: float) -> Answer:
    """Raises DeliveryError; an answer that comes after `patience` is never looked at."""
    answers: list[tuple[int, dict[str, str], bytes]] = []

    def carry() -> None:
        # Whatever the app does wrong must look as it would over HTTP: no answer worth the name.
        try:
            answers.append(deliver("POST", EVENTS_PATH, headers, body))
        except Exception:
            answers.append((502, {}, b""))

    courier = threading.Thread(target=carry, name="slack-delivery", daemon=True)
    courier.start()
    courier.join(patience)
    if not answers:
        raise DeliveryError("operation_timeout")
    status, answer_headers, answer_body = answers[0]
    if status != 200:
        raise DeliveryError("dispatch_failed")
    return Answer(answer_headers, answer_body)
