"""Creates the template's resources in an AWS endpoint, each when something first refers to it.

Refuses resource types and properties it does not know, so that nothing declared is silently missing;
what the handlers can do without is listed with its reason.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from playground.template import SAM_FUNCTION, Resource, Template, TemplateError

STACK_NAME = "ec2-chatops"
ACCOUNT_ID = "123456789012"

LEFT_OUT = {
    "AWS::SNS::TopicPolicy": "moto checks no permissions",
    "AWS::SQS::QueuePolicy": "the same",
    "AWS::CloudWatch::Alarm": "watches queues from outside; no handler reads it",
    "AWS::IAM::RolePolicy": "the same as its role",
    "AWS::IAM::Role": "moto checks no permissions; the permissions test compares roles with real calls",
    "AWS::Lambda::Permission": "nobody asks for it here",
    "AWS::Logs::LogGroup": "a function's log goes to the terminal",
    "AWS::Logs::MetricFilter": "counts log lines that are not kept here",
    "AWS::Serverless::Api": "playground.rest_api stands in for it",
    "AWS::S3::BucketPolicy": "moto checks no policies",
    "AWS::Serverless::HttpApi": "playground.gateway stands in for it",
    SAM_FUNCTION: "runs as a child process, see playground.functions",
}

Attributes = dict[str, str]
Client = Callable[[str], Any]


class Stack(Mapping[str, str]):
    """The names of a stack: `Id` is what a Ref gives, `Id.Attribute` what a GetAtt gives.

    Looking a name up creates its resource, or finds the one that an earlier run created. KeyError for a
    name that the template does not declare or whose type is left out.
    """

    def __init__(self, template: Template, client: Client, region: str, parameters: Mapping[str, str]) -> None:
        self._template = template
        self._client = client
        self._names = {
            "AWS::StackName": STACK_NAME,
            "AWS::Region": region,
            "AWS::AccountId": ACCOUNT_ID,
            "AWS::Partition": "aws",
            "AWS::URLSuffix": "amazonaws.com",
            **template.parameters(parameters),
        }
        # A function has a name and an ARN wherever it runs; the user pool names its trigger.
        for logical_id in template.resources(SAM_FUNCTION):
            name = f"{STACK_NAME}-{logical_id}"
            self._names[logical_id] = name
            self._names[f"{logical_id}.Arn"] = f"arn:aws:lambda:{region}:{ACCOUNT_ID}:function:{name}"
        # A role has an ARN wherever it is assumed: moto asks for no more.
        for logical_id in template.resources("AWS::IAM::Role"):
            self._names[f"{logical_id}.Arn"] = f"arn:aws:iam::{ACCOUNT_ID}:role/{STACK_NAME}-{logical_id}"
        self._resources = {
            logical_id: resource
            for logical_id, resource in template.resources().items()
            if resource.type not in LEFT_OUT
        }
        unknown = {resource.type for resource in self._resources.values()} - set(_CREATORS)
        if unknown:
            raise TemplateError(f"No way to create {sorted(unknown)}, and not listed as left out")
        self._begun: set[str] = set()

    def create_all(self) -> None:
        for logical_id in self._resources:
            self[logical_id]

    def resolve(self, value: Any) -> Any:
        return self._template.resolve(value, self)

    def physical(self) -> dict[str, str]:
        """What a Ref gives, by logical id, for each resource that exists."""
        return {logical_id: self._names[logical_id] for logical_id in self._resources if logical_id in self._names}

    def __getitem__(self, name: str) -> str:
        if name not in self._names:
            logical_id = name.split(".", 1)[0]
            if logical_id in self._resources and logical_id not in self._begun:
                self._begun.add(logical_id)
                self._create(self._resources[logical_id])
        return self._names[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def _create(self, resource: Resource) -> None:
        service, create = _CREATORS[resource.type]
        properties = self.resolve(dict(resource.properties))
        attributes = create(self._client(service), f"{STACK_NAME}-{resource.logical_id}", properties)
        for attribute, value in attributes.items():
            key = resource.logical_id if attribute == "Ref" else f"{resource.logical_id}.{attribute}"
            self._names[key] = value


def _rest(properties: dict[str, Any], kind: str) -> None:
    if properties:
        raise TemplateError(f"{kind}: no way to apply {sorted(properties)}")


def _table(dynamodb: Any, name: str, properties: dict[str, Any]) -> Attributes:
    name = properties.pop("TableName", name)
    encryption = properties.pop("SSESpecification", {})
    time_to_live = properties.pop("TimeToLiveSpecification", None)
    recovery = properties.pop("PointInTimeRecoverySpecification", None)
    known = (
        "AttributeDefinitions",
        "KeySchema",
        "GlobalSecondaryIndexes",
        "LocalSecondaryIndexes",
        "BillingMode",
        "DeletionProtectionEnabled",
        "StreamSpecification",
    )
    request = {key: properties.pop(key) for key in known if key in properties}
    _rest(properties, "Table")
    if "StreamSpecification" in request:
        request["StreamSpecification"] = {"StreamEnabled": True, **request["StreamSpecification"]}
    if "SSEEnabled" in encryption:
        request["SSESpecification"] = {"Enabled": encryption["SSEEnabled"]}
    try:
        table = dynamodb.create_table(TableName=name, **request)["TableDescription"]
    except dynamodb.exceptions.ResourceInUseException:
        table = dynamodb.describe_table(TableName=name)["Table"]
    else:
        if time_to_live:
            dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=time_to_live)
        if recovery:
            dynamodb.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification=recovery)
    attributes = {"Ref": name, "Arn": table["TableArn"]}
    if "LatestStreamArn" in table:
        attributes["StreamArn"] = table["LatestStreamArn"]
    return attributes


def _queue(sqs: Any, name: str, properties: dict[str, Any]) -> Attributes:
    name = properties.pop("QueueName", name)
    attributes = {}
    for key, value in properties.items():
        if isinstance(value, bool):
            attributes[key] = str(value).lower()
        else:
            attributes[key] = json.dumps(value) if isinstance(value, dict) else str(value)
    try:
        url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    except sqs.exceptions.QueueNameExists:
        url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    return {"Ref": url, "QueueUrl": url, "QueueName": name, "Arn": arn}


def _secret(secretsmanager: Any, name: str, properties: dict[str, Any]) -> Attributes:
    name = properties.pop("Name", name)
    try:
        arn = secretsmanager.create_secret(Name=name, **properties)["ARN"]
    except secretsmanager.exceptions.ResourceExistsException:
        arn = secretsmanager.describe_secret(SecretId=name)["ARN"]
    return {"Ref": arn, "Id": arn}


def _user_pool(cognito: Any, name: str, properties: dict[str, Any]) -> Attributes:
    name = properties.pop("UserPoolName", name)
    second_factors = properties.pop("EnabledMfas", [])
    pools = cognito.list_user_pools(MaxResults=60)["UserPools"]
    pool_id = next((pool["Id"] for pool in pools if pool["Name"] == name), None)
    if pool_id is None:
        pool_id = cognito.create_user_pool(PoolName=name, **properties)["UserPool"]["Id"]
        # CloudFormation knows it as a property, the API as a second call.
        if "SOFTWARE_TOKEN_MFA" in second_factors:
            cognito.set_user_pool_mfa_config(
                UserPoolId=pool_id,
                SoftwareTokenMfaConfiguration={"Enabled": True},
                MfaConfiguration=properties["MfaConfiguration"],
            )
    pool = cognito.describe_user_pool(UserPoolId=pool_id)["UserPool"]
    return {"Ref": pool_id, "UserPoolId": pool_id, "Arn": pool["Arn"]}


def _user_pool_client(cognito: Any, name: str, properties: dict[str, Any]) -> Attributes:
    name = properties.pop("ClientName", name)
    pool_id = properties["UserPoolId"]
    clients = cognito.list_user_pool_clients(UserPoolId=pool_id, MaxResults=60)["UserPoolClients"]
    client_id = next((client["ClientId"] for client in clients if client["ClientName"] == name), None)
    if client_id is None:
        created = cognito.create_user_pool_client(ClientName=name, **properties)
        client_id = created["UserPoolClient"]["ClientId"]
    return {"Ref": client_id, "ClientId": client_id}


def _user_pool_domain(cognito: Any, name: str, properties: dict[str, Any]) -> Attributes:
    if not cognito.describe_user_pool_domain(Domain=properties["Domain"])["DomainDescription"]:
        cognito.create_user_pool_domain(**properties)
    return {"Ref": properties["Domain"]}


def _key(kms: Any, name: str, properties: dict[str, Any]) -> Attributes:
    for ignored in ("KeyPolicy", "PendingWindowInDays"):  # who may, and how slowly it is deleted
        properties.pop(ignored, None)
    alias = f"alias/{name}"
    found = [entry["TargetKeyId"] for entry in kms.list_aliases()["Aliases"] if entry["AliasName"] == alias]
    key_id = found[0] if found else kms.create_key(**properties)["KeyMetadata"]["KeyId"]
    if not found:
        kms.create_alias(AliasName=alias, TargetKeyId=key_id)
    return {"Ref": key_id, "KeyId": key_id, "Arn": kms.describe_key(KeyId=key_id)["KeyMetadata"]["Arn"]}


def _bucket(s3: Any, name: str, properties: dict[str, Any]) -> Attributes:
    name = properties.pop("BucketName", name.lower())
    lock = properties.pop("ObjectLockConfiguration", None)
    locked = properties.pop("ObjectLockEnabled", False)
    # What a bucket with a lock has anyhow, and who may reach it: here, everybody.
    for ignored in (
        "VersioningConfiguration",
        "BucketEncryption",
        "OwnershipControls",
        "PublicAccessBlockConfiguration",
    ):
        properties.pop(ignored, None)
    _rest(properties, "Bucket")
    if name not in {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}:
        s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=locked)
        if lock:
            days = lock["Rule"]["DefaultRetention"]
            days["Days"] = int(days["Days"])
            s3.put_object_lock_configuration(Bucket=name, ObjectLockConfiguration=lock)
    return {"Ref": name, "Arn": f"arn:aws:s3:::{name}"}


def _topic(sns: Any, name: str, properties: dict[str, Any]) -> Attributes:
    name = properties.pop("TopicName", name)
    arn = sns.create_topic(Name=name, Attributes=properties)["TopicArn"]
    return {"Ref": arn, "TopicArn": arn, "TopicName": name}


def _subscription(sns: Any, name: str, properties: dict[str, Any]) -> Attributes:
    arn = sns.subscribe(**properties, ReturnSubscriptionArn=True)["SubscriptionArn"]
    return {"Ref": arn}


def _rule(events: Any, name: str, properties: dict[str, Any]) -> Attributes:
    name = properties.pop("Name", name)
    targets = properties.pop("Targets")
    pattern = json.dumps(properties.pop("EventPattern"))
    arn = events.put_rule(Name=name, EventPattern=pattern, **properties)["RuleArn"]
    events.put_targets(Rule=name, Targets=targets)
    return {"Ref": name, "Arn": arn}


_CREATORS: dict[str, tuple[str, Callable[[Any, str, dict[str, Any]], Attributes]]] = {
    "AWS::Cognito::UserPool": ("cognito-idp", _user_pool),
    "AWS::Cognito::UserPoolClient": ("cognito-idp", _user_pool_client),
    "AWS::Cognito::UserPoolDomain": ("cognito-idp", _user_pool_domain),
    "AWS::DynamoDB::Table": ("dynamodb", _table),
    "AWS::KMS::Key": ("kms", _key),
    "AWS::S3::Bucket": ("s3", _bucket),
    "AWS::Events::Rule": ("events", _rule),
    "AWS::SNS::Subscription": ("sns", _subscription),
    "AWS::SNS::Topic": ("sns", _topic),
    "AWS::SQS::Queue": ("sqs", _queue),
    "AWS::SecretsManager::Secret": ("secretsmanager", _secret),
}
