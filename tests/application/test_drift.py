"""A pool in Redis that is not what the ledger says: found, told by how much, and mended.

Holds may be as they were and the sums beside them wrong, or the counters, the limits, the leases;
or what stands there was not written by the fleet at all (T12). Postgres is the judge throughout.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import cast

import pytest

from botfleet.application.sweep import Drift, Mender
from botfleet.application.verify import verify
from botfleet.domain.capital.pool import DrawRequest, Granted, Measure
from botfleet.domain.ids import BotId, DrawId, derive
from tests.application.bots import UNIT, bot, scanner, spread
from tests.application.crashes import agree, go_on, other_actions
from tests.application.house import MARK, House
from tests.application.market import DAY

QUARTER = timedelta(minutes=15)
ALLOCATION = 1_000_000


@pytest.fixture
def named(house: House) -> BotId:
    """A bot with one draw pending, and one posted at 45,000."""
    one = house.add(bot(scanner(spread()), limits="10000, 9, 9"))
    house.run(MARK)
    house.send()
    house.broker.fill("1", 1, "-0.50")
    house.look()
    other_actions(house)
    house.run(MARK + QUARTER)
    assert house.tally(one) == (45_000, UNIT)
    assert house.mend(one) == Drift()
    return one


def pool_of(named: BotId) -> str:
    return f"bf:{{{named}}}:pool"


def holds_of(named: BotId) -> str:
    return f"bf:{{{named}}}:holds"


def leases_of(named: BotId) -> str:
    return f"bf:{{{named}}}:leases"


def write(house: House, named: BotId, lie: Mapping[str, str]) -> None:
    """Write over some of a pool's numbers."""
    for field, value in lie.items():
        house.redis.hset(pool_of(named), field, value)


def sound(house: House, named: BotId) -> None:
    """Nothing differs any more, and the bot trades on as its ledger lets it."""
    assert house.mend(named) == Drift()
    other_actions(house)
    house.run(house.clock.at + QUARTER)
    go_on(house)
    assert agree(house, named) == (45_000, 2 * UNIT)


