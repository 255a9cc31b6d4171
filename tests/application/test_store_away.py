"""A store that goes away under work, and comes back: who was at it goes on at once, and alone."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any, NoReturn

import pytest

from botfleet.adapters.postgres.database import Database, execute
from botfleet.adapters.postgres.orders import PostgresOrderBook
from botfleet.adapters.postgres.passes import PostgresPasses
from botfleet.adapters.postgres.work import CLAIMS_MAX, PostgresWorkBook
from botfleet.application.ports.orders import Word
from botfleet.application.ports.work import Work
from botfleet.application.sweep import sweep
from botfleet.application.work import Instance
from botfleet.domain.orders.life import Happening
from botfleet.errors import BotIsOff, StoreUnavailable
from tests.application.bots import UNIT, bot, scanner, spread
from tests.application.crashes import Instead, expire_leases, orders
from tests.application.house import MARK, House

STATE = "SELECT state, fence, put_off FROM work WHERE bots <> '{}'"


def _away(*_: object, **__: object) -> NoReturn:
    raise StoreUnavailable("Postgres: gone")


@contextmanager
def outage(what: object = Database, verb: str = "transaction") -> Iterator[None]:
    """Until the end no transaction begins; of one `verb`, none of its kind."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(what, verb, _away)
        yield


@contextmanager
def deaf(what: object, verb: str) -> Iterator[None]:
    """The verb is done, and who asked for it never hears so."""
    done: Callable[..., Any] = getattr(what, verb)

    def unheard(*given: object, **named: object) -> NoReturn:
        done(*given, **named)
        raise StoreUnavailable("Postgres: gone")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(what, verb, unheard)
        yield


@pytest.fixture
def outages() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def dies(house: House, outages: ExitStack, told: list[str]) -> Instance:
    """An instance under which Postgres goes away at its commit, and stays away."""

    def commit(*_: object) -> NoReturn:
        outages.enter_context(outage())
        raise StoreUnavailable("Postgres: gone")

    one = replace(house.instance, forsaken=lambda: told.append("forsaken"))
    object.__setattr__(one, "batches", Instead(house, commit))
    return one


def back(house: House) -> int:
    """The store answers again: the instance takes its own up; give how many rows it is at."""
    again = house.work.reclaim(1, 1, is_new=False)
    for pointer in again:
        house.instance.do(pointer.work_id)
    return len(again)


def test_a_claim_the_store_went_away_under_is_taken_up_before_its_lease_ends(
    house: House, outages: ExitStack
) -> None:
    named = house.add(bot(scanner(spread())))
    (pointer,) = house.route(MARK)
    told: list[str] = []
    with pytest.raises(StoreUnavailable):
        dies(house, outages, told).do(pointer.work_id)
    outages.close()
    assert told == ["forsaken"]
    assert back(house) == 1
    assert house.one("SELECT count(*) FROM orders") == (1,)
    assert house.tally(named) == (0, UNIT)


def test_a_row_is_not_given_up_however_often_the_store_goes_away_under_it(
    house: House, outages: ExitStack
) -> None:
    house.add(bot(scanner(spread())))
    (pointer,) = house.route(MARK)
    for _ in range(3 * CLAIMS_MAX):
        with pytest.raises(StoreUnavailable):
            dies(house, outages, []).do(pointer.work_id)
        outages.close()
        assert house.work.reclaim(1, 1, is_new=False) == [pointer]
    assert house.instance.do(pointer.work_id) is not None
    assert house.one("SELECT state FROM work WHERE bots <> '{}'") == ("done",)


def test_what_kills_its_instance_counts_as_before(house: House) -> None:
    house.add(bot(scanner(spread())))
    (pointer,) = house.route(MARK)
    for _ in range(CLAIMS_MAX):
        assert house.work.claim(pointer.work_id, house.clock.now()) is not None
        assert house.work.reclaim(1, 1, is_new=True) == [pointer]
    assert house.work.claim(pointer.work_id, house.clock.now()) is None
    assert house.one("SELECT state FROM work WHERE bots <> '{}'") == ("failed",)


def test_a_claim_nobody_heard_of_is_taken_up_too(house: House) -> None:
    house.add(bot(scanner(spread())))
    (pointer,) = house.route(MARK)
    told: list[str] = []
    one = replace(house.instance, forsaken=lambda: told.append("forsaken"))
    with deaf(PostgresWorkBook, "claim"), pytest.raises(StoreUnavailable):
        one.do(pointer.work_id)
    assert (told, house.one(STATE)) == (["forsaken"], ("claimed", 1, 0))
    assert back(house) == 1
    assert house.one("SELECT count(*) FROM runs") == (1,)


def test_what_was_committed_and_not_heard_is_not_done_again(house: House) -> None:
    house.add(bot(scanner(spread())))
    (pointer,) = house.route(MARK)
    with deaf(house.batches, "commit"), pytest.raises(StoreUnavailable):
        house.instance.do(pointer.work_id)
    assert back(house) == 0
    assert house.one("SELECT count(*) FROM runs") == (1,)


@pytest.mark.parametrize("end", ["miss", "fail"])
def test_an_end_that_could_not_be_written_gives_the_row_back(house: House, end: str) -> None:
    """It is put off where the store answers to that, and forsaken where it does not."""
    house.add(bot(scanner(spread())))
    (pointer,) = house.route(MARK)
    one = house.instance
    if end == "miss":
        house.clock.at += timedelta(hours=8)
    else:
        object.__setattr__(one, "batches", Instead(house, _refuse))
    with outage(PostgresWorkBook, end), pytest.raises(StoreUnavailable):
        one.do(pointer.work_id)
    assert house.one(STATE) == ("due", 1, 1)


def _refuse(*_: object) -> NoReturn:
    raise BotIsOff


