"""Makes an AWS endpoint ready for the handlers: what template.yaml declares, the fleet, the people.

Refuses to change what an earlier run created: a second run finds it again and gives the same names.
"""

import argparse
import json
import os
import re
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

import boto3
from botocore.config import Config

from playground import fleet, telemetry
from playground.people import APP_ID, PEOPLE, TEAM_ID, Person
from playground.stack import Stack
from playground.template import DEFAULT_PATH, SAM_FUNCTION, Resource, Template, TemplateError

DEFAULT_REGION = "us-east-1"
DEFAULT_PUBLIC_URL = "http://127.0.0.1:8000"
ALERT_CHANNEL_ID = "C0ALERTS"
DOMAIN_PREFIX = "playground"

# Satisfies the pool's policy; nobody outside this machine can sign in to a local pool.
PASSWORD = "Playground-only-1"

_SECRET_ACCESS_KEY = "local"
_SAM_DEFAULT_TIMEOUT = 3
_SAM_DEFAULT_MEMORY = 128
_SAM_DEFAULT_BATCH = 10


@dataclass(frozen=True)
class FunctionSpec:
    """A function as the template declares it; `environment` is all that it may see.

    `routes` are the (method, path) pairs that the HTTP API sends to it; `stream_arn` is the table's stream that it
    reads, `schedules` are the expressions by which EventBridge calls it.

    The access key id is its own, so that its calls can be told from everybody else's.
    """

    logical_id: str
    handler: str
    environment: Mapping[str, str]
    timeout_seconds: int
    memory_mb: int
    queue_url: str | None
    batch_size: int
    routes: frozenset[tuple[str, str]] = frozenset()
    stream_arn: str | None = None
    schedules: tuple[str, ...] = ()

    @property
    def access_key_id(self) -> str:
        return self.environment["AWS_ACCESS_KEY_ID"]


@dataclass(frozen=True)
class Provisioned:
    """What exists now: the whole environment, each function's own, and the Ref of each logical id."""

    environment: Mapping[str, str]
    functions: tuple[FunctionSpec, ...]
    names: Mapping[str, str]

    def function(self, logical_id: str) -> FunctionSpec:
        return next(spec for spec in self.functions if spec.logical_id == logical_id)


@dataclass(frozen=True)
class Installation:
    """The one Slack app that is served, and the people of its workspace.

    `secret` is what Slack gave the app; without it the first run makes one up.
    """

    team_id: str = TEAM_ID
    app_id: str = APP_ID
    people: tuple[Person, ...] = PEOPLE
    secret: Mapping[str, str] = field(default_factory=dict, repr=False)


LOCAL = Installation()


def provision(
    endpoint_url: str,
    slack_api_url: str | None = None,
    public_url: str = DEFAULT_PUBLIC_URL,
    template_path: str | os.PathLike[str] = DEFAULT_PATH,
    region: str = DEFAULT_REGION,
    installation: Installation = LOCAL,
) -> Provisioned:
    """Create what is missing in the endpoint. `slack_api_url` defaults to `<public_url>/api/`."""
    endpoint_url = endpoint_url.rstrip("/")
    slack_api_url = slack_api_url or f"{public_url}/api/"
    session: Any = boto3.Session(
        aws_access_key_id=access_key_id("provision"),
        aws_secret_access_key=_SECRET_ACCESS_KEY,
        region_name=region,
    )

    @cache
    def client(service: str) -> Any:
        # The endpoint answers one request at a time; its first EC2 call loads for seconds.
        return session.client(service, endpoint_url=endpoint_url, config=Config(read_timeout=60))

    template = Template.load(template_path)
    parameters = {
        "SlackTeamId": installation.team_id,
        "SlackAppId": installation.app_id,
        "PublicUrl": public_url,
        "CognitoDomainPrefix": DOMAIN_PREFIX,
        "AlertChannelId": ALERT_CHANNEL_ID,
        # moto knows no GetTokensFromRefreshToken.
        "RotateRefreshTokens": "false",
    }
    stack = Stack(template, client, region, parameters)
    stack.create_all()
    slack_secret = _filled_secret(client("secretsmanager"), stack["SlackSecret"], installation.secret)
    admins: list[Mapping[str, str]] = []
    for person in installation.people:
        if person.role:
            user = _user(client("cognito-idp"), stack["UserPool"], person)
            admins += [user] if person.role == "admin" else []
            if person.linked:
                _link(client("dynamodb"), stack["StateTable"], person, user)
    fleet.launch(client("ec2"), region)
    if admins:
        telemetry.record(client, stack["AuditTable"], admins[-1])

    local = {
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_SECRET_ACCESS_KEY": _SECRET_ACCESS_KEY,
        "SLACK_API_URL": slack_api_url,
        "COGNITO_JWKS_URL": f"{endpoint_url}/{stack['UserPool']}/.well-known/jwks.json",
    }
    elsewhere = {"COGNITO_DOMAIN": f"{public_url}/cognito"}
    functions = tuple(
        _function(stack, resource, local, elsewhere) for resource in template.resources(SAM_FUNCTION).values()
    )
    everything = {key: value for spec in functions for key, value in spec.environment.items() if value}
    environment = {
        **everything,
        **slack_secret,
        "REGIONS": region,
        "COGNITO_CLIENT_ID": stack["UserPoolClient"],
        **elsewhere,
        "PUBLIC_URL": public_url,
        "AWS_ACCESS_KEY_ID": access_key_id("environment"),
    }
    return Provisioned(dict(sorted(environment.items())), functions, stack.physical())


