"""Listing and opening instances, from a command, a menu or a button."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bot.command import Invocation
from bot.ec2_filters import INSTANCE_ID
from bot.errors import ChatOpsError, InstanceNotFoundError, MalformedTextError
from bot.models import Actor, Bookmark, Card, InstanceQuery, Match, Message, Place, Target
from bot.operations import GET_INSTANCE, LIST_INSTANCES
from bot.views import instance_card, modal
from bot.views import instances as instances_view

if TYPE_CHECKING:
    from slack_bolt import Ack, App, BoltContext

    from bot.listeners.answering import Answering
    from bot.listeners.commands import Runner
    from bot.services.alarms import Alarms
    from bot.services.bookmarks import Bookmarks
    from bot.services.gate import Gate
    from bot.services.instances import Instances


LookUp = tuple[Match, Card | None]


class InstanceListeners:
    """`now` gives the time in UTC."""

    def __init__(
        self,
        gate: "Gate",
        answering: "Answering",
        instances: "Instances",
        bookmarks: "Bookmarks",
        alarms: "Alarms",
        now: Callable[[], datetime],
    ) -> None:
        self._gate = gate
        self._answering = answering
        self._instances = instances
        self._bookmarks = bookmarks
        self._alarms = alarms
        self._now = now

    @property
    def runners(self) -> Mapping[str, "Runner"]:
        """`/ec2 list` and `/ec2 get`."""
        return {
            "list": lambda actor, invocation: self.list(actor, _query(invocation)),
            "get": lambda actor, invocation: self.get(actor, invocation.text),
        }

    def register(self, app: "App") -> None:
        """The shortcut, and the block actions of the listing and the card."""
        app.shortcut(modal.INSTANCES)(self.shortcut)
        app.action(modal.BACK)(self.shortcut)
        app.action(instances_view.OPEN_INSTANCE)(self.open)
        app.action(instances_view.NEXT_PAGE)(self.next)
        app.action(instances_view.PREVIOUS_PAGE)(self.previous)
        app.action(instance_card.REFRESH)(self.refresh)
        app.action(instance_card.SHOW_CLI)(self.show_cli)
        app.action(instance_card.CONSOLE)(self.console)

    def list(self, actor: Actor, query: InstanceQuery) -> Message:
        """The first page of the listing that `query` asks for."""
        return self._page(actor, Bookmark(query, (), 1), None)

    def get(self, actor: Actor, wanted: str, region: str | None = None) -> Message:
        """The card of the instance of that name or id, or a menu where several are meant.

        With its `region`, which menus and buttons carry, no other one needs to answer.
        """
        if not wanted:
            raise MalformedTextError("`get` needs the name or the id of an instance, as in `/ec2 get web-1`")

        looked_up = self._gate.perform(
            actor, GET_INSTANCE, Target(wanted), lambda: self._look_up(wanted, region), _settled
        )
        return _shown(actor, *looked_up)

    def shortcut(self, ack: "Ack", body: dict[str, Any], context: "BoltContext") -> None:
        """The listing in a modal; the button back to it asks for the same."""
        ack()
        self._answering.answer(body, context["job"], lambda actor: self.list(actor, InstanceQuery()), back=False)

    def open(self, ack: "Ack", body: dict[str, Any], action: dict[str, Any], context: "BoltContext") -> None:
        """The menu: a card of its own below the listing; in a modal, in its place."""
        ack()
        value = (action.get("selected_option") or {}).get("value", "")
        self._answering.answer(body, context["job"], lambda actor: self.get(actor, *_chosen(value)))

    def next(self, ack: "Ack", body: dict[str, Any], action: dict[str, Any], context: "BoltContext") -> None:
        """The listing's button: the page in the place of the one before it."""
        ack()
        bookmark_id = action.get("value", "")
        self._answering.answer(body, context["job"], lambda actor: self._turned_to(actor, bookmark_id), replace=True)

    def previous(self, ack: "Ack", body: dict[str, Any], action: dict[str, Any], context: "BoltContext") -> None:
        """The listing's button, which knows the page it stands on: back to the one before it."""
        ack()
        here = action.get("value", "")
        self._answering.answer(body, context["job"], lambda actor: self._turned_back(actor, here), replace=True)

    def refresh(self, ack: "Ack", body: dict[str, Any], action: dict[str, Any], context: "BoltContext") -> None:
        """The card's button: the same card, as things are now."""
        ack()
        chosen = _chosen(action.get("value", ""))
        self._answering.answer(body, context["job"], lambda actor: self.get(actor, *chosen), replace=True)

    def show_cli(self, ack: "Ack", body: dict[str, Any], action: dict[str, Any], context: "BoltContext") -> None:
        """The card's button: what to type in a terminal."""
        ack()
        chosen = _chosen(action.get("value", ""))
        self._answering.answer(body, context["job"], lambda actor: self._cli(actor, *chosen))

    def console(self, ack: "Ack") -> None:
        """Slack opens the link by itself and wants to hear that we know."""
        ack()

    def _page(self, actor: Actor, start: Bookmark, this_id: str | None) -> Message:
        query = start.query
        details = {"text": query.text, "states": query.states, "tags": query.tags, "regions": query.regions}
        target = Target("*", {**details, "page": start.number})
        found = self._gate.perform(actor, LIST_INSTANCES, target, lambda: self._instances.find(query, start.cursors))
        following = Bookmark(query, found.rest, start.number + 1, before=this_id)
        next_id = self._bookmarks.keep(following, actor.origin) if found.rest else None
        return instances_view.listing(found, query, self._now(), Place(start.number, this_id, next_id))

    def _turned_to(self, actor: Actor, bookmark_id: str) -> Message:
        return self._page(actor, self._opened(actor, bookmark_id), bookmark_id)

    def _turned_back(self, actor: Actor, here: str) -> Message:
        bookmark = self._opened(actor, here)
        return self._turned_to(actor, bookmark.before) if bookmark.before else self.list(actor, bookmark.query)

    def _opened(self, actor: Actor, bookmark_id: str) -> Bookmark:
        """What does not open, somebody else's for one, is on record."""
        self._gate.admit(actor, LIST_INSTANCES, Target("*"))
        try:
            return self._bookmarks.open(bookmark_id, actor.origin)
        except ChatOpsError as error:
            self._gate.fail(actor, LIST_INSTANCES, Target("*", {"bookmark": bookmark_id}), error)

    def _cli(self, actor: Actor, instance_id: str, region: str | None) -> Message:
        target = Target(instance_id, {"as": "cli"})
        match = self._gate.perform(actor, GET_INSTANCE, target, lambda: self._instances.match(instance_id, region))
        if len(match.instances) != 1:
            raise InstanceNotFoundError(instance_id)
        return instance_card.cli(match.instances[0])

    def _look_up(self, wanted: str, region: str | None) -> LookUp:
        match = self._instances.match(wanted, region)
        if len(match.instances) != 1:
            return match, None
        return match, Card(match.instances[0], self._alarms.open_on(match.instances[0]))


def _settled(looked_up: LookUp) -> Target:
    match, card = looked_up
    return Target(card.instance.instance_id if card else match.wanted, {"wanted": match.wanted})


def _shown(actor: Actor, match: Match, card: Card | None) -> Message:
    if card:
        return instance_card.card(card, actor.role)
    if match.instances:
        return instances_view.several(match.wanted, match.instances, more=match.more)
    raise InstanceNotFoundError(match.wanted, match.nearest)


def _chosen(value: str) -> tuple[str, str | None]:
    """Id and region of a menu's or button's `<region>/<instance id>`; anything else finds nothing."""
    region, _, instance_id = value.rpartition("/")
    return (instance_id, region) if INSTANCE_ID.fullmatch(instance_id) else ("no instance", None)


def _query(invocation: Invocation) -> InstanceQuery:
    options = invocation.options
    tags = [tag.partition("=") for tag in options.get("tag", ())]
    return InstanceQuery(
        text=invocation.text,
        states=options.get("state", ()),
        tags=tuple((key, value if equals else None) for key, equals, value in tags),
        regions=options.get("region", ()),
        sort=options.get("sort", ("name",))[-1],
    )
