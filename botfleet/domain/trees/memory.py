"""What a bot remembers from run to run: tags, switches, counters, and since when something holds.

R7. A walk reads its bot's `Memory` as it was when its round began (R17) and never changes it: it
ends in actions, and each gives a `Change`, which the batch's one commit applies. What a position is
tagged with belongs to the position; everything else is a `Mark`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from botfleet.domain.ids import PositionId


class Mark(StrEnum):
    """What kind of thing is remembered."""

    TAG = "tag"
    SWITCH = "switch"
    COUNTER = "counter"
    STREAK = "streak"


BOT = "bot"


def of_symbol(symbol: str) -> str:
    """Name a symbol as a subject of memory."""
    return f"symbol:{symbol}"


def of_position(position_id: PositionId) -> str:
    """Name a position as a subject of memory."""
    return f"position:{position_id}"


@dataclass(frozen=True, slots=True)
class Remembered:
    """One thing about one subject: a tag (`number` 1), a switch (0 or 1), a counter, a streak.

    A streak's subject is its loop item and its name the held condition's key; `since` is the
    instant of the first of the consecutive runs in which it was true.
    """

    mark: Mark
    subject: str
    name: str
    number: int = 1
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Memory:
    """All that a bot remembers. What is not there is off, zero, untagged, not holding."""

    marks: tuple[Remembered, ...] = ()

    def tags(self, subject: str) -> frozenset[str]:
        """Give the tags of a subject."""
        return frozenset(
            one.name for one in self.marks if one.mark is Mark.TAG and one.subject == subject
        )

    def number(self, mark: Mark, subject: str, name: str) -> int:
        """Give a counter, or a switch as 0 or 1."""
        one = self._find(mark, subject, name)
        return one.number if one else 0

    def since(self, key: str, item: str) -> datetime | None:
        """Say since when a held condition has been true; None while it is not."""
        one = self._find(Mark.STREAK, item, key)
        return one.since if one else None

    def _find(self, mark: Mark, subject: str, name: str) -> Remembered | None:
        for one in self.marks:
            if one.name == name and one.subject == subject and one.mark is mark:
                return one
        return None


class Verb(StrEnum):
    """What an action does to what is remembered."""

    TAG = "tag"
    UNTAG = "untag"
    RESET = "reset"
    SET = "set"
    ADD = "add"


@dataclass(frozen=True, slots=True)
class Change:
    """One action's wish: `TAG`, `UNTAG`, `RESET` of a subject's tags; `SET`, `ADD` of a number."""

    mark: Mark
    subject: str
    verb: Verb
    names: tuple[str, ...]
    number: int = 0


@dataclass(frozen=True, slots=True)
class Streaks:
    """What a run leaves of its automation's held conditions.

    `held` are true or unknown and go on; every other streak among `keys` has ended.
    """

    keys: frozenset[str] = frozenset()
    held: tuple[Remembered, ...] = ()


Place = tuple[Mark, str, str]


def after(memory: Memory, changes: Iterable[Change | Streaks]) -> Memory:
    """Give the memory as it is once `changes` were made, in their order."""
    marks: dict[Place, Remembered] = {
        (one.mark, one.subject, one.name): one for one in memory.marks
    }
    for change in changes:
        if isinstance(change, Streaks):
            _hold(marks, change)
        elif change.mark is Mark.TAG:
            _tag(marks, change)
        else:
            _count(marks, change)
    return Memory(tuple(marks[place] for place in sorted(marks)))


def _hold(marks: dict[Place, Remembered], streaks: Streaks) -> None:
    for place in [place for place in marks if place[0] is Mark.STREAK and place[2] in streaks.keys]:
        del marks[place]
    marks |= {(one.mark, one.subject, one.name): one for one in streaks.held}


def _tag(marks: dict[Place, Remembered], change: Change) -> None:
    for place in [place for place in marks if place[:2] == (Mark.TAG, change.subject)]:
        if change.verb is Verb.RESET or (change.verb is Verb.UNTAG and place[2] in change.names):
            del marks[place]
    if change.verb is not Verb.UNTAG:
        for name in change.names:
            marks[Mark.TAG, change.subject, name] = Remembered(Mark.TAG, change.subject, name)


def _count(marks: dict[Place, Remembered], change: Change) -> None:
    for name in change.names:
        place = (change.mark, change.subject, name)
        before = marks.get(place, Remembered(*place, number=0))
        start = before.number if change.verb is Verb.ADD else 0
        marks[place] = replace(before, number=start + change.number)


def tagged(tags: tuple[str, ...], change: Change) -> tuple[str, ...]:
    """Give a position's tags after a change of them, those it had before first."""
    if change.verb is Verb.RESET:
        return change.names
    if change.verb is Verb.UNTAG:
        return tuple(tag for tag in tags if tag not in change.names)
    return tuple(dict.fromkeys(tags + change.names))


def quantified(quantifier: str, wanted: Iterable[str], tags: Iterable[str]) -> bool:
    """Say whether `any`, `all` or `none` of the `wanted` are among `tags`."""
    found = frozenset(wanted) & frozenset(tags)
    if quantifier == "any":
        return bool(found)
    return found == frozenset(wanted) if quantifier == "all" else not found
