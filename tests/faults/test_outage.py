"""A broker that is down: what wants to open there is refused before it holds any capital."""

from datetime import timedelta

from botfleet.adapters.brokers.gate import Gate
from botfleet.adapters.postgres.database import execute
from botfleet.adapters.postgres.outages import PostgresOutages
from botfleet.adapters.redis.limits import RedisLimits
from botfleet.errors import BrokerUnavailable
from tests.application.bots import bot, closer, scanner, spread
from tests.application.house import MARK
from tests.application.market import OPEN
from tests.faults.test_broker_faults import World, world

__all__ = ["world"]
QUARTER = timedelta(minutes=15)


def outcomes(world: World) -> list[object]:
    return [row[0] for row in world.house.all("SELECT outcome FROM runs ORDER BY at, outcome")]


def ask(world: World) -> bool:
    """Ask the broker something; say whether it answered."""
    try:
        world.house.broker.account(world.house.account).orders()
    except BrokerUnavailable:
        return False
    return True


def test_an_open_is_refused_before_it_holds_capital_until_the_broker_answers(world: World) -> None:
    house = world.house
    outages = PostgresOutages(house.database)
    gate = Gate(RedisLimits(house.redis), house.clock, {}, outages)
    house.broker = world.sandbox.brokers(is_strict=False, gate=gate)  # type: ignore[assignment]
    world.sandbox.misbehave("cut", count=5)
    house.clock.at = OPEN
    assert [ask(world) for _ in range(5)] == [False] * 5
    assert house.one("SELECT name, down_until IS NOT NULL FROM brokers") == ("tradier", True)
    outages.begin("tradier", 600)  # for as long as this takes
    house.run(MARK)
    assert outcomes(world) == ["refused:broker_down"]
    assert house.one("SELECT level, message FROM notices WHERE code = 'refused:broker_down'") == (
        "warning",
        "The broker does not answer just now.",
    )
    assert house.all("SELECT 1 FROM draws") == []
    assert house.tally(world.bot) == (0, 0)
    house.redis.hset("bf:{tradier}:breaker", "til", "0")  # its time is over
    assert ask(world)
    assert outages.lasting() == ()
    house.run(MARK + QUARTER)
    assert outcomes(world) == ["refused:broker_down", "opening"]


def test_what_wants_to_close_goes_on_and_waits(world: World) -> None:
    house = world.house
    house.add(bot(scanner(spread()), closer(), limits="10000, 1, 1", name="Closes"))
    world.begin()
    world.go_on()
    PostgresOutages(house.database).begin("tradier", 600)
    house.run(MARK + 2 * QUARTER)
    assert "closing" in outcomes(world)


def test_an_outage_ends_by_itself_when_nobody_calls(world: World) -> None:
    """While it lasts nobody may call who could find the broker well."""
    outages = PostgresOutages(world.house.database)
    outages.begin("tradier", 600)
    outages.begin("tradier", 1)
    assert outages.lasting() == ("tradier",)
    with world.house.database.transaction() as connection:
        execute(connection, "UPDATE brokers SET down_until = clock_timestamp()")
    assert outages.lasting() == ()
    world.house.run(MARK)
    assert outcomes(world) == ["opening"]
