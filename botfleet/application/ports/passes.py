"""What the fleet needs where it keeps how its books compare with brokers': passes and breaks.

A pass is one comparison of one account. An account nothing is known of is never passed over: it is
idle, and its broker is left alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from botfleet.domain.ids import AccountId, BotId, PositionId, UserId
from botfleet.domain.positions.shortfalls import Held


class BreakKind(StrEnum):
    """In what the books may differ.

    ORPHAN   an order of our own shape that is in no book here; the account only closes
    REBUILT  an order that was in no book here and is provably ours; it is written again
    UNCLEAR  an order of unknown fate that several of the broker's fit; the account only closes
    REVIVED  an order given up here that works at the broker; it is cancelled
    LATE     a fill the broker told of after its order had ended; it is booked
    MISSING  a bot's holding that is not at the broker: closed elsewhere, or assigned (E12)
    UNKNOWN  an order that may be at the broker and is in no list of its session
    """

    ORPHAN = "orphan"
    REBUILT = "rebuilt"
    UNCLEAR = "unclear"
    REVIVED = "revived"
    LATE = "late"
    MISSING = "missing"
    UNKNOWN = "unknown"


#: Breaks after which an account may only be left, until a pass finds them gone.
FREEZING = frozenset({BreakKind.ORPHAN, BreakKind.UNCLEAR})


@dataclass(frozen=True, slots=True)
class Break:
    """One difference: `subject` names the order or instrument, `detail` says it in words."""

    kind: BreakKind
    subject: str
    detail: str


@dataclass(frozen=True, slots=True)
class BreakLine:
    """A break that stands, and since when (market time)."""

    account_id: AccountId
    user: str
    broker: str
    number_end: str
    kind: BreakKind
    subject: str
    detail: str
    found_at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class PassLine:
    """How an account's last pass went; `failure` is why it could not be made.

    While it `is_restored` nothing is sent: the database is older than what stands at the broker.
    Of `unknown` of its orders nobody knows whether the broker has them.
    """

    account_id: AccountId
    user: str
    broker: str
    number_end: str
    is_recovering: bool
    is_restored: bool
    passed_at: datetime | None
    failure: str
    breaks: int
    unknown: int


@dataclass(frozen=True, slots=True)
class Passed:
    """What a pass found: breaks, and what is missing for the first time (`suspects`)."""

    breaks: Sequence[Break]
    suspects: frozenset[str]


class Passes(Protocol):
    """Every method is one transaction and raises `StoreUnavailable` when it cannot be had."""

    def recover(self) -> int:
        """Let every account that has something at its broker only close, until its next pass."""
        ...

    def height(self) -> int:
        """Say how far this database has come: how often `climb` was called in all its life."""
        ...

    def climb(self) -> int:
        """Note that time goes on; give the height that was reached.

        Where nobody noted it for ten minutes (real time), every account waits for its next pass,
        idle or not: database and memory may both be of a backup.
        """
        ...

    def restored(self, height: int, now: datetime) -> bool:
        """Note that this database is older than one that had come to `height`.

        Until its next pass nothing is sent for any account, and what was not sent may have been.
        False where somebody else noted it already.
        """
        ...

    def want(self, account: AccountId | None, user: UserId | None = None) -> Sequence[AccountId]:
        """Ask for a pass now of an account, idle or not, or of all that are not idle."""
        ...

    def waiting(self, accounts: Sequence[AccountId]) -> Sequence[AccountId]:
        """Give those whose pass that was asked for has not ended."""
        ...

    def take(self, every_s: float) -> tuple[AccountId, frozenset[str]] | None:
        """Lease an account that is wanted, or whose last pass began `every_s` ago (real time).

        Only those with live orders or open positions, or that gave an order up within a day for
        want of a word, and once those where an order was cancelled a minute ago. Gives what its
        last pass suspected.
        """
        ...

    def held(self, account: AccountId) -> Sequence[Held]:
        """List what the account's bots hold, and what filled of their orders under way."""
        ...

    def passed(self, account: AccountId, now: datetime, found: Passed) -> Sequence[Break]:
        """Write a pass down: the account has recovered; give the breaks that are new."""
        ...

    def failed(self, account: AccountId, why: str) -> None:
        """Write down that a pass could not be made; nothing else changes."""
        ...

    def miss(self, positions: Sequence[PositionId], why: str, now: datetime) -> Sequence[BotId]:
        """Take open positions away from their bots: they are not at the broker as they should be.

        They keep slot and capital until their owner overrides them; owners are told once.
        """
        ...

    def lines(self, account: AccountId | None = None) -> Sequence[PassLine]:
        """Show how passes went."""
        ...

    def counts(self) -> Mapping[BreakKind, int]:
        """Count the breaks that stand, of every kind."""
        ...

    def breaks(self, account: AccountId | None = None) -> Sequence[BreakLine]:
        """Show the breaks that stand."""
        ...
