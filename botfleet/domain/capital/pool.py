"""A bot's capital pool: money and both position slots are held in one step, then posted or voided.

    free = allocation - committed - pending              and no draw is granted beyond it
    held  --post(cost)-->  committed  --release-->  free
    held  --void-------->  free

`reserve` is the only way money leaves `free`, so who reserves first is served first (S142), and
whole units are computed inside it (S138, R20). Every verb is safe to repeat: a draw is named by its
cause. `epoch` fences a pool rebuilt from Postgres against holds of the one it replaced; `fence`
lets the re-run of a batch replace the hold its dead predecessor left for another price.
This is the rule; `adapters/redis/pool.lua` is its twin and a contract test holds them together.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from botfleet.domain.capital.sizing import UNITS_MAX, Amount, Base, Size, Units
from botfleet.domain.ids import BotId, DrawId


class Why(StrEnum):
    """Why a pool said no."""

    NO_CAPITAL = "no_capital"
    POSITION_LIMIT = "open_positions"
    DAILY_LIMIT = "daily_positions"
    PAST_DAY = "past_day"
    STALE = "stale"
    COLD = "cold"
    FENCED = "fenced"


class Measure(StrEnum):
    """What a request's `value` is: cents, or basis points of a base only the pool knows."""

    CENTS = "cents"
    ALLOCATION_BPS = "allocation_bps"
    AVAILABLE_BPS = "available_bps"


@dataclass(frozen=True, slots=True)
class DrawRequest:
    """One draw: up to `value`, in whole units of `unit_cost` cents, `units_min` at least.

    Units that cost nothing (they are covered by shares held already) take slots alone.
    """

    draw_id: DrawId
    bot_id: BotId
    epoch: int
    fence: int
    measure: Measure
    value: int
    unit_cost: int
    units_min: int
    units_max: int
    day: date


@dataclass(frozen=True, slots=True)
class Granted:
    """`units` whole units are held, `amount` cents; `seq` is the draw's place in this epoch."""

    units: int
    amount: int
    epoch: int
    seq: int


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing is held; `free` is what was left, in cents."""

    why: Why
    free: int = 0


@dataclass(frozen=True, slots=True)
class Hold:
    """A draw the pool knows: pending until `posted`; the day is the session it counts for."""

    units: int
    amount: int
    seq: int
    fence: int
    unit_cost: int
    day: date
    posted: int | None = None


@dataclass(frozen=True, slots=True)
class Pool:
    """The money and the slots of one bot; amounts in cents."""

    epoch: int
    allocation: int
    open_max: int
    day_max: int
    day: date
    day_n: int = 0
    seq: int = 0
    holds: Mapping[DrawId, Hold] = field(default_factory=dict)

    @property
    def committed(self) -> int:
        """What open positions cost."""
        return sum(hold.posted or 0 for hold in self.holds.values())

    @property
    def pending(self) -> int:
        """What unfilled orders may still cost."""
        return sum(hold.amount for hold in self.holds.values() if hold.posted is None)

    @property
    def free(self) -> int:
        """What the next draw may take; nothing, where the allocation was cut below what is used."""
        return max(0, self.allocation - self.committed - self.pending)

    def reserve(self, ask: DrawRequest) -> tuple["Pool", Granted | Refused]:
        """Hold what `ask` wants of what is free; asking twice grants once."""
        held = self.holds.get(ask.draw_id)
        if held is not None and (held.unit_cost == ask.unit_cost or held.posted is not None):
            return self, Granted(held.units, held.amount, self.epoch, held.seq)
        if held is not None and ask.fence <= held.fence:
            return self, Refused(Why.FENCED)
        return self.void(ask.draw_id).roll(ask.day).grant(ask)

    def grant(self, ask: DrawRequest) -> tuple["Pool", Granted | Refused]:
        """Hold what a new draw wants, if nothing speaks against it."""
        why = self._objection(ask)
        units = 0 if why else self._units(ask)
        if why or units < max(1, ask.units_min):
            return self, Refused(why or Why.NO_CAPITAL, self.free)
        return self._hold(ask, units)

    def _objection(self, ask: DrawRequest) -> Why | None:
        if ask.epoch != self.epoch:
            return Why.STALE
        if ask.day < self.day:
            return Why.PAST_DAY
        if len(self.holds) >= self.open_max:
            return Why.POSITION_LIMIT
        return Why.DAILY_LIMIT if self.day_n >= self.day_max else None

    def _units(self, ask: DrawRequest) -> int:
        bases = {
            Measure.CENTS: ask.value,
            Measure.ALLOCATION_BPS: self.allocation * ask.value // 10_000,
            Measure.AVAILABLE_BPS: self.free * ask.value // 10_000,
        }
        if not ask.unit_cost:
            return ask.units_max
        return min(min(bases[ask.measure], self.free) // ask.unit_cost, ask.units_max)

    def _hold(self, ask: DrawRequest, units: int) -> tuple["Pool", Granted]:
        amount, seq = units * ask.unit_cost, self.seq + 1
        hold = Hold(units, amount, seq, ask.fence, ask.unit_cost, ask.day)
        pool = replace(self, seq=seq, day_n=self.day_n + 1, holds={**self.holds, ask.draw_id: hold})
        return pool, Granted(units, amount, self.epoch, seq)

    def roll(self, day: date) -> "Pool":
        """Begin a session day: the daily counter starts again (R12)."""
        return replace(self, day=day, day_n=0) if day > self.day else self

    def post(self, draw: DrawId, cost: int) -> "Pool":
        """The order filled for `cost` (at most what was held); the rest is free again."""
        hold = self.holds.get(draw)
        if hold is None or hold.posted is not None:
            return self
        spent = replace(hold, posted=min(cost, hold.amount))
        return replace(self, holds={**self.holds, draw: spent})

    def void(self, draw: DrawId) -> "Pool":
        """Nothing came of the draw: its money and both its slots are free again."""
        hold = self.holds.get(draw)
        if hold is None or hold.posted is not None:
            return self
        given_back = 1 if hold.day == self.day else 0
        return replace(self._without(draw), day_n=self.day_n - given_back)

    def release(self, draw: DrawId) -> "Pool":
        """The position is gone: its money and its open slot are free, its day slot is not."""
        hold = self.holds.get(draw)
        return self if hold is None or hold.posted is None else self._without(draw)

    def _without(self, draw: DrawId) -> "Pool":
        return replace(self, holds={k: v for k, v in self.holds.items() if k != draw})


def measure(size: Size, *, net_liquidation: int, unit_cost: int) -> tuple[Measure, int, int]:
    """Turn a size into a request's measure, value and least units."""
    if isinstance(size, Units):
        return Measure.CENTS, size.count * unit_cost, size.count
    if isinstance(size, Amount):
        return Measure.CENTS, size.amount.cents, 1
    if size.base is Base.NET_LIQUIDATION:
        return Measure.CENTS, max(0, net_liquidation) * size.bps // 10_000, 1
    is_allocation = size.base is Base.ALLOCATION
    return Measure.ALLOCATION_BPS if is_allocation else Measure.AVAILABLE_BPS, size.bps, 1


def units_max(size: Size) -> int:
    """Give the most units a size may come to."""
    return size.count if isinstance(size, Units) else size.at_most or UNITS_MAX
