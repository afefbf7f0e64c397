"""What AWS shows after a reboot and moto does not: status checks that leave `ok` for a while, and CloudTrail's record.

It changes moto only while it is entered, and refuses to guess: only RebootInstances has an aftermath.
"""

import json
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from playground.lifetimes import Entered

COURSE_TAG = "playground:after-reboot"
IMPAIRED, NEVER_LEAVES_OK = "stays impaired", "never leaves ok"

STILL_OK_SECONDS = 4.0
AWAY_SECONDS = 40.0

_REACHED = {
    "ok": "passed",
    "initializing": "initializing",
    "impaired": "failed",
}


@dataclass(frozen=True)
class Session:
    """An assumed role, as CloudTrail writes it down."""

    name: str
    arn: str
    source_identity: str | None


class Aftermath(Entered):
    """Of all instances of the account; the tag `playground:after-reboot` of one may say how it goes with that one."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._ahead = 0.0
        self._told: dict[str, float] = {}
        self._sessions: dict[str, Session] = {}
        self._events: list[dict[str, Any]] = []

    def later(self, seconds: float) -> None:
        """The machines are so much further on."""
        self._ahead += seconds

    def instance_status(self, instance_id: str, course: str | None) -> str:
        """EC2's word for the check that asks whether the machine itself answers."""
        told = self._told.get(instance_id)
        if told is None or course == NEVER_LEAVES_OK:
            return "ok"
        since = self._now() - told
        if since < STILL_OK_SECONDS:
            return "ok"
        if since < STILL_OK_SECONDS + AWAY_SECONDS:
            return "initializing"
        return "impaired" if course == IMPAIRED else "ok"

    def _now(self) -> float:
        return self._clock() + self._ahead

    def _start(self, stack: ExitStack) -> None:
        from moto.cloudtrail.responses import CloudTrailResponse
        from moto.ec2.models.instances import Instance
        from moto.ec2.responses.instances import InstanceResponse
        from moto.sts.responses import TokenResponse

        checked: Any = Instance.__dict__["instance_status"]
        by_moto, assumed = InstanceResponse.reboot_instances, TokenResponse.assume_role

        def instance_status(instance: Any) -> dict[str, Any]:
            shown: dict[str, Any] = checked.fget(instance)
            if shown["Status"] != "ok":
                return shown
            status = self.instance_status(instance.id, _course(instance))
            return {"Status": status, "Details": [{"Name": "reachability", "Status": _REACHED[status]}]}

        def reboot_instances(response: Any) -> Any:
            ids = list(response._get_param("InstanceIds", []))
            try:
                answer = by_moto(response)
            except Exception as refusal:
                self._record(response, ids, f"Client.{getattr(refusal, 'code', type(refusal).__name__)}")
                raise
            self._record(response, ids, None)
            self._told.update(dict.fromkeys(ids, self._now()))
            return answer

        def assume_role(response: Any) -> Any:
            answer = assumed(response)
            role: Any = answer.result["Credentials"]
            identity = response._get_param("SourceIdentity")
            self._sessions[role.access_key_id] = Session(role.session_name, role.arn, identity)
            return answer

        def lookup_events(response: Any) -> str:
            return json.dumps({"Events": list(self._found(response.region, json.loads(response.body)))})

        stack.enter_context(_replaced(Instance, "instance_status", property(instance_status)))
        stack.enter_context(_replaced(InstanceResponse, "reboot_instances", reboot_instances))
        stack.enter_context(_replaced(TokenResponse, "assume_role", assume_role))
        stack.enter_context(_replaced(CloudTrailResponse, "lookup_events", lookup_events))

    def _record(self, response: Any, instance_ids: list[str], error: str | None) -> None:
        """https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html"""
        session = self._sessions.get(response.access_key)
        asked: dict[str, Any] = {"instancesSet": {"items": [{"instanceId": one} for one in instance_ids]}}
        if response._get_param("DryRun", False):
            asked["dryRun"] = True
        self._events.append(
            {
                "eventVersion": "1.11",
                "userIdentity": _identity(session, response.access_key, response.current_account),
                "eventTime": datetime.fromtimestamp(int(self._clock()), UTC).isoformat().replace("+00:00", "Z"),
                "eventSource": "ec2.amazonaws.com",
                "eventName": "RebootInstances",
                "awsRegion": response.region,
                "requestParameters": asked,
                "responseElements": None if error else {"_return": True},
                **({"errorCode": error} if error else {}),
                "eventID": str(uuid.uuid4()),
                "readOnly": False,
                "eventType": "AwsApiCall",
                "managementEvent": True,
                "recipientAccountId": response.current_account,
                "eventCategory": "Management",
            }
        )

    def _found(self, region: str, asked: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Newest first and at once, where CloudTrail takes minutes."""
        wanted = {one["AttributeKey"]: one["AttributeValue"] for one in asked.get("LookupAttributes") or []}
        since = float(asked.get("StartTime") or 0)
        for event in reversed(self._events):
            shown = _shown(event)
            named = [*shown.items(), *(("ResourceName", one["ResourceName"]) for one in shown["Resources"])]
            here = event["awsRegion"] == region and shown["EventTime"] >= since
            if here and all(pair in named for pair in wanted.items()):
                yield shown


def _course(instance: Any) -> str | None:
    return next((str(tag["value"]) for tag in instance.get_tags() if tag["key"] == COURSE_TAG), None)


def _identity(session: Session | None, access_key_id: str, account: str) -> dict[str, Any]:
    if session is None:
        return {"type": "IAMUser", "userName": "local", "accountId": account, "accessKeyId": access_key_id}
    context = {"sourceIdentity": session.source_identity} if session.source_identity else {}
    return {
        "type": "AssumedRole",
        "arn": session.arn,
        "accountId": account,
        "accessKeyId": access_key_id,
        "sessionContext": context,
    }


def _shown(event: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_Event.html"""
    identity = event["userIdentity"]
    machines = event["requestParameters"]["instancesSet"]["items"]
    return {
        "EventId": event["eventID"],
        "EventName": event["eventName"],
        "ReadOnly": "false",
        "AccessKeyId": identity["accessKeyId"],
        "EventTime": datetime.fromisoformat(event["eventTime"]).timestamp(),
        "EventSource": event["eventSource"],
        "Username": identity.get("userName") or identity["arn"].rsplit("/", 1)[-1],
        "Resources": [{"ResourceType": "AWS::EC2::Instance", "ResourceName": one["instanceId"]} for one in machines],
        "CloudTrailEvent": json.dumps(event),
    }


@contextmanager
def _replaced(owner: type, name: str, new: Any) -> Iterator[None]:
    missing = object()
    before = owner.__dict__.get(name, missing)
    setattr(owner, name, new)
    try:
        yield
    finally:
        if before is missing:
            delattr(owner, name)
        else:
            setattr(owner, name, before)
