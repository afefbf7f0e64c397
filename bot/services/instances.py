"""Looks at EC2 instances in all configured regions at once; what restricts a listing is a filter of EC2's, never ours.

A region that does not answer in time is named: its instances are never silently missing.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html
"""

import difflib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError, PaginationError

from bot.aws_refusals import code_of
from bot.ec2_filters import INSTANCE_ID, filters_of, spellings
from bot.errors import InstancesUnavailableError, InvalidValueError, PageGoneError
from bot.models import Cursor, Instance, InstanceQuery, Listing, Match, RegionFailure

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

MAX_LISTED = 100
MAX_NAMES = 1000
MIN_PAGE = 5  # EC2's smallest MaxResults
DEADLINE_SECONDS = 12  # for all regions together: a hung one costs its two tries of five seconds
LATE = "DeadlineExceeded"
EXPIRED = "NextTokenExpired"
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html; the rest of the query was good before.
_TOKEN_REFUSED = ("InvalidNextToken", "InvalidPaginationToken", "InvalidParameterValue")

Filters = list[Any]


@dataclass(frozen=True)
class _Answer:
    region: str
    instances: tuple[Instance, ...] = ()
    rest: Cursor | None = None
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

    def find(self, query: InstanceQuery, start: Sequence[Cursor] = ()) -> Listing:
        """A page of at most 100 instances, sorted within itself, with status checks.

        It begins at `start`, the `rest` of the page before. The regions share the page evenly, and what one leaves
        goes to the others: a single region costs two calls.

        Raises InstancesUnavailableError when no region answers, PageGoneError when EC2 has forgotten where it goes on,
        and InvalidValueError for a region that is not configured.
        """
        regions, deadline = self._chosen(query.regions), self._deadline()
        waiting = list(start) or [Cursor(region) for region in regions]
        answers: list[_Answer] = []
        room = MAX_LISTED
        while waiting and room >= MIN_PAGE and self._clock() < deadline:
            share = max(room // len(waiting), MIN_PAGE)
            asked, waiting = waiting[: room // share], waiting[room // share :]
            answered = self._ask(asked, filters_of(query), deadline, share)
            waiting += [answer.rest for answer in answered if answer.rest and not answer.failure]
            room -= sum(len(answer.instances) for answer in answered)
            answers += answered
        _require_one(answers)
        found = sorted((one for answer in answers for one in answer.instances), key=_ORDERS[query.sort])
        rest = [*waiting, *(answer.rest for answer in answers if answer.rest and answer.failure)]
        return Listing(found, regions, tuple(rest), tuple(answer.failure for answer in answers if answer.failure))

    def match(self, wanted: str, region: str | None = None) -> Match:
        """The instance of that id, that exact name, or a name with that part; several names are several instances.

        Only `region` is asked where it is known. Raises InstancesUnavailableError unless every region answers: what it
        does not show could be the one meant. An id means one instance in the world, so whoever has it answers for all.
        """
        deadline, regions = self._deadline(), (region,) if region in self._regions else self._regions
        if INSTANCE_ID.fullmatch(wanted):
            return self._match(wanted, _ids([wanted]), regions, deadline, at_most=1)
        exact = self._match(wanted, _named([wanted]), regions, deadline)
        found = exact if exact.instances else self._match(wanted, _named(spellings(wanted)), regions, deadline)
        return found if found.instances else Match(wanted, (), self._nearest(wanted, deadline))

    def identified(self, instance_ids: Sequence[str]) -> tuple[Instance, ...]:
        """Those of the ids that EC2 knows, by name.

        Raises InstancesUnavailableError unless every region answers, or those that do have them all.
        """
        ids = list(dict.fromkeys(instance_ids))
        return self._match("", _ids(ids), self._regions, self._deadline(), at_most=len(ids)).instances

    def one(self, region: str, instance_id: str) -> Instance | None:
        """That instance as EC2 has it now, with status checks; None where EC2 does not know it.

        Raises InstancesUnavailableError.
        """
        (answer,) = self._ask([Cursor(region)], [{"Name": "instance-id", "Values": [instance_id]}], self._deadline(), 5)
        if answer.failure:
            raise InstancesUnavailableError(answer.failure.region, answer.failure.aws_code)
        return next(iter(answer.instances), None)

    def _nearest(self, wanted: str, deadline: float) -> tuple[str, ...]:
        """It is known that there is none: a region that does not help to guess is no reason not to say so."""
        cursors = [Cursor(region) for region in self._regions]
        answers = self._ask(cursors, [{"Name": "tag-key", "Values": ["Name"]}], deadline, MAX_NAMES)
        named = [instance.name for answer in answers for instance in answer.instances if instance.name]
        names = {name.casefold(): name for name in named}
        return tuple(names[near] for near in difflib.get_close_matches(wanted.casefold(), list(names), n=3, cutoff=0.5))

    def _match(
        self, wanted: str, filters: Filters, regions: Sequence[str], deadline: float, *, at_most: int | None = None
    ) -> Match:
        """`at_most` is how many there can be in the world, where that is known: then nobody else needs to answer."""
        answers = self._ask([Cursor(region) for region in regions], filters, deadline, MAX_LISTED, enough=at_most)
        found = sorted((one for answer in answers for one in answer.instances), key=_ORDERS["name"])
        for answer in answers:
            # Without a rest it is the status checks that are missing.
            if answer.failure and (answer.rest or not answer.instances) and len(found) != at_most:
                raise InstancesUnavailableError(answer.failure.region, answer.failure.aws_code)
        return Match(wanted, tuple(found), more=any(answer.rest for answer in answers))

    def _chosen(self, wanted: Sequence[str]) -> tuple[str, ...]:
        for region in wanted:
            if region not in (*self._regions, "all"):
                near = next(iter(difflib.get_close_matches(region, self._regions, n=1)), None)
                known = ", ".join(f"`{name}`" for name in self._regions)
                raise InvalidValueError("list", "region", region, f"`all` or one of {known}", near)
        return tuple(dict.fromkeys(wanted)) if wanted and "all" not in wanted else self._regions

    def _deadline(self) -> float:
        return self._clock() + DEADLINE_SECONDS

    def _ask(
        self, cursors: Sequence[Cursor], filters: Filters, deadline: float, limit: int, *, enough: int | None = None
    ) -> list[_Answer]:
        """One answer a cursor, in their order; once `enough` instances are found, the others are not waited for."""

        def expired() -> bool:
            return self._clock() >= deadline

        clients = [self._client_for(cursor.region) for cursor in cursors]
        pool = ThreadPoolExecutor(len(clients))
        pairs = zip(clients, cursors, strict=True)
        asked = [pool.submit(_answer, client, cursor, filters, limit, expired) for client, cursor in pairs]
        found, waiting = 0, set(asked)
        while waiting and (enough is None or found < enough):
            done, waiting = wait(waiting, timeout=max(deadline - self._clock(), 0), return_when=FIRST_COMPLETED)
            if not done:
                break
            found += sum(len(future.result().instances) for future in done)
        answers = [
            _late(cursor) if future in waiting else future.result()
            for future, cursor in zip(asked, cursors, strict=True)
        ]
        pool.shutdown(wait=False, cancel_futures=True)
        return answers


def _ids(instance_ids: Sequence[str]) -> Filters:
    return [{"Name": "instance-id", "Values": list(instance_ids)}]


def _named(names: Sequence[str]) -> Filters:
    return [{"Name": "tag:Name", "Values": list(names)}]


def _require_one(answers: Sequence[_Answer]) -> None:
    if all(answer.failure and not answer.instances for answer in answers):
        failed = [answer.failure for answer in answers if answer.failure]
        if all(failure.aws_code == EXPIRED for failure in failed):
            raise PageGoneError
        raise InstancesUnavailableError(failed[0].region, failed[0].aws_code)


def _late(cursor: Cursor) -> _Answer:
    return _Answer(cursor.region, (), cursor if cursor.token else None, RegionFailure(cursor.region, LATE))


def _answer(client: "EC2Client", cursor: Cursor, filters: Filters, limit: int, expired: Callable[[], bool]) -> _Answer:
    region = cursor.region
    found: list[Instance] = []
    rest = cursor if cursor.token else None  # a page that fails can be asked for again
    try:
        for token, page, following in _pages(client, cursor, filters, found, limit):
            shown = page[: limit - len(found)]
            found += [_instance(item, region) for item in shown]
            skipped = cursor.skip if token == cursor.token else 0
            rest = Cursor(region, following) if following else None
            if len(shown) < len(page):  # more than was asked for
                rest = Cursor(region, token, skipped + len(shown))
                break
            if rest and expired():  # nobody waits any longer: empty pages may go on without end
                return _Answer(region, tuple(found), rest, RegionFailure(region, LATE))
        return _Answer(region, _checked(client, found) if limit <= MAX_LISTED else tuple(found), rest)
    except (ClientError, BotoCoreError) as error:
        code = code_of(error)
        if code in _TOKEN_REFUSED and cursor.token and not found:
            return _Answer(region, failure=RegionFailure(region, EXPIRED))  # a rest would be refused for ever
        return _Answer(region, tuple(found), rest, RegionFailure(region, code))


def _pages(
    client: "EC2Client", cursor: Cursor, filters: Filters, found: Sequence[Instance], limit: int
) -> Iterator[tuple[str, list[Any], str]]:
    """Each page with its token and the next one's, as large as `found` leaves room: an empty one is not the end."""
    token, skip = cursor.token, cursor.skip
    while (room := limit - len(found)) >= MIN_PAGE:
        asked: Any = {"Filters": filters, "MaxResults": room + skip, **({"NextToken": token} if token else {})}
        answer = client.describe_instances(**asked)
        following = answer.get("NextToken") or ""
        if following and following == token:
            raise PaginationError(message=f"the token of a page came again in {cursor.region}")
        page = [item for reservation in answer["Reservations"] for item in reservation["Instances"]]
        yield token, page[skip:], following
        if not following:
            return
        token, skip = following, 0


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
        detailed_monitoring=described.get("Monitoring", {}).get("State") == "enabled",
    )


def _by_name(instance: Instance) -> tuple[Any, ...]:
    return (not instance.name, instance.name.casefold(), instance.instance_id)


_ORDERS: dict[str, Callable[[Instance], Any]] = {
    "name": _by_name,
    "launched": lambda instance: -(instance.launched or datetime.min.replace(year=1970, tzinfo=UTC)).timestamp(),
    "state": lambda instance: (instance.state, *_by_name(instance)),
}
