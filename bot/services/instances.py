"""Looks at EC2 instances in all configured regions at once; what restricts a listing is a filter of EC2's, never ours.

A region that does not answer in time is named: its instances are never silently missing.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html
"""

import difflib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from bot.ec2_filters import INSTANCE_ID, filters_of, spellings
from bot.errors import InstancesUnavailableError, InvalidValueError
from bot.models import Instance, InstanceQuery, Listing, Match, RegionFailure

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

MAX_LISTED = 100
MAX_NAMES = 1000
DEADLINE_SECONDS = 12  # for all regions together: a hung one costs its two tries of five seconds
LATE = "DeadlineExceeded"

Filters = list[Any]


@dataclass(frozen=True)
class _Answer:
    region: str
    instances: tuple[Instance, ...] = ()
    more: bool = False
    failure: RegionFailure | None = None


class Instances:
    """The instances of `regions`; `client_for` gives the EC2 client of a region, and is called in one thread only.

    `clock` is monotonic, in seconds.
    """

    def __init__(
        self, client_for: Callable[[str], "EC2Client"], regions: tuple[str, ...], clock: Callable[[], float]
    ) -> None:
        self._client_for = client_for
        self._regions = regions
        self._clock = clock

    def find(self, query: InstanceQuery) -> Listing:
        """At most 100 instances a region, in the order asked for, with their status checks: two calls a region.

        Raises InstancesUnavailableError when no region answers, InvalidValueError for one that is not configured.
        """
        regions = self._chosen(query.regions)
        answers = self._ask(regions, filters_of(query), self._clock() + DEADLINE_SECONDS)
        found = [instance for answer in answers for instance in answer.instances]
        found.sort(key=_ORDERS[query.sort])
        failures = tuple(answer.failure for answer in answers if answer.failure)
        return Listing(found, regions, any(answer.more for answer in answers), failures)

    def match(self, wanted: str) -> Match:
        """The instance of that id, that exact name, or a name with that part; several names are several instances.

        Raises InstancesUnavailableError unless every region answers: what it does not show could be the one meant.
        """
        deadline = self._clock() + DEADLINE_SECONDS
        if INSTANCE_ID.fullmatch(wanted):
            return Match(wanted, self._all([{"Name": "instance-id", "Values": [wanted]}], deadline))
        exact = self._all([{"Name": "tag:Name", "Values": [wanted]}], deadline)
        found = exact or self._all([{"Name": "tag:Name", "Values": spellings(wanted)}], deadline)
        return Match(wanted, found) if found else Match(wanted, (), self._nearest(wanted, deadline))

    def _nearest(self, wanted: str, deadline: float) -> tuple[str, ...]:
        named = self._all([{"Name": "tag-key", "Values": ["Name"]}], deadline, MAX_NAMES)
        names = {instance.name.casefold(): instance.name for instance in named if instance.name}
        return tuple(names[near] for near in difflib.get_close_matches(wanted.casefold(), list(names), n=3, cutoff=0.5))

    def _all(self, filters: Filters, deadline: float, limit: int = MAX_LISTED) -> tuple[Instance, ...]:
        answers = self._ask(self._regions, filters, deadline, limit)
        for answer in answers:
            if answer.failure and not answer.instances:
                raise InstancesUnavailableError(answer.failure.region, answer.failure.aws_code)
        found = [instance for answer in answers for instance in answer.instances]
        return tuple(sorted(found, key=_ORDERS["name"]))

    def _chosen(self, wanted: Sequence[str]) -> tuple[str, ...]:
        for region in wanted:
            if region not in (*self._regions, "all"):
                near = next(iter(difflib.get_close_matches(region, self._regions, n=1)), None)
                known = ", ".join(f"`{name}`" for name in self._regions)
                raise InvalidValueError("list", "region", region, f"`all` or one of {known}", near)
        return tuple(dict.fromkeys(wanted)) if wanted and "all" not in wanted else self._regions

    def _ask(self, regions: Sequence[str], filters: Filters, deadline: float, limit: int = MAX_LISTED) -> list[_Answer]:
        clients = [(region, self._client_for(region)) for region in regions]
        pool = ThreadPoolExecutor(len(clients))

        def expired() -> bool:
            return self._clock() > deadline

        asked = [pool.submit(_answer, client, region, filters, limit, expired) for region, client in clients]
        wait(asked, timeout=max(deadline - self._clock(), 0))
        pool.shutdown(wait=False, cancel_futures=True)
        late = [RegionFailure(region, LATE) for region in regions]
        answers = [
            future.result() if future.done() else _Answer(failure.region, failure=failure)
            for future, failure in zip(asked, late, strict=True)
        ]
        if all(answer.failure and not answer.instances for answer in answers):
            failed = next(answer.failure for answer in answers if answer.failure)
            raise InstancesUnavailableError(failed.region, failed.aws_code)
        return answers


