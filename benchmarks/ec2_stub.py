"""EC2 on this machine, for fleets of any size: it pages by instance, as the real one does and moto does not.

Refuses to be EC2: it looks at no filter and no signature but for the region in it, and keeps nothing but its calls.
"""

import re
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs

from playground.lifetimes import Entered, serving

MAX_PAGE = 1000
_REGION = re.compile(r"Credential=[^/]+/\d+/([a-z0-9-]+)/ec2/")
_NAMESPACE = "http://ec2.amazonaws.com/doc/2016-11-15/"
# About 3.4 kB, as the real one sends of an instance with one volume and one network interface.
_INSTANCE = """<item><reservationId>r-{number:017x}</reservationId><ownerId>123456789012</ownerId><groupSet/>
<instancesSet><item><instanceId>{id}</instanceId><imageId>ami-0abcdef1234567890</imageId>
<instanceState><code>{code}</code><name>{state}</name></instanceState>
<privateDnsName>ip-10-0-0-1.ec2.internal</privateDnsName><dnsName/><reason/><keyName>ops</keyName>
<amiLaunchIndex>0</amiLaunchIndex><productCodes/><instanceType>m6i.large</instanceType>
<launchTime>2026-0{month}-22T12:00:00.000Z</launchTime>
<placement><availabilityZone>{region}a</availabilityZone><groupName/><tenancy>default</tenancy></placement>
<monitoring><state>disabled</state></monitoring><subnetId>subnet-0a1b2c3d4e5f60718</subnetId>
<vpcId>vpc-0a1b2c3d4e5f60718</vpcId><privateIpAddress>10.0.{high}.{low}</privateIpAddress>
<sourceDestCheck>true</sourceDestCheck>
<groupSet><item><groupId>sg-0a1b2c3d4e5f60718</groupId><groupName>web</groupName></item></groupSet>
<architecture>x86_64</architecture><rootDeviceType>ebs</rootDeviceType><rootDeviceName>/dev/xvda</rootDeviceName>
<blockDeviceMapping><item><deviceName>/dev/xvda</deviceName><ebs><volumeId>vol-0a1b2c3d4e5f60718</volumeId>
<status>attached</status><attachTime>2026-01-22T12:00:01.000Z</attachTime>
<deleteOnTermination>true</deleteOnTermination></ebs></item></blockDeviceMapping>
<virtualizationType>hvm</virtualizationType><clientToken>0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9</clientToken>
<tagSet><item><key>Name</key><value>web-{number}</value></item><item><key>Env</key><value>prod</value></item>
<item><key>Team</key><value>storefront</value></item><item><key>Service</key><value>web</value></item>
<item><key>CostCenter</key><value>CC-1040</value></item></tagSet><hypervisor>xen</hypervisor>
<networkInterfaceSet><item><networkInterfaceId>eni-0a1b2c3d4e5f60718</networkInterfaceId>
<subnetId>subnet-0a1b2c3d4e5f60718</subnetId><vpcId>vpc-0a1b2c3d4e5f60718</vpcId><description/>
<ownerId>123456789012</ownerId><status>in-use</status><macAddress>02:00:00:00:00:01</macAddress>
<privateIpAddress>10.0.{high}.{low}</privateIpAddress><sourceDestCheck>true</sourceDestCheck>
<groupSet><item><groupId>sg-0a1b2c3d4e5f60718</groupId><groupName>web</groupName></item></groupSet>
<attachment><attachmentId>eni-attach-0a1b2c3d4e5f60718</attachmentId><deviceIndex>0</deviceIndex>
<status>attached</status><attachTime>2026-01-22T12:00:00.000Z</attachTime>
<deleteOnTermination>true</deleteOnTermination><networkCardIndex>0</networkCardIndex></attachment>
<privateIpAddressesSet><item><privateIpAddress>10.0.{high}.{low}</privateIpAddress><primary>true</primary></item>
</privateIpAddressesSet><ipv6AddressesSet/><interfaceType>interface</interfaceType></item></networkInterfaceSet>
<ebsOptimized>false</ebsOptimized><enaSupport>true</enaSupport>
<cpuOptions><coreCount>1</coreCount><threadsPerCore>2</threadsPerCore></cpuOptions>
<capacityReservationSpecification><capacityReservationPreference>open</capacityReservationPreference>
</capacityReservationSpecification><hibernationOptions><configured>false</configured></hibernationOptions>
<metadataOptions><state>applied</state><httpTokens>required</httpTokens>
<httpPutResponseHopLimit>2</httpPutResponseHopLimit><httpEndpoint>enabled</httpEndpoint>
<httpProtocolIpv6>disabled</httpProtocolIpv6><instanceMetadataTags>disabled</instanceMetadataTags></metadataOptions>
<enclaveOptions><enabled>false</enabled></enclaveOptions><platformDetails>Linux/UNIX</platformDetails>
<usageOperation>RunInstances</usageOperation><usageOperationUpdateTime>2026-01-22T12:00:00.000Z</usageOperationUpdateTime>
<maintenanceOptions><autoRecovery>default</autoRecovery></maintenanceOptions></item></instancesSet></item>"""
_STATUS = """<item><instanceId>{id}</instanceId><availabilityZone>us-east-1a</availabilityZone>
<instanceState><code>16</code><name>running</name></instanceState>
<systemStatus><status>ok</status><details><item><name>reachability</name><status>passed</status></item></details>
</systemStatus><instanceStatus><status>{own}</status><details><item><name>reachability</name><status>passed</status>
</item></details></instanceStatus></item>"""

