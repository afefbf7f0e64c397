"""A fleet like a real one: three environments, several teams, uneven names, and a few awkward machines.

Refuses to create an instance twice; whatever was stopped or renamed since is left as it is.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import cycle
from typing import Any

from playground.aftermath import COURSE_TAG, IMPAIRED, NEVER_LEAVES_OK

IMAGE_ID = "ami-12c6146b"
KEY_TAG = "playground:key"
OLDEST = timedelta(days=400)
STATES_AFTER_LAUNCH = ("stopped", "terminated")
# Not every machine is back after a while: both of these are rebooted by one click.
COURSES = {"worker-3": NEVER_LEAVES_OK, "worker-4": IMPAIRED}


@dataclass(frozen=True)
class Group:
    """Instances alike: `{n}` in the name counts from 1; `zones` are handed out in turn.

    The product may reboot those that are `managed`, each as its `protection` asks for, or as the default does.
    """

    name: str
    count: int
    type: str
    environment: str
    team: str
    service: str
    protection: str | None = None
    managed: bool = True
    state: str = "running"
    zones: str = "abc"
    spot: bool = False
    extra: tuple[tuple[str, str], ...] = ()


GROUPS = (
    Group("web-{n}", 4, "m6i.large", "prod", "storefront", "web", "click"),
    Group("api-{n}", 3, "c6i.xlarge", "prod", "payments", "api", "typed"),
    Group("worker-{n}", 4, "c6i.large", "prod", "payments", "worker", "click"),
    Group("db-primary", 1, "r6i.2xlarge", "prod", "data", "postgres", "approval", zones="a"),
    Group("db-replica-{n}", 2, "r6i.2xlarge", "prod", "data", "postgres", "approval", zones="bc"),
    Group("cache-{n}", 2, "r6g.large", "prod", "storefront", "redis", "typed"),
    Group("search-{n}", 2, "r6i.large", "prod", "storefront", "search"),
    Group("bastion", 1, "t3.micro", "prod", "platform", "access", "typed", zones="a"),
    Group("vpn-gateway", 1, "t3.small", "prod", "platform", "access", managed=False, zones="b"),
    Group("data-etl-nightly", 1, "m5.2xlarge", "prod", "data", "etl", state="stopped"),
    Group("batch-spot-{n}", 3, "c5.2xlarge", "prod", "data", "batch", "click", spot=True),
    Group("ci-runner-{n}", 4, "c6i.2xlarge", "dev", "platform", "ci", "click", zones="ab"),
    Group("web-staging-{n}", 2, "t3.medium", "staging", "storefront", "web", "click"),
    Group("api-staging", 1, "t3.large", "staging", "payments", "api", "click"),
    Group("db-staging", 1, "t3.large", "staging", "data", "postgres", "click"),
    Group("load-test", 1, "c6i.4xlarge", "staging", "payments", "load-test", state="stopped"),
    Group("dev-ada", 1, "t3.large", "dev", "platform", "workstation", extra=(("Owner", "ada"),)),
    Group("dev-carol", 1, "t3.medium", "dev", "support", "workstation", state="stopped"),
    Group("analytics-notebook", 1, "g4dn.xlarge", "dev", "data", "notebook", state="stopped"),
    Group("api-legacy", 1, "m4.large", "prod", "payments", "api", "approval", state="terminated"),
    # Names are free text: this one would ping a channel and plant a link if it were not escaped.
    Group(
        "pentest <!channel> <https://evil.example|click>",
        1,
        "t3.nano",
        "dev",
        "support",
        "sandbox",
        managed=False,
        zones="c",
    ),
    Group("", 1, "t2.micro", "", "", "", managed=False, zones="c"),
)


@dataclass(frozen=True)
class Machine:
    """One instance to launch; `key` identifies it on a second run, names need not be unique."""

    key: str
    group: Group
    zone: str
    tags: tuple[tuple[str, str], ...]


def machines(region: str) -> Iterator[Machine]:
    """Every instance of the fleet, in a stable order."""
    for group in GROUPS:
        zones = cycle(group.zones)
        for number in range(1, group.count + 1):
            name = group.name.replace("{n}", str(number))
            tags = {
                "Name": name,
                "Env": group.environment,
                "Team": group.team,
                "Service": group.service,
                "CostCenter": _COST_CENTERS.get(group.team, ""),
                "chatops:protection": group.protection or "",
                "chatops:managed": "true" if group.managed else "",
                COURSE_TAG: COURSES.get(name, ""),
                **dict(group.extra),
            }
            key = name or "nameless"
            kept = tuple((tag, value) for tag, value in tags.items() if value)
            yield Machine(key, group, region + next(zones), (*kept, (KEY_TAG, key)))


_COST_CENTERS = {
    "storefront": "CC-1040",
    "payments": "CC-1055",
    "platform": "CC-2001",
    "data": "CC-2110",
    "support": "CC-3300",
}


def launch(ec2: Any, region: str) -> int:
    """Launch what is missing and bring it into its state; how many were launched.

    One call an instance: tags belong to a call, and every instance has its own.
    """
    present = _present_keys(ec2)
    to_change: dict[str, list[str]] = defaultdict(list)
    launched = 0
    for machine in machines(region):
        if machine.key in present:
            continue
        instance_id = _run(ec2, machine)
        launched += 1
        if machine.group.state in STATES_AFTER_LAUNCH:
            to_change[machine.group.state].append(instance_id)
    if to_change["stopped"]:
        ec2.stop_instances(InstanceIds=to_change["stopped"])
    if to_change["terminated"]:
        ec2.terminate_instances(InstanceIds=to_change["terminated"])
    return launched


def launched(key: str, now: datetime) -> datetime:
    """When the machine of that key was launched, in a fleet that grew for a year; most of it is young."""
    part = int.from_bytes(hashlib.sha256(key.encode()).digest()[:4]) / 2**32
    return now - OLDEST * part**3


def _present_keys(ec2: Any) -> set[str]:
    pages = ec2.get_paginator("describe_instances").paginate(
        Filters=[{"Name": "tag-key", "Values": [KEY_TAG]}], PaginationConfig={"PageSize": 1000}
    )
    return {
        tag["Value"]
        for page in pages
        for reservation in page["Reservations"]
        for instance in reservation["Instances"]
        for tag in instance["Tags"]
        if tag["Key"] == KEY_TAG
    }


def _run(ec2: Any, machine: Machine) -> str:
    options: dict[str, Any] = {}
    if machine.group.spot:
        options["InstanceMarketOptions"] = {"MarketType": "spot"}
    reservation = ec2.run_instances(
        ImageId=IMAGE_ID,
        InstanceType=machine.group.type,
        MinCount=1,
        MaxCount=1,
        Placement={"AvailabilityZone": machine.zone},
        TagSpecifications=[
            {
                "ResourceType": "instance",
                "Tags": [{"Key": key, "Value": value} for key, value in machine.tags],
            }
        ],
        **options,
    )
    return str(reservation["Instances"][0]["InstanceId"])
