"""How a pool is written in Redis (see `pool.lua`), and read again: digits and bars, nothing else.

What was not written so was not written by the fleet, and nothing is guessed of it.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from botfleet.domain.capital.drift import Kept
from botfleet.domain.capital.pool import Hold, Pool
from botfleet.domain.ids import DrawId

#: No ledger has given an epoch from here on: there is room for later ones.
EPOCH_MAX = 2**52


def write_pool(pool: Pool) -> tuple[object, ...]:
    """Give a pool's head and day as `bf_load` takes them."""
    return (pool.epoch, pool.allocation, pool.open_max, pool.day_max, write_day(pool.day))


def write_hold(hold: Hold) -> str:
    """Give a hold as it stands in its hash."""
    posted = "" if hold.posted is None else str(hold.posted)
    fields = (hold.units, hold.amount, hold.seq, hold.fence, hold.unit_cost)
    return "|".join((*map(str, fields), write_day(hold.day), posted))


def write_day(day: date) -> str:
    """Give a day as digits that sort."""
    return f"{day:%Y%m%d}"


def read_kept(answer: Sequence[Any], lease_ms: int) -> Kept:
    """Read what `bf_kept` gave; a pool of None where it makes no sense."""
    try:
        now_ms, pool, holds, leases = answer
        return _kept(_whole(str(now_ms)), _pairs(pool), _pairs(holds), _pairs(leases), lease_ms)
    except (KeyError, ValueError):
        return Kept(None)


def _kept(
    now_ms: int,
    pool: Mapping[str, str],
    holds: Mapping[str, str],
    leases: Mapping[str, str],
    lease_ms: int,
) -> Kept:
    read = _pool(pool, {DrawId(UUID(draw)): _hold(hold) for draw, hold in holds.items()})
    lapses = {DrawId(UUID(draw)): float(at_ms) for draw, at_ms in leases.items()}
    pending = {draw for draw, hold in read.holds.items() if hold.posted is None}
    lapsed = {draw for draw in pending if lapses.get(draw, now_ms + 1) <= now_ms}
    leased = {draw for draw in pending if now_ms < lapses.get(draw, 0) <= now_ms + lease_ms}
    sums = (_signed(pool["committed"]), _signed(pool["pending"]))
    return Kept(read, *sums, frozenset(lapsed), frozenset(pending - lapsed - leased))


def _pairs(flat: Sequence[str]) -> dict[str, str]:
    return dict(zip(flat[::2], flat[1::2], strict=True))


def _pool(pool: Mapping[str, str], holds: Mapping[DrawId, Hold]) -> Pool:
    names = ("epoch", "allocation", "open_max", "day_max", "day_n", "seq")
    epoch, allocation, open_max, day_max, day_n, seq = (_whole(pool[name]) for name in names)
    if epoch >= EPOCH_MAX:
        raise ValueError(epoch)
    return Pool(epoch, allocation, open_max, day_max, _day(pool["day"]), day_n, seq, holds)


def _hold(text: str) -> Hold:
    units, amount, seq, fence, cost, day, posted = text.split("|")
    numbers = (_whole(units), _whole(amount), _signed(seq), _whole(fence), _whole(cost))
    return Hold(*numbers, _day(day), _whole(posted) if posted else None)


def _whole(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,19}", text):
        raise ValueError(text)
    return int(text)


def _signed(text: str) -> int:
    return -_whole(text[1:]) if text.startswith("-") else _whole(text)


def _day(text: str) -> date:
    return datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC).date()
