"""Reads template.yaml: its resources and functions, its intrinsics resolved, and its translation by SAM.

Refuses what it does not understand (an unknown intrinsic, name or parameter) instead of guessing.
"""

import argparse
import json
import logging
import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml

DEFAULT_PATH = Path(__file__).resolve().parent.parent / "template.yaml"
SAM_FUNCTION = "AWS::Serverless::Function"
_REFERENCE = re.compile(r"\$\{(!?)([^}]*)\}")
_NO_VALUE = object()


class TemplateError(Exception):
    """The template says something that this module cannot resolve."""


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short tags, as their long forms."""


def _short_tag(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(cast("yaml.MappingNode", node), deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _short_tag)


@dataclass(frozen=True)
class Resource:
    """One entry of `Resources`; `properties` still hold their intrinsics."""

    logical_id: str
    type: str
    properties: Mapping[str, Any]


class Template:
    """A parsed template; `names` given to `resolve` hold `Id` for a Ref and `Id.Attribute` for a GetAtt."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        self.body = body

    @classmethod
    def load(cls, path: str | os.PathLike[str] = DEFAULT_PATH) -> "Template":
        with open(path, encoding="utf-8") as file:
            return cls(yaml.load(file, Loader=_Loader))

    def resources(self, type: str | None = None) -> dict[str, Resource]:
        """All resources, or those of one type; functions have `Globals` merged in as SAM does."""
        return {
            logical_id: self.resource(logical_id)
            for logical_id, entry in self.body["Resources"].items()
            if type in (None, entry["Type"])
        }

    def resource(self, logical_id: str) -> Resource:
        entry = self.body["Resources"].get(logical_id)
        if entry is None:
            raise TemplateError(f"No resource is called {logical_id!r}")
        properties = entry.get("Properties", {})
        if entry["Type"] == SAM_FUNCTION:
            properties = _merged(self.body.get("Globals", {}).get("Function", {}), properties)
        return Resource(logical_id, entry["Type"], properties)

    def parameters(self, given: Mapping[str, str]) -> dict[str, str]:
        """Parameter values, defaults filled in; raises for a missing or an undeclared one."""
        declared = self.body.get("Parameters", {})
        unknown = sorted(set(given) - set(declared))
        missing = sorted(name for name, entry in declared.items() if "Default" not in entry and name not in given)
        if unknown or missing:
            raise TemplateError(f"Parameters unknown: {unknown}, missing: {missing}")
        return {name: str(given.get(name, entry.get("Default"))) for name, entry in declared.items()}

    def without_stack(self) -> dict[str, str]:
        """Names to resolve wiring by where nothing is created: a function's ARN, like its Ref, is its logical id."""
        given = {name: str(entry.get("Default", "")) for name, entry in self.body.get("Parameters", {}).items()}
        functions = self.resources(SAM_FUNCTION)
        return {**given, **{f"{name}.Arn": name for name in functions}, **{name: name for name in functions}}

    def resolve(self, value: Any, names: Mapping[str, str]) -> Any:
        """The value with every intrinsic replaced; `AWS::NoValue` drops its key or list item."""
        resolved = self._resolve(value, names)
        return None if resolved is _NO_VALUE else resolved

    def _resolve(self, value: Any, names: Mapping[str, str]) -> Any:
        if isinstance(value, list):
            items = [self._resolve(item, names) for item in value]
            return [item for item in items if item is not _NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            (key, argument), *_ = value.items()
            if key == "Ref" or key.startswith("Fn::"):
                return self._intrinsic(key, argument, names)
        entries = {key: self._resolve(item, names) for key, item in value.items()}
        return {key: item for key, item in entries.items() if item is not _NO_VALUE}

    def _intrinsic(self, key: str, argument: Any, names: Mapping[str, str]) -> Any:
        match key:
            case "Ref":
                return _NO_VALUE if argument == "AWS::NoValue" else _name(argument, names)
            case "Fn::GetAtt":
                parts = argument.split(".", 1) if isinstance(argument, str) else argument
                return _name(".".join(parts), names)
            case "Fn::Sub":
                text, extra = (argument, {}) if isinstance(argument, str) else argument
                return self._substitute(text, self._resolve(extra, names), names)
            case "Fn::Join":
                separator, items = argument
                return separator.join(str(item) for item in self._resolve(items, names))
            case "Fn::FindInMap":
                map_name, first, second = self._resolve(argument, names)
                try:
                    return self.body["Mappings"][map_name][first][second]
                except KeyError:
                    raise TemplateError(f"No mapping {map_name}.{first}.{second}") from None
            case "Fn::If":
                condition, when_true, when_false = argument
                return self._resolve(when_true if self._holds(condition, names) else when_false, names)
        raise TemplateError(f"Unknown intrinsic {key}")

    def _substitute(self, text: str, extra: Mapping[str, Any], names: Mapping[str, str]) -> str:
        def replacement(match: re.Match[str]) -> str:
            literal, name = match.groups()
            if literal:
                return f"${{{name}}}"
            return str(extra[name]) if name in extra else _name(name, names)

        return _REFERENCE.sub(replacement, text)

    def _holds(self, condition: Any, names: Mapping[str, str]) -> bool:
        if isinstance(condition, str):
            declared = self.body.get("Conditions", {})
            if condition not in declared:
                raise TemplateError(f"No condition is called {condition!r}")
            return self._holds(declared[condition], names)
        (key, argument), *_ = condition.items()
        match key:
            case "Fn::Equals":
                left, right = self._resolve(argument, names)
                return bool(left == right)
            case "Fn::Not":
                return not self._holds(argument[0], names)
            case "Fn::And":
                return all(self._holds(item, names) for item in argument)
            case "Fn::Or":
                return any(self._holds(item, names) for item in argument)
            case "Condition":
                return self._holds(argument, names)
        raise TemplateError(f"Unknown condition {key}")


def _name(name: str, names: Mapping[str, str]) -> str:
    try:
        return names[name]
    except KeyError:
        raise TemplateError(f"Nothing is called {name!r}") from None


def _merged(base: Any, over: Any) -> Any:
    """SAM's rule for Globals: maps merge, lists concatenate, anything else is overridden."""
    if isinstance(base, dict) and isinstance(over, dict):
        return {key: _merged(base[key], over[key]) for key in base.keys() & over.keys()} | {
            key: (base | over)[key] for key in base.keys() ^ over.keys()
        }
    return base + over if isinstance(base, list) and isinstance(over, list) else over


def translate(path: str | os.PathLike[str] = DEFAULT_PATH, region: str = "us-east-1") -> dict[str, Any]:
    """The plain CloudFormation that SAM makes of the template, as `sam deploy` would send it."""
    # Half a second of import that only this needs.
    import boto3
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator

    body = Template.load(path).body
    for section in (body.get("Globals", {}).get("Function", {}), *_function_properties(body)):
        if "CodeUri" in section:
            section["CodeUri"] = "s3://bucket/package.zip"
    # Placeholders: without a value the translator leaves out what depends on a parameter.
    given = {name: "placeholder" for name, p in body.get("Parameters", {}).items() if "Default" not in p}
    session = boto3.Session(region_name=region)
    logging.getLogger("samtranslator").setLevel(logging.ERROR)  # it warns of switches of its own service
    translator = Translator({}, Parser(), boto_session=session)
    translated = translator.translate(sam_template=body, parameter_values={"AWS::Region": region, **given})
    return cast("dict[str, Any]", translated)


def _function_properties(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [entry.setdefault("Properties", {}) for entry in body["Resources"].values() if entry["Type"] == SAM_FUNCTION]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m playground.template", description=__doc__)
    parser.add_argument("--template", default=DEFAULT_PATH, type=Path)
    parser.add_argument("--translated", required=True, type=Path, help="where to write the translation")
    arguments = parser.parse_args()
    text = json.dumps(translate(arguments.template), indent=2)
    # Replaced in one step: a linter must never read half a file.
    with tempfile.NamedTemporaryFile("w", dir=arguments.translated.parent, delete=False) as file:
        file.write(text + "\n")
    os.replace(file.name, arguments.translated)


if __name__ == "__main__":
    main()
