"""The template reader: intrinsics, Globals, and refusing what it does not know."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from playground.template import Template, TemplateError

TEMPLATE = """
Parameters:
  Stage: {Type: String, Default: test}
  Team: {Type: String}
Mappings:
  Sizes: {test: {memory: "128"}}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
  IsTest: !And [!Not [!Condition IsProd], !Or [!Condition IsProd, !Equals [a, a]]]
Globals:
  Function:
    Timeout: 3
    Environment: {Variables: {SHARED: "1", STAGE: global}}
    Layers: [one]
Resources:
  Queue: {Type: AWS::SQS::Queue}
  Function:
    Type: AWS::Serverless::Function
    Properties:
      Timeout: 9
      Environment: {Variables: {STAGE: !Ref Stage}}
      Layers: [two]
"""

NAMES = {"Stage": "test", "Queue": "https://queue", "Queue.Arn": "arn:queue", "AWS::Region": "eu-west-1"}


@pytest.fixture
def template(tmp_path: Path) -> Template:
    path = tmp_path / "template.yaml"
    path.write_text(TEMPLATE, encoding="utf-8")
    return Template.load(path)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("!Ref Queue", "https://queue"),
        ("!GetAtt Queue.Arn", "arn:queue"),
        ("{Fn::GetAtt: [Queue, Arn]}", "arn:queue"),
        ("!Sub 'x-${AWS::Region}-${Queue.Arn}-${!kept}'", "x-eu-west-1-arn:queue-${kept}"),
        ("!Sub ['${a}${Stage}', {a: !Ref Queue}]", "https://queuetest"),
        ("!Join ['-', [a, !Ref Stage, 1]]", "a-test-1"),
        ("!FindInMap [Sizes, !Ref Stage, memory]", "128"),
        ("!If [IsProd, big, small]", "small"),
        ("!If [IsTest, yes-it-is, no-it-is-not]", "yes-it-is"),
        ("{a: !Ref AWS::NoValue, b: [1, !Ref AWS::NoValue]}", {"b": [1]}),
        ("!Ref AWS::NoValue", None),
        ("[plain, {Ref: Stage, other: 1}]", ["plain", {"Ref": "Stage", "other": 1}]),
    ],
)
def test_intrinsics_are_resolved_as_cloudformation_does(
    tmp_path: Path, template: Template, text: str, expected: object
) -> None:
    assert template.resolve(value_of(tmp_path, text), NAMES) == expected


@pytest.mark.parametrize(
    "text",
    [
        "!Ref Nobody",
        "!GetAtt Queue.Nothing",
        "!Sub '${Nobody}'",
        "!FindInMap [Sizes, prod, memory]",
        "!If [Undeclared, 1, 2]",
        "!ImportValue elsewhere",
        "!Select [0, [a]]",
    ],
)
def test_what_is_unknown_is_refused_instead_of_guessed(tmp_path: Path, template: Template, text: str) -> None:
    with pytest.raises(TemplateError):
        template.resolve(value_of(tmp_path, text), NAMES)


def test_globals_are_merged_into_functions_as_sam_does(template: Template) -> None:
    properties = template.resource("Function").properties
    assert properties["Timeout"] == 9
    assert properties["Layers"] == ["one", "two"]
    variables = template.resolve(properties["Environment"], NAMES)["Variables"]
    assert variables == {"SHARED": "1", "STAGE": "test"}


def test_parameters_have_defaults_and_nothing_is_missing_or_invented(template: Template) -> None:
    assert template.parameters({"Team": "T1"}) == {"Stage": "test", "Team": "T1"}
    with pytest.raises(TemplateError, match=r"missing: \['Team'\]"):
        template.parameters({})
    with pytest.raises(TemplateError, match=r"unknown: \['Color'\]"):
        template.parameters({"Team": "T1", "Color": "red"})


def test_resources_are_found_by_type(template: Template) -> None:
    assert list(template.resources("AWS::SQS::Queue")) == ["Queue"]
    assert set(template.resources()) == {"Queue", "Function"}
    with pytest.raises(TemplateError):
        template.resource("Nobody")


def test_the_translation_is_written_as_a_file_for_cfn_lint(tmp_path: Path) -> None:
    target = tmp_path / "translated.json"
    command = [sys.executable, "-m", "playground.template", "--translated", str(target)]
    subprocess.run(command, check=True, capture_output=True, text=True)
    types = {entry["Type"] for entry in json.loads(target.read_text())["Resources"].values()}
    assert "AWS::Lambda::Function" in types
    assert not any("Serverless" in kind for kind in types)


def value_of(tmp_path: Path, text: str) -> object:
    path = tmp_path / "value.yaml"
    path.write_text(f"Resources: {{}}\nValue: {text}\n", encoding="utf-8")
    return Template.load(path).body["Value"]
