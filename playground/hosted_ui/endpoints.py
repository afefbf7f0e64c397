"""The hosted UI's addresses: `/oauth2/authorize`, `/login`, `/oauth2/token` and `/logout`, below `/cognito`.

They refuse to send a browser anywhere that the client did not register, and to answer a token request in clear words.
"""

import base64
import binascii
import hmac
import secrets
import time
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from flask import Blueprint, Response, jsonify, redirect, request, send_from_directory, url_for

from playground.hosted_ui import pages
from playground.hosted_ui.authorization import AuthorizationRequest, authorization_request, destination
from playground.hosted_ui.grants import SESSION_SECONDS, Grant, Grants, Session
from playground.hosted_ui.pool import DISABLED, Client, Pool, User
from playground.hosted_ui.refusal import (
    PageRefusedError,
    RedirectRefusedError,
    SignInRefusedError,
    TokenRefusedError,
)
from playground.hosted_ui.tokens import Trigger, TriggerError, token_answer
from playground.people import Person

PREFIX = "/cognito"
COOKIE = "cognito"
_XSRF_COOKIE = "XSRF-TOKEN"
_FORM = "application/x-www-form-urlencoded"


def create_hosted_ui(
    pool: Pool,
    people: Sequence[Person],
    password: str,
    trigger: Trigger | None = None,
    clock: Callable[[], float] = time.time,
    log: Callable[[str], None] = lambda line: None,
) -> Blueprint:
    """`people` are offered on the sign-in page; `password` is the one that they share.

    `log` hears of a trigger that failed; the client is not told why.
    """
    hosted = Blueprint("hosted_ui", __name__, url_prefix=PREFIX)
    grants = Grants(clock)

    @hosted.get("/hosted.css")
    def styles() -> Response:
        return send_from_directory(Path(__file__).parent, "hosted.css")

    @hosted.get("/oauth2/authorize")
    def authorize() -> Any:
        authorization_request(destination(pool, request.args), request.args)
        return _seen_other(f"{url_for('hosted_ui.login')}?{request.query_string.decode()}")

    @hosted.get("/login")
    def login() -> Response:
        return _form(authorization_request(destination(pool, request.args), request.args))

    @hosted.post("/login")
    def sign_in() -> Any:
        wanted = authorization_request(destination(pool, request.args), request.args)
        sent, kept = request.form.get("_csrf", ""), request.cookies.get(_XSRF_COOKIE, "")
        if not kept or not hmac.compare_digest(sent.encode(), kept.encode()):
            return _form(wanted, "This page was open for too long. Please try again.")
        try:
            if request.form.get("continue"):
                return _with_code(wanted, _resumed(wanted.client))
            typed = request.form.get("username", "").strip(), request.form.get("password", "")
            signed_in = Session(pool.sign_in(wanted.client, *typed), wanted.client.client_id, grants.now())
        except SignInRefusedError as refused:
            return _form(wanted, str(refused))
        answer = _with_code(wanted, signed_in)
        key = grants.open_session(signed_in)
        answer.set_cookie(COOKIE, key, max_age=SESSION_SECONDS, path=PREFIX, httponly=True, samesite="Lax")
        return answer

    @hosted.get("/logout")
    def logout() -> Any:
        client = pool.client(request.args.get("client_id", ""))
        if client is None:
            raise PageRefusedError("Client does not exist.")
        back = request.args.get("logout_uri")
        if back is not None and back not in client.logout_urls:
            raise PageRefusedError("The address to return to is not registered for this client.")
        grants.end_session(request.cookies.get(COOKIE, ""))
        if back is not None:
            answer = _seen_other(back)
        else:
            where = destination(pool, request.args)
            authorization_request(where, request.args)
            answer = _seen_other(f"{url_for('hosted_ui.login')}?{request.query_string.decode()}")
        answer.delete_cookie(COOKIE, path=PREFIX)
        return answer

    @hosted.post("/oauth2/token")
    def token() -> Response:
        if request.mimetype != _FORM or any(len(request.form.getlist(name)) > 1 for name in request.form):
            raise TokenRefusedError("invalid_request")
        match request.form.get("grant_type"):
            case "authorization_code":
                return _first_tokens(_client_of_token_request(pool))
            case "refresh_token":
                return _refreshed(_client_of_token_request(pool))
            case None:
                raise TokenRefusedError("invalid_request")
        raise TokenRefusedError("unsupported_grant_type")

    @hosted.errorhandler(PageRefusedError)
    def on_the_page(refused: PageRefusedError) -> Response:
        return _page(pages.refusal(str(refused)), 400)

    @hosted.errorhandler(RedirectRefusedError)
    def back_to_the_client(refused: RedirectRefusedError) -> Any:
        where = destination(pool, request.args)
        said = {"error": refused.error, "error_description": refused.description}
        return _seen_other(_with_query(where.redirect_uri, said, where.state))

    @hosted.errorhandler(TokenRefusedError)
    def in_the_answer(refused: TokenRefusedError) -> Any:
        return jsonify({"error": refused.error}), 400

    @hosted.after_request
    def keep_nowhere(response: Response) -> Response:
        if not request.path.endswith(".css"):
            response.headers["Cache-Control"] = "no-store"
            response.headers["Referrer-Policy"] = "no-referrer"
        return response

    def _form(wanted: AuthorizationRequest, problem: str | None = None) -> Response:
        csrf = secrets.token_urlsafe(24)
        session = None if request.args.get("prompt") == "login" else _session(wanted.client)
        known = None if session is None else pool.user(session.sign_in.username)
        page = pages.sign_in(
            action=f"{url_for('hosted_ui.login')}?{request.query_string.decode()}",
            people=_offered(pool, people),
            password=password,
            csrf=csrf,
            known=known.attributes.get("email", known.username) if known else None,
            problem=problem,
        )
        answer = _page(page, 400 if problem else 200, wanted.redirect_uri)
        answer.set_cookie(_XSRF_COOKIE, csrf, path=PREFIX, httponly=True, samesite="Lax")
        return answer

    def _session(client: Client) -> Session | None:
        session = grants.session(request.cookies.get(COOKIE, ""))
        return session if session is not None and session.client_id == client.client_id else None

    def _resumed(client: Client) -> Session:
        session = _session(client)
        if session is None or not pool.still_good(client, session.sign_in.refresh_token, session.sign_in.username):
            raise SignInRefusedError("You are not signed in any more. Please sign in again.")
        _enabled(session.sign_in.username)
        return session

    def _enabled(username: str) -> User:
        user = pool.user(username)
        if user is None or not user.enabled:
            raise SignInRefusedError(DISABLED)
        return user

    def _with_code(wanted: AuthorizationRequest, session: Session) -> Any:
        code = grants.issue_code(Grant(wanted, session.sign_in, session.auth_time))
        return _seen_other(_with_query(wanted.redirect_uri, {"code": code}, wanted.state))

    def _first_tokens(client: Client) -> Response:
        code, verifier = request.form.get("code"), request.form.get("code_verifier")
        redirect_uri = request.form.get("redirect_uri")
        if not code or not verifier or not redirect_uri:
            raise TokenRefusedError("invalid_request")
        grant = grants.take_code(code)
        if (
            grant is None
            or grant.request.client.client_id != client.client_id
            or grant.request.redirect_uri != redirect_uri
            or not hmac.compare_digest(_challenge(verifier), grant.request.challenge)
        ):
            raise TokenRefusedError("invalid_grant")
        answer = _tokens(grant, "HostedAuth")
        grants.keep_refresh(grant)
        return jsonify({**answer, "refresh_token": grant.sign_in.refresh_token})

    def _refreshed(client: Client) -> Response:
        given = request.form.get("refresh_token")
        if not given:
            raise TokenRefusedError("invalid_request")
        grant = grants.refresh(given)
        if (
            grant is None
            or grant.request.client.client_id != client.client_id
            or not pool.still_good(client, given, grant.sign_in.username)
        ):
            raise TokenRefusedError("invalid_grant")
        return jsonify(_tokens(grant, "RefreshTokens"))

    def _tokens(grant: Grant, source: str) -> dict[str, Any]:
        try:
            user = _enabled(grant.sign_in.username)
            return token_answer(pool, grant, user, grants.now(), trigger, source)
        except SignInRefusedError:
            raise TokenRefusedError("invalid_grant") from None
        except TriggerError as error:
            log(f"hosted UI: {error}")
            raise TokenRefusedError("invalid_request") from None

    return hosted