Before = Callable[[str, str], str | None]


class Ec2Stub(Entered):
    """`fleets` says how many instances a region has: every tenth is stopped, every fiftieth impaired.

    `before` is called with action and region, in the request's own thread: it may take its time, and an error code
    that it returns is the answer. A region in `endless` sends empty pages for ever, each with a token of its own.
    """

    def __init__(
        self,
        fleets: Mapping[str, int],
        before: Before = lambda action, region: None,
        endless: frozenset[str] = frozenset(),
    ) -> None:
        self.fleets = fleets
        self.before = before
        self.endless = endless
        self.calls: list[tuple[str, str]] = []

    def _start(self, stack: ExitStack) -> None:
        self.url = stack.enter_context(serving(_Server(self)))

    def answer(self, action: str, region: str, form: Mapping[str, str]) -> tuple[int, str]:
        """Status and XML for one call."""
        self.calls.append((action, region))
        if code := self.before(action, region):
            return 503, f"<Response><Errors><Error><Code>{code}</Code><Message>no</Message></Error></Errors></Response>"
        if action == "DescribeInstanceStatus":
            return 200, _statuses(tuple(value for name, value in form.items() if name.startswith("InstanceId.")))
        start = int(form.get("NextToken", "0"))
        if region in self.endless:
            return 200, _document("DescribeInstances", f"<reservationSet/><nextToken>{start + 1}</nextToken>")
        size = min(int(form.get("MaxResults", MAX_PAGE)), MAX_PAGE)
        return 200, _page(region, start, size, self.fleets[region])


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, stub: Ec2Stub) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.stub = stub

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that did not wait is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm: ClassVar[bool] = True
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        found = _REGION.search(self.headers.get("Authorization", ""))
        status, xml = self.server.stub.answer(form["Action"], found[1] if found else "", form)
        payload = xml.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/xml;charset=UTF-8")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@cache
def _page(region: str, start: int, size: int, count: int) -> str:
    end = min(start + size, count)
    items = "".join(_instance(region, number) for number in range(start, end))
    token = f"<nextToken>{end}</nextToken>" if end < count else ""
    return _document("DescribeInstances", f"<reservationSet>{items}</reservationSet>{token}")


@cache
def _statuses(ids: tuple[str, ...]) -> str:
    items = "".join(_STATUS.format(id=one, own="impaired" if int(one[-8:], 16) % 50 == 1 else "ok") for one in ids)
    return _document("DescribeInstanceStatus", f"<instanceStatusSet>{items}</instanceStatusSet>")


def _instance(region: str, number: int) -> str:
    code, state = (80, "stopped") if number % 10 == 0 else (16, "running")
    high, low = divmod(number, 250)
    return _INSTANCE.format(
        id=f"i-{number:017x}",
        number=number,
        region=region,
        code=code,
        state=state,
        month=number % 9 + 1,
        high=high % 250,
        low=low,
    )


def _document(action: str, content: str) -> str:
    head = f'<?xml version="1.0" encoding="UTF-8"?><{action}Response xmlns="{_NAMESPACE}"><requestId>r</requestId>'
    return f"{head}{content}</{action}Response>"
