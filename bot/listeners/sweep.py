"""What the sweep does each minute: every part in turn, and no failure of one keeps another from its turn."""

import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from bot.errors import ChatOpsError
from bot.reboot_errors import WrongCardError

if TYPE_CHECKING:
    from bot.listeners.reboot_cards import RebootCards
    from bot.services.proposals import Proposals
    from bot.services.reboot_watching import RebootWatching

logger = logging.getLogger("ec2-chatops")

Part = Callable[[], int]


class Sweep:
    """`parts` by name; each does what is due and answers how much that was."""

    def __init__(self, parts: Mapping[str, Part]) -> None:
        self._parts = parts

    def run(self) -> dict[str, int]:
        """Raises whatever the last failing part raised, after all have had their turn."""
        done, failure = {}, None
        for name, part in self._parts.items():
            try:
                done[name] = part()
            except Exception as error:
                logger.error("part of the sweep failed", extra={"part": name, "error": type(error).__name__})
                failure = error
        if failure is not None:
            raise failure
        return done


class RebootSweep:
    """The sweep's part for reboots."""

    def __init__(self, proposals: "Proposals", watching: "RebootWatching", cards: "RebootCards") -> None:
        self._proposals = proposals
        self._watching = watching
        self._cards = cards

    def run(self) -> int:
        """How many were due. Raises NotRecordedError, and what nobody foresaw after all have had their turn."""
        due = self._proposals.due()
        failures = [failure for action_id in due if (failure := self._follow(action_id)) is not None]
        if failures:
            raise failures[-1]
        return len(due)

    def _follow(self, action_id: str) -> Exception | None:
        """What nobody foresaw, if it went wrong so: the others have their turn all the same."""
        try:
            self._cards.show(self._watching.follow(self._proposals.read(action_id)))
        except WrongCardError:
            logger.error("reboot not readable", extra={"action": action_id})
            self._proposals.put_off(action_id)
        except ChatOpsError as error:
            # Another run was there first, or DynamoDB did not answer: it stays due.
            logger.warning("reboot not followed", extra={"action": action_id, "error": type(error).__name__})
        except Exception as error:
            logger.error("reboot not followed", extra={"action": action_id, "error": type(error).__name__})
            return error
        return None
