"""A database restored to minutes ago beside a broker that went on: book, ledger and pool agree.

The sandbox is the broker and its book the judge (RELIABILITY 4, F23).
"""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from botfleet.adapters.botfile import read
from botfleet.adapters.postgres.batches import PostgresBatches
from botfleet.adapters.postgres.database import execute
from botfleet.adapters.redis.heights import RedisHeights
from botfleet.application.ports.passes import BreakKind
from botfleet.domain.bots.bot import Definition
from botfleet.domain.bots.safeguards import Mode
from botfleet.sandbox.book import read_book
from tests.application.bots import UNIT, bot, closer, scanner, spread
from tests.application.house import MARK, House
from tests.faults.backups import Backup
from tests.faults.test_broker_faults import World, world

__all__ = ["world"]
LATER = MARK + timedelta(minutes=15)


def kinds(house: House) -> list[BreakKind]:
    return [one.kind for one in house.passes.breaks()]


def restored(world: World, backup: Backup) -> None:
    """Go back to a backup while the world's clock goes on, and see that it was noticed."""
    house = world.house
    backup.restore(house.database)
    assert house.recovery.look(house.clock.at)
    assert not house.recovery.look(house.clock.at), "it is noticed once"
    assert house.passes.lines()[0].is_restored


def mark(world: World, at: datetime) -> None:
    """Live through a mark: decide, send, and follow what was sent to its end."""
    world.house.run(at)
    world.house.send()
    world.go_on(seconds=200)


def backed_up(world: World) -> Backup:
    """A backup whose successors will be missed."""
    backup = Backup.of(world.house.database)
    world.house.recovery.look(world.house.clock.at)
    return backup


def together(world: World, backup: Backup) -> None:
    """Bring an hour-old backup back, and Redis with it: what Redis remembers fits the database."""
    house = world.house
    backup.restore(house.database)
    house.redis.flushall()
    RedisHeights(house.redis).keep(house.passes.height())
    with house.database.transaction() as connection:
        execute(connection, "UPDATE fleet SET climbed_real = clock_timestamp() - interval '1 hour'")
    assert not house.recovery.look(house.clock.at)


def nobody_opens() -> Definition:
    return read(bot(closer()))


def test_a_database_that_goes_on_is_not_taken_for_an_older_one(world: World) -> None:
    for _ in range(3):
        assert not world.house.recovery.look(MARK)
    world.house.redis.flushall()
    assert not world.house.recovery.look(MARK)  # nobody remembers: nothing is known to be missing
    assert world.house.passes.lines() == []


def test_an_open_that_was_lost_is_written_again(world: World) -> None:
    backup = backed_up(world)
    mark(world, MARK)
    before = world.house.one(
        "SELECT position_id, legs, quantity, entry, exits, tags FROM positions"
    )
    restored(world, backup)
    assert world.house.all("SELECT state FROM orders") == []
    assert world.house.compare()
    assert kinds(world.house) == [BreakKind.REBUILT]
    assert world.states() == ["filled"]
    after = world.house.one("SELECT position_id, legs, quantity, entry, exits, tags FROM positions")
    assert after == before
    assert world.house.switches.standing(None) == []
    world.judge()
    (line,) = world.house.passes.lines()
    assert not line.is_restored
    assert world.house.compare(after_s=1)
    assert kinds(world.house) == []


def test_what_was_decided_is_not_decided_again(world: World) -> None:
    """The mark that was lost is routed once more: refused while recovering, known afterwards."""
    backup = backed_up(world)
    mark(world, MARK)
    restored(world, backup)
    world.house.run(MARK)
    assert world.house.all("SELECT outcome FROM runs") == [("refused:recovering",)]
    assert world.house.all("SELECT 1 FROM draws") == []
    assert world.house.send() == 0
    world.house.compare()
    world.house.run(LATER)  # it holds as many positions as it may
    world.house.send()
    assert len(world.judge().orders) == 1


def test_a_close_that_was_lost_is_written_again(world: World) -> None:
    named = world.house.add(
        bot(scanner(spread(size="{contracts: 2}")), closer(), limits="10000, 1, 1", name="Closes")
    )
    mark(world, MARK)
    world.bot = named
    backup = backed_up(world)
    world.house.run(LATER)
    world.house.send()
    world.go_on()
    assert world.house.one(f"SELECT state FROM positions WHERE bot_id = '{named}'") == ("closed",)
    restored(world, backup)
    assert world.house.one(f"SELECT state FROM positions WHERE bot_id = '{named}'") == ("open",)
    world.house.run(LATER + timedelta(minutes=1))  # nothing is closed a second time meanwhile
    assert world.house.send() == 0
    assert world.house.compare()
    assert kinds(world.house) == [BreakKind.REBUILT]
    state = world.house.one(
        f"SELECT state, closed_by, realised <> 0 FROM positions WHERE bot_id = '{named}'"
    )
    assert state == ("closed", "Close all", True)
    assert world.house.pools.read([named])[named].committed == 0
    assert world.house.tally(named) == (0, 0)


