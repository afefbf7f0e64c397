"""Looks for a reboot in CloudTrail, by the session that would have called for it: named by the action.

What it does not find may still come: CloudTrail is minutes late, so nothing found is no proof.
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
"""

import json
import logging
from collections.abc import Callable
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


class CloudTrail:
    """Each region's own trail; `client_for` gives its client."""

    def __init__(self, client_for: Callable[[str], "CloudTrailClient"]) -> None:
        self._client_for = client_for

    def reboot_by(self, region: str, session_name: str, since: int) -> Trace:
        """Of RebootInstances (no DryRun) in a session of that name, since epoch seconds. A failure is nothing found."""
        start = datetime.fromtimestamp(since, UTC) - timedelta(minutes=1)
        try:
            answer: Any = self._client_for(region).lookup_events(
                LookupAttributes=[{"AttributeKey": "Username", "AttributeValue": session_name}], StartTime=start
            )
            traces = [trace_of(json.loads(event["CloudTrailEvent"])) for event in answer["Events"]]
        except (ClientError, BotoCoreError, KeyError, TypeError, ValueError) as error:
            logger.warning("CloudTrail not read", extra={"region": region, "error": type(error).__name__})
            return Trace.NOTHING
        return next((found for found in (Trace.ACCEPTED, Trace.REFUSED) if found in traces), Trace.NOTHING)


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