def _answer(client: "EC2Client", region: str, filters: Filters, limit: int, expired: Callable[[], bool]) -> _Answer:
    found: list[Instance] = []
    more = False
    try:
        paginator = client.get_paginator("describe_instances")
        # An empty page is not the end, and a token that comes again is an error of the paginator's.
        for page in paginator.paginate(Filters=filters, PaginationConfig={"PageSize": limit}):
            described = [item for reservation in page["Reservations"] for item in reservation["Instances"]]
            found += [_instance(item, region) for item in described]
            more = bool(page.get("NextToken")) or len(found) > limit
            if len(found) >= limit:
                break
            if more and expired():  # nobody waits any longer: empty pages may go on without end
                return _Answer(region, tuple(found), more, RegionFailure(region, LATE))
        shown = found[:limit]
        return _Answer(region, _checked(client, shown) if limit <= MAX_LISTED else tuple(shown), more)
    except (ClientError, BotoCoreError) as error:
        code = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
        return _Answer(region, tuple(found[:limit]), more, RegionFailure(region, code))


def _checked(client: "EC2Client", instances: Sequence[Instance]) -> tuple[Instance, ...]:
    """With their status checks, which EC2 has of running instances only."""
    running = [instance.instance_id for instance in instances if instance.state == "running"]
    if not running:
        return tuple(instances)
    statuses = client.describe_instance_status(InstanceIds=running)["InstanceStatuses"]
    checks = {
        item["InstanceId"]: (item["SystemStatus"]["Status"], item["InstanceStatus"]["Status"]) for item in statuses
    }
    return tuple(
        replace(instance, system_status=system, instance_status=own)
        for instance in instances
        for system, own in [checks.get(instance.instance_id, (None, None))]
    )


def _instance(described: Any, region: str) -> Instance:
    tags = {tag["Key"]: tag["Value"] for tag in described.get("Tags", [])}
    return Instance(
        instance_id=described["InstanceId"],
        name=tags.pop("Name", ""),
        state=described["State"]["Name"],
        instance_type=described["InstanceType"],
        zone=described.get("Placement", {}).get("AvailabilityZone", ""),
        region=region,
        private_ip=described.get("PrivateIpAddress"),
        launched=described.get("LaunchTime"),
        public_ip=described.get("PublicIpAddress"),
        image_id=described.get("ImageId"),
        security_groups=tuple(group["GroupName"] for group in described.get("SecurityGroups", [])),
        tags=tuple(sorted(tags.items())),
    )


def _by_name(instance: Instance) -> tuple[Any, ...]:
    return (not instance.name, instance.name.casefold(), instance.instance_id)


_ORDERS: dict[str, Callable[[Instance], Any]] = {
    "name": _by_name,
    "launched": lambda instance: -(instance.launched or datetime.min.replace(year=1970, tzinfo=UTC)).timestamp(),
    "state": lambda instance: (instance.state, *_by_name(instance)),
}
