"""What template.yaml promises, read from the CloudFormation that SAM makes of it."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.alarm_events import CHANGE, CONFIGURATION_CHANGE, CONTRIBUTOR_CHANGE
from bot.digests import SETTLE
from bot.proposals import OPT_IN_TAG, OPT_IN_VALUE
from bot.rest import STATUS
from bot.services.proposals import CLAIM_SECONDS, DUE_INDEX
from playground.template import Template, translate
from tests.permissions import as_list, declared, granted, logging_rights, role_of, statements

ROOT = Path(__file__).resolve().parent.parent

# The only rights without a resource of their own, each with its reason.
UNSCOPED = {
    ("WorkerFunctionRole", "ec2:DescribeInstances"): "EC2 scopes no Describe call to a resource",
    ("InstancesFunctionRole", "cloudwatch:GetMetricData"): "CloudWatch's metrics are no resources",
    ("InstancesFunctionRole", "cloudwatch:ListMetrics"): "CloudWatch's metrics are no resources",
    ("InstancesFunctionRole", "ec2:DescribeInstances"): "EC2 scopes no Describe call to a resource",
    ("InstancesFunctionRole", "ec2:DescribeInstanceStatus"): "EC2 scopes no Describe call to a resource",
    ("WorkerFunctionRole", "ec2:DescribeInstanceStatus"): "the same",
    ("WorkerFunctionRole", "cloudwatch:DescribeAlarms"): "an alarm cannot be asked for by its instance",
    ("SweepFunctionRole", "ec2:DescribeInstances"): "EC2 scopes no Describe call to a resource",
    ("SweepFunctionRole", "ec2:DescribeInstanceStatus"): "the same",
    ("SweepFunctionRole", "cloudtrail:LookupEvents"): "CloudTrail scopes it to nothing",
    ("WorkerFunctionRole", "cloudwatch:PutAlarmMuteRule"): "any alarm may be silenced from its card",
    ("WorkerFunctionRole", "cloudwatch:DeleteAlarmMuteRule"): "the same",
    ("AlarmsFunctionRole", "cloudwatch:GetMetricData"): "CloudWatch scopes no metric to a resource",
    ("AlarmsFunctionRole", "cloudwatch:ListTagsForResource"): "the tags of whatever alarm comes",
    ("WorkerFunctionRole", "cloudwatch:DescribeAlarmHistory"): "the alarms of an account are not known beforehand",
    ("WorkerFunctionRole", "cloudwatch:GetMetricData"): "CloudWatch scopes no metric to a resource",
    ("WorkerFunctionRole", "cloudwatch:ListMetrics"): "the same",
}

# And those on all that begins alike, in one resource of ours.
PREFIXES = {
    "${DigestBucket.Arn}/digests/*": "an object for each hour",
    "${DigestBucket.Arn}/findings/*": "an object for each finding",
    "${AuditTable.Arn}/stream/*": "ListStreams knows nothing smaller",
}
# Which instances it is about is for the tag in the statement's condition: the test of P3 holds it.
BY_TAG = ("RebootRole", "ec2:RebootInstances")


PARAMETERS = {"SlackTeamId": "T0", "SlackAppId": "A0", "CognitoDomainPrefix": "acme", "AlertChannelId": "C0"}


READS = {
    "dynamodb:DescribeStream",
    "dynamodb:GetItem",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:ListStreams",
    "dynamodb:Query",
}


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
                    elif resource.get("Fn::Sub") not in PREFIXES and (name, action) != BY_TAG:
                        assert "*" not in str(resource), f"{name}: {resource}"
    assert unscoped == set(UNSCOPED)


def test_P1_every_function_has_a_role_of_its_own_and_no_managed_policy(
    translated: dict[str, Any], of_type: Any
) -> None:
    functions = of_type("AWS::Lambda::Function")
    roles = [role_of(translated, name) for name in functions]
    assert len(set(roles)) == len(functions)
    assert {*roles, "RebootRole"} == set(of_type("AWS::IAM::Role"))
    for role in of_type("AWS::IAM::Role").values():
        assert "ManagedPolicyArns" not in role["Properties"]


def test_P1_only_lambda_assumes_the_roles(of_type: Any) -> None:
    for name, role in of_type("AWS::IAM::Role").items():
        (trust,) = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        if name != "RebootRole":
            assert trust["Principal"] == {"Service": "lambda.amazonaws.com"}
            assert trust["Action"] == "sts:AssumeRole"


def test_P2_only_what_reboots_becomes_the_reboot_role_and_only_for_a_person(
    translated: dict[str, Any], of_type: Any
) -> None:
    (trust,) = of_type("AWS::IAM::Role")["RebootRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    reboots = ("WorkerFunction", "InstancesFunction")
    assert trust["Principal"] == {"AWS": [{"Fn::GetAtt": [f"{name}Role", "Arn"]} for name in reboots]}
    assert trust["Action"] == ["sts:AssumeRole", "sts:SetSourceIdentity"]
    assert trust["Condition"] == {"StringLike": {"sts:SourceIdentity": "?*"}}
    may = {
        name
        for name in of_type("AWS::Lambda::Function")
        if ("sts:AssumeRole", "RebootRole") in declared(translated, name)
    }
    assert may == set(reboots)


def test_P3_an_instance_without_the_opt_in_tag_is_rebooted_by_nobody(of_type: Any) -> None:
    (statement,) = statements(of_type("AWS::IAM::Role")["RebootRole"])
    assert (statement["Effect"], statement["Action"]) == ("Allow", "ec2:RebootInstances")
    assert statement["Condition"] == {"StringEquals": {f"aws:ResourceTag/{OPT_IN_TAG}": OPT_IN_VALUE}}
    for name, role in of_type("AWS::IAM::Role").items():
        assert name == "RebootRole" or not {action for action, _ in granted(role) if action == "ec2:RebootInstances"}


def test_P2_the_door_may_send_to_one_queue_and_read_one_secret(translated: dict[str, Any]) -> None:
    assert declared(translated, "SlackFunction") - logging_rights(translated, "SlackFunction") == {
        ("sqs:SendMessage", "JobsQueue"),
        ("secretsmanager:GetSecretValue", "SlackSecret"),
    }


def test_P2_no_role_changes_or_deletes_an_audit_row(of_type: Any) -> None:
    for role in of_type("AWS::IAM::Role").values():
        on_audit = {action for action, resource in granted(role) if resource.startswith("AuditTable")}
        assert on_audit <= {"dynamodb:PutItem", *READS}


def test_P2_the_audit_is_never_scanned(of_type: Any) -> None:
    for role in of_type("AWS::IAM::Role").values():
        assert "dynamodb:Scan" not in {action for action, _ in granted(role)}


def test_P2_the_notary_can_write_no_row_and_nobody_else_can_sign_or_write_a_digest(of_type: Any) -> None:
    rights = {name: granted(role) for name, role in of_type("AWS::IAM::Role").items()}
    assert {action for action, on in rights["NotaryFunctionRole"] if on.startswith("AuditTable")} <= READS
    for name, of_role in rights.items():
        if name != "NotaryFunctionRole":
            assert not {action for action, _ in of_role} & {"kms:Sign", "s3:PutObject"}
    for of_role in rights.values():
        on_digests = {action for action, on in of_role if on.startswith(("DigestBucket", "DigestKey"))}
        assert on_digests <= {"s3:GetObject", "s3:ListBucket", "s3:PutObject", "kms:Sign", "kms:Verify"}


def test_P2_no_function_reboots_as_itself(of_type: Any) -> None:
    for name, role in of_type("AWS::IAM::Role").items():
        if name == "RebootRole":
            continue
        on_ec2 = {action for action, _ in granted(role) if action.startswith("ec2:")}
        assert on_ec2 <= {"ec2:DescribeInstances", "ec2:DescribeInstanceStatus"}


def test_P2_the_audits_function_cannot_touch_ec2_and_that_of_instances_cannot_read_the_audit(of_type: Any) -> None:
    rights = {name: granted(role) for name, role in of_type("AWS::IAM::Role").items()}
    assert not {action for action, _ in rights["AuditFunctionRole"] if action.startswith(("ec2:", "cloudwatch:"))}
    on_audit = {right for right in rights["InstancesFunctionRole"] if right[1].startswith("AuditTable")}
    assert on_audit <= {("dynamodb:PutItem", "AuditTable"), ("dynamodb:Query", "AuditTable/index/resource-index")}


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
    for stage in of_type("AWS::ApiGateway::Stage").values():
        condition, setting, otherwise = stage["Properties"]["AccessLogSetting"]["Fn::If"]
        assert (condition, otherwise) == ("LogsRestApi", {"Ref": "AWS::NoValue"})
        assert setting["DestinationArn"]["Fn::GetAtt"][0] in groups


def test_the_only_ways_in_are_slack_events_and_the_sign_in_and_all_are_throttled(of_type: Any) -> None:
    (api,) = of_type("AWS::ApiGatewayV2::Api").values()
    assert {path: list(methods) for path, methods in api["Properties"]["Body"]["paths"].items()} == {
        "/slack/events": ["post"],
        "/auth/login": ["get"],
        "/auth/callback": ["get"],
        "/auth/link": ["post"],
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


def test_the_notary_sees_each_change_and_skips_none(translated: dict[str, Any], of_type: Any) -> None:
    table = translated["Resources"]["AuditTable"]["Properties"]
    assert table["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}
    sources = [one["Properties"] for one in of_type("AWS::Lambda::EventSourceMapping").values()]
    (source,) = [one for one in sources if one["FunctionName"] == {"Ref": "NotaryFunction"}]
    assert source["EventSourceArn"] == {"Fn::GetAtt": ["AuditTable", "StreamArn"]}
    assert source["StartingPosition"] == "TRIM_HORIZON"
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert not {"MaximumRetryAttempts", "MaximumRecordAgeInSeconds", "FilterCriteria"} & set(source)


def test_each_hour_is_sealed_after_nobody_writes_into_it(of_type: Any) -> None:
    rule = of_type("AWS::Events::Rule")["NotaryFunctionEveryHour"]
    minute = int(rule["Properties"]["ScheduleExpression"].removeprefix("cron(").split()[0])
    assert rule["Properties"]["ScheduleExpression"] == f"cron({minute} * * * ? *)"
    assert SETTLE < timedelta(minutes=minute) < SETTLE + timedelta(minutes=15)


def test_digests_are_locked_kept_private_and_signed_by_a_key_of_their_own(translated: dict[str, Any]) -> None:
    bucket, key = translated["Resources"]["DigestBucket"], translated["Resources"]["DigestKey"]
    properties = bucket["Properties"]
    retention = properties["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]
    assert retention["Mode"] == "COMPLIANCE"
    days = int(resolved(translated, retention["Days"]))
    assert days > int(translated["Parameters"]["AuditRetentionDays"]["Default"])
    assert properties["ObjectLockEnabled"] is True
    assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    assert (key["Properties"]["KeySpec"], key["Properties"]["KeyUsage"]) == ("ECC_NIST_P256", "SIGN_VERIFY")
    for kept in (bucket, key):
        assert kept["DeletionPolicy"] == kept["UpdateReplacePolicy"] == "Retain"


def test_a_notary_that_finds_something_or_fails_rings(translated: dict[str, Any], of_type: Any) -> None:
    counter = of_type("AWS::Logs::MetricFilter")["AuditTampering"]["Properties"]
    assert counter["FilterPattern"] == '{ $.message = "audit tampered with" }'
    assert counter["LogGroupName"] == {"Ref": "NotaryFunctionLogGroup"}
    alarms = of_type("AWS::CloudWatch::Alarm")
    metric = counter["MetricTransformations"][0]
    tampering = alarms["AuditTamperingAlarm"]["Properties"]
    assert (tampering["Namespace"], tampering["MetricName"]) == (metric["MetricNamespace"], metric["MetricName"])
    for name in ("NotaryFailed", "NotaryBehind"):
        assert alarms[name]["Properties"]["Dimensions"] == [
            {"Name": "FunctionName", "Value": {"Ref": "NotaryFunction"}}
        ]
    # Records that come back again and again are no errors of the function.
    assert alarms["NotaryBehind"]["Properties"]["MetricName"] == "IteratorAge"


def test_a_notary_that_nobody_calls_any_more_rings(of_type: Any) -> None:
    counter = of_type("AWS::Logs::MetricFilter")["HoursSealed"]["Properties"]
    assert counter["FilterPattern"] == '{ $.message = "hour sealed" }'
    assert counter["LogGroupName"] == {"Ref": "NotaryFunctionLogGroup"}
    alarm, metric = (
        of_type("AWS::CloudWatch::Alarm")["NotaryStopped"]["Properties"],
        counter["MetricTransformations"][0],
    )
    assert (alarm["Namespace"], alarm["MetricName"]) == (metric["MetricNamespace"], metric["MetricName"])
    assert (alarm["ComparisonOperator"], alarm["TreatMissingData"]) == ("LessThanThreshold", "breaching")


def test_the_state_table_is_the_one_of_the_contract(translated: dict[str, Any]) -> None:
    table = translated["Resources"]["StateTable"]["Properties"]
    assert keys(table) == ["pk", "sk"]
    assert table["TimeToLiveSpecification"]["AttributeName"] == "expiresAt"


def test_what_is_due_is_found_by_an_index_and_swept_each_minute(translated: dict[str, Any], of_type: Any) -> None:
    (index,) = translated["Resources"]["StateTable"]["Properties"]["GlobalSecondaryIndexes"]
    assert (index["IndexName"], keys(index)) == (DUE_INDEX, ["due", "dueAt"])
    rule = of_type("AWS::Events::Rule")["SweepFunctionEveryMinute"]
    assert rule["Properties"]["ScheduleExpression"] == "rate(1 minute)"
    assert rule["Properties"]["Targets"][0]["Arn"] == {"Fn::GetAtt": ["SweepFunction", "Arn"]}


def test_somebody_is_called_when_nobody_knows_whether_a_reboot_happened(of_type: Any) -> None:
    counter = of_type("AWS::Logs::MetricFilter")["RebootsNotObserved"]["Properties"]
    alarm = of_type("AWS::CloudWatch::Alarm")["RebootsNotObservedAlarm"]["Properties"]
    assert counter["FilterPattern"] == '{ $.message = "reboot not observed" }'
    assert counter["LogGroupName"] == {"Ref": "SweepFunctionLogGroup"}
    assert alarm["MetricName"] == counter["MetricTransformations"][0]["MetricName"]


def test_a_claim_is_given_up_only_when_its_worker_is_dead(translated: dict[str, Any]) -> None:
    assert translated["Resources"]["WorkerFunction"]["Properties"]["Timeout"] * 2 <= CLAIM_SECONDS


def test_the_worker_knows_after_how_many_receives_a_job_is_dead(translated: dict[str, Any]) -> None:
    queue = translated["Resources"]["JobsQueue"]["Properties"]
    variables = translated["Resources"]["WorkerFunction"]["Properties"]["Environment"]["Variables"]
    receives = queue["RedrivePolicy"]["maxReceiveCount"]
    assert receives == variables["JOBS_MAX_RECEIVES"]
    assert resolved(translated, receives) == "3"
    assert queue["RedrivePolicy"]["deadLetterTargetArn"] == {"Fn::GetAtt": ["DeadJobsQueue", "Arn"]}


def test_a_job_is_not_handed_out_again_while_the_worker_may_still_run(translated: dict[str, Any], of_type: Any) -> None:
    sources = of_type("AWS::Lambda::EventSourceMapping").values()
    for queue, function, batch in (("JobsQueue", "WorkerFunction", 1), ("AlarmsQueue", "AlarmsFunction", 10)):
        visible_after = translated["Resources"][queue]["Properties"]["VisibilityTimeout"]
        assert visible_after >= translated["Resources"][function]["Properties"]["Timeout"]
        (source,) = [one for one in sources if one["Properties"]["FunctionName"] == {"Ref": function}]
        assert source["Properties"]["BatchSize"] == batch
        assert source["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert source["Properties"]["ScalingConfig"]["MaximumConcurrency"] >= 2


def test_queues_are_encrypted_and_a_dead_job_is_kept_longest_and_rings(
    translated: dict[str, Any], of_type: Any
) -> None:
    queues = of_type("AWS::SQS::Queue")
    assert all(queue["Properties"]["SqsManagedSseEnabled"] is True for queue in queues.values())
    dead = {name: queue for name, queue in queues.items() if "RedrivePolicy" not in queue["Properties"]}
    assert sorted(dead) == ["DeadAlarmsQueue", "DeadJobsQueue"]
    for name, queue in dead.items():
        assert queue["Properties"]["MessageRetentionPeriod"] == 14 * 24 * 3600
        alarm = of_type("AWS::CloudWatch::Alarm")[name.replace("Queue", "Alarm")]
        assert alarm["Properties"]["Dimensions"][0]["Value"] == {"Fn::GetAtt": [name, "QueueName"]}


def test_N6_nothing_but_our_rule_and_our_topic_may_send_to_the_alarms_queue(translated: dict[str, Any]) -> None:
    policy = translated["Resources"]["AlarmsQueuePolicy"]["Properties"]
    assert policy["Queues"] == [{"Ref": "AlarmsQueue"}]
    senders = {
        statement["Principal"]["Service"]: statement["Condition"]["ArnEquals"]["aws:SourceArn"]
        for statement in policy["PolicyDocument"]["Statement"]
    }
    assert senders == {
        "events.amazonaws.com": {"Fn::GetAtt": ["AlarmRule", "Arn"]},
        "sns.amazonaws.com": {"Ref": "AlarmTopic"},
    }
    pattern = translated["Resources"]["AlarmRule"]["Properties"]["EventPattern"]
    assert pattern["source"] == ["aws.cloudwatch"]
    changes, deleted = pattern["$or"]
    assert changes == {"detail-type": [CHANGE, CONTRIBUTOR_CHANGE]}
    assert deleted == {"detail-type": [CONFIGURATION_CHANGE], "detail": {"operation": ["delete"]}}


def test_rejected_requests_are_counted_in_the_doors_log(of_type: Any) -> None:
    counter = of_type("AWS::Logs::MetricFilter")["RejectedRequests"]
    assert counter["Properties"]["FilterPattern"] == '{ $.message = "request rejected" }'
    assert counter["Properties"]["LogGroupName"] == {"Ref": "SlackFunctionLogGroup"}


def client_of(translated: dict[str, Any], **given: str) -> dict[str, Any]:
    properties = translated["Resources"]["UserPoolClient"]["Properties"]
    left = {key: value for key, value in properties.items() if key not in ("ClientName", "UserPoolId")}
    return dict(resolved(translated, left, {"PublicUrl": "https://api.example", **given}))


@pytest.mark.parametrize("rotates", ["true", "false"])
def test_nobody_signs_up_or_promotes_themselves(translated: dict[str, Any], rotates: str) -> None:
    pool = translated["Resources"]["UserPool"]
    client = client_of(translated, RotateRefreshTokens=rotates)
    assert pool["Properties"]["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}
    assert pool["Properties"]["DeletionProtection"] == "ACTIVE"
    assert [attribute["Name"] for attribute in pool["Properties"]["Schema"]] == ["role"]
    # An absent or empty list would allow every attribute.
    assert client["WriteAttributes"]
    assert not {"custom:role", "email", "email_verified"} & set(client["WriteAttributes"])
    assert client["EnableTokenRevocation"] is True
    assert client["PreventUserExistenceErrors"] == "ENABLED"


def test_no_token_of_the_client_can_edit_its_own_user(translated: dict[str, Any]) -> None:
    for rotates in ("true", "false"):
        client = client_of(translated, RotateRefreshTokens=rotates)
        assert set(client["AllowedOAuthScopes"]) == {"openid", "email", "profile"}
        # Every way to sign in without the hosted UI gives tokens with aws.cognito.signin.user.admin. Custom sign-in is
        # none: it needs triggers, and the pool has one for tokens alone.
        assert set(client["ExplicitAuthFlows"]) <= {"ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_CUSTOM_AUTH"}
        assert client["ExplicitAuthFlows"]
    assert set(translated["Resources"]["UserPool"]["Properties"]["LambdaConfig"]) == {"PreTokenGenerationConfig"}


def test_people_sign_in_by_the_code_flow_and_are_sent_to_one_address_alone(translated: dict[str, Any]) -> None:
    client = client_of(translated)
    assert client["AllowedOAuthFlowsUserPoolClient"] is True
    assert client["AllowedOAuthFlows"] == ["code"]
    assert client["CallbackURLs"] == ["https://api.example/auth/callback"]
    assert client["SupportedIdentityProviders"] == ["COGNITO"]
    assert "GenerateSecret" not in client  # PKCE stands in for it
    nowhere = client_of(translated, PublicUrl="")
    assert nowhere["AllowedOAuthFlowsUserPoolClient"] is False
    assert not {"AllowedOAuthFlows", "AllowedOAuthScopes", "CallbackURLs"} & set(nowhere)
    domain = translated["Resources"]["UserPoolDomain"]["Properties"]
    assert resolved(translated, domain["Domain"]) == "acme"


def test_a_refresh_token_is_used_once_or_by_the_old_flow_never_both(translated: dict[str, Any]) -> None:
    rotating = client_of(translated)
    assert rotating["RefreshTokenRotation"] == {"Feature": "ENABLED", "RetryGracePeriodSeconds": 10}
    assert rotating["ExplicitAuthFlows"] == ["ALLOW_CUSTOM_AUTH"]
    same = client_of(translated, RotateRefreshTokens="false")
    assert "RefreshTokenRotation" not in same
    assert same["ExplicitAuthFlows"] == ["ALLOW_REFRESH_TOKEN_AUTH"]


def test_J20_a_token_outlives_a_sign_out_by_five_minutes_at_most(translated: dict[str, Any]) -> None:
    client = client_of(translated)
    assert client["TokenValidityUnits"] == {"AccessToken": "minutes", "IdToken": "minutes", "RefreshToken": "hours"}
    assert (client["AccessTokenValidity"], client["IdTokenValidity"]) == (5, 5)
    assert client["RefreshTokenValidity"] <= 24


def test_the_pool_asks_our_trigger_and_may(translated: dict[str, Any]) -> None:
    pool = translated["Resources"]["UserPool"]["Properties"]
    assert pool["UserPoolTier"] == "ESSENTIALS"
    assert pool["LambdaConfig"]["PreTokenGenerationConfig"] == {
        "LambdaArn": {"Fn::GetAtt": ["PreTokenFunction", "Arn"]},
        "LambdaVersion": "V2_0",
    }
    assert translated["Resources"]["PreTokenPermission"]["Properties"] == {
        "Action": "lambda:InvokeFunction",
        "FunctionName": {"Ref": "PreTokenFunction"},
        "Principal": "cognito-idp.amazonaws.com",
        "SourceArn": {"Fn::GetAtt": ["UserPool", "Arn"]},
    }


def test_J21_the_authorizer_is_asked_for_every_request(translated: dict[str, Any]) -> None:
    (scheme,) = rest_api(translated)["components"]["securitySchemes"].values()
    assert scheme["x-amazon-apigateway-authorizer"]["type"] == "token"
    assert scheme["x-amazon-apigateway-authorizer"]["authorizerResultTtlInSeconds"] == 0
    assert scheme["name"] == "Authorization"


def test_every_route_of_the_rest_api_needs_a_token_but_the_one_that_gives_them(translated: dict[str, Any]) -> None:
    for path, methods in rest_api(translated)["paths"].items():
        for method, route in methods.items():
            if (path, method) == ("/auth/refresh", "post"):
                assert route.get("security", [{"NONE": []}]) == [{"NONE": []}]
            else:
                assert route["security"] == [{"CognitoTokens": []}], path


def test_api_gateways_own_refusals_are_in_our_shape_and_kept_by_nobody(translated: dict[str, Any]) -> None:
    responses = rest_api(translated)["x-amazon-apigateway-gateway-responses"]
    assert {"UNAUTHORIZED", "ACCESS_DENIED", "THROTTLED", "DEFAULT_4XX", "DEFAULT_5XX"} <= set(responses)
    for name, response in responses.items():
        error = yaml.safe_load(response["responseTemplates"]["application/json"])["error"]
        assert set(error) == {"code", "message"}
        assert STATUS[error["code"]] == int(response["statusCode"]), name
        assert response["responseParameters"]["gatewayresponse.header.Cache-Control"] == "'no-store'"
    assert int(responses["UNAUTHORIZED"]["statusCode"]) == 401


def test_the_rest_api_is_throttled_and_its_log_holds_no_token(translated: dict[str, Any]) -> None:
    (stage,) = [r for r in translated["Resources"].values() if r["Type"] == "AWS::ApiGateway::Stage"]
    (settings,) = stage["Properties"]["MethodSettings"]
    assert (settings["ResourcePath"], settings["HttpMethod"]) == ("/*", "*")
    assert 0 < settings["ThrottlingRateLimit"] <= settings["ThrottlingBurstLimit"]
    assert settings["DataTraceEnabled"] is False
    written = stage["Properties"]["AccessLogSetting"]["Fn::If"][1]["Format"]
    used = set(re.findall(r"\$context\.([A-Za-z.]+)", written))
    assert not {name for name in used if name.startswith(("authorizer", "path", "authorize", "requestOverride"))}


def rest_api(translated: dict[str, Any]) -> dict[str, Any]:
    (api,) = [entry for entry in translated["Resources"].values() if entry["Type"] == "AWS::ApiGateway::RestApi"]
    return dict(api["Properties"]["Body"])


def test_the_secret_is_deployed_empty(translated: dict[str, Any]) -> None:
    secret = translated["Resources"]["SlackSecret"]["Properties"]
    assert yaml.safe_load(secret["SecretString"]) == {"SLACK_SIGNING_SECRET": "", "SLACK_BOT_TOKEN": ""}


def test_the_manifest_asks_for_what_is_used_and_points_at_the_route() -> None:
    manifest = yaml.safe_load((ROOT / "slack-manifest.yaml").read_text(encoding="utf-8"))
    (command,) = manifest["features"]["slash_commands"]
    assert command["command"] == "/ec2"
    assert command["should_escape"] is True
    assert command["url"].endswith("/slack/events")
    assert set(manifest["oauth_config"]["scopes"]["bot"]) == {
        "commands", "chat:write", "files:write", "files:read", "users:read", "users:read.email", "im:write"
    }  # fmt: skip


def keys(table: dict[str, Any]) -> list[str]:
    assert [key["KeyType"] for key in table["KeySchema"]] == ["HASH", "RANGE"]
    return [key["AttributeName"] for key in table["KeySchema"]]
