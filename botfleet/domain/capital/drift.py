"""Drift: how the arbiter's memory of a pool differs from the ledger, and by how much money.

The ledger is read first and the memory after it, each in one step of its store. So what is pending
in memory and not in the ledger is no drift: it is not committed yet, or ended and the arbiter was
not told; its lease tells which. Everything else has to fit, the arbiter's own sums to its own holds
included: those sums are what it grants from.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from botfleet.domain.capital.pool import Hold, Pool
from botfleet.domain.ids import DrawId


@dataclass(frozen=True, slots=True)
class Kept:
    """What an arbiter keeps of a bot; `pool` is None where nobody can make sense of it.

    `committed` and `pending` are the sums it keeps beside the holds, in cents. The leases of
    `lapsed` holds are over; `stray` holds are pending without a lease that ends in time.
    """

    pool: Pool | None
    committed: int = 0
    pending: int = 0
    lapsed: frozenset[DrawId] = frozenset()
    stray: frozenset[DrawId] = frozenset()


def differences(kept: Kept, ledger: Pool, today: date) -> frozenset[str]:
    """Name what differs, empty where nothing does; a hold is named with its draw."""
    memory = kept.pool
    if memory is None:
        return frozenset({"nonsense"})
    if memory.epoch != ledger.epoch:
        return frozenset({"epoch"})
    holds = frozenset(_of_holds(kept, memory, ledger))
    return holds.union(
        _of_numbers(kept, memory, ledger), () if holds else _of_day(memory, ledger, today)
    )


def excess(kept: Kept, ledger: Pool) -> int:
    """Give how much more the arbiter has free than it should, cents; of a past epoch nothing."""
    memory = kept.pool
    if memory is None:
        return -ledger.free
    if memory.epoch != ledger.epoch:
        return 0
    uncommitted = sum(hold.amount for hold in _unknown(memory, ledger).values())
    free = max(0, memory.allocation - kept.committed - kept.pending)
    return free - max(0, ledger.allocation - ledger.committed - ledger.pending - uncommitted)


def _of_numbers(kept: Kept, memory: Pool, ledger: Pool) -> Iterator[str]:
    if (kept.committed, kept.pending) != (memory.committed, memory.pending):
        yield "sums"
    if _limits(memory) != _limits(ledger):
        yield "limits"
    if memory.seq < ledger.seq:
        yield "sequence"


def _of_day(memory: Pool, ledger: Pool, today: date) -> Iterator[str]:
    """Its count follows from the holds, so it is judged where those agree."""
    if not ledger.day <= memory.day <= max(ledger.day, today):
        yield "day"
    elif memory.day_n != _opened(memory, ledger):
        yield "opened"


def _limits(pool: Pool) -> tuple[int, int, int]:
    return pool.allocation, pool.open_max, pool.day_max


def _opened(memory: Pool, ledger: Pool) -> int:
    """Count the day's opens: those the ledger knows, and those it does not know yet."""
    held = sum(hold.day == memory.day for hold in _unknown(memory, ledger).values())
    return held + (ledger.day_n if ledger.day == memory.day else 0)


def _of_holds(kept: Kept, memory: Pool, ledger: Pool) -> Iterator[str]:
    unknown = _unknown(memory, ledger)
    yield from (f"lease {draw}" for draw in unknown.keys() & kept.stray)
    for draw in (memory.holds.keys() | ledger.holds.keys()) - unknown.keys():
        if _worth(memory.holds.get(draw)) != _worth(ledger.holds.get(draw)):
            yield f"hold {draw}"


def _unknown(memory: Pool, ledger: Pool) -> dict[DrawId, Hold]:
    """Pending holds the ledger does not have; one that was posted was committed once."""
    return {
        draw: hold
        for draw, hold in memory.holds.items()
        if draw not in ledger.holds and hold.posted is None
    }


def _worth(hold: Hold | None) -> tuple[object, ...]:
    return () if hold is None else (hold.units, hold.amount, hold.day, hold.posted)
