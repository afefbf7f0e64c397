"""Compares what a function's role allows with what the function really called, in the template's own words.

Refuses policies it could only guess at: Deny, NotAction, NotResource, and resources that are no reference.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

Right = tuple[str, str]

_SUB = re.compile(r"\$\{(\w+)(?:\.Arn)?\}([^${}]*)")

# Where IAM's word differs from the API's: one permission covers the batch call too.
_IAM_ACTIONS = {
    "SendMessageBatch": "SendMessage",
    "DeleteMessageBatch": "DeleteMessage",
    "ChangeMessageVisibilityBatch": "ChangeMessageVisibility",
    "ListObjectsV2": "ListBucket",
}
_IAM_SERVICES = {"monitoring": "cloudwatch", "email": "ses"}


class Call(Protocol):
    """What a recorded AWS call offers; `playground.aws.AwsCall` does."""

    @property
    def access_key_id(self) -> str: ...
    @property
    def service(self) -> str: ...
    @property
    def action(self) -> str: ...
    @property
    def resource(self) -> str: ...


def statements(role: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every statement of a role's inline policies."""
    policies = role["Properties"].get("Policies", [])
    return [entry for policy in policies for entry in as_list(policy["PolicyDocument"]["Statement"])]


def role_of(translated: Mapping[str, Any], logical_function_id: str) -> str:
    """The logical id of the function's role."""
    role = translated["Resources"][logical_function_id]["Properties"]["Role"]
    return str(role["Fn::GetAtt"][0])


def declared(translated: Mapping[str, Any], logical_function_id: str) -> set[Right]:
    """(action, logical resource or `*`) for all that the role allows, logging included."""
    role = role_of(translated, logical_function_id)
    apart = [
        {"Properties": {"Policies": [entry["Properties"]]}}
        for entry in translated["Resources"].values()
        if entry["Type"] == "AWS::IAM::RolePolicy" and entry["Properties"]["RoleName"] == {"Ref": role}
    ]
    return set().union(*(granted(part) for part in [translated["Resources"][role], *apart]))


def granted(role: Mapping[str, Any]) -> set[Right]:
    """The same for a role itself."""
    rights: set[Right] = set()
    for statement in statements(role):
        if statement["Effect"] != "Allow":
            raise ValueError(f"Only Allow is understood: {statement}")
        for action in as_list(statement["Action"]):
            rights |= {(action, _logical(resource)) for resource in as_list(statement["Resource"])}
    return rights


def logging_rights(translated: Mapping[str, Any], logical_function_id: str) -> set[Right]:
    """What Lambda itself needs to write the function's log; no call of the function shows it."""
    logging = translated["Resources"][logical_function_id]["Properties"]["LoggingConfig"]
    group = logging["LogGroup"]["Ref"]
    return {("logs:CreateLogStream", group), ("logs:PutLogEvents", group)}


def polling_rights(translated: Mapping[str, Any], logical_function_id: str) -> set[Right]:
    """What Lambda's poller needs to read a table's stream for the function; no call of the function shows it."""
    sources = [
        entry["Properties"]["EventSourceArn"]
        for entry in translated["Resources"].values()
        if entry["Type"] == "AWS::Lambda::EventSourceMapping"
        and entry["Properties"]["FunctionName"] == {"Ref": logical_function_id}
    ]
    rights: set[Right] = set()
    for source in sources:
        table, _, attribute = ".".join(source["Fn::GetAtt"]).partition(".")
        if attribute == "StreamArn":
            own = {f"dynamodb:{action}" for action in ("DescribeStream", "GetRecords", "GetShardIterator")}
            rights |= {(action, f"{table}/stream") for action in own} | {("dynamodb:ListStreams", f"{table}/stream/*")}
    return rights


def observed(calls: Iterable[Call], names: Mapping[str, str], access_key_id: str | None = None) -> set[Right]:
    """(IAM action, logical resource or `*`) for the calls, or for those signed with one access key.

    `names` are the Refs by logical id. A resource that none of them names stays as it was called, so that
    it can match no declaration.
    """
    logical_ids = {physical: logical_id for logical_id, physical in names.items()}
    rights: set[Right] = set()
    for call in calls:
        if access_key_id in (None, call.access_key_id):
            service = _IAM_SERVICES.get(call.service, call.service)
            action = f"{service}:{_IAM_ACTIONS.get(call.action, call.action)}"
            resource, separator, index = call.resource.partition("/" if service == "s3" else "/index/")
            rights.add((action, logical_ids.get(resource, resource) + separator + index))
    return rights


def _logical(resource: Any) -> str:
    match resource:
        case "*":
            return "*"
        case {"Ref": str(logical_id)} | {"Fn::GetAtt": [str(logical_id), "Arn"]}:
            return logical_id
        case {"Fn::GetAtt": [str(logical_id), "StreamArn"]}:
            return f"{logical_id}/stream"
        case {"Fn::Sub": "arn:${AWS::Partition}:ec2:*:${AWS::AccountId}:instance/*"}:
            return "instance/*"
        case {"Fn::Sub": str(text)} if found := _SUB.fullmatch(text):
            return found.group(1) + found.group(2)
    raise ValueError(f"No reference to a resource of the template: {resource!r}")


def as_list(value: Any) -> list[Any]:
    """IAM writes a list of one without its brackets."""
    return value if isinstance(value, list) else [value]
