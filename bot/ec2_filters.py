"""A listing's restrictions in EC2's own words, so that EC2 and not we leave instances out.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html ("Filter.N")
"""

import re
from typing import Any

from bot.models import InstanceQuery

INSTANCE_ID = re.compile(r"i-[0-9a-f]{8}(?:[0-9a-f]{9})?", re.ASCII)


def filters_of(query: InstanceQuery) -> list[Any]:
    """Filters all of which must hold; EC2 takes any of a filter's values."""
    filters: list[Any] = []
    if query.states:
        filters.append({"Name": "instance-state-name", "Values": list(query.states)})
    # One filter a tag: what EC2 makes of one filter given twice is not said.
    for key in dict.fromkeys(key for key, _ in query.tags):
        values = [value for name, value in query.tags if name == key and value is not None]
        if any(name == key and value is None for name, value in query.tags):
            filters.append({"Name": "tag-key", "Values": [key]})
        else:
            filters.append({"Name": f"tag:{key}", "Values": values})
    if INSTANCE_ID.fullmatch(query.text):
        filters.append({"Name": "instance-id", "Values": [query.text]})
    elif query.text:
        filters.append({"Name": "tag:Name", "Values": spellings(query.text)})
    return filters


def spellings(text: str) -> list[str]:
    """EC2 compares with case and has no OR over filters, but a filter takes several values."""
    wildcard = text if "*" in text or "?" in text else f"*{text}*"
    return sorted({wildcard, wildcard.lower(), wildcard.upper(), wildcard.title()})
