"""The answer to `/ec2 metrics`: words first, then Slack's own charts, then what to look at next.

Its controls carry everything in their ids: group, range and instances, read back by `request_of`, which refuses
whatever these views cannot have written. In a channel the charts give way to a picture once there is one.
"""

import re
from collections.abc import Sequence
from typing import Any

from bot.metric_series import (
    DEFAULT_GROUP,
    DEFAULT_RANGE,
    GROUPS,
    MAX_INSTANCES,
    RANGES,
    TITLES,
    Chart,
    MetricsRequest,
    Range,
)
from bot.models import Block, Instance, Message
from bot.views import metric_links, metric_words
from bot.views.metric_plot import plots
from bot.views.text import context, cut, escape, quoted, section

OPEN = "metrics_open"
PICK = "metrics_pick"
RANGE = "metrics_range"
GROUP = "metrics_group"
REFRESH = "metrics_refresh"
SHARE = "metrics_share"
SHOW_CLI = "metrics_cli"
CONSOLE = "metrics_console"
MAX_TEXT = 3_500
MAX_LINES = 25
MAX_COMMAND = 2_900
_KEY = re.compile(r"metrics:([a-z]{3,7}):([0-9]{1,2}[hd]):([a-z0-9,/-]{1,220})")
_INSTANCE = re.compile(r"(?:[a-z]{2}(?:-[a-z]+)+-[0-9]{1,2})/(?:[0-9a-f]{8}|[0-9a-f]{17})")

NOTHING = MetricsRequest(("no instance",))  # finds nothing, and says so


def message(chart: Chart) -> Message:
    """For the person alone: words, at most two charts, and the controls."""
    head, tail = _words(chart), controls(chart)
    drawn = [block for plot in plots(chart) for block in (plot.block, context(escape(plot.caption)))]
    nothing = [] if chart.lines else [context("There is nothing to draw.")]
    return Message(text(chart), [*head, *drawn, *nothing, tail], lambda: [*head, *nothing, tail])


def post(chart: Chart, who: str, file_id: str | None = None) -> Message:
    """For everybody in a channel, shown by the Slack user `who`: with the picture of that file, or without one."""
    head = [*_words(chart), context(f"Shown by <@{who}>")]
    if file_id is None:
        drawn = [block for plot in plots(chart) for block in (plot.block, context(escape(plot.caption)))]
        return Message(text(chart), [*head, *drawn], lambda: head)
    picture = {"type": "image", "slack_file": {"id": file_id}, "alt_text": alt_text(chart)}
    return Message(text(chart), [*head, picture], lambda: head)


def shown(chart: Chart, pictured: bool) -> Message:
    """What the person who shared it is told."""
    title = escape(metric_words.title(chart))
    if pictured:
        return Message(f"{title} is shown in this channel.", [section(f"*{title}* is shown in this channel.")])
    said = "is shown in this channel, without the picture: Slack did not take it in time. Chart and words are there."
    return Message(f"{title} {said}", [section(f"*{title}* {said}")])


def text(chart: Chart) -> str:
    """The whole answer in words, for notifications and screen readers."""
    return _bounded([f"{escape(metric_words.title(chart))} (times in UTC).", *map(escape, metric_words.lines(chart))])


def alt_text(chart: Chart) -> str:
    """The same as alternative text, which is literal; Slack takes 2,000 characters."""
    return cut(f"{metric_words.title(chart)} (times in UTC). {'. '.join(metric_words.lines(chart))}", 1_900)


def several(wanted: str, instances: Sequence[Instance], group: str, of: Range) -> Message:
    """For a name that stands for several instances: which one is meant? A pattern would have meant all."""
    said = f"{len(instances)} instances match {quoted(wanted)}. Which one?"
    hint = f"For up to {MAX_INSTANCES} of them on one chart, type a pattern: {quoted(f'/ec2 metrics {wanted}*')}."
    options = [_option(cut(_label(one), 75), key(one)) for one in instances[:100]]
    select = {
        "type": "static_select",
        "action_id": PICK,
        "placeholder": _plain("Show metrics of"),
        "options": options,
    }
    row = {"type": "actions", "block_id": f"metrics:{group}:{of.name}:pick", "elements": [select]}
    return Message(said, [section(said), row, context(hint)])


