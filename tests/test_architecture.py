"""The house's rules, read from the source: which way imports go, how long a module may be, what import may do."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAX_LINES = 300
MAX_LISTENER_LINES = 10
COMMAND_LINES = {"bot.verify"}  # doors for a terminal
GROUND = {f"bot.{path.stem}" for path in (ROOT / "bot").glob("*.py")} - {"bot.__init__"} - COMMAND_LINES

PRODUCT = sorted([*(ROOT / "bot").rglob("*.py"), *(ROOT / "handlers").rglob("*.py")])
EVERYTHING = sorted(
    path
    for folder in ("bot", "handlers", "playground", "benchmarks", "tests")
    for path in (ROOT / folder).rglob("*.py")
)


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports(tree: ast.AST, *, for_types_too: bool = False) -> Iterator[str]:
    """Every module imported, inside functions too; those under TYPE_CHECKING only when asked for."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            if for_types_too:
                yield from imports(ast.Module(node.body, []))
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        else:
            yield from imports(node, for_types_too=for_types_too)


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def room(module: str) -> str:
    """Where a module of the product stands."""
    if module == "handlers" or module.startswith("handlers.") or module in COMMAND_LINES:
        return "handlers"
    if module.startswith(("bot.listeners", "bot.resources", "bot.views", "bot.services")):
        return ".".join(module.split(".")[:2])
    if module == "bot.wiring" or module.startswith("bot.wiring."):
        return "bot.wiring"
    return "ground"


MAY_IMPORT = {
    "handlers": {"bot.wiring", "ground"},
    "bot.wiring": {"bot.wiring", "bot.listeners", "bot.resources", "bot.services", "ground"},
    "bot.listeners": {"bot.listeners", "bot.views", "ground"},
    "bot.resources": {"bot.resources", "ground"},
    "bot.views": {"bot.views", "ground"},
    "bot.services": {"ground"},
    "ground": {"ground"},
}


@pytest.mark.parametrize("path", PRODUCT, ids=module_name)
def test_imports_only_go_down(path: Path) -> None:
    here = room(module_name(path))
    for imported in imports(parsed(path)):
        if imported.split(".")[0] in {"bot", "handlers"} and imported != "bot":
            there = room(imported)
            assert there in MAY_IMPORT[here], f"{module_name(path)} imports {imported}"


@pytest.mark.parametrize("path", [path for path in PRODUCT if module_name(path) in GROUND], ids=module_name)
def test_the_ground_stands_on_the_standard_library_alone(path: Path) -> None:
    outside = {name.split(".")[0] for name in imports(parsed(path), for_types_too=True)}
    assert outside <= set(sys.stdlib_module_names) | {"bot"}


@pytest.mark.parametrize("path", sorted((ROOT / "playground").rglob("*.py")), ids=module_name)
def test_the_playground_imports_nothing_of_the_product(path: Path) -> None:
    tops = {name.split(".")[0] for name in imports(parsed(path), for_types_too=True)}
    assert not tops & {"bot", "handlers", "tests", "benchmarks"}


@pytest.mark.parametrize("path", PRODUCT, ids=module_name)
def test_only_the_wiring_reads_the_environment_and_makes_clients(path: Path) -> None:
    if room(module_name(path)) == "bot.wiring":
        return
    source = ast.unparse(parsed(path))
    for word in ("os.environ", "getenv", "boto3.client", "boto3.Session", "boto3.resource"):
        assert word not in source, f"{module_name(path)} has {word}"


@pytest.mark.parametrize("path", [path for path in PRODUCT if "views" in path.parts], ids=module_name)
def test_views_do_no_input_or_output_and_read_no_clock(path: Path) -> None:
    assert not {"now", "utcnow", "today"} & {
        node.attr for node in ast.walk(parsed(path)) if isinstance(node, ast.Attribute)
    }
    for name in imports(parsed(path)):
        assert name.split(".")[0] not in {"time", "random", "os", "socket", "urllib", "boto3", "slack_sdk"}


@pytest.mark.parametrize("path", EVERYTHING, ids=module_name)
def test_no_module_is_longer_than_300_lines(path: Path) -> None:
    if path.is_relative_to(ROOT / "tests"):
        return
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_LINES


@pytest.mark.parametrize(
    "path", [path for path in PRODUCT if {"handlers", "listeners", "resources"} & set(path.parts)], ids=module_name
)
def test_the_body_of_a_listener_or_handler_fits_in_ten_statements(path: Path) -> None:
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.FunctionDef) and node.name != "build":
            statements = [child for child in ast.walk(node) if isinstance(child, ast.stmt) and child is not node]
            docstring = 1 if ast.get_docstring(node) else 0
            assert len(statements) - docstring <= MAX_LISTENER_LINES, f"{module_name(path)}.{node.name}"


@pytest.mark.parametrize("path", PRODUCT, ids=module_name)
def test_each_module_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(parsed(path))
    assert not {"utils", "helpers", "manager", "common", "misc"} & set(path.with_suffix("").parts)


def test_the_ground_is_known() -> None:
    names = {
        "alarm_events",
        "alarms_config",
        "alarm_metrics",
        "alert_errors",
        "audit_request",
        "audit_rows",
        "aws_refusals",
        "browser",
        "alert_pace",
        "alert_routes",
        "command",
        "command_table",
        "config",
        "denials",
        "digests",
        "ec2_filters",
        "environment",
        "errors",
        "fresh_tokens",
        "handover",
        "http",
        "idempotency",
        "incident_changes",
        "incident_clicks",
        "incident_rows",
        "incidents",
        "job",
        "metric_series",
        "models",
        "notary_config",
        "operations",
        "proposals",
        "reboot_config",
        "reboot_errors",
        "reboot_watch",
        "settings",
        "rest",
        "rest_config",
        "sign_in",
        "sign_in_config",
        "signature",
        "slack_config",
        "tampering",
        "token_claims",
        "worker_config",
    }
    assert {f"bot.{name}" for name in names} == GROUND