def access_key_id(owner: str) -> str:
    """A key id that looks like AWS's and names its owner."""
    return "AKIALOCAL" + re.sub(r"[^A-Z0-9]", "", owner.upper())


def _function(stack: Stack, resource: Resource, local: Mapping[str, str], elsewhere: Mapping[str, str]) -> FunctionSpec:
    """`local` is added to what the template gives; `elsewhere` replaces what it gives, and adds nothing."""
    # Only what a function runs by: its role and log group do not exist here.
    kept = ("Handler", "Timeout", "MemorySize", "Environment")
    properties = stack.resolve({key: resource.properties[key] for key in kept if key in resource.properties})
    declared = properties.get("Environment", {}).get("Variables", {})
    events = resource.properties.get("Events", {}).values()
    sources = [stack.resolve(event["Properties"]) for event in events if event["Type"] == "SQS"]
    routes = [event["Properties"] for event in events if event["Type"] == "HttpApi"]
    streams = [stack.resolve(event["Properties"]["Stream"]) for event in events if event["Type"] == "DynamoDB"]
    if len(sources) > 1:
        raise TemplateError(f"{resource.logical_id} has more than one queue")
    batch_size = int(sources[0].get("BatchSize", _SAM_DEFAULT_BATCH)) if sources else 0
    return FunctionSpec(
        logical_id=resource.logical_id,
        handler=properties["Handler"],
        environment={
            **{key: elsewhere.get(key, str(value)) for key, value in declared.items()},
            **local,
            "AWS_ACCESS_KEY_ID": access_key_id(resource.logical_id),
        },
        timeout_seconds=int(properties.get("Timeout", _SAM_DEFAULT_TIMEOUT)),
        memory_mb=int(properties.get("MemorySize", _SAM_DEFAULT_MEMORY)),
        queue_url=_queue_url(stack, sources[0]["Queue"]) if sources else None,
        batch_size=batch_size,
        routes=frozenset((route["Method"].upper(), route["Path"]) for route in routes),
        stream_arn=streams[0] if streams else None,
        schedules=tuple(event["Properties"]["Schedule"] for event in events if event["Type"] == "Schedule"),
    )


def _queue_url(stack: Stack, arn: str) -> str:
    for logical_id, url in stack.physical().items():
        if stack.get(f"{logical_id}.Arn") == arn:
            return url
    raise TemplateError(f"No queue of this stack has the ARN {arn}")


def _filled_secret(secretsmanager: Any, arn: str, given: Mapping[str, str]) -> dict[str, str]:
    """The Slack secret; the template's empty placeholders are filled on the first run, `given` values on each."""
    values: dict[str, str] = json.loads(secretsmanager.get_secret_value(SecretId=arn)["SecretString"])
    if given or not all(values.values()):
        values = {
            "SLACK_SIGNING_SECRET": secrets.token_hex(16),
            "SLACK_BOT_TOKEN": f"xoxb-{secrets.token_hex(24)}",
            **given,
        }
        secretsmanager.put_secret_value(SecretId=arn, SecretString=json.dumps(values))
    return values


def _user(cognito: Any, pool_id: str, person: Person) -> Mapping[str, str]:
    """The link's share of the person's Cognito user, which is created when it is missing."""
    wanted = {"email": person.email, "email_verified": "true", "name": person.real_name, "custom:role": person.role}
    try:
        cognito.admin_create_user(
            UserPoolId=pool_id,
            Username=person.email,
            MessageAction="SUPPRESS",
            UserAttributes=[{"Name": name, "Value": value} for name, value in wanted.items()],
        )
    except cognito.exceptions.UsernameExistsException:
        pass
    else:
        # An invited user stays in FORCE_CHANGE_PASSWORD until this.
        cognito.admin_set_user_password(UserPoolId=pool_id, Username=person.email, Password=PASSWORD, Permanent=True)
    user = cognito.admin_get_user(UserPoolId=pool_id, Username=person.email)
    attributes = {entry["Name"]: entry["Value"] for entry in user["UserAttributes"]}
    return {"username": user["Username"], "sub": attributes["sub"], "email": person.email}


def _link(dynamodb: Any, state_table: str, person: Person, user: Mapping[str, str]) -> None:
    link = {
        "pk": f"slack#{person.team_id}#{person.user_id}",
        "sk": "link",
        **user,
        "linkedAt": datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
    }
    holder = {
        "pk": f"cognito#{user['sub']}",
        "sk": f"slack#{person.team_id}",
        "slackUserId": person.user_id,
        "linkedAt": link["linkedAt"],
    }
    puts = [
        {
            "Put": {
                "TableName": state_table,
                "Item": {key: {"S": value} for key, value in row.items()},
                "ConditionExpression": "attribute_not_exists(pk)",
            }
        }
        for row in (link, holder)
    ]
    with suppress(dynamodb.exceptions.TransactionCanceledException):  # an earlier run linked them
        dynamodb.transact_write_items(TransactItems=puts)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m playground.provision", description=__doc__)
    parser.add_argument("--endpoint-url", required=True, help="an AWS endpoint such as http://127.0.0.1:5000")
    parser.add_argument("--slack-api-url", help="base of Slack's Web API, default <public url>/api/")
    parser.add_argument("--public-url", default=DEFAULT_PUBLIC_URL)
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or DEFAULT_REGION
    parser.add_argument("--region", default=region)
    arguments = parser.parse_args()
    provisioned = provision(
        arguments.endpoint_url,
        slack_api_url=arguments.slack_api_url,
        public_url=arguments.public_url,
        region=arguments.region,
    )
    for name, value in provisioned.environment.items():
        print(f"{name}={value}")


if __name__ == "__main__":
    main()
