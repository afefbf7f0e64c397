"""The REST API's stand-in against a small template: routes, events, the authorizer and the gateway's own answers."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import yaml
from flask import Flask
from flask.testing import FlaskClient

from playground.functions import FunctionError, FunctionTimeoutError
from playground.rest_api import RestApi, create_rest_api
from playground.template import Template, TemplateError, _Loader
from tests.playground.conftest import Clock

TEMPLATE = """
Parameters:
  Stage: {Type: String, Default: prod}
Resources:
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: !Ref Stage
      Auth:
        DefaultAuthorizer: Jwt
        Authorizers:
          Jwt:
            FunctionArn: !GetAtt Gatekeeper.Arn
            FunctionPayloadType: TOKEN
            Identity: {ReauthorizeEvery: 0, ValidationExpression: "Bearer .+"}
      GatewayResponses:
        UNAUTHORIZED:
          StatusCode: 401
          ResponseParameters: {Headers: {Cache-Control: "'no-store'"}}
          ResponseTemplates:
            application/json: '{"error": {"code": "UNAUTHORIZED", "message": $context.error.messageString}}'
        DEFAULT_5XX:
          ResponseTemplates: {application/json: '{"error": {"code": "INTERNAL_ERROR"}}'}
  Gatekeeper:
    Type: AWS::Serverless::Function
    Properties: {Handler: x.handler}
  Instances:
    Type: AWS::Serverless::Function
    Properties:
      Handler: y.handler
      Events:
        List: {Type: Api, Properties: {RestApiId: !Ref Api, Path: /instances, Method: get}}
        Reboot: {Type: Api, Properties: {RestApiId: !Ref Api, Path: "/instances/{id}/reboot", Method: POST}}
        Mine: {Type: Api, Properties: {RestApiId: !Ref Api, Path: /instances/mine/reboot, Method: POST}}
        Open:
          Type: Api
          Properties: {RestApiId: !Ref Api, Path: /auth/refresh, Method: post, Auth: {Authorizer: NONE}}
"""
ARN = "arn:aws:execute-api:us-east-1:123456789012:playrest/prod"
BEARER = {"Authorization": "Bearer t0ken"}


def template(text: str = TEMPLATE) -> Template:
    return Template(yaml.load(text, Loader=_Loader))


def policy(resource: Any = f"{ARN}/*/*", effect: str = "Allow", **changes: Any) -> dict[str, Any]:
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": resource}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return {"principalId": "sub", "policyDocument": document, "context": {"userId": "sub"}, **changes}


class Functions:
    """Stands for both functions: remembers what they are asked, answers as told."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Mapping[str, Any]]] = []
        self.gate: Callable[[], Any] = policy
        self.result: Callable[[], Any] = lambda: {"statusCode": 200, "body": "{}"}

    def __call__(self, name: str, event: Mapping[str, Any]) -> Any:
        self.asked.append((name, event))
        return self.gate() if name == "Gatekeeper" else self.result()

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.asked]


@pytest.fixture
def functions() -> Functions:
    return Functions()


def client_of(text: str, functions: Functions, clock: Clock) -> FlaskClient:
    api = RestApi.of_template(template(text))
    assert api is not None
    app = Flask(__name__)
    app.register_blueprint(create_rest_api(api, functions, clock=clock))
    return app.test_client()


@pytest.fixture
def client(functions: Functions, clock: Clock) -> FlaskClient:
    return client_of(TEMPLATE, functions, clock)


def raising(error: Exception) -> Callable[[], Any]:
    def answer() -> Any:
        raise error

    return answer


def test_a_request_passes_the_authorizer_and_becomes_a_payload_1_0_event(
    client: FlaskClient, functions: Functions
) -> None:
    headers = {**BEARER, "X-Trace": "1"}
    answer = client.post("/rest/prod/instances/i-0abc/reboot?dry=1&dry=2", headers=headers, json={"why": "é"})
    assert (answer.status_code, answer.json) == (200, {})
    (gatekeeper, asked), (function, event) = functions.asked
    assert gatekeeper == "Gatekeeper"
    assert asked == {
        "type": "TOKEN",
        "authorizationToken": "Bearer t0ken",
        "methodArn": f"{ARN}/POST/instances/i-0abc/reboot",
    }
    assert function == "Instances"
    assert (event["resource"], event["path"]) == ("/instances/{id}/reboot", "/instances/i-0abc/reboot")
    assert (event["httpMethod"], event["pathParameters"]) == ("POST", {"id": "i-0abc"})
    assert event["queryStringParameters"] == {"dry": "2"}
    assert event["multiValueQueryStringParameters"] == {"dry": ["1", "2"]}
    assert json.loads(event["body"]) == {"why": "é"}
    assert event["isBase64Encoded"] is False
    assert event["headers"]["X-Trace"] == "1"
    assert event["multiValueHeaders"]["X-Trace"] == ["1"]
    assert event["requestContext"]["path"] == "/prod/instances/i-0abc/reboot"
    assert event["requestContext"]["stage"] == "prod"
    assert event["requestContext"]["authorizer"] == {"userId": "sub", "principalId": "sub"}
    json.dumps(event)


