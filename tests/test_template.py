"""What template.yaml promises, read from the CloudFormation that SAM makes of it."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from playground.template import Template, translate
from tests.permissions import as_list, declared, granted, logging_rights, role_of, statements

ROOT = Path(__file__).resolve().parent.parent

# The only rights without a resource of their own, each with its reason.
UNSCOPED = {
    ("WorkerFunctionRole", "ec2:DescribeInstances"): "EC2 scopes no Describe call to a resource",
    ("WorkerFunctionRole", "ec2:DescribeInstanceStatus"): "the same",
    ("WorkerFunctionRole", "cloudwatch:DescribeAlarms"): "an alarm cannot be asked for by its instance",
}


PARAMETERS = {"SlackTeamId": "T0", "SlackAppId": "A0", "CognitoDomainPrefix": "acme"}


@pytest.fixture(scope="module")
def translated() -> dict[str, Any]:
    return translate(ROOT / "template.yaml")


@pytest.fixture(scope="module")
def of_type(translated: dict[str, Any]) -> Any:
    def find(kind: str) -> dict[str, dict[str, Any]]:
        found = {key: entry for key, entry in translated["Resources"].items() if entry["Type"] == kind}
        assert found, f"no {kind} in the template"
        return found

    return find


def resolved(translated: dict[str, Any], value: Any, given: dict[str, str] | None = None) -> Any:
    names = Template(translated).parameters({**PARAMETERS, **(given or {})})
    return Template(translated).resolve(value, names)


def test_P1_no_role_has_a_wildcard(of_type: Any) -> None:
    unscoped = set()
    for name, role in of_type("AWS::IAM::Role").items():
        for statement in statements(role):
            for action in as_list(statement["Action"]):
                assert "*" not in action, f"{name}: {action}"
                for resource in as_list(statement["Resource"]):
                    if resource == "*":
                        unscoped.add((name, action))
                    else:
                        assert "*" not in str(resource), f"{name}: {resource}"
    assert unscoped == set(UNSCOPED)


def test_P1_every_function_has_a_role_of_its_own_and_no_managed_policy(
    translated: dict[str, Any], of_type: Any
) -> None:
    functions = of_type("AWS::Lambda::Function")
    roles = [role_of(translated, name) for name in functions]
    assert len(set(roles)) == len(functions)
    assert set(roles) == set(of_type("AWS::IAM::Role"))
    for role in of_type("AWS::IAM::Role").values():
        assert "ManagedPolicyArns" not in role["Properties"]


def test_P1_only_lambda_assumes_the_roles(of_type: Any) -> None:
    for role in of_type("AWS::IAM::Role").values():
        (trust,) = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Principal"] == {"Service": "lambda.amazonaws.com"}
        assert trust["Action"] == "sts:AssumeRole"


def test_P2_the_door_may_send_to_one_queue_and_read_one_secret(translated: dict[str, Any]) -> None:
    assert declared(translated, "SlackFunction") - logging_rights(translated, "SlackFunction") == {
        ("sqs:SendMessage", "JobsQueue"),
        ("secretsmanager:GetSecretValue", "SlackSecret"),
    }


def test_P2_no_role_changes_or_deletes_an_audit_row(of_type: Any) -> None:
    for role in of_type("AWS::IAM::Role").values():
        on_audit = {action for action, resource in granted(role) if resource.startswith("AuditTable")}
        assert on_audit <= {"dynamodb:PutItem"}


def test_P2_nobody_reboots(of_type: Any) -> None:
    for role in of_type("AWS::IAM::Role").values():
        on_ec2 = {action for action, _ in granted(role) if action.startswith("ec2:")}
        assert on_ec2 <= {"ec2:DescribeInstances", "ec2:DescribeInstanceStatus"}


def test_P2_no_function_writes_another_ones_log(translated: dict[str, Any], of_type: Any) -> None:
    for name in of_type("AWS::Lambda::Function"):
        logs = {right for right in declared(translated, name) if right[0].startswith("logs:")}
        assert logs == logging_rights(translated, name)


def test_every_function_runs_python_3_13_on_arm_and_logs_json(of_type: Any) -> None:
    for function in of_type("AWS::Lambda::Function").values():
        assert function["Properties"]["Runtime"] == "python3.13"
        assert function["Properties"]["Architectures"] == ["arm64"]
        assert function["Properties"]["LoggingConfig"]["LogFormat"] == "JSON"


def test_every_log_ends_up_in_a_declared_group_with_a_retention(translated: dict[str, Any], of_type: Any) -> None:
    groups = of_type("AWS::Logs::LogGroup")
    for group in groups.values():
        assert int(resolved(translated, group["Properties"]["RetentionInDays"])) == 30
    for function in of_type("AWS::Lambda::Function").values():
        assert function["Properties"]["LoggingConfig"]["LogGroup"]["Ref"] in groups
    for stage in of_type("AWS::ApiGatewayV2::Stage").values():
        assert stage["Properties"]["AccessLogSettings"]["DestinationArn"]["Fn::GetAtt"][0] in groups


def test_the_only_way_in_is_a_throttled_post_to_slack_events(of_type: Any) -> None:
    (api,) = of_type("AWS::ApiGatewayV2::Api").values()
    assert {path: list(methods) for path, methods in api["Properties"]["Body"]["paths"].items()} == {
        "/slack/events": ["post"]
    }
    (stage,) = of_type("AWS::ApiGatewayV2::Stage").values()
    assert stage["Properties"]["DefaultRouteSettings"]["ThrottlingRateLimit"] > 0
    assert stage["Properties"]["DefaultRouteSettings"]["ThrottlingBurstLimit"] > 0


def test_every_table_survives_mistakes(of_type: Any) -> None:
    for table in of_type("AWS::DynamoDB::Table").values():
        properties = table["Properties"]
        assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
        assert properties["DeletionProtectionEnabled"] is True
        assert properties["SSESpecification"] == {"SSEEnabled": True}
        assert properties["TimeToLiveSpecification"]["Enabled"] is True
        assert table["DeletionPolicy"] == table["UpdateReplacePolicy"] == "Retain"


def test_the_audit_table_is_the_one_of_the_contract(translated: dict[str, Any]) -> None:
    table = translated["Resources"]["AuditTable"]["Properties"]
    indexes = {index["IndexName"]: index for index in table["GlobalSecondaryIndexes"]}
    assert keys(table) == ["userId", "timestamp"]
    assert {name: keys(index) for name, index in indexes.items()} == {
        "action-index": ["action", "timestamp"],
        "resource-index": ["resourceId", "timestamp"],
        "day-index": ["day", "timestamp"],
    }
    assert {index["Projection"]["ProjectionType"] for index in indexes.values()} == {"ALL"}
    assert table["TimeToLiveSpecification"]["AttributeName"] == "ttl"


def test_the_state_table_is_the_one_of_the_contract(translated: dict[str, Any]) -> None:
    table = translated["Resources"]["StateTable"]["Properties"]
    assert keys(table) == ["pk", "sk"]
    assert table["TimeToLiveSpecification"]["AttributeName"] == "expiresAt"


def test_the_worker_knows_after_how_many_receives_a_job_is_dead(translated: dict[str, Any]) -> None:
    queue = translated["Resources"]["JobsQueue"]["Properties"]
    variables = translated["Resources"]["WorkerFunction"]["Properties"]["Environment"]["Variables"]
    receives = queue["RedrivePolicy"]["maxReceiveCount"]
    assert receives == variables["JOBS_MAX_RECEIVES"]
    assert resolved(translated, receives) == "3"
    assert queue["RedrivePolicy"]["deadLetterTargetArn"] == {"Fn::GetAtt": ["DeadJobsQueue", "Arn"]}


def test_a_job_is_not_handed_out_again_while_the_worker_may_still_run(translated: dict[str, Any], of_type: Any) -> None:
    queue = translated["Resources"]["JobsQueue"]["Properties"]
    worker = translated["Resources"]["WorkerFunction"]["Properties"]
    assert queue["VisibilityTimeout"] >= worker["Timeout"]
    (source,) = of_type("AWS::Lambda::EventSourceMapping").values()
    assert source["Properties"]["BatchSize"] == 1
    assert source["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert source["Properties"]["ScalingConfig"]["MaximumConcurrency"] >= 2


def test_queues_are_encrypted_and_a_dead_job_is_kept_longest_and_rings(
    translated: dict[str, Any], of_type: Any
) -> None:
    queues = of_type("AWS::SQS::Queue")
    assert all(queue["Properties"]["SqsManagedSseEnabled"] is True for queue in queues.values())
    assert queues["DeadJobsQueue"]["Properties"]["MessageRetentionPeriod"] == 14 * 24 * 3600
    (alarm,) = of_type("AWS::CloudWatch::Alarm").values()
    assert alarm["Properties"]["Dimensions"][0]["Value"] == {"Fn::GetAtt": ["DeadJobsQueue", "QueueName"]}


def test_rejected_requests_are_counted_in_the_doors_log(of_type: Any) -> None:
    (counter,) = of_type("AWS::Logs::MetricFilter").values()
    assert counter["Properties"]["FilterPattern"] == '{ $.message = "request rejected" }'
    assert counter["Properties"]["LogGroupName"] == {"Ref": "SlackFunctionLogGroup"}


def test_nobody_signs_up_or_promotes_themselves(translated: dict[str, Any]) -> None:
    pool = translated["Resources"]["UserPool"]
    client = translated["Resources"]["UserPoolClient"]["Properties"]
    assert pool["Properties"]["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}
    assert pool["Properties"]["DeletionProtection"] == "ACTIVE"
    assert [attribute["Name"] for attribute in pool["Properties"]["Schema"]] == ["role"]
    # An absent or empty list would allow every attribute.
    assert client["WriteAttributes"]
    assert not {"custom:role", "email", "email_verified"} & set(client["WriteAttributes"])
    assert client["EnableTokenRevocation"] is True
    assert client["PreventUserExistenceErrors"] == "ENABLED"
    assert resolved(translated, client["ExplicitAuthFlows"]) == ["ALLOW_CUSTOM_AUTH"]  # without triggers: nothing
    without = resolved(translated, client["ExplicitAuthFlows"], {"RotateRefreshTokens": "false"})
    assert without == ["ALLOW_REFRESH_TOKEN_AUTH"]


def test_the_secret_is_deployed_empty(translated: dict[str, Any]) -> None:
    secret = translated["Resources"]["SlackSecret"]["Properties"]
    assert yaml.safe_load(secret["SecretString"]) == {"SLACK_SIGNING_SECRET": "", "SLACK_BOT_TOKEN": ""}


def test_the_manifest_asks_for_what_is_used_and_points_at_the_route() -> None:
    manifest = yaml.safe_load((ROOT / "slack-manifest.yaml").read_text(encoding="utf-8"))
    (command,) = manifest["features"]["slash_commands"]
    assert command["command"] == "/ec2"
    assert command["should_escape"] is True
    assert command["url"].endswith("/slack/events")
    assert set(manifest["oauth_config"]["scopes"]["bot"]) == {"commands", "chat:write", "users:read"}


def keys(table: dict[str, Any]) -> list[str]:
    assert [key["KeyType"] for key in table["KeySchema"]] == ["HASH", "RANGE"]
    return [key["AttributeName"] for key in table["KeySchema"]]
