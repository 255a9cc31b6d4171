"""Killed with a fill, an end or an answer in its hand: booked once, and with all that follows."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from botfleet.adapters.postgres.database import Database, execute
from botfleet.adapters.postgres.journal import PostgresJournal
from botfleet.adapters.postgres.orders import PostgresOrderBook
from botfleet.adapters.postgres.work import PostgresWorkBook
from botfleet.application.ports.work import WorkBook
from botfleet.application.press import Click, Press
from botfleet.domain.ids import BotId, RunId
from tests.application.bots import UNIT, bot, button, closer, scanner, spread
from tests.application.crashes import (
    Around,
    agree,
    crashes,
    die,
    expire_leases,
    go_on,
    mend,
    orders,
)
from tests.application.happenings import event, told
from tests.application.house import MARK, House
from tests.wires import Loss, Wire

QUARTER = timedelta(minutes=15)
#: Where a worker that books what it was told may be cut off.
BOOKING = ["before", "inside", "after, unheard", "after, Redis not told"]


def cut(house: House, wire: Wire, far: Database, where: str) -> Callable[[], None]:
    """Have the next booking cut off there; gives what mends the house again."""
    book, pools = house.orders, house.pools
    if where == "before":
        house.orders = Around(book, "record", before=die)  # type: ignore[assignment]
    elif where == "after, Redis not told":
        house.pools = Around(pools, "settle", before=die)  # type: ignore[assignment]
    else:
        lost = Loss.QUESTION if where == "inside" else Loss.ANSWER
        through = PostgresOrderBook(far)
        house.orders = Around(through, "record", before=lambda: wire.lose(lost, b"COMMIT"))  # type: ignore[assignment]

    def mended() -> None:
        house.orders, house.pools = book, pools

    return mended


def sent(house: House, *more: str, units: int = 1, limits: str = "10000, 1, 1") -> BotId:
    size = f"{{contracts: {units}}}"
    named = house.add(bot(scanner(spread(size=size)), *more, limits=limits))
    house.run(MARK)
    house.send()
    house.messages.pointers.clear()
    return named


@pytest.mark.parametrize("where", BOOKING)
def test_a_fill_is_booked_once_wherever_its_booker_dies_and_starts_what_waits_for_it(
    house: House, wire: Wire, far: Database, where: str
) -> None:  # 24, 25, 26, 39
    """The row of what an opening starts is there exactly when the fill is."""
    named = sent(house, event("{position_opened: any}", told("opened")))
    house.broker.fill("1", 1, "-0.50")
    mended = cut(house, wire, far, where)
    crashes(lambda: house.look(after_s=30))
    mended()
    is_booked = where.startswith("after")
    assert house.one("SELECT count(*) FROM fills") == (is_booked,)
    assert house.one("SELECT count(*) FROM work WHERE kind = 'resultant'") == (is_booked,)
    assert house.messages.pointers == []  # nobody was told of it
    assert house.pools.read([named])[named].pending == UNIT  # too strict, never too generous
    go_on(house)
    mend(house)
    assert agree(house, named) == (45_000, 0)
    happened = "SELECT state FROM work WHERE kind = 'resultant'"
    assert house.all(happened) == [("done",)]
    assert house.one("SELECT count(*) FROM notices WHERE message = 'opened'") == (1,)


@pytest.mark.parametrize("where", BOOKING)
def test_a_part_that_filled_is_charged_and_the_rest_is_held_until_it_ends(
    house: House, wire: Wire, far: Database, where: str
) -> None:  # 27
    named = sent(house, units=3)
    house.broker.fill("1", 1, "-0.50", ends=False)
    for end in (False, True):
        mended = cut(house, wire, far, where)
        crashes(lambda: house.look(after_s=10))
        mended()
        assert house.pools.read([named])[named].pending == 3 * UNIT
        if not end:
            expire_leases(house)
            house.look()
            assert orders(house) == ["partial"]
            assert house.tally(named) == (0, 3 * UNIT)  # all of it: none is free for another
            house.broker.cancel("1")
    go_on(house)
    mend(house)
    assert agree(house, named) == (45_000, 0)
    assert house.one("SELECT state, quantity FROM positions") == ("open", 1)


@pytest.mark.parametrize("where", BOOKING)
def test_a_close_frees_its_capital_once_wherever_its_booker_dies(
    house: House, wire: Wire, far: Database, where: str
) -> None:  # 31
    named = sent(house, closer())
    house.broker.fill("1", 1, "-0.50")
    house.look()
    house.run(MARK + QUARTER)
    house.send()
    house.broker.fill("2", 1, "0.30")
    mended = cut(house, wire, far, where)
    crashes(lambda: house.look(after_s=30))
    mended()
    assert house.pools.read([named])[named].committed == 45_000  # too strict, never too generous
    go_on(house)
    mend(house)
    assert agree(house, named) == (0, 0)
    assert house.one("SELECT state, realised FROM positions") == ("closed", 2_000)


def closer_dies(house: House, where: str) -> None:
    """The close that is written is sent, and its sender dies there."""
    near = house.orders
    if where == "unheard of":
        house.broker.mood = ["accept and hang"]
        house.send()
    elif where == "marked":
        house.orders = Around(near, "begin_sending", after=die)  # type: ignore[assignment]
        crashes(house.send)
    elif where == "sent":
        house.orders = Around(near, "record", before=die)  # type: ignore[assignment]
        crashes(house.send)
    house.orders = near


@pytest.mark.parametrize("where", ["written", "marked", "sent", "unheard of"])
def test_a_position_has_one_close_wherever_its_closer_dies(house: House, where: str) -> None:  # 30
    """Marks, an exit and a second closer want to close it, too: no more is closed than is open."""
    exits = spread(size="{contracts: 2}", exits="{profit: 10%}")
    named = house.add(bot(scanner(exits), closer(), closer("Again"), limits="10000, 1, 1"))
    house.run(MARK)
    house.send()
    house.broker.fill("1", 2, "-0.60")
    house.look()
    house.run(MARK + QUARTER)
    closer_dies(house, where)
    for n in (1, 15, 16, 30):  # the watch of a minute, and two more marks
        house.run(MARK + QUARTER + timedelta(minutes=n))
    closing = house.all("SELECT quantity FROM orders WHERE effect = 'close' AND ended_at IS NULL")
    assert closing == [(2,)]
    assert len(house.broker.tickets) == 1 + (where in ("sent", "unheard of"))
    if where == "marked":  # it may have been sent: let go once it surely was not, then closed anew
        go_on(house, rounds=4, after_s=30)
        assert len(house.broker.tickets) == 1
        house.run(MARK + 4 * QUARTER)
        house.send()
    elif where == "written":
        go_on(house, after_s=2)
    house.broker.fill("2", 2, "0.20")
    go_on(house, after_s=20)
    assert len(house.broker.tickets) == 2
    assert agree(house, named) == (0, 0)
    assert house.one("SELECT state FROM positions") == ("closed",)


def test_of_two_that_want_to_close_at_once_one_does(house: House) -> None:  # 30
    """Both saw it open: the other commits just before the first, who then finds it closing."""
    exits = spread(size="{contracts: 2}", exits="{profit: 10%}")
    named = house.add(bot(scanner(exits), closer(), limits="10000, 1, 1"))
    house.run(MARK)
    house.send()
    house.broker.fill("1", 2, "-0.60")
    house.look()
    first, second = house.route(MARK + QUARTER)  # the watch of its exit, and the mark
    slow, quick = house.instance, house.instance
    overtaken = Around(house.batches, "commit", before=lambda: quick.do(second.work_id))
    object.__setattr__(slow, "batches", overtaken)
    slow.do(first.work_id)
    assert house.one("SELECT count(*) FROM orders WHERE effect = 'close'") == (1,)
    house.send()
    house.broker.fill("2", 2, "0.20")
    go_on(house, after_s=20)
    assert len(house.broker.tickets) == 2
    assert agree(house, named) == (0, 0)


def pass_dies(house: House, point: str) -> None:
    """Compare the account, and be cut off there; whoever made the pass is dead for long."""
    book, pools, passes = house.orders, house.pools, house.passes
    if point == "listed":
        house.orders = Around(book, "record", before=die)  # type: ignore[assignment]
    elif point == "told":
        house.orders = Around(book, "record", after=die)  # type: ignore[assignment]
    elif point == "told, Redis not":
        house.pools = Around(pools, "settle", before=die)  # type: ignore[assignment]
    else:
        house.passes = Around(passes, "passed", before=die)  # type: ignore[assignment]
    crashes(lambda: house.compare(after_s=1))
    house.orders, house.pools, house.passes = book, pools, passes
    with house.database.transaction() as connection:
        execute(connection, "UPDATE passes SET lease_until = 'epoch'")


@pytest.mark.parametrize("point", ["listed", "told", "told, Redis not", "passed"])
def test_a_pass_that_died_half_way_is_made_again_and_changes_nothing_twice(
    house: House, point: str
) -> None:  # 36
    """It adopts an order, books its fill, and takes away what its owner closed elsewhere."""
    named = sent(house, units=2)
    house.broker.fill("1", 2, "-0.50")
    house.look()
    other = house.add(bot(scanner(spread("QQQ")), name="Other", limits="10000, 1, 1"))
    house.broker.mood = ["accept and hang"]
    house.run(MARK + QUARTER)
    house.send()
    house.broker.fill("2", 1, "-0.50")
    house.broker.elsewhere = {"SPY260313P00490000": 2, "SPY260313P00485000": -2}  # closed by hand
    pass_dies(house, point)
    house.compare(after_s=1)  # so that the next finds what is suspected
    pass_dies(house, point)
    for _ in range(3):
        house.compare(after_s=1)
    go_on(house)
    mend(house)
    assert agree(house, other) == (45_000, 0)
    assert house.all("SELECT state FROM positions ORDER BY state") == [("missing",), ("open",)]
    gone = "SELECT count(*) FROM notices WHERE strpos(message, '(E12)') > 0"
    assert house.one(gone) == (1,)
    assert house.tally(named) == (90_000, 0)  # its slot and capital stay until it is overridden


@pytest.mark.parametrize("lost", [Loss.QUESTION, Loss.ANSWER])
def test_a_click_whose_answer_was_lost_is_the_same_when_it_is_clicked_again(
    house: House, wire: Wire, far: Database, lost: Loss
) -> None:  # 40
    named = house.add(bot(button("go", spread()), limits="10000, 3, 3"))
    house.clock.at = MARK
    journal = PostgresJournal(house.database)

    def press(work: WorkBook) -> RunId:
        pressing = Press(journal, house.batches, work, house.messages, house.clock)
        return pressing.press(Click(house.user, "Test", "go", "1"))

    wire.lose(lost, b"COMMIT")
    crashes(lambda: press(PostgresWorkBook(far)))
    assert house.one("SELECT count(*) FROM work") == (lost is Loss.ANSWER,)
    assert house.messages.pointers == []
    house.clock.at += timedelta(minutes=1)
    first = press(house.work)
    house.clock.at += timedelta(minutes=1)
    assert press(house.work) == first
    assert house.one("SELECT count(*) FROM work") == (1,)
    go_on(house)
    assert house.all("SELECT run_id, outcome FROM runs") == [(first, "opening")]
    assert agree(house, named) == (0, UNIT)
