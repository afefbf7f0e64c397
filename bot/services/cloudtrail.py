"""Looks for a reboot in CloudTrail, by the session that would have called for it: named by the action.

What it does not find may still come: CloudTrail is minutes late, so nothing found is no proof.
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
"""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from mypy_boto3_cloudtrail import CloudTrailClient

logger = logging.getLogger("ec2-chatops")
_SERVERS = {"InternalError", "InternalFailure", "ServiceUnavailable", "Unavailable"}


class Trace(Enum):
    """What CloudTrail knows of a call: accepted by EC2, refused by it, or nothing so far."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Sighting:
    """What was found; `at` is when EC2 was called (epoch seconds), `code` why it refused, as far as that is said."""

    trace: Trace
    at: int | None = None
    code: str = ""


class CloudTrail:
    """Each region's own trail; `client_for` gives its client."""

    def __init__(self, client_for: Callable[[str], "CloudTrailClient"]) -> None:
        self._client_for = client_for

    def reboot_by(self, region: str, session_name: str, since: int) -> Sighting:
        """Of RebootInstances (no DryRun) in a session of that name, since epoch seconds. A failure is nothing found."""
        start = datetime.fromtimestamp(since, UTC) - timedelta(minutes=1)
        try:
            answer: Any = self._client_for(region).lookup_events(
                LookupAttributes=[{"AttributeKey": "Username", "AttributeValue": session_name}], StartTime=start
            )
            found = [_sighting(json.loads(event["CloudTrailEvent"])) for event in answer["Events"]]
        except (ClientError, BotoCoreError, KeyError, TypeError, ValueError) as error:
            logger.warning("CloudTrail not read", extra={"region": region, "error": type(error).__name__})
            return Sighting(Trace.NOTHING)
        by_trace = {one.trace: one for one in found}
        return by_trace.get(Trace.ACCEPTED) or by_trace.get(Trace.REFUSED) or Sighting(Trace.NOTHING)


def _sighting(event: dict[str, Any]) -> Sighting:
    code = str(event.get("errorCode") or "").rpartition(".")[2]
    try:
        moment = int(datetime.fromisoformat(str(event.get("eventTime"))).timestamp())
    except ValueError:
        return Sighting(trace_of(event), code=code)
    return Sighting(trace_of(event), moment, code)


def trace_of(event: dict[str, Any]) -> Trace:
    """What one event of CloudTrail, as its JSON has it, says about a reboot."""
    dry_run = (event.get("requestParameters") or {}).get("dryRun")
    if event.get("eventName") != "RebootInstances" or dry_run in (True, "true"):
        return Trace.NOTHING
    code = str(event.get("errorCode") or "")
    if not code:
        return Trace.ACCEPTED
    # What failed on EC2's side may have happened all the same; "Server." is how CloudTrail marks it.
    side, _, name = code.rpartition(".")
    return Trace.NOTHING if side == "Server" or name in _SERVERS else Trace.REFUSED
