"""What may be typed after `/ec2`, what is understood of it, and what hostile text does: nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import operations, wiring
from bot.command import MAX_TEXT, Invocation, parse
from bot.command_table import COMMANDS
from bot.errors import InvalidValueError, MalformedTextError, UnknownCommandError, UnknownOptionError, UsageError
from bot.models import Role
from tests.house import WORKER, House


def understood(text: str) -> tuple[str, str, dict[str, tuple[str, ...]]]:
    invocation = parse(text)
    return invocation.command.name, invocation.text, dict(invocation.options)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ("help", "", {})),
        ("   \t ", ("help", "", {})),
        ("help", ("help", "", {})),
        ("help list", ("help", "list", {})),
        ("list --help", ("help", "list", {})),
        ("list -h", ("help", "list", {})),
        ("whoami", ("whoami", "", {})),
        ("list", ("list", "", {})),
        ("LIST", ("list", "", {})),
        ("list web", ("list", "web", {})),
        ("list billing api", ("list", "billing api", {})),
        ('list "billing  api"', ("list", "billing  api", {})),
        ("list “billing api”", ("list", "billing api", {})),  # what a phone's keyboard makes of quotes
        ("list state:running", ("list", "", {"state": ("running",)})),
        ("list STATE:Running", ("list", "", {"state": ("running",)})),
        ("list state:running state:stopped", ("list", "", {"state": ("running", "stopped")})),
        ("list tag:Env=prod web", ("list", "web", {"tag": ("Env=prod",)})),
        ('list tag:"Name=web server"', ("list", "", {"tag": ("Name=web server",)})),
        ('list "tag:Name=web server"', ("list", "", {"tag": ("Name=web server",)})),
        ("list region:eu-west-1 sort:launched", ("list", "", {"region": ("eu-west-1",), "sort": ("launched",)})),
        ("list region:all", ("list", "", {"region": ("all",)})),
        ("get web-1", ("get", "web-1", {})),
        ("metrics web-1", ("metrics", "web-1", {})),
        ("list tag:Env", ("list", "", {"tag": ("Env",)})),
        ("list tag:aws:autoscaling:groupName=web", ("list", "", {"tag": ("aws:autoscaling:groupName=web",)})),
        ("list bob's", ("list", "bob's", {})),
        ("list a&amp;b", ("list", "a&b", {})),  # Slack escapes the three characters
        ("list <http://web.example.com|web.example.com>", ("list", "web.example.com", {})),
        ("list <https://web.example.com>", ("list", "web.example.com", {})),
        ("list naïve-名前-🚀", ("list", "naïve-名前-🚀", {})),
    ],
)
def test_what_is_typed_is_understood(text: str, expected: tuple[str, str, dict[str, tuple[str, ...]]]) -> None:
    assert understood(text) == expected


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("lst", "list"),
        ("lits web", "list"),
        ("who", "whoami"),
        ("halp", "help"),
        ("xyzzy", None),
        ("restart web-1", "reboot"),
        ("stop web-1", None),
        ("START web-1", None),
        ("handover", "audit handover"),
        ("export web-1", "audit export"),
        ("verify", "audit verify"),
    ],
)
def test_an_unknown_command_is_answered_with_the_nearest(text: str, suggestion: str | None) -> None:
    with pytest.raises(UnknownCommandError) as caught:
        parse(text)
    assert caught.value.suggestion == suggestion


@pytest.mark.parametrize(
    ("text", "suggestion"), [("list stat:running", "state"), ("list tags:Env=prod", "tag"), ("list zzz:1", None)]
)
def test_an_unknown_option_is_answered_with_the_nearest(text: str, suggestion: str | None) -> None:
    with pytest.raises(UnknownOptionError) as caught:
        parse(text)
    assert caught.value.suggestion == suggestion
    assert caught.value.known == ("state", "tag", "region", "sort")


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("list state:runing", "running"),
        ("list state:", None),
        ("list state:stop", "stopped"),
        ("list state:pend", "pending"),
        ("list state:42", None),
    ],
)
def test_an_unknown_value_is_answered_with_the_nearest(text: str, suggestion: str | None) -> None:
    with pytest.raises(InvalidValueError) as caught:
        parse(text)
    assert caught.value.suggestion == suggestion


@pytest.mark.parametrize("text", ["list tag:", "list tag:=prod", f"list tag:{'k' * 129}=v", f"list tag:k={'v' * 257}"])
def test_a_tag_that_aws_could_not_hold_is_refused(text: str) -> None:
    with pytest.raises(InvalidValueError):
        parse(text)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('list "web', 'a `"` is not closed'),
        ("whoami really", "`whoami` takes no text after it"),
        ("list " + "x" * MAX_TEXT, "it is longer than 1000 characters"),
    ],
)
def test_what_cannot_be_read_is_said(text: str, problem: str) -> None:
    with pytest.raises(MalformedTextError) as caught:
        parse(text)
    assert caught.value.problem == problem


@pytest.mark.parametrize(
    "hidden", ["\x00", "\x1b[31m", "\x07", "\u202e", "\u200b", "\ufeff", "\ue000", "\ud800", "\x85"]
)
def test_N2_invisible_characters_are_refused_by_name(hidden: str) -> None:
    with pytest.raises(MalformedTextError) as caught:
        parse(f"list web{hidden}1")
    assert f"U+{ord(hidden[0]):04X}" in caught.value.problem


def test_N2_line_breaks_are_blanks_even_inside_quotes() -> None:
    assert understood('list "a\r\nb"\tc') == ("list", "a  b c", {})


@pytest.mark.parametrize("text", ["ｌｉｓｔ", "lіst", "list\u0301", "١", "whoamı", "ＬＩＳＴ", "lıst"])
def test_N3_look_alikes_of_a_command_are_not_the_command(text: str) -> None:
    with pytest.raises(UnknownCommandError):
        parse(text)


@pytest.mark.parametrize("text", ["list state:ｒｕｎｎｉｎｇ", "list state:running\u0301", "list state:runnıng"])
def test_N3_look_alikes_of_a_value_are_not_the_value(text: str) -> None:
    with pytest.raises(InvalidValueError):
        parse(text)


@pytest.mark.parametrize("text", ["list ｓtate:running", "list stаte:running"])
def test_N3_a_look_alike_of_an_option_is_text_to_search_for(text: str) -> None:
    assert understood(text) == ("list", text.removeprefix("list "), {})


@given(st.text())
def test_N2_no_text_at_all_raises_anything_but_a_usage_error(text: str) -> None:
    try:
        invocation = parse(text)
    except UsageError:
        return
    assert isinstance(invocation, Invocation)
    assert len(invocation.text) <= MAX_TEXT
    assert all(character.isprintable() for character in invocation.text)


@given(
    st.lists(st.sampled_from(['"', "list", "state:", "running", "tag:", "=", " ", "<", ">", "|", "&amp;", ":", "\\"]))
)
def test_N2_no_arrangement_of_the_syntax_raises_anything_but_a_usage_error(parts: list[str]) -> None:
    try:
        parse("".join(parts))
    except UsageError:
        return


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_example_in_the_table_is_understood_as_its_command(command: operations.Operation) -> None:
    for example in command.examples_for(Role.ADMIN):  # type: ignore[attr-defined]
        assert parse(example).command is command


def test_every_command_of_the_table_has_a_listener_and_no_listener_is_without(house: House) -> None:
    with house.running_as(WORKER):
        assert set(wiring.worker().commands.runners) == {command.name for command in COMMANDS}


@pytest.mark.parametrize(
    ("text", "words", "keywords"),
    [
        ("metrics", (), (None, None)),
        ("metrics web-1", ("web-1",), (None, None)),
        ("metrics web-1 3h", ("web-1",), (None, "3h")),
        ("metrics web-1 3h cpu", ("web-1",), ("cpu", "3h")),
        ("metrics web-1 CPU 24H", ("web-1",), ("cpu", "24h")),
        ("metrics web-1 web-2 all 14d", ("web-1", "web-2"), ("all", "14d")),
        ('metrics "billing api" memory', ("billing api",), ("memory", None)),
        ("metrics web-*", ("web-*",), (None, None)),
        ("metrics memory", ("memory",), (None, None)),  # the first word is a name, whatever it is
        ("metrics 3h 3h", ("3h",), (None, "3h")),
        ("metrics 2h web-1", ("2h", "web-1"), (None, None)),
        ("metrics cpu web-2 cpu", ("cpu", "web-2"), ("cpu", None)),
        ("metrics web-1 disk1 web-2h", ("web-1", "disk1", "web-2h"), (None, None)),
    ],
)
def test_names_come_first_and_keywords_at_the_end_in_any_order(
    text: str, words: tuple[str, ...], keywords: tuple[str | None, ...]
) -> None:
    invocation = parse(text)
    assert (invocation.words, invocation.keywords) == (words, keywords)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("audit outcome:denied outcome:failed", "outcome"),
        ("audit action:GET_INSTANCE action:LIST_INSTANCES", "action"),
        ("audit since:8h web-1 since:1h", "since"),
        ("audit until:1h until:1h", "until"),
        ("list sort:name sort:state", "sort"),
    ],
)
def test_a_filter_that_takes_one_value_is_not_given_two(text: str, key: str) -> None:
    with pytest.raises(MalformedTextError, match=f"`{key}:` was given twice"):
        parse(text)


def test_a_filter_that_takes_several_values_keeps_each() -> None:
    text = "list tag:Env=prod tag:Team=pay region:eu-west-1 region:us-east-1 state:stopped state:running"
    assert parse(text).options == {
        "tag": ("Env=prod", "Team=pay"),
        "region": ("eu-west-1", "us-east-1"),
        "state": ("stopped", "running"),
    }


@pytest.mark.parametrize("text", ["metrics web-1 cpu memory", "metrics web-1 1h 3h", "metrics web-1 cpu cpu"])
def test_two_keywords_of_one_kind_are_not_guessed_between(text: str) -> None:
    with pytest.raises(MalformedTextError, match="one of them at a time"):
        parse(text)


@pytest.mark.parametrize(
    ("text", "blamed"),
    [
        ("metrics web-1 2h", "`2h` is not understood"),
        ("metrics web-1 cpu 2h", "`2h` is not understood"),
        ("metrics web-1 30M network", "`30M` is not understood"),
        ("metrics web-1 cpu cppu", "what stands after `cpu` is not understood"),
        ("metrics web-1 CPU web-2", "what stands after `cpu` is not understood"),
        ("metrics web-1 3h web-2 cpu", "what stands after `3h` is not understood"),
    ],
)
def test_a_word_that_can_be_no_name_is_said_with_what_may_stand_there(text: str, blamed: str) -> None:
    with pytest.raises(MalformedTextError) as caught:
        parse(text)
    assert caught.value.problem.startswith(f"{blamed}: after the names may stand one of `cpu`, ")
    assert "one of `1h`, `3h`, `24h`, `7d`, `14d`" in caught.value.problem
    assert caught.value.problem.endswith("An instance that is called so is named first, or by its id")


def test_N3_a_keyword_in_look_alike_letters_is_a_name() -> None:
    assert parse("metrics web-1 dis\u212a").words == ("web-1", "dis\u212a")
