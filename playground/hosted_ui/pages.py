"""The hosted UI's two pages: sign in, and a refusal.

They hold no script, and nothing from outside that is not escaped.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from playground.people import BOT_NAME, BOT_USER_ID, Person

_FRAME = Markup("""<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>{title} · {app}</title>
    <link rel="icon" href="/avatar/{bot}.svg" type="image/svg+xml">
    <link rel="stylesheet" href="/cognito/hosted.css">
  </head>
  <body>
    <main data-testid="hosted-ui">
      <header>
        <img src="/avatar/{bot}.svg" width="44" height="44" alt="">
        <div>
          <h1>{heading}</h1>
          <p>{lead}</p>
        </div>
      </header>
      {body}
    </main>
    <footer>
      The playground stand-in for Cognito&rsquo;s hosted UI. Nothing you do here leaves this machine.
    </footer>
  </body>
</html>
""")

_PERSON = Markup("""<li>
          <button class="person" name="username" value="{email}" data-testid="sign-in-as" data-email="{email}">
            <img src="/avatar/{user_id}.svg" width="36" height="36" alt="">
            <span class="who"><b>{name}</b><span>{email}</span></span>
            <span class="role {standing}">{standing}</span>
          </button>
        </li>""")

_PEOPLE = Markup("""<form method="post" action="{action}" aria-labelledby="people">
        <input type="hidden" name="_csrf" value="{csrf}">
        <input type="hidden" name="password" value="{password}">
        <h2 id="people">{title}</h2>
        <ul>
        {people}
        </ul>
      </form>""")

_PASSWORD = Markup("""<details{open}>
        <summary>Sign in with e-mail and password</summary>
        <form method="post" action="{action}">
          <input type="hidden" name="_csrf" value="{csrf}">
          <label for="username">E-mail</label>
          <input id="username" name="username" type="email" autocomplete="username" required data-testid="username">
          <label for="password">Password</label>
          <input id="password" name="password" type="password" autocomplete="current-password" required
            value="{password}" data-testid="password" aria-describedby="shared">
          <p class="hint" id="shared">Everybody here has the same demo password; it is filled in.</p>
          <button class="primary" data-testid="sign-in">Sign in</button>
        </form>
      </details>""")

_KNOWN = Markup("""<form method="post" action="{action}" class="known">
        <input type="hidden" name="_csrf" value="{csrf}">
        <p>You are signed in as <b>{known}</b>.</p>
        <button class="primary" name="continue" value="yes" autofocus data-testid="continue">
          Continue as {known}
        </button>
        <a href="{again}" data-testid="somebody-else">Sign in as somebody else</a>
      </form>""")

_PROBLEM = Markup('<p class="problem" role="alert" data-testid="problem">{problem}</p>\n      ')


@dataclass(frozen=True)
class Offer:
    """Somebody to sign in as; `standing` is a role, or why they have none."""

    person: Person
    standing: str


def sign_in(
    action: str, people: Sequence[Offer], password: str, csrf: str, known: str | None, problem: str | None
) -> str:
    """`action` is where the forms go; `known` is whom this browser is already signed in as."""
    trouble = _PROBLEM.format(problem=problem) if problem else Markup("")
    if known and not problem:
        body = _KNOWN.format(action=action, csrf=csrf, known=known, again=f"{action}&prompt=login")
    else:
        rows = Markup("\n        ").join(
            _PERSON.format(
                email=offer.person.email,
                user_id=offer.person.user_id,
                name=offer.person.real_name,
                standing=offer.standing,
            )
            for offer in people
        )
        body = _PEOPLE.format(action=action, csrf=csrf, password=password, title="Choose who you are", people=rows)
        body += Markup("\n      ") + _PASSWORD.format(
            action=action, csrf=csrf, password=password, open=Markup(" open") if problem else ""
        )
    lead = "with your company account"
    return _framed("Sign in", f"Sign in to {BOT_NAME}", lead, trouble + body)


def refusal(reason: str) -> str:
    body = Markup(
        '<p class="problem" role="alert" data-testid="refusal">{reason}</p>\n      '
        "<p>Go back to Slack and begin again with <code>/ec2 login</code>. You may close this tab.</p>"
    ).format(reason=reason)
    return _framed("Not possible", "This sign-in is not possible", "The request was not understood.", body)


def _framed(title: str, heading: str, lead: str, body: Markup) -> str:
    return str(_FRAME.format(title=title, heading=heading, lead=lead, app=BOT_NAME, bot=BOT_USER_ID, body=escape(body)))
