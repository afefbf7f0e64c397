"""The pages of the sign-in: whole, literal and shut, whatever people and accounts are called."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import denials, errors
from bot.models import Role
from bot.sign_in import Question, Sides
from bot.views import pages

HOSTILE = st.one_of(
    st.text(max_size=200),
    st.sampled_from(
        ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "' onclick='x", "\u202egnp.exe", "&lt;"]
    ),
)
SIDES = st.builds(
    Sides,
    slack_name=HOSTILE,
    slack_user_id=HOSTILE,
    slack_email=st.one_of(st.none(), HOSTILE),
    workspace=HOSTILE,
    sub=HOSTILE,
    username=HOSTILE,
    email=HOSTILE,
    role=st.sampled_from([None, *Role]),
)
TAGS = {"html", "head", "meta", "title", "style", "body", "main", "p", "h1", "strong", "dl", "div", "dt", "dd", "span"}
TAGS |= {"form", "input", "button", "code", "em"}


class Reader(HTMLParser):
    """Every tag and attribute of a page, and what is to be read on it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@given(SIDES, HOSTILE)
def test_names_are_text_and_nothing_else(sides: Sides, token: str) -> None:
    for page in (pages.question(Question(sides, token), "/auth/link"), pages.done(sides)):
        read = Reader(page)
        assert {tag for tag, _ in read.tags} <= TAGS
        assert not [name for _, attributes in read.tags for name in attributes if name.startswith("on")]
        assert not re.search("[\u202a-\u202e\u2066-\u2069\x00]", page)


def test_the_question_names_both_sides_in_one_sentence() -> None:
    sides = Sides("Ada", "U0ADA", "ada@example.com", "Acme", "s", "u", "ada@example.com", Role.ADMIN)
    read = Reader(pages.question(Question(sides, "T" * 43), "/auth/link"))
    assert "Link Slack user Ada (ada@example.com) in Workspace Acme to ada@example.com (admin)?" in read.text
    (form,) = [attributes for tag, attributes in read.tags if tag == "form"]
    assert form == {"method": "post", "action": "/auth/link"}


def test_a_page_runs_nothing_loads_nothing_and_is_framed_kept_and_named_to_others_by_nobody() -> None:
    policy = dict(part.strip().split(" ", 1) for part in pages.HEADERS["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["base-uri"] == "'none'"
    assert policy["form-action"] == "'self'"
    assert re.fullmatch(r"'sha256-[A-Za-z0-9+/]{43}='", policy["style-src"])
    assert set(policy) == {"default-src", "frame-ancestors", "base-uri", "form-action", "style-src"}
    assert pages.HEADERS["referrer-policy"] == "no-referrer"
    assert pages.HEADERS["cache-control"] == "no-store"
    assert pages.HEADERS["x-frame-options"] == "DENY"
    assert pages.HEADERS["x-content-type-options"] == "nosniff"


def every_reason() -> set[str]:
    membership = {"guest", "bot", "deactivated", "foreign"}
    accounts = {"account_disabled", "account_deleted", "account_replaced"}
    return membership | accounts | {denials.IdentityUnavailableError.reason}


@pytest.mark.parametrize("reason", sorted(pages.REASONS | every_reason() | {"something new"}))
def test_every_refusal_says_what_happened_that_nothing_was_linked_and_what_to_do(reason: str) -> None:
    status, page = pages.refused(reason)
    text = Reader(page).text
    assert status in (400, 403, 503)
    assert "Nothing was linked just now." in text
    assert any(
        word in text
        for word in ("/ec2", "sk an administrator", "another browser", "person behind it", "members", "deactivated")
    )
    assert every_reason() <= pages.REASONS


@pytest.mark.parametrize(
    "error",
    [
        errors.NotRecordedError("x"),
        errors.OutcomeNotRecordedError("x"),
        errors.OutcomeUnknownError(),
        errors.ChatOpsError(),
    ],
)
def test_every_failure_of_ours_says_where_to_look(error: errors.ChatOpsError) -> None:
    status, page = pages.failed(error)
    assert status in (500, 503)
    assert "/ec2" in Reader(page).text
