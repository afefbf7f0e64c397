"""Linking and unlinking in Slack's words: the button that leads to the sign-in, and who somebody is afterwards."""

from bot.models import Message
from bot.sign_in import LIFE_SECONDS, Link, Sides
from bot.views.identity import MAX_EMAIL, MEANING
from bot.views.text import context, cut, escape, section

SIGN_IN = "login_sign_in"  # Slack opens the link by itself, and sends the click as well


def invitation(url: str) -> Message:
    """For somebody without a link; `url` is theirs alone."""
    minutes = LIFE_SECONDS // 60
    button = {
        "type": "button",
        "action_id": SIGN_IN,
        "style": "primary",
        "text": {"type": "plain_text", "text": "Sign in"},
        "url": url,
        "accessibility_label": "Sign in, in your browser",
    }
    return Message(
        f"Sign in with your company account to link it to your Slack user. It works once, for {minutes} minutes.",
        [
            section(
                "*Sign in to EC2 Ops*\nSign in with your company account. You are then asked whether to link it to "
                "your Slack user, and from then on you act here as yourself, with the role of that account."
            ),
            {"type": "actions", "elements": [button]},
            context(
                f"It works once, for {minutes} minutes, and links *your* Slack user: do not pass it on. "
                "Nothing is linked before you have said yes."
            ),
        ],
    )


def already(link: Link) -> Message:
    """For somebody who has a link; what it is worth, `/ec2 whoami` says."""
    return Message(
        f"You are linked to {_email(link.email)} already. /ec2 whoami says what you may do.",
        [
            section(f"You are linked to *{_email(link.email)}* already. `/ec2 whoami` says what you may do."),
            context("To link another account, run `/ec2 logout` first, and then `/ec2 login`."),
        ],
    )


def linked(sides: Sides) -> Message:
    """Told to the Slack user themselves, whoever clicked."""
    role = f"role `{sides.role}`: {MEANING[sides.role]}" if sides.role else _NO_ROLE
    text = f"role {sides.role}: {MEANING[sides.role]}" if sides.role else _NO_ROLE
    email = _email(sides.email)
    return Message(
        f"You are now {email} in EC2 Ops, {text}. If that was not you, run /ec2 logout.",
        [
            section(f":white_check_mark: You are now *{email}* in EC2 Ops, {role}.\nTry `/ec2 whoami` or `/ec2 list`."),
            context("Everything you do is recorded under that name. If this was not you, run `/ec2 logout` at once."),
        ],
    )


def unlinked(link: Link) -> Message:
    """For somebody who just ended their link."""
    return Message(
        f"You are no longer linked to {_email(link.email)}, and can do nothing here until you run /ec2 login again.",
        [
            section(f"You are no longer linked to *{_email(link.email)}*."),
            context(
                "You can do nothing here until you run `/ec2 login` again. The sign-in account itself is unchanged."
            ),
        ],
    )


_NO_ROLE = "without a role yet: ask an administrator of EC2 Ops for one"


def _email(email: str) -> str:
    return escape(cut(email, MAX_EMAIL)) or "an account without an address"