def cli(chart: Chart) -> Message:
    """The same look from a terminal, one command a line of the chart."""
    commands = [escape(command).replace("`", "ʼ") for command in metric_links.commands(chart)]
    shown = [f"```{command}```" if len(command) < MAX_COMMAND else "One is too long to show." for command in commands]
    blocks = [section(command) for command in shown] or [section("There is no data to ask for.")]
    return Message(f"The same with the AWS command line, {len(commands)} commands.", blocks)


def controls(chart: Chart) -> Block:
    """Menus that edit the message in place, and what can be done with the chart."""
    ranges = [_option(f"{one.words[0].upper()}{one.words[1:]}", one.name) for one in RANGES.values()]
    groups = [_option(TITLES[name], name) for name in GROUPS]
    ask = "Everybody here will see it, people of other companies too where they share this channel."
    share = {
        **_button("Show in channel", SHARE),
        "confirm": {
            "title": _plain("Show it to everybody?"),
            "text": _plain(ask),
            "confirm": _plain("Show it"),
            "deny": _plain("Keep it to me"),
        },
    }
    elements = [
        _select(RANGE, "Range", ranges, list(RANGES).index(chart.range.name)),
        _select(GROUP, "Metric", groups, list(GROUPS).index(chart.group)),
        _button("Refresh", REFRESH),
        share,
        _button("Show as CLI", SHOW_CLI),
        {**_button("Open in console", CONSOLE), "url": metric_links.console_url(chart)},
    ]
    return {"type": "actions", "block_id": block_id(chart), "elements": elements}


def block_id(chart: Chart) -> str:
    """Group, range and instances: at most 255 characters for six instances of the longest region names."""
    return f"metrics:{chart.group}:{chart.range.name}:{','.join(key(one) for one in chart.instances)}"


def key(instance: Instance) -> str:
    """An instance in a block id: `<region>/<instance id without i->`."""
    return f"{instance.region}/{instance.instance_id.removeprefix('i-')}"


def request_of(action: dict[str, Any]) -> MetricsRequest:
    """What a control of these views asks for, its own choice applied; nothing for what they cannot have written."""
    found = _KEY.fullmatch(str(action.get("block_id", "")))
    if not found:
        return NOTHING
    group, of, instances = found[1], found[2], found[3].split(",")
    chosen = str((action.get("selected_option") or {}).get("value", ""))
    match action.get("action_id"):
        case "metrics_range":
            of = chosen
        case "metrics_group":
            group = chosen
        case "metrics_pick":
            instances = [chosen]
    return _request(group, of, instances)


def opened(value: str) -> MetricsRequest:
    """What the card's button asks for; its value is `<region>/<instance id>`."""
    return _request(DEFAULT_GROUP, DEFAULT_RANGE, [value.replace("/i-", "/", 1)])


def _request(group: str, of: str, instances: Sequence[str]) -> MetricsRequest:
    if group not in GROUPS or of not in RANGES or not 1 <= len(instances) <= MAX_INSTANCES:
        return NOTHING
    if not all(_INSTANCE.fullmatch(one) for one in instances):
        return NOTHING
    return MetricsRequest(tuple(f"i-{one.rpartition('/')[2]}" for one in instances), group, RANGES[of])


def _words(chart: Chart) -> list[Block]:
    said = [escape(line) for line in metric_words.lines(chart)]
    more = [f"and {len(said) - MAX_LINES} more"] if len(said) > MAX_LINES else []
    return [
        section(_bounded([f"*{escape(metric_words.title(chart))}* (times in UTC)", *said[:MAX_LINES], *more], 2_900))
    ]


def _bounded(said: Sequence[str], room: int = MAX_TEXT) -> str:
    kept: list[str] = []
    for line in said:
        room -= len(line) + 1
        if room < 0:
            return "\n".join([*kept, "…"])
        kept.append(line)
    return "\n".join(kept)


def _label(instance: Instance) -> str:
    return f"{metric_words.name_of(instance)} · {instance.instance_id} · {instance.state}"


def _plain(words: str) -> Block:
    return {"type": "plain_text", "text": words}


def _option(words: str, value: str) -> Block:
    return {"text": _plain(words), "value": value}


def _select(action_id: str, placeholder: str, options: list[Block], at: int) -> Block:
    return {
        "type": "static_select",
        "action_id": action_id,
        "placeholder": _plain(placeholder),
        "options": options,
        "initial_option": options[at],
    }


def _button(words: str, action_id: str) -> Block:
    return {"type": "button", "action_id": action_id, "text": _plain(words)}
