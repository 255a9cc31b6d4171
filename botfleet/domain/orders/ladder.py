"""The price ladder: from the middle to the final price in equal steps, then a rest, then cancel.

Source: R34 and actions-and-exits 3.6. Golden: bid 22.30, ask 23.00, selling, final $0.10 from mid
ends at 22.55.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from enum import StrEnum

from botfleet.domain.money import CENT

FINAL_REST_S = 120
_USUAL_PCT = 100
_NOTHING = Decimal(0)


class Speed(StrEnum):
    """How patiently the ladder is climbed."""

    FAST = "fast"
    NORMAL = "normal"
    PATIENT = "patient"
    OFF = "off"


#: How many prices, and how many seconds each but the last is held.
STEPS: dict[Speed, tuple[int, int]] = {
    Speed.FAST: (3, 5),
    Speed.NORMAL: (4, 10),
    Speed.PATIENT: (5, 20),
    Speed.OFF: (1, 0),
}


@dataclass(frozen=True, slots=True)
class PricePlan:
    """How far to go: `final_pct` of the spread, 50 the middle, 100 the far side, at most 150.

    Or up to `from_mid` dollars from the middle, or to `fixed`, a price without its sign; a close
    may go to `of_entry` times the price it was opened at, or `from_entry` dollars above (> 0) or
    below it. Of several the best for the owner is taken; where none is chosen, the far side.
    `life_s` bounds the whole ladder; 0: its last price rests as long as any.
    """

    speed: Speed = Speed.NORMAL
    final_pct: int | None = None
    from_mid: Decimal | None = None
    fixed: Decimal | None = None
    of_entry: Decimal | None = None
    from_entry: Decimal | None = None
    life_s: int = 0

    def closing(self, entry: Decimal) -> tuple[Decimal, ...]:
        """Give the prices chosen by what was paid (> 0) or received a share, without a sign."""
        paid = abs(entry)
        shares = () if self.of_entry is None else (paid * self.of_entry,)
        return shares if self.from_entry is None else (*shares, max(paid + self.from_entry, CENT))


@dataclass(frozen=True, slots=True)
class Rung:
    """One limit price (as `Ticket.limit`: > 0 paid, < 0 received) and how long it is held."""

    limit: Decimal
    hold_s: int


def repriced(
    rungs: tuple[Rung, ...], *, rung: int, age_s: float, limit: Decimal
) -> tuple[Rung, ...]:
    """End the rung an order of age `age_s` stands on now; rest at `limit` from here.

    The working order is moved, never doubled (R35).
    """
    climbed = rungs[:rung]
    held_s = max(0, int(age_s) - sum(one.hold_s for one in climbed))
    return (*climbed, Rung(rungs[rung].limit, held_s), Rung(limit, FINAL_REST_S))


def held_until(
    rungs: tuple[Rung, ...], rung: int, *, sent_at: datetime, filled_at: datetime | None
) -> datetime:
    """Say until when an order stands on `rung`; each partial fill restarts the rest (R34)."""
    ends_at = sent_at + timedelta(seconds=sum(one.hold_s for one in rungs[: rung + 1]))
    if filled_at is None or rung + 1 < len(rungs):
        return ends_at
    return max(ends_at, filled_at + timedelta(seconds=FINAL_REST_S))


def ladder(
    bid: Decimal,
    ask: Decimal,
    plan: PricePlan,
    *,
    bound: Decimal,
    entry: Decimal = _NOTHING,
    tick: Decimal = CENT,
) -> tuple[Rung, ...]:
    """Lay out the prices of an order that *buys* at `bid`..`ask` (a credit has both below zero).

    `entry` is what a position being closed was opened at. No price passes `bound`, the worst the
    trade allows: below zero for a credit. Every price is a multiple of `tick`, rounded in our
    favour, but the last in cents, which reaches the final price; nothing at all is no limit price,
    so one tick stands in its place.
    """
    count, hold_s = STEPS[plan.speed]
    final = min(_finals(bid, ask, plan, sign=1 if bound > 0 else -1, entry=entry))
    first, worst = min((bid + ask) / 2, final), _on_grid(bound, tick, ROUND_FLOOR)
    rungs: list[Rung] = []
    rest_s = plan.life_s - hold_s * (count - 1) if plan.life_s else FINAL_REST_S
    for step in range(count):
        share = Decimal(step) / (count - 1) if count > 1 else Decimal(1)
        is_last = step == count - 1
        rounding = ROUND_CEILING if is_last and tick == CENT else ROUND_FLOOR
        limit = _on_grid(first + (final - first) * share, tick, rounding)
        rungs.append(Rung(min(limit or tick, worst), max(0, rest_s) if is_last else hold_s))
    return tuple(rungs)


def _finals(
    bid: Decimal, ask: Decimal, plan: PricePlan, *, sign: int, entry: Decimal
) -> Iterator[Decimal]:
    """Give every final price chosen, for an order that buys; `sign` says whether it pays (1)."""
    fixed = plan.closing(entry) if plan.fixed is None else (plan.fixed, *plan.closing(entry))
    yield from (sign * price for price in fixed)
    if plan.from_mid is not None:
        yield (bid + ask) / 2 + plan.from_mid
    if plan.final_pct is not None or (plan.from_mid is None and not fixed):
        yield bid + (ask - bid) * (plan.final_pct or _USUAL_PCT) / 100


def _on_grid(price: Decimal, tick: Decimal, rounding: str) -> Decimal:
    return ((price / tick).quantize(Decimal(1), rounding) * tick).quantize(CENT)
