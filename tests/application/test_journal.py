"""Listings: whole, in order, page by page, and of one's own things only."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from botfleet.adapters.postgres.database import execute
from botfleet.adapters.postgres.journal import PostgresJournal
from botfleet.application.ports.broker_lines import BrokerLine
from botfleet.application.ports.journal import RunLine, Wanted
from botfleet.domain.ids import OrderId, UserId, derive
from botfleet.errors import NotFound
from tests.application.bots import bot, scanner, spread
from tests.application.house import MARK, House

EVE = UserId(derive("user", "eve"))


@pytest.fixture
def journal(house: House) -> PostgresJournal:
    return PostgresJournal(house.database)


@pytest.fixture
def traded(house: House) -> House:
    """Two bots, three marks: six runs, and an order with its position a bot."""
    for name in ("One", "Two"):
        house.add(bot(scanner(spread(size="{contracts: 2}")), name=name, limits="10000, 1, 1"))
    house.run(MARK)
    house.send()
    house.broker.fill("1", 2, "-0.49")
    house.look(after_s=6)
    for count in (1, 2):
        house.run(MARK + timedelta(minutes=15 * count))
    return house


def test_pages_hold_every_line_once_in_order(traded: House, journal: PostgresJournal) -> None:
    wanted = Wanted(traded.user, limit=2)
    seen: list[RunLine] = []
    while True:
        page = journal.runs(wanted)
        seen += page.lines
        if page.following is None:
            break
        wanted = replace(wanted, after=page.following)
    assert len(seen) == len({run.run_id for run in seen}) == 6
    assert [run.at for run in seen] == sorted((run.at for run in seen), reverse=True)


def test_lines_are_chosen_by_bot_and_by_what_they_came_to(
    traded: House, journal: PostgresJournal
) -> None:
    one = journal.bot(traded.user, "One")
    assert len(journal.runs(Wanted(traded.user, one.bot_id)).lines) == 3
    (opening,) = journal.runs(Wanted(traded.user, one.bot_id, "opening")).lines
    (order,) = journal.orders(Wanted(traded.user, run=opening.run_id)).lines
    assert order.bot == "One"
    assert journal.runs(Wanted(traded.user, state="open\0ing")).lines == ()


def test_an_order_and_its_position_show_how_they_stand(
    traded: House, journal: PostgresJournal
) -> None:
    (filled,) = journal.orders(Wanted(traded.user, state="filled")).lines
    assert (filled.quantity, filled.filled, filled.paid) == (2, 2, Decimal("-0.49"))
    assert filled == journal.order(traded.user, filled.order_id)
    record = journal.order_record(traded.user, filled.order_id)
    assert record.order == filled
    assert [event.happening for event in record.history] == ["sent", "accepted", "filled"]
    assert [(fill.quantity, fill.price) for fill in record.fills] == [(2, Decimal("-0.49"))]
    (held,) = journal.positions(Wanted(traded.user, state="open")).lines
    assert (held.symbol, held.structure, held.quantity) == ("SPY", "short_put_spread", 2)
    assert [ratio for _, ratio in held.legs] == [1, -1]
    bot_line = journal.bot(traded.user, held.bot)
    assert bot_line.committed_cents == 2 * 45_100  # (5.00 - 0.49) x 100 a spread, in cents
    assert bot_line.open_positions == 1


def test_nothing_of_it_is_another_users(traded: House, journal: PostgresJournal) -> None:
    mine = Wanted(traded.user)
    with traded.database.transaction() as connection:
        connection.exec_driver_sql(
            """INSERT INTO notices SELECT bot_id, user_id, bot_id, created_at, 'info', 'hello', ''
               FROM bots"""
        )
    run, order = journal.runs(mine).lines[0], journal.orders(mine).lines[0]
    for listing in (journal.runs, journal.orders, journal.positions, journal.notices):
        assert listing(mine).lines
        assert listing(replace(mine, user=EVE)).lines == ()
        assert listing(replace(mine, user=EVE, bot=run.bot_id)).lines == ()
    for asked in (
        lambda: journal.run(EVE, run.run_id),
        lambda: journal.order(EVE, order.order_id),
        lambda: journal.order(traded.user, OrderId(run.run_id)),
        lambda: journal.order_record(EVE, order.order_id),
        lambda: journal.bot(EVE, "One"),
        lambda: journal.bot(EVE, str(run.bot_id)),
    ):
        with pytest.raises(NotFound):
            asked()
    assert journal.bots(EVE) == []
    assert journal.accounts(EVE) == []


def test_the_fleet_is_counted(traded: House, journal: PostgresJournal) -> None:
    numbers = journal.numbers(traded.clock.at)
    assert (numbers.users, numbers.users_unseated, numbers.seats) == (1, 0, 10)
    assert (numbers.bots, numbers.bots_on, numbers.positions_open) == (2, 2, 2)
    assert (numbers.orders_live, numbers.orders_unknown, numbers.due) == (1, 0, 0)
    assert sum(numbers.capital.values()) == 2_000_000
    assert numbers.capital["committed"] + numbers.capital["pending"] > 0
    (instance,) = journal.instances(traded.clock.at)
    assert (instance.users, instance.users_max, instance.bots_on) == (1, 10, 2)
    assert instance.lag_p99_ms is not None
    assert instance.lag_p99_ms > 0


def test_an_order_of_unknown_fate_ages(house: House, journal: PostgresJournal) -> None:
    house.add(bot(scanner(spread())))
    house.run(MARK)
    house.broker.mood = ["lose"]
    house.send()
    later = house.clock.at + timedelta(seconds=90)
    numbers = journal.numbers(later)
    assert (numbers.orders_unknown, numbers.oldest_unknown_s) == (1, 90)
    (broker,) = journal.brokers(later, {})
    assert broker == BrokerLine("tradier", 1, 0, 0, 1, 1, 90)


def standing_of(
    house: House, journal: PostgresJournal, *, hours: int, is_alive: bool
) -> BrokerLine:
    """Let the account's consent, of seven days, be so old; give what is told of its broker."""
    with house.database.transaction() as connection:
        execute(
            connection,
            """UPDATE accounts SET is_alive = %(alive)s, sealed = 'x',
                   consented_real = clock_timestamp() - make_interval(hours => %(hours)s)""",
            alive=is_alive,
            hours=hours,
        )
    (line,) = journal.brokers(house.clock.at, {"tradier": timedelta(days=7)})
    return line


