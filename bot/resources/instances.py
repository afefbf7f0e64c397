"""`/instances`: a listing in pages, and one instance.

It refuses a cursor that comes with another query than the page it was given with.
"""

from typing import TYPE_CHECKING, Annotated, Literal

from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from bot import models
from bot.errors import InstanceNotFoundError, PageGoneError
from bot.models import Actor, Bookmark, InstanceQuery, Listing, Match, Target
from bot.operations import GET_INSTANCE, LIST_INSTANCES
from bot.resources.bodies import PLAIN, Instance, InstanceBody, InstancesBody, RegionFailure
from bot.resources.errors import refusals
from bot.resources.paging import Cursor, kept

if TYPE_CHECKING:
    from bot.resources.callers import Callers
    from bot.services.bookmarks import Bookmarks
    from bot.services.gate import Gate
    from bot.services.instances import Instances

State = Literal["pending", "running", "stopping", "stopped", "shutting-down", "terminated"]
Sort = Literal["name", "launched", "state"]
InstanceId = Annotated[
    str,
    Path(pattern="^i-[0-9a-f]{8}([0-9a-f]{9})?$", description="EC2's id of it.", examples=["i-0123456789abcdef0"]),
]


class InstanceResource:
    """Answers for the instances of all configured regions."""

    def __init__(self, gate: "Gate", callers: "Callers", instances: "Instances", bookmarks: "Bookmarks") -> None:
        self._gate = gate
        self._callers = callers
        self._instances = instances
        self._bookmarks = bookmarks

    def routes(self, app: APIGatewayRestResolver) -> None:
        """Put the methods where they are found."""
        self._app = app
        app.get(
            "/instances",
            summary="List instances",
            description="A page of at most 100; a region that does not answer is named.",
            operation_id="listInstances",
            responses=refusals(InstancesBody, 404),
        )(self.list)
        app.get(
            "/instances/<instance_id>",
            summary="Get one instance",
            operation_id="getInstance",
            responses=refusals(InstanceBody, 404),
        )(self.get)

    def list(
        self,
        name: Annotated[
            str, Query(pattern=f"^{PLAIN}{{0,255}}$", description="A part of the name, or an id; `*` and `?` match.")
        ] = "",
        state: Annotated[list[State], Query(max_length=6, description="Any of these states.")] = [],  # noqa: B006
        tag: Annotated[
            list[Annotated[str, Query(pattern=f"^[^=\\u0000-\\u001f\\u007f-\\u009f]{{1,128}}(={PLAIN}{{0,256}})?$")]],
            Query(max_length=10, description="`Env=prod`, or `Env` for whatever value; all keys must hold."),
        ] = [],  # noqa: B006
        region: Annotated[
            list[Annotated[str, Query(pattern="^(all|[a-z]{2}(-[a-z]+)+-[0-9]{1,2})$")]],
            Query(max_length=40, description="Some of the configured regions; all of them where none is given."),
        ] = [],  # noqa: B006
        sort: Annotated[Sort, Query(description="The order within a page.")] = "name",
        cursor: Cursor = None,
    ) -> InstancesBody:
        """The page of `query` at `cursor`."""
        query = InstanceQuery(name, tuple(state), tuple(_tag(one) for one in tag), tuple(region), sort)
        actor = self._callers.actor(self._app.current_event.raw_event)
        start = self._start(actor, query, cursor) if cursor else Bookmark(query, (), 1)
        details = {"text": query.text, "states": query.states, "tags": query.tags, "regions": query.regions}
        target = Target("*", {**details, "page": start.number})
        found = self._gate.perform(actor, LIST_INSTANCES, target, lambda: self._instances.find(query, start.cursors))
        return _page(found, self._following(actor, start, found))

    def get(self, instance_id: InstanceId) -> InstanceBody:
        """The instance of that id."""
        actor = self._callers.actor(self._app.current_event.raw_event)
        target = Target(instance_id)
        match = self._gate.perform(actor, GET_INSTANCE, target, lambda: self._instances.match(instance_id))
        return InstanceBody(instance=Instance.of(one_of(match)))

    def _start(self, actor: Actor, query: InstanceQuery, cursor: str) -> Bookmark:
        self._gate.admit(actor, LIST_INSTANCES, Target("*"))
        bookmark = self._bookmarks.open(cursor, actor.origin)
        if bookmark.query != query:
            raise PageGoneError
        return bookmark

    def _following(self, actor: Actor, start: Bookmark, found: Listing) -> str | None:
        if not found.rest:
            return None
        return kept(self._bookmarks.keep(Bookmark(start.query, found.rest, start.number + 1), actor.origin))


def one_of(match: Match) -> models.Instance:
    """The one that was asked for. Raises InstanceNotFoundError."""
    if len(match.instances) != 1:
        raise InstanceNotFoundError(match.wanted)
    return match.instances[0]


def _page(found: Listing, cursor: str | None) -> InstancesBody:
    return InstancesBody(
        instances=[Instance.of(instance) for instance in found.instances],
        cursor=cursor,
        failures=[RegionFailure(region=one.region, code=one.aws_code) for one in found.failures],
    )


def _tag(text: str) -> tuple[str, str | None]:
    key, separator, value = text.partition("=")
    return key, value if separator else None
