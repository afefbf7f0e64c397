"""Fleets of a thousand and of ten thousand, in regions that answer late, badly or not at all.

Against an EC2 that pages by instance, with the clients that the worker really uses.
"""

import itertools
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from botocore.utils import parse_timestamp

from benchmarks.ec2_stub import Ec2Stub
from bot import wiring
from bot.errors import InstancesUnavailableError, PageGoneError
from bot.models import InstanceQuery, RegionFailure
from bot.services.instances import DEADLINE_SECONDS, Instances, _instance
from bot.services.read_members import MEMBERS
from bot.views.instances import listing
from bot.wiring.aws import timestamp
from tests.house import WORKER, House

HERE, THERE = "us-east-1", "eu-west-1"
DESCRIBE, STATUS = "DescribeInstances", "DescribeInstanceStatus"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
PEAK_BYTES = 4 * 1024 * 1024  # a first screen; all of 10,000 instances are more than ten times that


@contextmanager
def instances(house: House, stub: Ec2Stub, *regions: str) -> Iterator[Instances]:
    """The worker's own service, its regions in the hands of the stub."""
    with stub, house.running_as(WORKER, {"AWS_ENDPOINT_URL": stub.url, "REGIONS": ",".join(regions)}):
        yield wiring.worker()._instances


def refusing(region: str, code: str) -> Callable[[str, str], str | None]:
    return lambda action, asked: code if asked == region else None


def test_a_thousand_instances_in_two_regions_share_a_page_of_a_hundred(house: House) -> None:
    stub = Ec2Stub({HERE: 1000, THERE: 1000})
    with instances(house, stub, HERE, THERE) as service:
        found = service.find(InstanceQuery())
    assert (len(found.instances), found.failures) == (100, ())
    assert {cursor.region for cursor in found.rest} == {HERE, THERE}
    assert sorted(stub.calls) == sorted((action, region) for action in (DESCRIBE, STATUS) for region in (HERE, THERE))
    message = listing(found, InstanceQuery(), NOW)
    where = f"{HERE}, {THERE}"
    assert message.text.startswith(f"More than 100 instances in {where}: 90 running, 10 stopped, 2 impaired.")


@pytest.mark.parametrize("fleets", [{HERE: 1000, THERE: 1000}, {HERE: 1004, THERE: 3}, {HERE: 100}, {HERE: 101}])
def test_page_after_page_shows_each_instance_once(house: House, fleets: dict[str, int]) -> None:
    stub = Ec2Stub(fleets)
    seen: list[str] = []
    with instances(house, stub, *fleets) as service:
        found = service.find(InstanceQuery())
        seen += [f"{instance.region} {instance.instance_id}" for instance in found.instances]
        while found.rest:
            stub.calls.clear()
            found = service.find(InstanceQuery(), found.rest)
            seen += [f"{instance.region} {instance.instance_id}" for instance in found.instances]
            assert len(found.instances) <= 100
            assert len(stub.calls) <= 2 * len(fleets)
    assert len(seen) == len(set(seen)) == sum(fleets.values())


def test_more_regions_than_a_page_has_room_for_wait_for_the_next_page(house: House) -> None:
    regions = [f"us-east-{number}" for number in range(1, 28)]
    with instances(house, Ec2Stub(dict.fromkeys(regions, 7)), *regions) as service:
        found = service.find(InstanceQuery())
        seen = len(found.instances)
        assert seen <= 100
        while found.rest:
            found = service.find(InstanceQuery(), found.rest)
            assert len(found.instances) <= 100
            seen += len(found.instances)
    assert seen == 7 * len(regions)


def test_a_region_that_fails_on_a_later_page_is_asked_again_for_the_same_one(house: House) -> None:
    refused: list[str | None] = [None, None, "InternalError", "InternalError"]
    stub = Ec2Stub({HERE: 150, THERE: 60}, lambda action, region: refused.pop(0) if region == THERE else None)
    with instances(house, stub, HERE, THERE) as service:
        first = service.find(InstanceQuery())
        second = service.find(InstanceQuery(), first.rest)
        refused += [None, None]
        third = service.find(InstanceQuery(), second.rest)
    assert second.failures == (RegionFailure(THERE, "InternalError"),)
    there = [len([one for one in found.instances if one.region == THERE]) for found in (first, second, third)]
    assert there == [50, 0, 10]


