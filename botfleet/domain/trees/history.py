"""What a bot has done: its opens and closes, its results, its attempts to leave (spec B8-B27, P22).

Only what trees can ask is kept. Amounts in cents. Positions that were refused, or of which nothing
filled, count nowhere.
"""

from dataclasses import dataclass
from datetime import date, datetime

from botfleet.domain.ids import PositionId
from botfleet.domain.trades.structures import Structure


@dataclass(frozen=True, slots=True)
class Last:
    """The last open and close of positions in `symbol` that bear `tag` ("": those with none)."""

    symbol: str
    tag: str
    opened_at: datetime | None
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Ended:
    """So many positions alike have ended: `closed` (or expired), or in `error` (refused)."""

    status: str
    symbol: str
    structure: Structure
    tags: tuple[str, ...]
    expires_on: date | None
    count: int


@dataclass(frozen=True, slots=True)
class Attempts:
    """How often the bot has tried to leave a position it still holds, by why."""

    position_id: PositionId
    why: str
    count: int


@dataclass(frozen=True, slots=True)
class Streak:
    """How the last closed positions ended: that many wins (> 0) or losses (< 0) in a row."""

    length: int = 0
    last_gain: int | None = None
    last_why: str = ""


@dataclass(frozen=True, slots=True)
class History:
    """A bot's past as its tree may see it.

    `realised` is what all its positions have brought, parts of them and what their owner said of
    those taken over included; wins, losses and the streak are of those that ended by themselves.
    `earned_before` is what its open positions and those closed today had gained when the session
    before ended: the day's result is today's total less it. `expiring_today` is what positions that
    expire today have realised.
    """

    lasts: tuple[Last, ...] = ()
    closed_today: int = 0
    wins: int = 0
    losses: int = 0
    streak: Streak = Streak()
    realised: int = 0
    realised_today: int = 0
    expiring_today: int = 0
    earned_before: int = 0
    attempts: tuple[Attempts, ...] = ()

    def last(self, verb: str, symbol: str | None = None, tag: str | None = None) -> datetime | None:
        """Say when the bot last opened or closed a position like that; None for never."""
        found = (
            one.opened_at if verb == "opened" else one.closed_at
            for one in self.lasts
            if symbol in {None, one.symbol} and tag in {None, one.tag}
        )
        return max((at for at in found if at is not None), default=None)

    @property
    def win_rate(self) -> float | None:
        """Wins among all that were closed with a result; None before the first."""
        closed = self.wins + self.losses
        return self.wins / closed if closed else None
