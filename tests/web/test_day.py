"""The summary that must come of a small day, and its ledger."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from botfleet.adapters.botfile import load
from botfleet.adapters.postgres.batches import PostgresBatches
from botfleet.adapters.postgres.database import Database
from botfleet.adapters.postgres.days import PostgresDays
from botfleet.adapters.postgres.journal import PostgresJournal
from botfleet.adapters.postgres.ledgers import PostgresLedgers
from botfleet.adapters.postgres.migrate import upgrade
from botfleet.application.explain import Explanation, explain_run
from botfleet.cli.demo_people import FOUNDING
from botfleet.domain.ids import RunId
from botfleet.domain.market.calendar import session_on
from botfleet.domain.orders.order import Effect, OrderState
from botfleet.web.day import Told, percentile, summarize
from botfleet.web.summary import (
    CapitalPoint,
    DaySummary,
    DrawCount,
    FoundingDraw,
    LagBucket,
    OrderCount,
    PositionsPoint,
    RunCount,
    Session,
)
from tests.databases import fresh
from tests.web.small_day import DAY, REAL, Writer, at, legs


@pytest.fixture(scope="module")
def database(postgres_url: str) -> Iterator[Database]:
    """A database of its own, with the day in it."""
    with fresh(postgres_url) as url:
        upgrade(url)
        made = Database(url)
        Writer(made).write()
        yield made
        made.close()


@pytest.fixture(scope="module")
def day(database: Database) -> DaySummary:
    found = session_on(DAY)
    assert found is not None
    batches, journal = PostgresBatches(database, load), PostgresJournal(database)

    def explain(run: RunId) -> Explanation:
        return explain_run(None, run, journal=journal, batches=batches)

    session = Session(found.day, found.opens_at, found.closes_at)
    told = Told(session, "simulated, seed 7", REAL, 83.4, 3, (), (), FOUNDING)
    return summarize(told, PostgresDays(database), batches.definition, explain)


def test_the_fleet_is_counted(day: DaySummary) -> None:
    fleet = day.fleet
    assert (fleet.pods, fleet.instances, fleet.users, fleet.bots) == (2, 4, 2, 2)
    assert fleet.automations == 3
    assert [(bot.bot, bot.runs, bot.opened, bot.closed) for bot in day.bots] == [
        ("Founding example", 1, 2, 1),
        ("Calls on the dip", 3, 0, 0),
    ]
    assert (day.bots[0].in_use_cents, day.bots[0].realised_cents) == (445_500, 1_234)


def test_a_mark_is_as_late_as_its_first_ring_was_early(day: DaySummary) -> None:
    """The second batch's row was rung again at 5,000 ms, which must not hide 5,200 ms of lag."""
    lines = {mark.at: mark for mark in day.marks}
    assert list(lines) == [at(9, 45), at(11)]
    mark = lines[at(9, 45)]
    assert (mark.automations, mark.opened, mark.closed) == (4, 2, 0)
    assert (mark.lag_p50_ms, mark.lag_p99_ms) == (120, 5_200)
    assert (lines[at(11)].opened, lines[at(11)].closed) == (0, 1)
    assert (day.lag.p50_ms, day.lag.p99_ms, day.lag.max_ms) == (120, 5_200, 5_200)
    held = [bucket for bucket in day.lag.buckets if bucket.count]
    assert held == [LagBucket(150, 1), LagBucket(7_500, 1)]
    assert round(day.peak_runs_per_s, 3) == round(4 / 5.2, 3)


def test_runs_draws_and_orders_are_counted_by_what_came_of_them(day: DaySummary) -> None:
    assert sorted(day.runs, key=lambda run: run.outcome) == [
        RunCount("at a limit", 1),
        RunCount("no action", 1),
        RunCount("opened", 1),
        RunCount("vetoed", 1),
    ]
    assert day.draws == (
        DrawCount(True, 3),
        DrawCount(False, 2, "capital is used up"),
        DrawCount(False, 1, "vetoed at the commit"),
    )
    assert day.order_counts == (
        OrderCount(Effect.OPEN, OrderState.FILLED, 2),
        OrderCount(Effect.OPEN, OrderState.REJECTED, 1),
        OrderCount(Effect.CLOSE, OrderState.FILLED, 1),
    )
    assert day.fills == 3


