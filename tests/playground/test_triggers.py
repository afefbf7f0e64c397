"""Which function makes up the user pool's tokens, as the template says."""

from typing import Any

import pytest

from playground.template import Template, TemplateError
from playground.triggers import pre_token_function


def template(config: Any = None) -> Template:
    pool = {"Type": "AWS::Cognito::UserPool", "Properties": {} if config is None else {"LambdaConfig": config}}
    function = {"Type": "AWS::Serverless::Function", "Properties": {"Handler": "x.handler"}}
    return Template({"Resources": {"Pool": pool, "PreToken": function}})


def test_the_trigger_is_the_function_that_the_pool_names() -> None:
    wanted = {"LambdaArn": {"Fn::GetAtt": ["PreToken", "Arn"]}, "LambdaVersion": "V2_0"}
    assert pre_token_function(template({"PreTokenGenerationConfig": wanted})) == "PreToken"


def test_a_pool_may_have_no_trigger() -> None:
    assert pre_token_function(template()) is None
    assert pre_token_function(template({})) is None
    assert pre_token_function(Template({"Resources": {}})) is None


@pytest.mark.parametrize(
    "config",
    [
        {"PreTokenGeneration": "PreToken"},
        {"PreTokenGenerationConfig": {"LambdaArn": "PreToken", "LambdaVersion": "V1_0"}},
    ],
)
def test_a_trigger_that_cannot_change_access_tokens_is_refused(config: Any) -> None:
    with pytest.raises(TemplateError):
        pre_token_function(template(config))
