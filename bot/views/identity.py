"""Who somebody is to us, in words."""

from bot.models import Actor, Message, Role
from bot.views.help import permitted
from bot.views.text import context, cut, escape, section

MAX_EMAIL = 254  # RFC 5321, 4.5.3.1.3
MEANING = {
    Role.ADMIN: "you may look at everything and change it",
    Role.READONLY: "you may look, and change nothing",
}


def whoami(actor: Actor) -> Message:
    """For a linked person with a role; the role is as Cognito has it, at most a minute old."""
    role = actor.role or Role.READONLY
    email = escape(cut(actor.email or actor.user_id, MAX_EMAIL))
    names = ", ".join(f"`/ec2 {command.name}`" for command in permitted(role))
    return Message(
        f"You are {email}, role {role}: {MEANING[role]}.",
        [
            section(f"You are *{email}*, linked to <@{actor.origin.slack_user_id}>.\nRole `{role}`: {MEANING[role]}."),
            context(f"You can run {names}. Everything you do here is recorded under your name."),
        ],
    )