def test_what_is_absent_is_null(client: FlaskClient, functions: Functions) -> None:
    client.get("/rest/prod/instances", headers=BEARER)
    event = functions.asked[-1][1]
    for name in ("queryStringParameters", "pathParameters", "body", "stageVariables"):
        assert event[name] is None


def test_a_literal_route_comes_before_one_with_a_parameter(client: FlaskClient, functions: Functions) -> None:
    client.post("/rest/prod/instances/mine/reboot", headers=BEARER)
    assert functions.asked[-1][1]["resource"] == "/instances/mine/reboot"


def test_a_route_without_authorizer_asks_none(client: FlaskClient, functions: Functions) -> None:
    client.post("/rest/prod/auth/refresh", json={})
    assert functions.names == ["Instances"]
    assert "authorizer" not in functions.asked[0][1]["requestContext"]


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": ""}, {"Authorization": "Basic x"}, {"Authorization": "Bearer "}]
)
def test_without_a_token_nobody_is_asked(client: FlaskClient, functions: Functions, headers: dict[str, str]) -> None:
    answer = client.get("/rest/prod/instances", headers=headers)
    assert answer.status_code == 401
    assert answer.json == {"error": {"code": "UNAUTHORIZED", "message": "Unauthorized"}}
    assert answer.headers["Cache-Control"] == "no-store"
    assert functions.asked == []


def test_an_authorizer_that_says_exactly_unauthorized_is_a_401(client: FlaskClient, functions: Functions) -> None:
    functions.gate = raising(FunctionError("Exception", "Unauthorized"))
    assert client.get("/rest/prod/instances", headers=BEARER).status_code == 401
    assert functions.names == ["Gatekeeper"]


@pytest.mark.parametrize("message", ["unauthorized", "Unauthorized.", "401", "token expired"])
def test_an_authorizer_that_says_anything_else_is_broken(
    client: FlaskClient, functions: Functions, message: str
) -> None:
    functions.gate = raising(FunctionError("Exception", message))
    answer = client.get("/rest/prod/instances", headers=BEARER)
    assert (answer.status_code, answer.json) == (500, {"error": {"code": "INTERNAL_ERROR"}})
    assert functions.names == ["Gatekeeper"]


@pytest.mark.parametrize(
    "resource",
    [
        f"{ARN}/GET/instances",
        f"{ARN}/*/*",
        f"{ARN}/GET/*",
        [f"{ARN}/POST/x", f"{ARN}/GET/inst?nces"],
        "*",
    ],
)
def test_a_policy_that_allows_the_route_lets_the_request_through(
    client: FlaskClient, functions: Functions, resource: Any
) -> None:
    functions.gate = lambda: policy(resource)
    assert client.get("/rest/prod/instances", headers=BEARER).status_code == 200


@pytest.mark.parametrize(
    "answer",
    [
        policy(f"{ARN}/POST/*"),
        policy(f"{ARN}/GET/instance"),
        policy(f"{ARN}/GET/instances/*"),
        policy(f"{ARN}/GET/[i]nstances"),
        policy(effect="Deny"),
        policy(policyDocument={"Statement": []}),
        policy(policyDocument={"Statement": [{"Action": "execute-api:Manage", "Effect": "Allow", "Resource": "*"}]}),
    ],
)
def test_a_policy_that_does_not_allow_the_route_is_a_403(
    client: FlaskClient, functions: Functions, answer: dict[str, Any]
) -> None:
    functions.gate = lambda: answer
    refused = client.get("/rest/prod/instances", headers=BEARER)
    assert refused.status_code == 403
    assert "not authorized" in refused.json["message"]
    assert functions.names == ["Gatekeeper"]


