"""Charts of metrics, from a command, a card's button, or the controls of a chart that is already there."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from bot.command import Invocation, nearest
from bot.errors import InstanceNotFoundError, MalformedTextError, NotPostedError
from bot.metric_series import (
    DEFAULT_GROUP,
    DEFAULT_RANGE,
    GROUPS,
    MAX_INSTANCES,
    RANGES,
    Chart,
    MetricsRequest,
    Picture,
)
from bot.models import Actor, Instance, Match, Message, Target
from bot.operations import VIEW_METRICS
from bot.views import chart_svg, metric_words
from bot.views import metrics as view

if TYPE_CHECKING:
    from slack_bolt import Ack, App, BoltContext

    from bot.listeners.answering import Answering
    from bot.listeners.commands import Runner
    from bot.services.channel_posts import ChannelPosts
    from bot.services.gate import Gate
    from bot.services.instances import Instances
    from bot.services.metrics import Metrics
    from bot.services.pictures import Pictures

Looked = Chart | Match


class MetricListeners:
    """`pictures` decorate what `posts` has posted; without one the chart stays as it is."""

    def __init__(
        self,
        gate: "Gate",
        answering: "Answering",
        instances: "Instances",
        metrics: "Metrics",
        posts: "ChannelPosts",
        pictures: "Pictures",
    ) -> None:
        self._gate = gate
        self._answering = answering
        self._instances = instances
        self._metrics = metrics
        self._posts = posts
        self._pictures = pictures

    @property
    def runners(self) -> Mapping[str, "Runner"]:
        """`/ec2 metrics`."""
        return {"metrics": lambda actor, invocation: self.metrics(actor, _asked(invocation))}

    def register(self, app: "App") -> None:
        """The card's button, and the controls of a chart."""
        app.action(view.OPEN)(self.open)
        for action_id in (view.RANGE, view.GROUP, view.REFRESH, view.PICK):
            app.action(action_id)(self.change)
        app.action(view.SHARE)(self.share)
        app.action(view.SHOW_CLI)(self.show_cli)
        app.action(view.CONSOLE)(self.console)

    def metrics(self, actor: Actor, request: MetricsRequest) -> Message:
        """The chart of what those names stand for, or a menu where one name stands for several."""
        if not request.names:
            raise MalformedTextError("`metrics` needs the name or the id of an instance, as in `/ec2 metrics web-1`")
        if len(request.names) > MAX_INSTANCES:
            raise MalformedTextError(f"a chart shows at most {MAX_INSTANCES} instances")
        looked = self._perform(actor, request, {}, lambda: self._look(request))
        if isinstance(looked, Match):
            return view.several(looked.wanted, looked.instances, request.group, request.range)
        return view.message(looked)

    def open(self, ack: "Ack", body: dict[str, Any], action: dict[str, Any], context: "BoltContext") -> None:
        """The card's button: the chart below the card; in a modal, in its place."""
        ack()
        request = view.opened(str(action.get("value", "")))
        self._answering.answer(body, context["job"], lambda actor: view.message(self._again(actor, request)))

    def change(self, ack: "Ack", body: dict[str, Any], action: dict[str, Any], context: "BoltContext") -> None:
        """A menu or the refresh button: the same message, with what is asked for now."""
        ack()
        request = view.request_of(action)
        self._answering.answer(
            body, context["job"], lambda actor: view.message(self._again(actor, request)), replace=True
        )

    def show_cli(self, ack: "Ack", body: dict[str, Any], action: dict[str, Any], context: "BoltContext") -> None:
        """What to type in a terminal."""
        ack()
        request = view.request_of(action)
        self._answering.answer(body, context["job"], lambda actor: view.cli(self._again(actor, request, {"as": "cli"})))

    def share(self, ack: "Ack", body: dict[str, Any], action: dict[str, Any], context: "BoltContext") -> None:
        """The chart for everybody in the channel, with its picture as soon as Slack has it."""
        ack()
        request = view.request_of(action)
        self._answering.answer(body, context["job"], lambda actor: self._shared(actor, request))

    def console(self, ack: "Ack") -> None:
        """Slack opens the link by itself and wants to hear that we know."""
        ack()

    def _shared(self, actor: Actor, request: MetricsRequest) -> Message:
        actor = self._gate.as_of_now(actor)  # what it leaves in the channel, everybody sees
        channel_id = actor.origin.channel_id
        chart = self._again(actor, request, {"shownIn": channel_id or ""})
        if channel_id is None:
            raise NotPostedError("no_channel")
        who = actor.origin.slack_user_id or ""
        ts = self._posts.post(channel_id, view.post(chart, who))
        file_id = self._pictures.share(_picture(chart), channel_id, ts) if chart.lines else None
        # Plainer blocks would be without the picture: then the message stays as it is.
        pictured = replace(view.post(chart, who, file_id), older=None)
        return view.shown(chart, file_id is not None and self._posts.edit(channel_id, ts, pictured))

    def _again(self, actor: Actor, request: MetricsRequest, details: dict[str, Any] | None = None) -> Chart:
        looked = self._perform(actor, request, details or {}, lambda: self._identified(request))
        assert isinstance(looked, Chart)
        return looked

    def _perform(
        self, actor: Actor, request: MetricsRequest, details: dict[str, Any], run: Callable[[], Looked]
    ) -> Looked:
        facts = {"wanted": list(request.names), "metric": request.group, "range": request.range.name, **details}
        target = Target(" ".join(request.names), facts)
        looked: Looked = self._gate.perform(actor, VIEW_METRICS, target, run, partial(_settled, target))
        return looked

    def _look(self, request: MetricsRequest) -> Looked:
        found: list[Instance] = []
        for name in request.names:
            match = self._instances.match(name)
            if not match.instances:
                raise InstanceNotFoundError(name, match.nearest, _keyword(name) if name != request.names[0] else None)
            if len(match.instances) > 1 and not {"*", "?"} & set(name):
                return match
            found += match.instances
        return self._chart(list(dict.fromkeys(found)), request)

    def _identified(self, request: MetricsRequest) -> Chart:
        found = {instance.instance_id: instance for instance in self._instances.identified(request.names)}
        if not found:
            raise InstanceNotFoundError(request.names[0])
        return self._chart([found[wanted] for wanted in request.names if wanted in found], request)

    def _chart(self, instances: Sequence[Instance], request: MetricsRequest) -> Chart:
        chart = self._metrics.chart(instances[:MAX_INSTANCES], request.group, request.range)
        return replace(chart, unshown=max(len(instances) - MAX_INSTANCES, 0))


def _keyword(name: str) -> str | None:
    """What a word that names no instance may be a slip of: where one is of that name, it is meant."""
    return nearest(name, (*GROUPS, *RANGES), cutoff=0.6)


def _settled(target: Target, looked: Looked) -> Target:
    if isinstance(looked, Match):
        return target
    ids = [instance.instance_id for instance in looked.instances]
    return Target(",".join(ids), {**target.details, "instances": ids})


def _picture(chart: Chart) -> Picture:
    return Picture(chart_svg.svg(chart), "metrics.png", metric_words.title(chart), view.alt_text(chart))


def _asked(invocation: Invocation) -> MetricsRequest:
    group, of = invocation.keywords
    return MetricsRequest(invocation.words, group or DEFAULT_GROUP, RANGES[of or DEFAULT_RANGE])