def test_W6_a_region_whose_token_was_forgotten_is_named_and_not_asked_for_ever(house: House) -> None:
    refused: list[str | None] = [None, None, "InvalidPaginationToken", "InvalidPaginationToken"]
    stub = Ec2Stub({HERE: 150, THERE: 60}, lambda action, region: refused.pop(0) if region == THERE else None)
    with instances(house, stub, HERE, THERE) as service:
        first = service.find(InstanceQuery())
        second = service.find(InstanceQuery(), first.rest)
    assert second.failures == (RegionFailure(THERE, "NextTokenExpired"),)
    assert {cursor.region for cursor in second.rest} <= {HERE}


def test_W6_a_page_whose_token_was_forgotten_everywhere_is_gone_and_not_to_be_tried_again(house: House) -> None:
    refused: list[str | None] = [None, None, "InvalidNextToken", "InvalidNextToken"]
    with instances(house, Ec2Stub({HERE: 150}, lambda action, region: refused.pop(0)), HERE) as service:
        first = service.find(InstanceQuery())
        with pytest.raises(PageGoneError):
            service.find(InstanceQuery(), first.rest)


def test_a_fleet_that_fits_is_counted_exactly(house: House) -> None:
    with instances(house, Ec2Stub({HERE: 37, THERE: 60}), HERE, THERE) as service:
        found = service.find(InstanceQuery())
    summary = listing(found, InstanceQuery(), NOW).text.splitlines()[0]
    assert summary == f"97 instances in {HERE}, {THERE}: 87 running, 10 stopped, 3 impaired."


def test_the_first_screen_of_ten_thousand_costs_two_calls(house: House) -> None:
    stub = Ec2Stub({HERE: 10_000})
    with instances(house, stub, HERE) as service:
        found = service.find(InstanceQuery())
    assert stub.calls == [(DESCRIBE, HERE), (STATUS, HERE)]
    assert (len(found.instances), len(found.rest)) == (100, 1)
    assert listing(found, InstanceQuery(), NOW).text.startswith("More than 100 instances")


def test_the_first_screen_of_ten_thousand_takes_the_memory_of_a_page(house: House) -> None:
    with instances(house, Ec2Stub({HERE: 10_000}), HERE) as service:
        service.find(InstanceQuery())  # what is loaded once is not the listing's
        tracemalloc.start()
        try:
            service.find(InstanceQuery())
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < PEAK_BYTES


def test_regions_are_asked_at_once(house: House) -> None:
    together = threading.Barrier(3, timeout=30)

    def before(action: str, region: str) -> None:
        if action == DESCRIBE:
            together.wait()  # raises where it waits alone

    regions = (HERE, THERE, "ap-southeast-2")
    with instances(house, Ec2Stub(dict.fromkeys(regions, 5), before), *regions) as service:
        found = service.find(InstanceQuery())
    assert (len(found.instances), found.failures, together.broken) == (15, (), False)


def test_W1_a_throttled_region_is_tried_twice_and_named_and_the_others_are_shown(house: House) -> None:
    stub = Ec2Stub({HERE: 5, THERE: 5}, refusing(THERE, "RequestLimitExceeded"))
    with instances(house, stub, HERE, THERE) as service:
        found = service.find(InstanceQuery())
    assert {instance.region for instance in found.instances} == {HERE}
    assert found.failures == (RegionFailure(THERE, "RequestLimitExceeded"),)
    assert stub.calls.count((DESCRIBE, THERE)) == 2


def test_W1_a_call_that_is_throttled_once_succeeds_by_itself(house: House) -> None:
    answers = iter(["RequestLimitExceeded"])
    stub = Ec2Stub({HERE: 5}, lambda action, region: next(answers, None))
    with instances(house, stub, HERE) as service:
        found = service.find(InstanceQuery())
    assert (len(found.instances), found.failures) == (5, ())


def test_W1_throttled_status_checks_leave_the_instances_and_are_named(house: House) -> None:
    stub = Ec2Stub({HERE: 5}, lambda action, region: "RequestLimitExceeded" if action == STATUS else None)
    with instances(house, stub, HERE) as service:
        found = service.find(InstanceQuery())
    assert [instance.status for instance in found.instances] == [None] * 5
    assert found.failures == (RegionFailure(HERE, "RequestLimitExceeded"),)


def test_W3_a_region_that_fails_is_named_to_the_person_and_the_others_are_shown(house: House) -> None:
    with instances(
        house, Ec2Stub({HERE: 5, THERE: 5}, refusing(THERE, "UnauthorizedOperation")), HERE, THERE
    ) as service:
        found = service.find(InstanceQuery())
    message = listing(found, InstanceQuery(), NOW)
    assert len(found.instances) == 5
    for shown in (message.text, str(message.blocks), str(message.plain)):
        assert f"{THERE} did not answer in full (UnauthorizedOperation)" in shown


