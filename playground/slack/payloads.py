"""Writes the bodies of the requests that Slack sends an app: a slash command, an interaction, an event.

It signs nothing and sends nothing.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus, urlencode

from playground.people import BOT_USER_ID, TEAM_DOMAIN, Channel, Person
from playground.slack.messages import Message


@dataclass(frozen=True)
class SlashCommand:
    """One command of the app's manifest (`features.slash_commands`)."""

    command: str
    description: str = ""
    usage_hint: str = ""
    should_escape: bool = False

    @classmethod
    def of_manifest(cls, entry: Mapping[str, Any]) -> "SlashCommand":
        """The manifest's `url` is not ours to use: whoever delivers knows where the app is."""
        return cls(**{name: entry[name] for name in cls.__dataclass_fields__ if name in entry})


@dataclass(frozen=True)
class Shortcut:
    """One global shortcut of the app's manifest (`features.shortcuts`)."""

    callback_id: str
    name: str
    description: str = ""


@dataclass(frozen=True)
class Who:
    """Who does something, in which workspace, and with which app."""

    team_id: str
    app_id: str
    verification_token: str
    person: Person
    person_team_id: str


def command_form(who: Who, channel: Channel, command: str, text: str, response_url: str, trigger: str) -> bytes:
    """https://docs.slack.dev/interactivity/implementing-slash-commands"""
    return urlencode(
        {
            "token": who.verification_token,
            "team_id": who.team_id,
            "team_domain": TEAM_DOMAIN,
            "channel_id": channel.channel_id,
            "channel_name": channel.name,
            "user_id": who.person.user_id,
            "user_name": who.person.name,
            "command": command,
            "text": text,
            "api_app_id": who.app_id,
            "is_enterprise_install": "false",
            "response_url": response_url,
            "trigger_id": trigger,
        }
    ).encode()


def interaction_form(who: Who, kind: str, **fields: Any) -> bytes:
    """https://docs.slack.dev/reference/interaction-payloads: `fields` are what this kind has beyond the others."""
    payload = {
        "type": kind,
        "user": {
            "id": who.person.user_id,
            "username": who.person.name,
            "name": who.person.name,
            "team_id": who.person_team_id,
        },
        "api_app_id": who.app_id,
        "token": who.verification_token,
        "team": {"id": who.team_id, "domain": TEAM_DOMAIN},
        "enterprise": None,
        "is_enterprise_install": False,
        **fields,
    }
    return b"payload=" + quote_plus(json.dumps(payload)).encode()


def in_message(message: Message, channel: Channel, team_id: str, app_id: str) -> dict[str, Any]:
    """Where in the workspace something in a message was used."""
    container = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": message.channel_id,
        "is_ephemeral": message.ephemeral,
    }
    if message.thread_ts:
        container["thread_ts"] = message.thread_ts
    place: dict[str, Any] = {"container": container, "channel": {"id": channel.channel_id, "name": channel.name}}
    if not message.ephemeral:
        place["message"] = slack_message(message, team_id, app_id)
    return place


def event_json(who: Who, event: Mapping[str, Any], at: float) -> bytes:
    """https://docs.slack.dev/apis/events-api: the envelope of one event."""
    bot = {"enterprise_id": None, "team_id": who.team_id, "user_id": BOT_USER_ID, "is_bot": True}
    return json.dumps(
        {
            "token": who.verification_token,
            "team_id": who.team_id,
            "context_team_id": who.team_id,
            "api_app_id": who.app_id,
            "event": dict(event),
            "type": "event_callback",
            "event_id": "Ev0" + secrets.token_hex(5).upper(),
            "event_time": int(at),
            "authorizations": [{**bot, "is_enterprise_install": False}],
            "is_ext_shared_channel": False,
        }
    ).encode()


def slack_message(message: Message, team_id: str, app_id: str) -> dict[str, Any]:
    """The message object in API answers and payloads."""
    shown: dict[str, Any] = {
        "type": "message",
        "user": message.user_id,
        "ts": message.ts,
        "team": team_id,
        "text": message.text,
    }
    if message.user_id == BOT_USER_ID:
        shown |= {"bot_id": bot_id(), "app_id": app_id}
    for name in ("blocks", "attachments", "files", "thread_ts"):
        if value := getattr(message, name):
            shown[name] = value
    return shown


def bot_id() -> str:
    return f"B{BOT_USER_ID[1:]}"
