"""What a look at a rebooted instance says about it, honestly: a reboot emits no event and moves no state.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/monitoring-system-instance-status-check.html
"""

from dataclasses import replace

from bot.models import Instance
from bot.proposals import Reboot, State

LOOK_SECONDS = 50  # below the sweep's minute, so that each sweep looks
QUIET_SECONDS = 5 * 60
PATIENCE_SECONDS = 10 * 60
UNSEEN = "unseen"  # the note of a reboot at whose last look EC2 said nothing


def observed(reboot: Reboot, instance: Instance | None, now: int) -> Reboot:
    """`reboot` after a look; `instance` is None where EC2 said nothing.

    Both checks back at `ok` after one left it: BACK. Always `ok`: QUIET after five minutes, for nothing can be told
    apart. Still not `ok` after ten: IMPAIRED, with the note UNSEEN where EC2 did not say so. The minutes are those of
    the watch: before it began nobody looked.
    """
    since = now - (reboot.watched_at or reboot.rebooted_at or now)
    if instance is not None and instance.state != "running":
        return replace(reboot, state=State.NOT_RUNNING, note=instance.state, ended_at=now)
    checks = (instance.system_status, instance.instance_status) if instance else (None, None)
    if None in checks:
        return replace(reboot, state=State.IMPAIRED, note=UNSEEN, ended_at=now) if since >= PATIENCE_SECONDS else reboot
    if checks == ("ok", "ok"):
        if reboot.left_ok:
            return replace(reboot, state=State.BACK, note="", ended_at=now)
        return replace(reboot, state=State.QUIET, note="", ended_at=now) if since >= QUIET_SECONDS else reboot
    note = f"system {checks[0]}, instance {checks[1]}"
    if since >= PATIENCE_SECONDS:
        return replace(reboot, state=State.IMPAIRED, left_ok=True, note=note, ended_at=now)
    return replace(reboot, state=State.INITIALIZING, left_ok=True, note=note)
