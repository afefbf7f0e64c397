"""The browser's door: each request of the sign-in to its step of the protocol, each result to a page.

It refuses every other path, and shows nothing of an error but what to do about it.
"""

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from bot.browser import BrowserAnswer, BrowserRequest
from bot.denials import AccessDeniedError
from bot.errors import ChatOpsError
from bot.sign_in import LIFE_SECONDS, Sides, Visitor
from bot.views import login, pages

if TYPE_CHECKING:
    from bot.services.linking import Linking
    from bot.services.slack_api import SlackApi

LOGIN, CALLBACK, LINK = "/auth/login", "/auth/callback", "/auth/link"

logger = logging.getLogger("ec2-chatops")


class SignInPages:
    """`secure` says that we are reached by https; only on a laptop we are not."""

    def __init__(self, linking: "Linking", slack: "SlackApi", secure: bool) -> None:
        self._linking = linking
        self._slack = slack
        # With this prefix a browser takes the cookie from nobody but this very host.
        self._cookie = "__Host-ec2-login" if secure else "ec2-login"
        self._secure = "; Secure" if secure else ""
        self._routes: dict[tuple[str, str], Callable[[BrowserRequest], BrowserAnswer]] = {
            ("GET", LOGIN): self._start,
            ("GET", CALLBACK): self._ask,
            ("POST", LINK): self._confirm,
        }

    def answer(self, request: BrowserRequest) -> BrowserAnswer:
        """Always a page or a redirect to the sign-in; what is not a ChatOpsError is raised."""
        route = self._routes.get((request.method, request.path))
        if route is None:
            return _page(*pages.refused("link_unknown"))
        try:
            return route(request)
        except AccessDeniedError as error:
            logger.warning("sign-in refused", extra={"reason": error.reason})
            return _page(*pages.refused(error.reason))
        except ChatOpsError as error:
            logger.error("sign-in failed", extra={"error": type(error).__name__})
            return _page(*pages.failed(error))

    def _start(self, request: BrowserRequest) -> BrowserAnswer:
        started = self._linking.start(request.fields.get("ticket", ""), self._visitor(request))
        cookie = (
            f"{self._cookie}={started.secret}; Path=/; Max-Age={LIFE_SECONDS}; HttpOnly; SameSite=Lax{self._secure}"
        )
        return BrowserAnswer(302, "", {**pages.HEADERS, "location": started.location}, (cookie,))

    def _ask(self, request: BrowserRequest) -> BrowserAnswer:
        fields = request.fields
        asked = self._linking.ask(fields.get("state", ""), fields.get("code", ""), self._visitor(request))
        return _page(200, pages.question(asked, LINK))

    def _confirm(self, request: BrowserRequest) -> BrowserAnswer:
        sides, new = self._linking.confirm(request.fields.get("token", ""), self._visitor(request))
        if new:
            self._tell(sides)
        return _page(200, pages.done(sides))

    def _tell(self, sides: Sides) -> None:
        """The link stands, whether or not Slack takes the message."""
        try:
            self._slack.direct(sides.slack_user_id, login.linked(sides))
        except ChatOpsError as error:
            logger.warning("nobody was told of a link", extra={"error": type(error).__name__, "facts": error.args})

    def _visitor(self, request: BrowserRequest) -> Visitor:
        return Visitor(request.cookies.get(self._cookie), request.ip_address, request.user_agent)


def closed() -> BrowserAnswer:
    """For whoever comes while nothing works."""
    return _page(*pages.closed())


def _page(status: int, html: str) -> BrowserAnswer:
    return BrowserAnswer(status, html, pages.HEADERS)