def _offered(pool: Pool, people: Sequence[Person]) -> list[pages.Offer]:
    """The people that the pool knows, with what it says of them now."""
    known = [(person, pool.user(person.email)) for person in people if person.role]
    return [
        pages.Offer(person, user.attributes.get("custom:role") or "no role" if user.enabled else "disabled")
        for person, user in known
        if user is not None
    ]


def _client_of_token_request(pool: Pool) -> Client:
    """The client that asks: by Basic authentication or by the form. One with a secret has to know it."""
    client_id, secret = request.form.get("client_id", ""), request.form.get("client_secret")
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            named, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise TokenRefusedError("invalid_client") from None
        if client_id not in ("", named):
            raise TokenRefusedError("invalid_client")
        client_id = named
    client = pool.client(client_id) if client_id else None
    if client is None or not hmac.compare_digest((secret or "").encode(), (client.secret or "").encode()):
        raise TokenRefusedError("invalid_client")
    if not client.allows_code_flow:
        raise TokenRefusedError("unauthorized_client")
    return client


def _challenge(verifier: str) -> str:
    """RFC 7636, 4.6. A character outside ASCII matches no challenge."""
    return base64.urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _with_query(address: str, more: dict[str, str], state: str | None) -> str:
    parts = urlsplit(address)
    pairs = [*parse_qsl(parts.query, keep_blank_values=True), *more.items()]
    if state is not None:
        pairs.append(("state", state))
    return urlunsplit(parts._replace(query=urlencode(pairs)))


def _seen_other(address: str) -> Any:
    # A form that was posted must not be posted again to where it leads.
    return redirect(address, 303 if request.method == "POST" else 302)


def _page(html: str, status: int, form_goes_to: str | None = None) -> Response:
    answer = Response(html, status, mimetype="text/html")
    # Browsers hold the redirect after a form to form-action as well.
    parts = urlsplit(form_goes_to or "")
    further = f" {parts.scheme}://{parts.netloc}" if parts.netloc else ""
    answer.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'{further}; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    return answer
