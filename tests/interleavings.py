"""Every order in which a few actors can take their steps, each run by the real code, in threads that take turns.

An actor runs until its next `step` and waits there; one of those that wait is chosen, and what its step does happens at
once. A schedule is a list of such choices, and each is run from the start. Two schedules that come to the same place
(the same world, and the same replies and clock readings to each actor that still runs, which make out its memory) go on
alike, so that only the first of them goes on. Nothing is left to chance: whoever reads a clock or makes an id takes it
from here.
"""

import _thread
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

DONE = "ok"
DIES = "dies"


class Died(BaseException):
    """The process of the actor is killed; no handler of the product's may run for it."""


class _Stopped(BaseException):
    """The schedule ends here."""


@dataclass(frozen=True)
class Step:
    """What an actor waits to do. `faults` are the other ways it may go; `alone` is one that no other actor can notice,
    nor change, so that it does not matter when it happens."""

    name: str
    faults: tuple[str, ...] = ()
    alone: bool = False


class World(Protocol):
    """What the actors share."""

    def state(self) -> Hashable:
        """All of it."""

    def end(self) -> None:
        """Every actor is done."""

    @property
    def violations(self) -> Sequence[str]:
        """What must never be and was; the first of them ends the exploration."""


class Actor:
    """One process; `again` says that it is started once more when it has died, as its message is received again."""

    def __init__(self, name: str, body: Callable[["Actor"], None], *, mortal: bool = True, again: bool = False) -> None:
        self.name = name
        self.body = body
        self.mortal = mortal
        self.again = again
        self.lives = 0
        self.ids = 0
        self.waiting: Step | None = None
        self.chosen: str | None = None
        self.turn = _thread.allocate_lock()
        self._memory = 0

    def begins(self) -> None:
        """A new life, without a memory."""
        self.lives += 1
        self._memory = hash(self.lives)

    def remember(self, *what: Hashable) -> None:
        """Something that came into the actor's memory."""
        self._memory = hash((self._memory, what))

    def state(self) -> Hashable:
        return (self.name, self.lives, self.waiting and (self.waiting.name, self._memory))


@dataclass
class Explored:
    """What an exploration came to. A schedule is told as `actor: step` lines."""

    schedules: int = 0
    states: int = 0
    ends: int = 0
    violation: str = ""
    schedule: tuple[str, ...] = ()
    steps: set[str] = field(default_factory=set)


Choice = tuple[int, str]


class Explorer:
    """`stage` makes a new world and its actors; `faults` is how many there may be in one schedule.

    `holds_back` says which actor may not go now, given what each is waiting for.
    """

    def __init__(
        self,
        stage: Callable[["Explorer"], tuple[World, list[Actor]]],
        faults: int,
        holds_back: Callable[[Actor, Mapping[str, str]], bool] = lambda actor, waiting: False,
    ) -> None:
        self._stage = stage
        self._faults = faults
        self._holds_back = holds_back
        self._seen: set[Hashable] = set()
        self._ends: set[Hashable] = set()
        self._open: list[tuple[Choice, ...]] = [()]
        self._over = _thread.allocate_lock()
        self._error: BaseException | None = None
        self.found = Explored()
        self.current: Actor | None = None
        self.faults_met = 0

    def explore(self) -> Explored:
        """All of it, or up to the first violation."""
        while self._open and not self.found.violation:
            self._run(self._open.pop())
        self.found.states = len(self._seen)
        self.found.ends = len(self._ends)
        return self.found

    def step(self, step: Step) -> str:
        """For the actor that is running: wait until the step is chosen; in which way. Outside, all simply happens."""
        actor = self.current
        if actor is None:
            return DONE
        actor.waiting = step
        following = self._following()
        if following is not actor:
            self._hand_over(following)
            actor.turn.acquire()
        actor.waiting = None
        if actor.chosen is None:
            raise _Stopped
        if actor.chosen == DIES:
            raise Died
        actor.remember(step.name, actor.chosen)
        return actor.chosen

    def _run(self, prefix: tuple[Choice, ...]) -> None:
        self.found.schedules += 1
        self.faults_met = 0
        self._prefix, self._stopped = prefix, False
        self._taken: list[Choice] = []
        self._told: list[str] = []
        self._world, self._actors = self._stage(self)
        self._unborn = list(reversed(self._actors))
        self._over.acquire()
        self._hand_over(self._following())
        self._over.acquire()
        self._over.release()
        if self._error is not None:
            raise self._error
        if self._world.violations:
            self.found.violation, self.found.schedule = self._world.violations[0], tuple(self._told)

    def _live(self, actor: Actor) -> None:
        """An actor's thread."""
        while True:
            try:
                actor.body(actor)
            except Died:
                if actor.again and actor.lives == 1:
                    actor.begins()
                    continue
            except _Stopped:
                pass
            except BaseException as error:
                self._error = error
            break
        self._hand_over(self._following())

    def _hand_over(self, actor: Actor | None) -> None:
        """Let that one run, or the explorer itself."""
        self.current = actor
        if actor is None:
            self._over.release()
        elif actor.lives == 0:
            actor.begins()
            actor.turn.acquire()
            _thread.start_new_thread(self._live, (actor,))
        else:
            actor.turn.release()

    def _following(self) -> Actor | None:
        """Who is to run now; with no choice made for it, an actor is to end."""
        self.current = None
        try:
            following = self._unborn.pop() if self._unborn else self._chosen()
        except BaseException as error:
            self._error, following = error, None
        if following is None:
            self._unborn.clear()
            following = next((actor for actor in self._actors if actor.waiting is not None), None)
            if following is not None:
                following.chosen = None
        self.current = following
        return following

    def _chosen(self) -> Actor | None:
        if self._world.violations or self._error is not None or self._stopped:
            return None
        if len(self._taken) < len(self._prefix):
            choice = self._prefix[len(self._taken)]
        else:
            state = (self._world.state(), self.faults_met, *(actor.state() for actor in self._actors))
            if state in self._seen:
                return self._stop()
            self._seen.add(state)
            choices = self._choices()
            if not choices:
                self._end()
                return self._stop()
            choice = choices[0]
            self._open.extend((*self._taken, other) for other in choices[1:])
        self._taken.append(choice)
        number, way = choice
        actor = self._actors[number]
        assert actor.waiting is not None
        self._told.append(f"{actor.name}: {actor.waiting.name}{'' if way == DONE else f' ({way})'}")
        self.found.steps.add(actor.waiting.name)
        self.faults_met += way != DONE
        actor.chosen = way
        return actor

    def _stop(self) -> None:
        self._stopped = True

    def _end(self) -> None:
        end = self._world.state()
        if end not in self._ends:
            self._ends.add(end)
            self._world.end()

    def _choices(self) -> list[Choice]:
        waiting = {actor.name: actor.waiting.name for actor in self._actors if actor.waiting}
        ready = [
            number
            for number, actor in enumerate(self._actors)
            if actor.waiting is not None and not self._holds_back(actor, waiting)
        ]
        # What nobody else notices need not be tried in every order with what the others do.
        alone = [number for number in ready if (step := self._actors[number].waiting) and step.alone]
        choices: list[Choice] = []
        for number in alone[:1] or ready:
            actor = self._actors[number]
            assert actor.waiting is not None
            choices.append((number, DONE))
            if self.faults_met < self._faults:
                choices.extend((number, fault) for fault in actor.waiting.faults)
                if actor.mortal:
                    choices.append((number, DIES))
        return choices