def test_W3_a_failing_region_beside_an_empty_one_is_not_said_to_be_no_instances(house: House) -> None:
    with instances(house, Ec2Stub({HERE: 0, THERE: 5}, refusing(THERE, "InternalError")), HERE, THERE) as service:
        message = listing(service.find(InstanceQuery()), InstanceQuery(), NOW)
    assert f"{THERE} did not answer in full (InternalError)" in str(message.blocks)


def test_W3_when_every_region_fails_there_is_an_error_and_no_empty_list(house: House) -> None:
    stub = Ec2Stub({HERE: 5, THERE: 5}, lambda action, region: "InternalError")
    with instances(house, stub, HERE, THERE) as service, pytest.raises(InstancesUnavailableError) as caught:
        service.find(InstanceQuery())
    assert caught.value.aws_code == "InternalError"


class Clock:
    """All but half a second of the deadline is over when it is looked at again."""

    def __init__(self) -> None:
        self._times = iter([0.0])

    def __call__(self) -> float:
        return next(self._times, DEADLINE_SECONDS - 0.5)


def ec2(url: str, region: str) -> Any:
    create: Any = boto3.Session("AKIA", "local").client
    return create("ec2", region_name=region, endpoint_url=url)


def services(url: str, clock: Callable[[], float]) -> Instances:
    clients = {region: ec2(url, region) for region in (HERE, THERE)}
    return Instances(clients.__getitem__, (HERE, THERE), clock)


def test_W3_a_region_that_hangs_is_named_at_the_deadline_and_the_others_are_shown() -> None:
    released = threading.Event()

    def before(action: str, region: str) -> None:
        if region == THERE:
            released.wait(30)

    with Ec2Stub({HERE: 40, THERE: 5}, before) as stub:
        started = time.monotonic()
        found = services(stub.url, Clock()).find(InstanceQuery())
        waited = time.monotonic() - started
        released.set()
    assert (len(found.instances), found.failures) == (40, (RegionFailure(THERE, "DeadlineExceeded"),))
    assert waited < 5


def test_W6_empty_pages_without_end_are_given_up_at_the_deadline() -> None:
    ticks = itertools.count()  # a second at every look
    with Ec2Stub({HERE: 5}, endless=frozenset({THERE})) as stub:
        found = services(stub.url, lambda: float(next(ticks))).find(InstanceQuery())
        asked = stub.calls.count((DESCRIBE, THERE))
        time.sleep(0.2)
        assert stub.calls.count((DESCRIBE, THERE)) == asked <= DEADLINE_SECONDS
    assert (len(found.instances), found.failures) == (5, (RegionFailure(THERE, "DeadlineExceeded"),))


def test_W6_a_page_token_that_comes_again_names_its_region_and_the_others_are_shown() -> None:
    with Ec2Stub({HERE: 5}) as stub:
        client = ec2(stub.url, THERE)
        with Stubber(client) as stubber:
            for _ in range(2):
                stubber.add_response("describe_instances", {"Reservations": [], "NextToken": "same"})
            clients = {HERE: ec2(stub.url, HERE), THERE: client}
            found = Instances(clients.__getitem__, (HERE, THERE), time.monotonic).find(InstanceQuery())
    assert (len(found.instances), found.failures) == (5, (RegionFailure(THERE, "PaginationError"),))


@pytest.mark.parametrize("moment", ["2026-01-22T12:00:00.000Z", "2026-01-22T12:00:00Z", 1_769_083_200, "1769083200"])
def test_moments_are_read_as_botocore_reads_them(moment: Any) -> None:
    assert timestamp(moment) == parse_timestamp(moment) == datetime(2026, 1, 22, 12, tzinfo=UTC)


def test_an_instance_is_parsed_with_the_members_that_are_read_and_no_other(house: House) -> None:
    read: set[str] = set()

    class Described(dict[str, Any]):
        def __getitem__(self, member: str) -> Any:
            read.add(member)
            return super().__getitem__(member)

        def get(self, member: str, default: Any = None) -> Any:
            read.add(member)
            return super().get(member, default)

    _instance(Described(InstanceId="i-0", InstanceType="m6i.large", State={"Name": "running"}), HERE)
    assert read == MEMBERS["Instance"]
    with house.running_as(WORKER):
        model = wiring.worker()._aws.get("ec2").meta.service_model
    assert {name: set(model.shape_for(name).members) for name in MEMBERS} == MEMBERS
