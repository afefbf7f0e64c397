"""The pages of the sign-in, as whole HTML documents: no script, nothing from elsewhere, and every name escaped.

They refuse to be framed, kept or linked from; docs/security.md says against what.
"""

import base64
import hashlib
import html
from collections.abc import Mapping

from bot.errors import ChatOpsError, NotRecordedError, OutcomeNotRecordedError, OutcomeUnknownError
from bot.sign_in import Question, Sides
from bot.views.text import printable

_STYLE = """
:root { color-scheme: light dark; --ink: #1d1c1d; --soft: #5f5d60; --line: #d7d5d8; --ground: #f6f5f6; --card: #fff;
  --go: #116149; --go-ink: #fff; --warn: #8a3b00 }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e6e9; --soft: #a9a6ab; --line: #45424a; --ground: #17151a;
  --card: #221f26; --go: #2eb67d; --go-ink: #06140e; --warn: #ffb27a } }
* { box-sizing: border-box }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem; background: var(--ground);
  color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere }
main { width: 100%; max-width: 32rem; padding: 1.75rem; background: var(--card); border: 1px solid var(--line);
  border-radius: .75rem }
.app { margin: 0 0 1rem; color: var(--soft); font-size: .875rem; letter-spacing: .02em }
h1 { margin: 0 0 .75rem; font-size: 1.375rem; line-height: 1.3 }
.no h1 { color: var(--warn) }
p { margin: .75rem 0 }
main > :last-child { margin-bottom: 0 }
dl { margin: 1.25rem 0; border: 1px solid var(--line); border-radius: .5rem }
dl > div { padding: .75rem 1rem }
dl > div + div { border-top: 1px solid var(--line) }
dt { color: var(--soft); font-size: .8125rem }
dd { margin: 0; font-weight: 600 }
dd span { display: block; font-weight: 400 }
button { width: 100%; padding: .75rem 1rem; border: 0; border-radius: .5rem; background: var(--go);
  color: var(--go-ink); font: inherit; font-weight: 600; cursor: pointer }
button:focus-visible { outline: 3px solid var(--ink); outline-offset: 2px }
code { padding: .1em .35em; border: 1px solid var(--line); border-radius: .3em; font-size: .9em }
.small { color: var(--soft); font-size: .875rem }
"""
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

HEADERS = {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
}
_RUN = "run <code>/ec2 login</code> in Slack for a new link."
_AGAIN = "R" + _RUN[1:]
_ASK = "Ask an administrator of EC2 Ops if you think it should."

_REFUSED: Mapping[str, tuple[str, str]] = {
    "link_unknown": ("This link is not one of ours.", f"It may be cut off, or too old. {_AGAIN}"),
    "link_expired": ("This link is too old.", f"It was good for ten minutes. {_AGAIN}"),
    "link_reused": (
        "This link was used already.",
        f"It works once. If you were linked by it, <code>/ec2 whoami</code> says so; if not, {_RUN}",
    ),
    "link_opened_too_often": ("This link was opened too often.", f"It is good for nothing any more. {_AGAIN}"),
    "state_mismatch": (
        "The sign-in was started in another browser.",
        f"It can only be finished where it was started. If somebody sent you this link, leave it alone: it would link "
        f"<em>their</em> Slack user. Otherwise, {_RUN}",
    ),
    "sign_in_refused": ("You did not sign in.", f"The sign-in was cancelled or refused. {_AGAIN}"),
    "code_refused": ("The sign-in took too long, or was repeated.", _AGAIN),
    "token_refused": (
        "The sign-in could not be verified.",
        f"What the sign-in service said of you is not valid. {_AGAIN} If it happens again, tell the people who run "
        "EC2 Ops.",
    ),
    "email_unverified": (
        "Your e-mail address is not verified.",
        "The account you signed in to has no verified e-mail address. Ask an administrator of EC2 Ops to verify it, "
        "and then run <code>/ec2 login</code> again.",
    ),
    "slack_email_unconfirmed": (
        "Slack does not vouch for your e-mail address.",
        "Your Slack user has no confirmed e-mail address to compare with. Confirm it in your Slack profile, and then "
        "run <code>/ec2 login</code> again.",
    ),
    "email_mismatch": (
        "These two are not the same person.",
        "The account you signed in to has another e-mail address than the Slack user who asked for this link. If you "
        "signed in to the wrong account, sign in to yours after <code>/ec2 login</code>. If somebody sent you this "
        "link, leave it alone and tell the people who run EC2 Ops.",
    ),
    "already_linked": (
        "Your Slack user is linked already.",
        "<code>/ec2 whoami</code> says to whom. To link another account, run <code>/ec2 logout</code> first.",
    ),
    "account_taken": (
        "This account is linked to another Slack user.",
        "An account belongs to one Slack user of a workspace. If the other one is yours too, run "
        "<code>/ec2 logout</code> there first; if it is not, tell the people who run EC2 Ops.",
    ),
    "guest": ("You cannot use EC2 Ops.", f"Guests of the workspace cannot be linked. {_ASK}"),
    "bot": ("You cannot use EC2 Ops.", "Bots and workflows cannot be linked: every action needs a person behind it."),
    "deactivated": ("You cannot use EC2 Ops.", "The Slack user who asked for this link is deactivated."),
    "foreign": ("You cannot use EC2 Ops.", "Only members of our own workspace can be linked."),
    "account_disabled": ("Your account is disabled.", f"The account you signed in to lets nobody in. {_ASK}"),
    "account_deleted": ("Your account is gone.", f"The account you signed in to no longer exists. {_ASK}"),
    "account_replaced": ("Your account is gone.", f"The account you signed in to was made anew meanwhile. {_AGAIN}"),
    "identity_unavailable": (
        "It could not be checked who you are.",
        f"Slack or the sign-in service did not answer. Wait a minute. {_AGAIN}",
    ),
    "sign_in_unavailable": (
        "It could not be checked who you are.",
        f"Something that is needed for it did not answer. Wait a minute. {_AGAIN}",
    ),
}
_FAILED: Mapping[type[ChatOpsError], tuple[int, str, str]] = {
    NotRecordedError: (
        503,
        "Not linked: it could not be recorded.",
        f"Every action is recorded before it is done, and the record cannot be written. Wait a minute. {_AGAIN}",
    ),
    OutcomeNotRecordedError: (
        503,
        "Linked, but its outcome could not be recorded.",
        "The attempt is on record, its outcome will be filled in. <code>/ec2 whoami</code> in Slack says who you are.",
    ),
    OutcomeUnknownError: (
        503,
        "It is not known whether you were linked.",
        "The reply of our table was lost. <code>/ec2 whoami</code> in Slack says who you are.",
    ),
}
_CLOSED = (
    f"Something is missing or broken on our side. Wait a minute. {_AGAIN} If it happens again, tell the people who run "
    "EC2 Ops. If you had said yes already, <code>/ec2 whoami</code> in Slack says who you are."
)
_UNFORESEEN = (
    500,
    "Something went wrong on our side.",
    "<code>/ec2 whoami</code> in Slack says who you are. If it happens again, tell the people who run EC2 Ops.",
)
_UNAVAILABLE = {"identity_unavailable", "sign_in_unavailable"}
REASONS = frozenset(_REFUSED)


