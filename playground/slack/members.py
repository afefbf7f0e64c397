"""The members of the workspace as Slack's user objects, with whatever a test changed about them.

It refuses to know anybody who is neither in the list of people nor the app's own bot or Slackbot.
"""

import threading
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from playground.people import BOT_NAME, BOT_USER_ID, Person

SLACKBOT = "USLACKBOT"
BOT_HANDLE = "ec2ops"
_IN_PROFILE = ("email", "title", "real_name", "display_name")


class Members:
    """People, the bot and Slackbot; safe to use from many threads."""

    def __init__(self, team_id: str, app_id: str, people: Iterable[Person]) -> None:
        self._team_id = team_id
        self._app_id = app_id
        self.people = {person.user_id: person for person in people}
        self._lock = threading.Lock()
        self._changes: dict[str, dict[str, Any]] = {}

    def change(self, user_id: str, **fields: Any) -> None:
        """Sets any field of the user object (`deleted`, `team_id`, `email`…)."""
        if user_id not in self.people:
            raise KeyError(user_id)
        with self._lock:
            self._changes.setdefault(user_id, {}).update(fields)

    def names(self) -> dict[str, str]:
        """User ids by the name one mentions them with."""
        return {person.name: person.user_id for person in self.people.values()}

    def team_of(self, user_id: str) -> str:
        with self._lock:
            return str(self._changes.get(user_id, {}).get("team_id", self.people[user_id].team_id))

    def is_deleted(self, user_id: str) -> bool:
        with self._lock:
            return bool(self._changes.get(user_id, {}).get("deleted", self.people[user_id].deleted))

    def user_object(self, user_id: str, avatar: str, with_email: bool) -> dict[str, Any] | None:
        """https://docs.slack.dev/reference/objects/user-object; None for somebody Slack doesn't know."""
        if user_id in (BOT_USER_ID, SLACKBOT):
            return self._bot(user_id, avatar)
        person = self.people.get(user_id)
        if person is None:
            return None
        with self._lock:
            changes = dict(self._changes.get(user_id, {}))
        profile = _profile(person.real_name, person.name, avatar, title=person.title, email=person.email)
        profile |= {name: changes[name] for name in _IN_PROFILE if name in changes}
        if not with_email:
            del profile["email"]
        top = {name: value for name, value in changes.items() if name not in ("email", "title", "display_name")}
        return {
            **_flags(person),
            "real_name": person.real_name,
            **_zone(person.time_zone),
            "updated": 1_767_225_600,
            "is_email_confirmed": True,
            "who_can_share_contact_card": "EVERYONE",
            **top,
            "profile": profile,
        }

    def _bot(self, user_id: str, avatar: str) -> dict[str, Any]:
        ours = user_id == BOT_USER_ID
        name = BOT_NAME if ours else "Slackbot"
        handle = BOT_HANDLE if ours else "slackbot"
        bot = Person(user_id, handle, name, "", "", "America/Los_Angeles", is_bot=ours, team_id=self._team_id)
        extra = {"bot_id": f"B{user_id[1:]}", "api_app_id": self._app_id} if ours else {}
        return {
            **_flags(bot),
            "real_name": name,
            **_zone(bot.time_zone),
            "updated": 1_767_225_600,
            "profile": {**_profile(name, handle, avatar), **extra},
        }


def _flags(person: Person) -> dict[str, Any]:
    return {
        "id": person.user_id,
        "team_id": person.team_id,
        "name": person.name,
        "deleted": person.deleted,
        "is_admin": False,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": person.is_restricted,
        "is_ultra_restricted": False,
        "is_bot": person.is_bot,
        "is_app_user": False,
    }


def _profile(real_name: str, display_name: str, avatar: str, **fields: str) -> dict[str, Any]:
    first, _, last = real_name.partition(" ")
    return {
        "title": "",
        "phone": "",
        "real_name": real_name,
        "real_name_normalized": real_name,
        "display_name": display_name,
        "display_name_normalized": display_name,
        "first_name": first,
        "last_name": last,
        "status_text": "",
        "status_emoji": "",
        **{f"image_{size}": avatar for size in (24, 32, 48, 72, 192, 512)},
        **fields,
    }


def _zone(name: str) -> dict[str, Any]:
    try:
        now = datetime.now(ZoneInfo(name))
    except ZoneInfoNotFoundError:
        return {"tz": name, "tz_label": name, "tz_offset": 0}
    offset = now.utcoffset()
    return {"tz": name, "tz_label": now.tzname(), "tz_offset": int(offset.total_seconds()) if offset else 0}
