"""Where the AWS console of a region is: each partition has its own."""

_CONSOLES = {"cn-": "console.amazonaws.cn", "us-gov-": "console.amazonaws-us-gov.com"}


def host(region: str) -> str:
    """The host name of the console that knows this region."""
    special = next((host for prefix, host in _CONSOLES.items() if region.startswith(prefix)), None)
    return special or f"{region}.console.aws.amazon.com"