def refused(reason: str) -> tuple[int, str]:
    """Status and page for whatever does not lead to a link; nothing was linked."""
    title, body = _REFUSED.get(reason, ("You cannot be linked.", _ASK))
    status = 503 if reason in _UNAVAILABLE else 400 if reason == "link_unknown" else 403
    return status, _page(title, f"<p>{body}</p><p class=small>Nothing was linked just now.</p>", "no")


def failed(error: ChatOpsError) -> tuple[int, str]:
    """Status and page for what went wrong on our side."""
    status, title, body = next((words for kind, words in _FAILED.items() if isinstance(error, kind)), _UNFORESEEN)
    return status, _page(title, f"<p>{body}</p>", "no")


def closed() -> tuple[int, str]:
    """Status and page for a sign-in that is not set up, or broke down for a reason nobody foresaw."""
    return 503, _page("Nobody can sign in right now.", f"<p>{_CLOSED}</p>", "no")


def question(asked: Question, path: str) -> str:
    """Both sides by name, and the one button that links them; `path` is where it posts to."""
    sides = asked.sides
    role = f" ({sides.role})" if sides.role else " (no role yet)"
    slack_email = f" ({_safe(sides.slack_email)})" if sides.slack_email else ""
    return _page(
        "Link these two?",
        f"<p>Link Slack user <strong>{_safe(sides.slack_name)}</strong>{slack_email} in Workspace "
        f"<strong>{_safe(sides.workspace)}</strong> to <strong>{_safe(sides.email)}</strong>{role}?</p>"
        f"{_both(sides)}"
        "<p>From then on, whoever holds this Slack user acts on EC2 as that account.</p>"
        f'<form method="post" action="{_safe(path)}">'
        f'<input type="hidden" name="token" value="{_safe(asked.token)}">'
        '<button type="submit">Yes, link them</button></form>'
        "<p class=small>Is this Slack user not you? Then close this page: somebody sent you their link, and nothing "
        "happens without the button.</p>",
    )


def done(sides: Sides) -> str:
    """After the link stands."""
    return _page(
        "You are linked.",
        f"{_both(sides)}<p>Go back to Slack: <code>/ec2 whoami</code> says who you are, and <code>/ec2 logout</code> "
        "ends the link. You can close this page.</p>",
    )


def _both(sides: Sides) -> str:
    role = sides.role or "none yet"
    return (
        f"<dl><div><dt>Slack user in {_safe(sides.workspace)}</dt><dd>{_safe(sides.slack_name)}"
        f"<span>{_safe(sides.slack_email or sides.slack_user_id)}</span></dd></div>"
        f"<div><dt>Sign-in account</dt><dd>{_safe(sides.email)}<span>role: {_safe(role)}</span></dd></div></dl>"
    )


def _page(title: str, body: str, kind: str = "yes") -> str:
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
        f"<title>{_safe(title)} · EC2 Ops</title><style>{_STYLE}</style></head>"
        f'<body><main class="{kind}"><p class="app">EC2 Ops</p><h1>{_safe(title)}</h1>{body}</main></body></html>\n'
    )


def _safe(text: str) -> str:
    """For text and quoted attributes: literal, and nothing in it turns its surroundings round."""
    return html.escape(printable(text), quote=True)