def test_a_denial_wins_over_a_permission(client: FlaskClient, functions: Functions) -> None:
    statements = [
        {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": "*"},
        {"Action": "execute-api:*", "Effect": "Deny", "Resource": f"{ARN}/GET/instances"},
    ]
    functions.gate = lambda: policy(policyDocument={"Statement": statements})
    assert "explicit deny" in client.get("/rest/prod/instances", headers=BEARER).json["message"]


@pytest.mark.parametrize(
    "answer",
    [
        None,
        "Allow",
        {"policyDocument": {}},
        policy(principalId=1),
        policy(policyDocument=None),
        policy(context={"role": None}),
        policy(context={"groups": ["a"]}),
        policy(context={"nested": {}}),
        policy(context=["x"]),
    ],
)
def test_an_answer_of_another_shape_is_a_broken_authorizer(
    client: FlaskClient, functions: Functions, answer: Any
) -> None:
    functions.gate = lambda: answer
    assert client.get("/rest/prod/instances", headers=BEARER).status_code == 500
    assert functions.names == ["Gatekeeper"]


def test_the_context_arrives_as_strings(client: FlaskClient, functions: Functions) -> None:
    functions.gate = lambda: policy(context={"role": "admin", "number": 3, "yes": True})
    client.get("/rest/prod/instances", headers=BEARER)
    authorizer = functions.asked[-1][1]["requestContext"]["authorizer"]
    assert authorizer == {"role": "admin", "number": "3", "yes": "true", "principalId": "sub"}


def test_with_a_ttl_of_0_every_request_is_asked_about(client: FlaskClient, functions: Functions) -> None:
    for _ in range(2):
        client.get("/rest/prod/instances", headers=BEARER)
    assert functions.names.count("Gatekeeper") == 2


def test_with_a_ttl_the_answer_for_one_route_decides_for_the_next(functions: Functions, clock: Clock) -> None:
    client = client_of(TEMPLATE.replace("ReauthorizeEvery: 0", "ReauthorizeEvery: 60"), functions, clock)
    functions.gate = lambda: policy(f"{ARN}/GET/instances")
    assert client.get("/rest/prod/instances", headers=BEARER).status_code == 200
    assert client.post("/rest/prod/instances/i-1/reboot", headers=BEARER).status_code == 403
    assert functions.names.count("Gatekeeper") == 1
    client.get("/rest/prod/instances", headers={"Authorization": "Bearer another"})
    assert functions.names.count("Gatekeeper") == 2
    clock.now += 61
    client.get("/rest/prod/instances", headers=BEARER)
    assert functions.names.count("Gatekeeper") == 3


def test_where_the_template_says_nothing_answers_are_kept_for_five_minutes(functions: Functions, clock: Clock) -> None:
    client = client_of(TEMPLATE.replace("ReauthorizeEvery: 0, ", ""), functions, clock)
    client.get("/rest/prod/instances", headers=BEARER)
    clock.now += 299
    client.get("/rest/prod/instances", headers=BEARER)
    assert functions.names.count("Gatekeeper") == 1
    clock.now += 2
    client.get("/rest/prod/instances", headers=BEARER)
    assert functions.names.count("Gatekeeper") == 2


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/rest/prod/nothing"), ("DELETE", "/rest/prod/instances"), ("GET", "/rest/prod/")]
)
def test_a_request_without_a_route_is_refused_as_api_gateway_does(
    client: FlaskClient, functions: Functions, method: str, path: str
) -> None:
    answer = client.open(path, method=method, headers=BEARER)
    assert (answer.status_code, answer.json) == (403, {"message": "Missing Authentication Token"})
    assert functions.asked == []


@pytest.mark.parametrize(
    "result", [None, "text", {}, {"statusCode": "x"}, {"statusCode": 200, "body": {}}, {"body": "x"}]
)
def test_a_result_that_is_no_response_is_a_bad_gateway(client: FlaskClient, functions: Functions, result: Any) -> None:
    functions.result = lambda: result
    answer = client.get("/rest/prod/instances", headers=BEARER)
    assert (answer.status_code, answer.json) == (502, {"error": {"code": "INTERNAL_ERROR"}})


@pytest.mark.parametrize(
    ("error", "status"),
    [(FunctionError("ValueError", "boom"), 502), (FunctionTimeoutError("Sandbox.Timedout", "late"), 504)],
)
def test_a_function_that_fails_is_told_without_its_words(
    client: FlaskClient, functions: Functions, error: Exception, status: int
) -> None:
    functions.result = raising(error)
    answer = client.get("/rest/prod/instances", headers=BEARER)
    assert (answer.status_code, answer.json) == (status, {"error": {"code": "INTERNAL_ERROR"}})


def test_the_functions_status_headers_and_cookies_leave_as_they_are(client: FlaskClient, functions: Functions) -> None:
    functions.result = lambda: {
        "statusCode": 409,
        "headers": {"content-type": "application/problem+json", "Cache-Control": "no-store"},
        "multiValueHeaders": {"Set-Cookie": ["a=1", "b=2"]},
        "body": "{}",
    }
    answer = client.get("/rest/prod/instances", headers=BEARER)
    assert answer.status_code == 409
    assert answer.headers.getlist("Content-Type") == ["application/problem+json"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers.getlist("Set-Cookie") == ["a=1", "b=2"]


def test_a_template_without_a_rest_api_has_none_and_two_are_too_many() -> None:
    assert RestApi.of_template(Template({"Resources": {}})) is None
    api = {"Type": "AWS::Serverless::Api", "Properties": {"StageName": "prod"}}
    with pytest.raises(TemplateError):
        RestApi.of_template(Template({"Resources": {"One": api, "Two": api}}))
