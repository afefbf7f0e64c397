"""When people are reminded of an alert. Apart from the incidents, for settings name it.

Plain data; nothing here reads or waits.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Pace:
    """When to remind: seconds without anybody's acknowledgement, and with it."""

    unacknowledged: float = 15 * 60.0
    acknowledged: float = 4 * 3600.0