@pytest.mark.parametrize(
    ("days_ago", "is_alive", "standing"),
    [(4, True, (1, 0, 0)), (6, True, (1, 1, 0)), (6, False, (0, 0, 1))],
)
def test_logins_that_must_be_renewed_soon_are_counted_by_broker(
    house: House,
    journal: PostgresJournal,
    days_ago: int,
    is_alive: bool,  # noqa: FBT001
    standing: tuple[int, int, int],
) -> None:
    house.add(bot(scanner(spread())))
    line = standing_of(house, journal, hours=24 * days_ago, is_alive=is_alive)
    assert (line.logins_alive, line.logins_ending, line.logins_ended) == standing
    assert (line.logins_lapsing, line.logins_stranded) == (0, 0)


@pytest.mark.parametrize(
    ("hours", "is_alive", "standing"),
    [(143, True, (0, 0)), (145, True, (1, 0)), (145, False, (0, 1))],
)
def test_logins_that_leave_positions_alone_are_counted_apart(
    house: House,
    journal: PostgresJournal,
    hours: int,
    is_alive: bool,  # noqa: FBT001
    standing: tuple[int, int],
) -> None:
    """Of seven days 143 hours leave 25, 145 leave 23; two bots hold positions at one account."""
    for name in ("One", "Two"):
        house.add(bot(scanner(spread()), name=name))
    house.run(MARK)
    house.send()
    line = standing_of(house, journal, hours=hours, is_alive=is_alive)
    assert (line.logins_lapsing, line.logins_stranded) == standing
