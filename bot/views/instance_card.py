"""One instance as a card: what it is, how it is, and what may be done next. Every tag is somebody's text."""

from datetime import datetime

from bot.models import Block, Card, Instance, Message, Role
from bot.operations import REBOOT_INSTANCE
from bot.proposals import is_opted_in
from bot.views import console
from bot.views.instances import dotted, key
from bot.views.metrics import OPEN as METRICS
from bot.views.reboot import PROPOSE, REQUEST
from bot.views.text import context, cut, escape, markup, named, quoted, section

REFRESH = "instance_refresh"
SHOW_CLI = "instance_cli"
CONSOLE = "instance_console"
MAX_TAGS = 20


def card(shown: Card, role: Role | None) -> Message:
    """The card, with buttons for what `role` may do next; they carry `<region>/<instance id>`."""
    instance = shown.instance
    name = escape(named(instance.name, 100))
    blocks: list[Block] = [
        section(f"*{name}*   {dotted(instance.state)}"),
        {"type": "section", "fields": [_field(title, value) for title, value in _facts(shown)]},
        *_tags(instance),
        {"type": "actions", "elements": _buttons(instance, role)},
    ]
    return Message(_text(shown, name), blocks)


def cli(instance: Instance) -> Message:
    """The same look from a terminal."""
    command = f"aws ec2 describe-instances --region {instance.region} --instance-ids {instance.instance_id}"
    return Message(f"The same with the AWS command line: {command}", [section(f"```{command}```")])


def _facts(shown: Card) -> list[tuple[str, str]]:
    instance = shown.instance
    alarms = "unknown: CloudWatch did not say" if shown.open_alarms is None else str(shown.open_alarms)
    return [
        ("Instance", f"`{instance.instance_id}`"),
        ("Status checks", _checks(instance)),
        ("Type", escape(instance.instance_type)),
        ("Zone", escape(instance.zone)),
        ("Private IP", instance.private_ip or "none"),
        ("Public IP", instance.public_ip or "none"),
        ("Launched", _date(instance.launched)),
        ("Open alarms", alarms),
        ("Image", f"`{escape(instance.image_id or 'unknown')}`"),
        ("Security groups", escape(cut(", ".join(instance.security_groups), 300)) or "none"),
    ]


def _field(title: str, value: str) -> Block:
    return markup(f"*{title}*\n{value}", 2000)


def _checks(instance: Instance) -> str:
    if instance.state != "running":
        return "none while it is not running"
    checks = (instance.system_status, instance.instance_status)
    if None in checks:
        return "not known yet"
    passed = sum(check == "ok" for check in checks)
    details = "" if passed == 2 else f" (system {checks[0]}, instance {checks[1]})"
    return f"{passed}/2 passed{details}"


def _date(moment: datetime | None) -> str:
    if moment is None:
        return "unknown"
    return f"<!date^{int(moment.timestamp())}^{{date_short_pretty}} at {{time}}|{moment:%Y-%m-%d %H:%M} UTC>"


def _tags(instance: Instance) -> list[Block]:
    if not instance.tags:
        return []
    shown = [quoted(f"{cut(key, 40)}={cut(value, 60)}", 101) for key, value in instance.tags[:MAX_TAGS]]
    more = [f"and {len(instance.tags) - MAX_TAGS} more"] if len(instance.tags) > MAX_TAGS else []
    return [context("  ".join([*shown, *more]))]


def _buttons(instance: Instance, role: Role | None) -> list[Block]:
    value = key(instance)
    return [
        _button("Refresh", REFRESH, value),
        _button("Metrics", METRICS, value),
        *_reboot(instance, role),
        _button("Show as CLI", SHOW_CLI, value),
        {**_button("Open in console", CONSOLE, value), "url": console_url(instance.region, instance.instance_id)},
    ]


def _reboot(instance: Instance, role: Role | None) -> list[Block]:
    if instance.state != "running" or not is_opted_in(instance.tags):
        return []
    if REBOOT_INSTANCE.permits(role):
        return [{**_button("Reboot…", PROPOSE, key(instance)), "style": "danger"}]
    return [_button("Request a reboot…", REQUEST, key(instance))]


def _button(text: str, action_id: str, value: str) -> Block:
    return {"type": "button", "action_id": action_id, "value": value, "text": {"type": "plain_text", "text": text}}


def console_url(region: str, instance_id: str) -> str:
    """The instance's page in the AWS console of the region's partition."""
    return f"https://{console.host(region)}/ec2/home?region={region}#InstanceDetails:instanceId={instance_id}"


def _text(shown: Card, name: str) -> str:
    instance = shown.instance
    alarms = "" if shown.open_alarms is None else f", {shown.open_alarms} open alarms"
    return (
        f"{name} ({instance.instance_id}): {instance.state}, {instance.instance_type} in {instance.zone}, "
        f"status checks {_checks(instance)}{alarms}, private IP {instance.private_ip or 'none'}."
    )
