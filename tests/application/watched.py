"""One put spread under the minute watch, for tests of exits: its price, its exits, its state."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from botfleet.adapters.postgres.database import execute
from botfleet.application.ports.work import Pointer
from botfleet.application.work import Instance
from botfleet.domain.ids import BotId
from botfleet.domain.schedules.agenda import Kind
from tests.application.bots import bot, scanner, spread
from tests.application.house import MARK, House

D = Decimal
CLOSE = MARK.replace(hour=20, minute=0)


def minutes(n: int, after: datetime = MARK) -> datetime:
    return after + timedelta(minutes=n)


def worth(house: House, short: str, long: str = "0.50") -> None:
    """Make the spread cost `short` less `long`."""
    house.market.spread_is = (D(short), D(long))


def opening(
    house: House,
    exits: str = "{profit: 50%}",
    *,
    days: int = 3,
    name: str = "Test",
    limits: str = "10000, 1, 3",
) -> BotId:
    """Have one put spread on its way to be sold."""
    text = bot(scanner(spread(exits=exits)), name=name, limits=limits)
    named = house.add(text.replace("exactly: 3", f"exactly: {days}"))
    house.run(MARK)
    house.send()
    return named


def opened(house: House, exits: str = "{}", *, days: int = 3, name: str = "Test") -> BotId:
    """Hold one put spread, sold at 0.50."""
    named = opening(house, exits, days=days, name=name)
    house.broker.fill(str(len(house.broker.tickets)), 1, "-0.50")
    house.look()
    return named


def set_(house: House, sql: str) -> None:
    with house.database.transaction() as connection:
        execute(connection, sql)


def state(house: House) -> tuple[object, ...]:
    return house.one("SELECT state, closed_by FROM positions")


def gains(house: House) -> list[float]:
    found = house.one("SELECT gain, high_gain, low_gain FROM positions")
    return [round(float(str(one)), 4) for one in found]


def watch(house: House, at: datetime, instance: Instance) -> None:
    for pointer in house.route(at):
        instance.do(pointer.work_id)


def watches(house: House, at: datetime) -> Iterator[Pointer]:
    """Route, and give the rows of the watch alone."""
    for pointer in house.route(at):
        kinds = {row[0]: row[1] for row in house.all("SELECT work_id, kind FROM work")}
        if kinds[pointer.work_id] == Kind.WATCH:
            yield pointer
