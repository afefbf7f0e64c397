"""The AWS clients of a function, each made on first use and kept for the container's life."""

from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import boto3


class AwsClients:
    """Clients of one endpoint; `region` is the function's own. To be used in one thread."""

    def __init__(self, region: str, endpoint_url: str | None) -> None:
        self._region = region
        self._endpoint_url = endpoint_url
        self._clients: dict[tuple[str, str], Any] = {}

    def get(self, service: str, region: str | None = None) -> Any:
        """A hung service costs two short tries, not minutes."""
        from botocore.config import Config

        key = (service, region or self._region)
        if key not in self._clients:
            config = Config(
                connect_timeout=1,
                read_timeout=4 if service == "ec2" else 2,
                retries={"mode": "standard", "total_max_attempts": 2},
            )
            create: Any = self._session.client
            self._clients[key] = create(service, region_name=key[1], endpoint_url=self._endpoint_url, config=config)
        return self._clients[key]

    def once(self, region: str, credentials: dict[str, str]) -> Any:
        """An EC2 client of those credentials alone that sends each call once, whatever comes back; it is not kept."""
        from botocore.config import Config

        config = Config(connect_timeout=2, read_timeout=8, retries={"mode": "standard", "total_max_attempts": 1})
        create: Any = self._session.client
        return create("ec2", region_name=region, endpoint_url=self._endpoint_url, config=config, **credentials)

    @cached_property
    def _session(self) -> "boto3.Session":
        import boto3
        from botocore.session import get_session

        from bot.services.read_members import ReadMembersLoader

        core: Any = get_session()
        core.register_component("data_loader", ReadMembersLoader())
        # botocore's own parser of times is a third of what a page of instances takes (`make bench`).
        core.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=timestamp)
        return boto3.Session(region_name=self._region, botocore_session=core)


def timestamp(value: Any) -> datetime:
    """What AWS says of a moment: ISO 8601 at once, every other form (Cognito's are numbers) as botocore reads it."""
    from botocore.utils import parse_timestamp

    try:
        return datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return parse_timestamp(value)