def test_taken_up_while_paused_the_older_claim_commits_nothing(house: House) -> None:
    """As where two take themselves for one instance: both walk, one commits."""
    house.add(bot(scanner(spread())))
    (pointer,) = house.route(MARK)

    def overtaken(work: Work, *given: object) -> object:
        assert back(house) == 1
        return house.batches.commit(work, *given)  # type: ignore[arg-type]

    one = house.instance
    object.__setattr__(one, "batches", Instead(house, overtaken))
    one.do(pointer.work_id)
    assert house.one("SELECT count(*) AS n, count(DISTINCT run_id) AS m FROM runs") == (1, 1)
    assert house.one("SELECT count(*) FROM orders") == (1,)


def test_an_answer_that_could_not_be_written_is_written_when_the_store_is_back(
    house: House,
) -> None:
    named = house.add(bot(scanner(spread())))
    house.run(MARK)
    with outage(PostgresOrderBook, "record"), pytest.raises(StoreUnavailable):
        house.send()
    assert orders(house) == ["sending"]
    for _ in range(2):  # who hears nothing of it writes it again
        owed = list(house.debts.owed)
        house.debts.pay()
        house.debts.owed = owed
        assert house.one("SELECT state, broker_order_id FROM orders") == ("working", "1")
        assert house.tally(named) == (0, UNIT)
    assert house.broker.calls == []  # nobody had to ask
    assert house.one("SELECT count(*) FROM order_events WHERE happening = 'accepted'") == (1,)


def test_while_the_store_is_away_it_stays_owed(house: House) -> None:
    house.add(bot(scanner(spread())))
    house.run(MARK)
    with outage(PostgresOrderBook, "record"):
        with pytest.raises(StoreUnavailable):
            house.send()
        (owed,) = house.debts.owed
        with pytest.raises(StoreUnavailable):
            house.debts.pay()
    assert house.debts.owed == []  # a debt that could not be paid does not owe itself again
    owed()
    assert orders(house) == ["working"]


def test_that_nothing_left_is_not_taken_of_a_turn_that_is_over(house: House) -> None:
    """Else an order that another is sending would be pending again, and be sent twice."""
    house.add(bot(scanner(spread())))
    house.run(MARK)
    handed = list(house.messages.orders)
    house.broker.mood = ["hold back"]
    with deaf(PostgresOrderBook, "record"), pytest.raises(StoreUnavailable):
        house.send()
    expire_leases(house)
    (other,) = house.orders.begin_sending(handed, house.clock.at).orders
    house.debts.pay()
    assert orders(house) == ["sending"]
    assert house.orders.begin_sending(handed, house.clock.at).orders == []
    house.orders.record([Word(other, house.clock.at, Happening.HELD_BACK)], house.clock.at)
    assert orders(house) == ["pending"]


def test_what_was_learned_by_a_look_is_booked_when_the_store_is_back(house: House) -> None:
    named = house.add(bot(scanner(spread())))
    house.run(MARK)
    house.send()
    house.broker.fill("1", 1, "-0.50")
    with outage(PostgresOrderBook, "record"), pytest.raises(StoreUnavailable):
        house.look(after_s=60)
    assert house.look() == 0  # its lease runs
    house.debts.pay()
    assert orders(house) == ["filled"]
    assert house.tally(named) == (45_000, 0)


def test_an_account_nobody_could_look_up_holds_nothing_up(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.add(bot(scanner(spread())))
    house.run(MARK)
    with monkeypatch.context() as patch:
        patch.setattr(house.broker, "account", _away)
        house.send()
    assert orders(house) == ["pending"]
    house.messages.orders = []
    expire_leases(house)
    sweep(work=house.work, orders=house.orders, messages=house.messages)
    house.send()
    assert orders(house) == ["working"]
    with monkeypatch.context() as patch:
        patch.setattr(house.broker, "account", _away)
        assert house.look(after_s=60) == 1
    house.broker.fill("1", 1, "-0.50")
    assert house.look(after_s=5) == 1
    assert orders(house) == ["filled"]


def test_a_price_whose_switches_nobody_can_see_is_left_and_the_rest_is_booked(
    house: House,
) -> None:
    house.add(bot(scanner(spread())))
    house.run(MARK)
    house.send()
    with outage(PostgresOrderBook, "look"):
        assert house.look(after_s=60) > 0
    assert len(house.broker.limits["1"]) == 1
    assert house.look(after_s=5) > 0
    assert len(house.broker.limits["1"]) > 1


def test_an_order_a_store_was_away_under_may_be_anywhere(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it happened within the call nobody says that nothing left."""
    house.add(bot(scanner(spread())))
    house.run(MARK)
    with monkeypatch.context() as patch:
        patch.setattr(house.broker, "submit", _away)
        house.send()
    assert orders(house) == ["unknown"]


def test_a_pass_the_store_went_away_under_is_made_again_at_once(house: House) -> None:
    house.add(bot(scanner(spread())))
    house.run(MARK)
    house.send()
    with outage(PostgresPasses, "passed"), pytest.raises(StoreUnavailable):
        house.compare(after_s=60)
    assert not house.compare()
    house.debts.pay()
    assert house.compare()


def test_an_idle_account_whose_first_pass_failed_is_passed_again(house: House) -> None:
    """Until it was it opens nothing; it has nothing at its broker that would bring a pass about."""
    house.add(bot(scanner(spread())))
    with house.database.transaction() as connection:
        execute(connection, "UPDATE fleet SET climbed_real = 'epoch'")
    house.recovery.look(house.clock.at)
    house.broker.is_deaf = True
    assert house.compare()
    house.broker.is_deaf = False
    assert house.compare()
    assert house.one("SELECT is_recovering FROM passes") == (False,)