WRONG = {
    "nothing is pending": ({"pending": "0"}, Drift(1, UNIT, 0, frozenset({"sums"}))),
    "less than nothing is": (
        {"pending": str(-ALLOCATION)},
        Drift(1, ALLOCATION + UNIT, 0, frozenset({"sums"})),
    ),
    "nothing is committed": ({"committed": "0"}, Drift(1, 45_000, 0, frozenset({"sums"}))),
    "more is pending": ({"pending": "100000"}, Drift(1, 0, 100_000 - UNIT, frozenset({"sums"}))),
    "all is committed": (
        {"committed": str(ALLOCATION)},
        Drift(1, 0, ALLOCATION - 45_000 - UNIT, frozenset({"sums"})),
    ),
    "as much, elsewhere": (
        {"committed": str(45_000 + UNIT), "pending": "0"},
        Drift(1, 0, 0, frozenset({"sums"})),
    ),
    "more is allocated": (
        {"allocation": str(2 * ALLOCATION)},
        Drift(1, ALLOCATION, 0, frozenset({"limits"})),
    ),
    "less is allocated": (
        {"allocation": "100000"},
        Drift(1, 0, ALLOCATION - 100_000, frozenset({"limits"})),
    ),
    "more at once": ({"open_max": "99"}, Drift(1, 0, 0, frozenset({"limits"}))),
    "fewer a day": ({"day_max": "1"}, Drift(1, 0, 0, frozenset({"limits"}))),
    "none opened today": ({"day_n": "0"}, Drift(1, 0, 0, frozenset({"opened"}))),
    "many opened today": ({"day_n": "9"}, Drift(1, 0, 0, frozenset({"opened"}))),
    "yesterday": ({"day": "20260309"}, Drift(1, 0, 0, frozenset({"day"}))),
    "a day to come": ({"day": "99991231", "day_n": "0"}, Drift(1, 0, 0, frozenset({"day"}))),
    "a place used already": ({"seq": "1"}, Drift(1, 0, 0, frozenset({"sequence"}))),
    "an epoch over": ({"epoch": "0"}, Drift(1, 0, 0, frozenset({"epoch"}))),
    "an epoch to come": ({"epoch": "1000000"}, Drift(1, 0, 0, frozenset({"epoch"}))),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_redis_keeps_beside_its_holds_is_mended(
    house: House, named: BotId, what: str
) -> None:  # I7, T12
    """The holds are as they were: only the numbers beside them say something else."""
    lie, found = WRONG[what]
    before = house.redis.hgetall(holds_of(named))
    write(house, named, lie)
    assert house.redis.hgetall(holds_of(named)) == before
    mender = Mender(house.pools, house.batches)
    assert mender.mend_some(DAY) == Drift()  # seen once
    assert mender.mend_some(DAY) == found
    assert house.redis.hget(pool_of(named), "pending") == str(UNIT)
    assert house.redis.hget(pool_of(named), "committed") == "45000"
    sound(house, named)


class Prints:
    """Names the bots there are."""

    def __init__(self, *bots: BotId) -> None:
        self.bots = bots

    def of_bots(self) -> Mapping[BotId, str]:
        return dict.fromkeys(self.bots, "")


@pytest.mark.parametrize("what", WRONG)
def test_what_differs_is_named_when_the_fleet_is_verified(
    house: House, named: BotId, what: str
) -> None:
    assert verify(Prints(named), house.batches, house.pools, DAY).drifted == ()
    write(house, named, WRONG[what][0])
    assert verify(Prints(named), house.batches, house.pools, DAY).drifted == (named,)


def spoil_a_hold(house: House, named: BotId, at: int, value: str) -> None:
    """Put `value` in one place of the pending hold."""
    for draw, text in cast("dict[str, str]", house.redis.hgetall(holds_of(named))).items():
        if text.endswith("|"):
            parts = text.split("|")
            parts[at] = value
            house.redis.hset(holds_of(named), draw, "|".join(parts))


NONSENSE: dict[str, Callable[[House, BotId], object]] = {
    "a sum in words": lambda house, named: house.redis.hset(pool_of(named), "pending", "all"),
    "a sum with a point": lambda house, named: house.redis.hset(pool_of(named), "pending", "1e3"),
    "no epoch": lambda house, named: house.redis.hset(pool_of(named), "epoch", ""),
    "an epoch beyond all": lambda house, named: house.redis.hset(
        pool_of(named), "epoch", str(2**53 - 1)
    ),
    "no number of a day": lambda house, named: house.redis.hset(pool_of(named), "day", "soon"),
    "a field gone": lambda house, named: house.redis.hdel(pool_of(named), "day_max"),
    "a hold in words": lambda house, named: house.redis.hset(holds_of(named), "x", "y"),
    "a hold of no draw": lambda house, named: house.redis.hset(
        holds_of(named), "x", "1|1|1|1|1|20260310|"
    ),
    "an amount in words": lambda house, named: spoil_a_hold(house, named, 1, "much"),
    "a pool that is none": lambda house, named: (
        house.redis.delete(pool_of(named)), house.redis.set(pool_of(named), "x"),
    ),
    "holds that are none": lambda house, named: (
        house.redis.delete(holds_of(named)), house.redis.set(holds_of(named), "x"),
    ),
    "leases that are none": lambda house, named: (
        house.redis.delete(leases_of(named)), house.redis.set(leases_of(named), "x"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", NONSENSE)
def test_what_the_fleet_cannot_have_written_is_no_pool_and_is_mended(
    house: House, named: BotId, what: str
) -> None:  # T12
    """The sweep goes on for every other bot, and of this one Redis is counted as too strict."""
    other = house.add(bot(scanner(spread("QQQ")), name="Other", limits="10000, 9, 9"))
    house.pools.load(house.batches.renew([other]))
    house.redis.hset(pool_of(other), "pending", "7")
    NONSENSE[what](house, named)
    mender = Mender(house.pools, house.batches)
    assert mender.mend_some(DAY) == Drift()
    strict = ALLOCATION - 45_000 - UNIT
    assert mender.mend_some(DAY) == Drift(2, 0, strict + 7, frozenset({"nonsense", "sums"}))
    assert house.tally(named) == (45_000, UNIT)
    assert house.mend(named) == house.mend(other) == Drift()


@pytest.mark.parametrize("what", NONSENSE)
def test_a_bot_whose_pool_makes_no_sense_draws_from_the_ledger_and_holds_nobody_up(
    house: House, named: BotId, what: str
) -> None:
    """Nobody has to wait for the sweep: such a pool is as good as none, and is loaded anew."""
    NONSENSE[what](house, named)
    other_actions(house)
    house.run(house.clock.at + QUARTER)
    go_on(house)
    assert house.one("SELECT outcome FROM runs ORDER BY at DESC LIMIT 1") in {
        ("opening",), ("vetoed",),
    }  # fmt: skip
    house.mend(named)
    assert agree(house, named)[0] == 45_000


@pytest.mark.parametrize("lease", ["none", "in the year 3000"])
def test_a_hold_nobody_committed_whose_lease_will_not_end_is_mended(
    house: House, named: BotId, lease: str
) -> None:
    draw, epoch = DrawId(derive("draw", "nobody's")), house.batches.load([named])[named].epoch
    asked = DrawRequest(draw, named, epoch, 1, Measure.CENTS, 300, 300, 1, 1, DAY)
    assert isinstance(house.pools.reserve([asked])[0], Granted)
    assert house.mend(named) == Drift()  # it has its minute
    if lease == "none":
        house.redis.zrem(leases_of(named), str(draw))
    else:
        house.redis.zadd(leases_of(named), {str(draw): 32_503_680_000_000})
    assert house.mend(named) == Drift(1, 0, 0, frozenset({"lease"}))
    assert house.tally(named) == (45_000, UNIT)


@pytest.mark.parametrize("at", [0, 1, 5])
def test_a_hold_that_is_worth_something_else_is_mended(house: House, named: BotId, at: int) -> None:
    """Units, amount and day, while the sums are as they were, or fit the lie."""
    spoil_a_hold(house, named, at, "20260309" if at == 5 else "3")
    found = house.mend(named)
    assert found.pools == 1
    assert "hold" in found.what
    sound(house, named)


def test_limits_an_owner_changed_are_no_drift_of_money(house: House, named: BotId) -> None:
    """The pool's epoch is over until it is loaded: from it nothing is granted, cut or raised."""
    text = bot(scanner(spread()), limits="10000, 9, 9")
    house.add(text.replace("allocation: 10000", "allocation: 600"))
    assert house.mend(named) == Drift(1, 0, 0, frozenset({"epoch"}))


def test_what_happens_between_two_looks_is_no_drift(house: House) -> None:
    """Each look finds the ledger behind by another fill: nothing differs twice running."""
    named = house.add(bot(scanner(spread()), limits="10000, 9, 9"))
    house.pools.load(house.batches.renew([named]))
    mender, ledger = Mender(house.pools, house.batches), house.batches.ledger
    for n in range(4):
        behind = ledger([named])
        other_actions(house)
        house.run(MARK + n * QUARTER)
        house.send()
        house.broker.fill(str(n + 1), 1, "-0.50")
        house.look()
        house.batches.ledger = lambda _, behind=behind: behind  # type: ignore[misc, method-assign]
        assert mender.mend_some(DAY) == Drift()
        house.batches.ledger = ledger  # type: ignore[method-assign]
    assert house.tally(named) == (4 * 45_000, 0)
