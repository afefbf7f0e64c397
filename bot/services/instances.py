"""Looks at EC2 instances; what restricts a listing is a filter of EC2's, never of ours.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html
"""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from bot.errors import InstancesUnavailableError
from bot.models import Instance, InstanceQuery, Listing

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

MAX_LISTED = 100
DEADLINE_SECONDS = 8  # over all regions and pages; a call under way may add its two tries of five seconds
_INSTANCE_ID = re.compile(r"i-[0-9a-f]{8,17}", re.ASCII)


class Instances:
    """The instances of `regions`; `client_for` gives the EC2 client of a region."""

    def __init__(
        self, client_for: Callable[[str], "EC2Client"], regions: tuple[str, ...], clock: Callable[[], float]
    ) -> None:
        self._client_for = client_for
        self._regions = regions
        self._clock = clock

    def find(self, query: InstanceQuery) -> Listing:
        """At most 100 instances, by name, nameless ones last.

        Raises InstancesUnavailableError: half a fleet is never passed for whole.
        """
        deadline = self._clock() + DEADLINE_SECONDS
        found: list[Instance] = []
        truncated = False
        for region in self._regions:
            if self._clock() > deadline:
                raise InstancesUnavailableError(region, "DeadlineExceeded")
            instances, more = self._find_in(region, query, deadline)
            found += instances
            truncated = truncated or more
        found.sort(key=lambda instance: (not instance.name, instance.name.casefold(), instance.instance_id))
        return Listing(found[:MAX_LISTED], self._regions, truncated or len(found) > MAX_LISTED)

    def _find_in(self, region: str, query: InstanceQuery, deadline: float) -> tuple[list[Instance], bool]:
        found: list[Instance] = []
        more = False
        try:
            paginator = self._client_for(region).get_paginator("describe_instances")
            # An empty page is not the end, and the way to it may be long.
            for page in paginator.paginate(Filters=_filters(query), PaginationConfig={"PageSize": MAX_LISTED}):
                described = [item for reservation in page["Reservations"] for item in reservation["Instances"]]
                found += [_instance(item, region) for item in described]
                more = bool(page.get("NextToken"))
                if len(found) >= MAX_LISTED:
                    break
                if more and self._clock() > deadline:
                    raise InstancesUnavailableError(region, "DeadlineExceeded")
        except ClientError as error:
            raise InstancesUnavailableError(region, error.response["Error"]["Code"]) from None
        except BotoCoreError as error:
            raise InstancesUnavailableError(region, type(error).__name__) from None
        return found, more


def _filters(query: InstanceQuery) -> list[Any]:
    filters = []
    if query.states:
        filters.append({"Name": "instance-state-name", "Values": list(query.states)})
    # One filter a tag: EC2 takes any of a filter's values, and what it makes of one filter given twice is not said.
    for key in dict.fromkeys(key for key, _ in query.tags):
        values = [value for name, value in query.tags if name == key and value is not None]
        if any(name == key and value is None for name, value in query.tags):
            filters.append({"Name": "tag-key", "Values": [key]})
        else:
            filters.append({"Name": f"tag:{key}", "Values": values})
    if _INSTANCE_ID.fullmatch(query.text):
        filters.append({"Name": "instance-id", "Values": [query.text]})
    elif query.text:
        filters.append({"Name": "tag:Name", "Values": _spellings(query.text)})
    return filters


def _spellings(text: str) -> list[str]:
    """EC2 compares with case and has no OR over filters, but a filter takes several values."""
    wildcard = text if "*" in text or "?" in text else f"*{text}*"
    return sorted({wildcard, wildcard.lower(), wildcard.upper(), wildcard.title()})


def _instance(described: Any, region: str) -> Instance:
    tags = {tag["Key"]: tag["Value"] for tag in described.get("Tags", [])}
    return Instance(
        instance_id=described["InstanceId"],
        name=tags.get("Name", ""),
        state=described["State"]["Name"],
        instance_type=described["InstanceType"],
        zone=described.get("Placement", {}).get("AvailabilityZone", ""),
        region=region,
        private_ip=described.get("PrivateIpAddress"),
        launched=described.get("LaunchTime"),
    )
