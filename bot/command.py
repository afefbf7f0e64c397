"""Understands what was typed after `/ec2`, by the table of commands.

It refuses what it cannot read with a reason and the nearest right word, and never guesses.
"""

import difflib
import html
import re
import shlex
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from bot.audit_rows import is_bound
from bot.command_table import COMMANDS, HELP, MEANT, Command, Option
from bot.errors import InvalidValueError, MalformedTextError, UnknownCommandError, UnknownOptionError

MAX_TEXT = 1000
_WORD = re.compile(r"[a-z][a-z-]*", re.ASCII | re.IGNORECASE)
_OPTION = re.compile(r"([a-z][a-z-]*):(.*)", re.ASCII | re.IGNORECASE | re.DOTALL)
_RANGE = re.compile(r"[0-9]+[mhdw]", re.ASCII | re.IGNORECASE)
_SLACK_LINK = re.compile(r"<(?:https?://|mailto:)([^|<>]*)(?:\|([^<>]*))?>")
_PLAIN = str.maketrans({**dict.fromkeys("“”„«»", '"'), **dict.fromkeys("\t\r\n", " ")})


@dataclass(frozen=True)
class Invocation:
    """A command line understood: which command, its free text, and the values of each option given.

    `words` are the words of the text, quoted ones whole. `keywords` has one entry for each of the command's sets: the
    word that was given, or None.
    """

    command: Command
    text: str = ""
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    keywords: tuple[str | None, ...] = ()


def parse(text: str) -> Invocation:
    """Understand the text after `/ec2`; nothing typed is a call for help.

    Raises UsageError (one of its four kinds); the text is bounded and free of control characters afterwards.
    """
    words = _words(text)
    if not words:
        return Invocation(HELP)
    command = command_named(words[0])
    if {"--help", "-h"} & set(words[1:]):
        return Invocation(HELP, command.name, words=(command.name,))
    free: list[str] = []
    options: dict[str, tuple[str, ...]] = {}
    for word in words[1:]:
        match = _OPTION.fullmatch(word)
        if match is None or (command.rest and not command.options):
            free.append(word)
        else:
            option = _option(command, match[1])
            options[option.key] = (*options.get(option.key, ()), _value(command, option, match[2]))
            _require_one_meaning(option, options[option.key])
    if free and command.argument is None:
        raise MalformedTextError(f"`{command.name}` takes no text after it")
    names, keywords = _keywords(command, free)
    return Invocation(command, " ".join(names), options, tuple(names), keywords)


def command_named(name: str, among: Iterable[Command] = COMMANDS) -> Command:
    """The command of that name. Raises UnknownCommandError."""
    by_name = {command.name: command for command in among}
    if _WORD.fullmatch(name) and name.lower() in by_name:
        return by_name[name.lower()]
    raise UnknownCommandError(name, _meant_command(name.casefold(), by_name))


def _meant_command(name: str, by_name: Mapping[str, Command]) -> str | None:
    if name in MEANT:
        meant = MEANT[name]
        return meant if meant and meant.split()[0] in by_name else None
    return nearest(name, by_name, cutoff=0.6)


def nearest(word: str, known: Iterable[str], cutoff: float = 0.5) -> str | None:
    """The known word that was probably meant, or None when nothing is near."""
    return next(iter(difflib.get_close_matches(word.casefold(), list(known), n=1, cutoff=cutoff)), None)


def _words(text: str) -> list[str]:
    if len(text) > MAX_TEXT:
        raise MalformedTextError(f"it is longer than {MAX_TEXT} characters")
    # Slack sends `&`, `<` and `>` as entities, and a host name as a link to it (should_escape in the manifest).
    plain = html.unescape(_SLACK_LINK.sub(lambda link: link[2] or link[1], text)).translate(_PLAIN)
    for character in plain:
        if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn"}:
            raise MalformedTextError(f"it holds an invisible character (U+{ord(character):04X})")
    lexer = shlex.shlex(plain, posix=True, punctuation_chars=False)
    lexer.whitespace_split, lexer.quotes, lexer.commenters, lexer.escape = True, '"', "", ""
    try:
        return list(lexer)
    except ValueError:
        raise MalformedTextError('a `"` is not closed') from None


def _keywords(command: Command, words: list[str]) -> tuple[list[str], tuple[str | None, ...]]:
    """The text's words without the keywords at their end; the first word is always text, whatever it is.

    Later a keyword, or what can only be meant as one, is no text: it would be looked for, and the wrong word be blamed.
    """
    names = list(words)
    found: list[str | None] = [None] * len(command.keywords)
    while len(names) > 1:
        last = names[-1].lower()
        at = next((at for at, known in enumerate(command.keywords) if names[-1].isascii() and last in known), None)
        if at is None:
            break
        if found[at] is not None:
            raise MalformedTextError(f"`{last}` and `{found[at]}` cannot both be shown: one of them at a time")
        found[at] = last
        names.pop()
    if command.keywords:
        _require_text(command, names[1:])
    return names, tuple(found)


def _require_text(command: Command, words: list[str]) -> None:
    """Raises MalformedTextError; it repeats no word but those that are harmless to show."""
    after = " and ".join(f"one of {', '.join(f'`{word}`' for word in known)}" for known in command.keywords)
    order = f"after the names may stand {after}. An instance that is called so is named first, or by its id"
    known = {keyword for keywords in command.keywords for keyword in keywords}
    for word in words:
        if _RANGE.fullmatch(word) and word.lower() not in known:
            raise MalformedTextError(f"`{word[:12]}` is not understood: {order}")
    for word in words:
        if word.isascii() and word.lower() in known:
            raise MalformedTextError(f"what stands after `{word.lower()}` is not understood: {order}")


def _option(command: Command, key: str) -> Option:
    by_key = {option.key: option for option in command.options}
    if key.lower() in by_key:
        return by_key[key.lower()]
    raise UnknownOptionError(command.name, key, nearest(key, by_key), tuple(by_key))


def _require_one_meaning(option: Option, given: tuple[str, ...]) -> None:
    """Of two values one would be left out without a word."""
    if len(given) > 1 and not option.repeats:
        raise MalformedTextError(f"`{option.key}:` was given twice, and takes one value: one of them at a time")


def _value(command: Command, option: Option, value: str) -> str:
    if option.choices:
        by_word = {choice.lower(): choice for choice in option.choices}
        if value.isascii() and value.lower() in by_word:
            return by_word[value.lower()]
        expected = "one of " + ", ".join(f"`{choice}`" for choice in option.choices)
        raise InvalidValueError(command.name, option.key, value, expected, _meant(value, by_word))
    check = _CHECKS.get(option.key)
    if check and not check(value):
        raise InvalidValueError(command.name, option.key, value, f"`{option.value}`, for example")
    return value


def _meant(value: str, by_word: Mapping[str, str]) -> str | None:
    """`reboot` is rather the beginning of REBOOT_INSTANCE than a slip of CANCEL_REBOOT."""
    begun = [word for word in by_word if len(value) > 2 and word.startswith(value.casefold())]
    near = begun[0] if len(begun) == 1 else nearest(value, by_word)
    return by_word[near] if near else None


def _is_tag(value: str) -> bool:
    """https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions"""
    key, _, content = value.partition("=")
    return 0 < len(key) <= 128 and len(content) <= 256


# Which regions there are only those know who look into them: their words name no other.
_CHECKS: dict[str, Callable[[str], bool]] = {"tag": _is_tag, "since": is_bound, "until": is_bound}
