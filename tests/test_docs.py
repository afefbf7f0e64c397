"""The documents keep step with the code: commands, settings, rights, threats, dependencies."""

import re
from pathlib import Path

import pytest

from bot.command_table import COMMANDS
from bot.job import MODAL_SUFFIX
from bot.settings import SETTINGS
from bot.views.modal import INSTANCES
from playground.template import translate
from tests.house import MANIFEST
from tests.permissions import declared

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
SECURITY = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
TESTS = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
THREATS = re.findall(r"^\| ([A-Z]\d+) \|", SECURITY, re.MULTILINE)


def table(text: str, columns: int) -> list[list[str]]:
    """The cells of every table row with that many columns, headings and rules left out."""
    rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in text.splitlines() if line[:2] == "| "]
    return [row for row in rows if len(row) == columns and not row[0].startswith("---")]


def test_the_readme_lists_every_command_as_help_does() -> None:
    listed = [(row[0].replace("\\|", "|"), row[1]) for row in table(README, 2) if row[0].startswith("`/ec2")]
    known = []
    for command in COMMANDS:
        known.append((f"`/ec2 {command.usage}`", command.purpose))
        known += [(f"`/ec2 {report.usage}`", report.described) for report in command.reports]
    assert listed == known


def test_the_manifest_hints_at_every_command() -> None:
    (entry,) = MANIFEST["features"]["slash_commands"]
    assert {hint.strip() for hint in entry["usage_hint"].split("|")} == {command.name for command in COMMANDS}


def test_each_shortcut_of_the_manifest_is_named_as_one_that_opens_a_modal() -> None:
    shortcuts = MANIFEST["features"]["shortcuts"]
    assert [entry["callback_id"] for entry in shortcuts] == [INSTANCES]
    assert INSTANCES.endswith(MODAL_SUFFIX)
    assert f"`{MODAL_SUFFIX}`" in (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def test_the_readme_lists_every_setting_with_its_purpose_and_default() -> None:
    rows = [line for line in README.splitlines() if re.match(r"\| `[A-Z_]+` \|", line)]
    assert rows == [f"| `{setting.name}` | {setting.purpose} | {setting.default or ''} |" for setting in SETTINGS]


def test_the_security_page_lists_every_right_of_every_function() -> None:
    translated = translate()
    listed = {(row[0].strip("`"), row[1].strip("`"), row[2].strip("`")) for row in table(SECURITY, 3) if ":" in row[1]}
    rights = {
        (function, action, "any instance" if resource == "*" else resource)
        for function, resource in translated["Resources"].items()
        if resource["Type"] == "AWS::Lambda::Function"
        for action, resource in declared(translated, function)
    }
    assert listed == rights


def test_there_are_threats() -> None:
    assert len(THREATS) == len(set(THREATS)) == 98


@pytest.mark.parametrize("threat", THREATS)
def test_every_threat_on_the_security_page_has_a_test_that_carries_it(threat: str) -> None:
    assert re.search(rf"def test_(?:[A-Z]\d+_)*{threat}_", TESTS)


def test_every_pinned_dependency_of_ours_has_its_reason() -> None:
    reasons = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8").lower()
    for name in ("requirements.txt", "requirements-playground.txt", "requirements-dev.txt", "requirements-bench.txt"):
        ours = (ROOT / name).read_text(encoding="utf-8").split("# Brought by these:")[0]
        for line in ours.splitlines():
            if line and line[0] not in "#-":
                package = re.split(r"[\[=;]", line)[0].lower()
                assert f"`{package}`" in reasons, package


def test_every_requirement_is_pinned() -> None:
    for path in ROOT.glob("requirements*.txt"):
        for line in path.read_text(encoding="utf-8").splitlines():
            assert line.startswith(("#", "-r ")) or re.fullmatch(r"[\w.-]+(\[[\w,-]+\])?==[\w.]+(; .+)?", line), line


@pytest.mark.parametrize(
    "path", [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))], ids=lambda path: path.name
)
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8")):
        assert target.startswith("https://") or (path.parent / target).exists(), target


def test_every_make_target_in_the_documents_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    documents = README + "".join(path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.md"))
    assert set(re.findall(r"(?:`|^    )make ([a-z]+)", documents, re.MULTILINE)) <= targets
