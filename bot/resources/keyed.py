"""`Idempotency-Key`: a request that is sent again under its key does nothing and is answered as the first time.

It refuses nothing itself: without a key a request is run as often as it comes.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.openapi.params import Header

from bot.errors import ChatOpsError
from bot.idempotency import KEY, NOTHING_DONE, KeyedRequest
from bot.models import Actor
from bot.resources.errors import json_response, of_ours

if TYPE_CHECKING:
    from bot.services.first_answers import FirstAnswers

Answer = tuple[int, Mapping[str, Any]]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=f"^{KEY}$",
        description="Chosen by you for this one request; sent again within a day, it is answered as the first time.",
    ),
]


class Keyed:
    """Runs what changes something, at most once a key."""

    def __init__(self, answers: "FirstAnswers") -> None:
        self._answers = answers

    def once(
        self,
        actor: Actor,
        app: APIGatewayRestResolver,
        key: str | None,
        body: Mapping[str, Any],
        run: Callable[[], Answer],
    ) -> Response[Any]:
        """What `run` answers; what it raises of ours is an answer too, and kept like one.

        Raises what `FirstAnswers.once` raises, and the errors that say that nothing was done.
        """
        if key is None:
            return _response(*run())
        event = app.current_event
        request = KeyedRequest(actor.user_id, key, event.http_method, event.path, body)
        return _response(*self._answers.once(request, lambda: _answered(run)))


def _answered(run: Callable[[], Answer]) -> Answer:
    try:
        return run()
    except NOTHING_DONE:
        raise
    except ChatOpsError as error:
        return of_ours(error)


def _response(status: int, body: Mapping[str, Any]) -> Response[Any]:
    return json_response(status, dict(body))