@pytest.mark.parametrize("comes_back", [restored, together])
def test_a_close_that_was_lost_is_not_decided_again(
    world: World, comes_back: Callable[[World, Backup], None]
) -> None:
    """At a later mark it would be another order, and nothing could prove the first one's."""
    definition = bot(scanner(spread()), closer(), limits="10000, 1, 1", name="Closes")
    named = world.house.add(definition)
    mark(world, MARK)
    backup = backed_up(world)
    mark(world, LATER)
    comes_back(world, backup)
    world.house.run(LATER + timedelta(minutes=15))
    assert world.house.send() == 0
    assert world.house.compare()
    assert set(kinds(world.house)) == {BreakKind.REBUILT}
    assert world.house.one(f"SELECT state FROM positions WHERE bot_id = '{named}'") == ("closed",)
    assert world.house.tally(named) == (0, 0)


def test_an_open_and_its_close_are_written_again_in_their_order(world: World) -> None:
    named = world.house.add(
        bot(scanner(spread(size="{contracts: 2}")), closer(), limits="10000, 1, 1", name="Closes")
    )
    backup = backed_up(world)
    mark(world, MARK)
    world.house.run(LATER)
    world.house.send()
    world.go_on()
    gained = world.house.one(f"SELECT gains FROM pools WHERE bot_id = '{named}'")
    restored(world, backup)
    assert world.house.compare()
    assert set(kinds(world.house)) == {BreakKind.REBUILT}
    assert world.house.one(f"SELECT state FROM positions WHERE bot_id = '{named}'") == ("closed",)
    assert world.house.one(f"SELECT gains FROM pools WHERE bot_id = '{named}'") == gained
    assert world.house.tally(named) == (0, 0)
    assert world.house.tally(world.bot)[1] == 0


def test_what_was_not_sent_yet_may_have_been(world: World) -> None:
    world.house.run(MARK)
    backup = backed_up(world)
    world.house.send()
    world.go_on()
    restored(world, backup)
    assert world.states() == ["unknown"]
    assert world.house.tally(world.bot) == (0, 4 * UNIT)
    assert world.house.compare()
    assert world.states() == ["filled"]
    assert len(world.judge().orders) == 1


def test_what_was_not_sent_at_all_never_arrived(world: World) -> None:
    world.house.run(MARK)
    backup = backed_up(world)
    restored(world, backup)
    assert world.house.compare()
    world.go_on()
    assert world.states() == ["rejected"]
    assert world.judge().orders == ()


def test_one_that_works_still_is_led_to_its_end(world: World) -> None:
    backup = backed_up(world)
    world.move("0.80")  # nobody buys at our price
    world.house.run(MARK)
    world.house.send()
    world.house.look(after_s=1)
    restored(world, backup)
    assert world.house.compare()
    assert world.states() == ["working"]
    world.go_on()
    assert world.states() == ["cancelled"]
    assert world.house.one("SELECT state FROM positions") == ("dropped",)
    world.judge()


def test_what_nothing_proves_lets_the_account_only_be_left(world: World) -> None:
    """Its bot is of another version by what is known here: another tree stands there."""
    backup = backed_up(world)
    mark(world, MARK)
    restored(world, backup)
    world.house.batches = PostgresBatches(world.house.database, lambda _: nobody_opens())
    assert world.house.compare()
    assert kinds(world.house) == [BreakKind.ORPHAN]
    assert [one.mode for one in world.house.switches.standing(None)] == [Mode.REDUCING]
    assert world.house.all("SELECT 1 FROM orders") == []


def test_nothing_is_restored_without_a_book_to_compare(world: World) -> None:
    """While the broker is silent the account stays as it is: nothing leaves."""
    backup = backed_up(world)
    mark(world, MARK)
    restored(world, backup)
    world.sandbox.misbehave("html", 1)
    assert world.house.compare()
    assert world.house.passes.lines()[0].is_restored
    assert read_book(world.sandbox.path).orders


def test_both_stores_brought_back_together_open_nothing_before_a_pass(world: World) -> None:
    """By what is known here the account is idle; at the broker it is not."""
    backup = backed_up(world)
    mark(world, MARK)
    together(world, backup)
    (line,) = world.house.passes.lines()
    assert (line.is_recovering, line.is_restored) == (True, False)
    world.house.run(MARK)
    assert world.house.all("SELECT outcome FROM runs") == [("refused:recovering",)]
    assert world.house.send() == 0
    assert world.house.compare()
    assert kinds(world.house) == [BreakKind.REBUILT]
    world.house.run(LATER)  # it holds as many positions as it may
    world.house.send()
    assert len(world.judge().orders) == 1


def test_what_was_on_its_way_when_both_went_back_is_not_sent_again(world: World) -> None:
    world.house.run(MARK)
    backup = backed_up(world)
    world.house.send()
    world.go_on()
    together(world, backup)
    assert world.states() == ["pending"]
    assert world.house.send() == 0
    assert world.house.compare()
    assert world.states() == ["filled"]
    assert world.house.send() == 0
    assert len(world.judge().orders) == 1


def test_a_fleet_that_was_away_for_a_minute_asks_idle_accounts_nothing(world: World) -> None:
    world.house.recovery.look(MARK)
    with world.house.database.transaction() as connection:
        execute(connection, "UPDATE fleet SET climbed_real = climbed_real - interval '1 min'")
    world.house.recovery.look(MARK)
    assert world.house.passes.lines() == []
