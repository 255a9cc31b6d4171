"""The life of an order as one table: in which state, what happens, leads where and does what to its
capital. Everything that moves an order reads it here; `docs/life_of_an_order.md` tells it.

1. Nothing leaves for the broker before SENDING is committed (RELIABILITY 3.1).
2. Silence is not an answer: SENDING and UNKNOWN end by a definite word, or by full listings that do
   not show the order once every bound has passed (MISSED).
3. What is not in the table is an older word that comes late: it changes nothing.
4. An end frees what did not fill, once. A fill the broker tells of after the end is a fill all the
   same: it is charged, whatever the pool says (the fill wins a race, RELIABILITY 3.5, 28).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from botfleet.domain.orders.order import Effect, OrderState, Report, is_ended

S = OrderState


#: How long an order to open may wait to be sent: its prices are of the moment it was written.
OPEN_LIFE = timedelta(minutes=15)
NOT_IN_TIME = "It could not be sent in time."


def is_stale(effect: Effect, written_at: datetime, now: datetime) -> bool:
    """Say whether an order that was not sent yet is not to be sent any more."""
    return effect is Effect.OPEN and now - written_at > OPEN_LIFE


class Happening(StrEnum):
    """What may happen to an order, or be learned of it."""

    SENT = "sent"
    HELD_BACK = "held back"
    WITHDRAWN = "withdrawn"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNHEARD = "unheard"
    SHOWN = "shown"
    PART_FILLED = "part filled"
    FILLED = "filled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REJECTED = "rejected"
    MISSED = "missed"
    FILLED_LATE_IN_PART = "filled late in part"
    FILLED_LATE = "filled late"


H = Happening


class Draw(StrEnum):
    """What becomes of the capital drawn for an order that opens."""

    KEPT = "kept"
    ENDED = "posted for what filled, the rest free"
    CHARGED = "charged for a fill after the end"


@dataclass(frozen=True, slots=True)
class Move:
    """Where a happening leads."""

    state: OrderState
    draw: Draw = Draw.KEPT


def _end(state: OrderState) -> Move:
    return Move(state, Draw.ENDED)


#: What a broker may show of an order it has.
_SHOWN = {
    H.SHOWN: Move(S.WORKING),
    H.PART_FILLED: Move(S.PARTIAL),
    H.FILLED: _end(S.FILLED),
    H.CANCELLED: _end(S.CANCELLED),
    H.EXPIRED: _end(S.EXPIRED),
    H.REJECTED: _end(S.REJECTED),
}
#: What a submit may come to.
_ANSWERED = {
    H.ACCEPTED: Move(S.WORKING),
    H.REFUSED: _end(S.REJECTED),
    H.UNHEARD: Move(S.UNKNOWN),
}


def _late(state: OrderState) -> dict[Happening, Move]:
    return {
        H.FILLED_LATE_IN_PART: Move(state, Draw.CHARGED),
        H.FILLED_LATE: Move(S.FILLED, Draw.CHARGED),
    }


LIFE: Mapping[OrderState, Mapping[Happening, Move]] = MappingProxyType(
    {
        # What a broker shows of it: a life of the database that was lost had sent it.
        S.PENDING: {H.SENT: Move(S.SENDING), H.WITHDRAWN: _end(S.CANCELLED), **_SHOWN},
        S.SENDING: {
            H.HELD_BACK: Move(S.PENDING),  # by its sender alone, who knows that nothing left
            H.WITHDRAWN: _end(S.CANCELLED),  # likewise
            H.MISSED: _end(S.REJECTED),
            **_ANSWERED,
            **_SHOWN,
        },
        S.UNKNOWN: {H.MISSED: _end(S.REJECTED), **_ANSWERED, **_SHOWN},
        S.WORKING: {H.ACCEPTED: Move(S.WORKING), **_SHOWN},
        S.PARTIAL: {H.ACCEPTED: Move(S.PARTIAL), **_SHOWN, H.SHOWN: Move(S.PARTIAL)},
        S.FILLED: {},
        S.CANCELLED: _late(S.CANCELLED),
        S.REJECTED: _late(S.REJECTED),
        S.EXPIRED: _late(S.EXPIRED),
    }
)

#: What is known of an order by its state, and what is known not to be known.
KNOWN: Mapping[OrderState, str] = MappingProxyType(
    {
        S.PENDING: "written, and provably not sent",
        S.SENDING: "may have left; its answer is waited for",
        S.UNKNOWN: "nobody knows whether the broker has it: looked for, never sent again, its "
        "capital kept",
        S.WORKING: "at the broker, nothing filled",
        S.PARTIAL: "at the broker, part filled",
        S.FILLED: "ended, all filled",
        S.CANCELLED: "ended; what did not fill is free",
        S.REJECTED: "ended; what did not fill is free",
        S.EXPIRED: "ended; what did not fill is free",
    }
)

_HEARD = {
    S.WORKING: H.SHOWN,
    S.PARTIAL: H.PART_FILLED,
    S.FILLED: H.FILLED,
    S.CANCELLED: H.CANCELLED,
    S.EXPIRED: H.EXPIRED,
    S.REJECTED: H.REJECTED,
}


def move(now: OrderState, happening: Happening) -> Move | None:
    """Say where `happening` leads an order in `now`; None: an older word, nothing changes."""
    return LIFE[now].get(happening)


def heard(now: OrderState, booked: int, report: Report) -> Happening | None:
    """Say what a broker's report means for an order in `now` of which `booked` units have filled.

    None where it tells nothing new of an order that has ended.
    """
    if not is_ended(now):
        return _HEARD[report.state]
    if report.filled <= booked:
        return None
    return H.FILLED_LATE if report.filled >= report.quantity else H.FILLED_LATE_IN_PART
