"""Writes the bodies of the requests that Slack sends an app: a slash command, a click.

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
class Place:
    """Who does something where, in which workspace, and with which app."""

    team_id: str
    app_id: str
    verification_token: str
    person: Person
    person_team_id: str
    channel: Channel


def trigger_id() -> str:
    return f"{secrets.randbelow(10**13):013d}.{secrets.randbelow(10**12):012d}.{secrets.token_hex(16)}"


def command_form(place: Place, command: str, text: str, response_url: str, trigger: str) -> bytes:
    """https://docs.slack.dev/interactivity/implementing-slash-commands"""
    return urlencode(
        {
            "token": place.verification_token,
            "team_id": place.team_id,
            "team_domain": TEAM_DOMAIN,
            "channel_id": place.channel.channel_id,
            "channel_name": place.channel.name,
            "user_id": place.person.user_id,
            "user_name": place.person.name,
            "command": command,
            "text": text,
            "api_app_id": place.app_id,
            "is_enterprise_install": "false",
            "response_url": response_url,
            "trigger_id": trigger,
        }
    ).encode()


def click_form(place: Place, message: Message, action: Mapping[str, Any], response_url: str, trigger: str) -> bytes:
    """https://docs.slack.dev/reference/interaction-payloads/block_actions-payload"""
    payload: dict[str, Any] = {
        "type": "block_actions",
        "user": {
            "id": place.person.user_id,
            "username": place.person.name,
            "name": place.person.name,
            "team_id": place.person_team_id,
        },
        "api_app_id": place.app_id,
        "token": place.verification_token,
        "container": {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": message.channel_id,
            "is_ephemeral": message.ephemeral,
        },
        "trigger_id": trigger,
        "team": {"id": place.team_id, "domain": TEAM_DOMAIN},
        "enterprise": None,
        "is_enterprise_install": False,
        "channel": {"id": place.channel.channel_id, "name": place.channel.name},
        "state": {"values": {}},
        "response_url": response_url,
        "actions": [dict(action)],
    }
    if not message.ephemeral:
        payload["message"] = slack_message(message, place.team_id, place.app_id)
    return b"payload=" + quote_plus(json.dumps(payload)).encode()


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
    if message.blocks:
        shown["blocks"] = message.blocks
    if message.attachments:
        shown["attachments"] = message.attachments
    if message.thread_ts:
        shown["thread_ts"] = message.thread_ts
    return shown


def bot_id() -> str:
    return f"B{BOT_USER_ID[1:]}"