def test_capital_is_rebuilt_from_the_ledger(day: DaySummary) -> None:
    """All three draws at once, then two of them in positions, then one: 9,960, 8,935, 4,455."""
    allocation = sum(bot.allocation_cents for bot in day.bots)
    assert day.capital == (
        CapitalPoint(at(9, 30), 0, 0, allocation),
        CapitalPoint(at(9, 45), 0, 996_000, allocation),
        CapitalPoint(at(9, 45, 10), 893_500, 0, allocation),
        CapitalPoint(at(11), 445_500, 0, allocation),
        CapitalPoint(at(16), 445_500, 0, allocation),
    )
    assert day.capital_peak == day.capital[1]


def test_positions_are_those_that_filled(day: DaySummary) -> None:
    held = day.positions
    assert (held.opened, held.closed, held.expired, held.realised_cents) == (2, 1, 0, 1_234)
    assert held.series == (
        PositionsPoint(at(9, 30), 0),
        PositionsPoint(at(9, 45, 10), 2),
        PositionsPoint(at(11), 1),
        PositionsPoint(at(16), 1),
    )


def test_orders_show_the_rung_they_reached_and_what_they_filled_at(day: DaySummary) -> None:
    shown = {(row.symbol, row.effect): row for row in day.orders}
    assert len(shown) == len(day.orders) == 4
    closing, lost = shown["QQQ", Effect.CLOSE], shown["TLT", Effect.OPEN]
    assert (closing.limit, closing.fill_price) == (Decimal("-0.60"), Decimal("-0.60"))
    assert (lost.limit, lost.fill_price, lost.reason) == (Decimal("0.50"), None, "no")
    assert (lost.user, lost.bot, lost.legs) == ("Ada", "Founding example", legs("TLT"))


def test_the_founding_example_tells_who_got_what(day: DaySummary) -> None:
    assert day.founding is not None
    assert day.founding.allocation_cents == 1_000_000
    assert day.founding.draws == (
        FoundingDraw("SPY", 9, 450_000, 445_500),
        FoundingDraw("QQQ", 8, 450_000, 448_000),
        FoundingDraw("TLT", 2, 450_000, 102_500),
    )


def test_the_featured_run_is_decided_again_from_what_was_kept(day: DaySummary) -> None:
    one = day.featured
    assert one is not None
    assert (one.user, one.bot, one.at) == ("Ada", "Founding example", at(9, 45))
    assert [(end.item, end.path, end.result) for end in one.ends] == [
        ("SPY", "b", "opening 9 for $4,455.00"),
        ("QQQ", "b", "opening 8 for $4,480.00"),
        ("TLT", "b", "opening 2 for $1,025.00"),
    ]


def test_the_standing_counts_what_is_written_so_far(database: Database) -> None:
    now = PostgresDays(database).standing()
    assert (now.market_at, now.settled_before) == (at(10), at(10))
    assert (now.runs, now.runs_idle, now.draws_granted, now.draws_refused) == (4, 1, 3, 2)
    assert now.orders == {OrderState.FILLED: 3, OrderState.REJECTED: 1}
    assert (now.positions_open, now.in_use_cents) == (1, 445_500)
    assert round(now.lag_p50_ms) == (120 + 5_200) // 2


def test_the_ledger_is_read_whole(database: Database) -> None:
    ledger = PostgresLedgers(database).ledger()
    sizes = (len(ledger.bots), len(ledger.orders), len(ledger.positions), len(ledger.draws))
    assert sizes == (2, 4, 3, 3)
    assert [(one.state, one.count) for one in ledger.work] == [
        ("done", 2),
        ("missed", 1),
        ("due", 1),
    ]
    assert sum(entry.amount for entry in ledger.entries) == 445_500
    assert {bot.name for bot in ledger.bots.values()} == {
        "Ada, Founding example",
        "Ben, Calls on the dip",
    }


def test_percentiles_are_by_nearest_rank() -> None:
    """The textbook's example: of 15, 20, 35, 40, 50 the 30th percentile is 20, the 40th too."""
    rising = (15.0, 20.0, 35.0, 40.0, 50.0)
    assert [percentile(rising, one) for one in (5, 30, 40, 50, 100)] == [15, 20, 20, 35, 50]
    assert percentile((), 99) == 0
