"""Bots with events, and what came of them, for the tests of events."""

from datetime import datetime, timedelta

from botfleet.domain.ids import BotId
from tests.application.bots import bot, scanner, spread
from tests.application.house import MARK, House
from tests.application.market import OPEN

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
CLOSE = OPEN + timedelta(hours=6, minutes=30)


def event(trigger: str, tree: str, name: str = "Event") -> str:
    return f"\n  - name: {name}\n    lane: event\n    trigger: {trigger}\n    tree: {tree}\n"


def told(name: str) -> str:
    return f"{{notify: {name}}}"


def notices(house: House) -> list[object]:
    return [row[0] for row in house.all("SELECT message FROM notices ORDER BY at, message")]


def happened(house: House) -> list[tuple[object, ...]]:
    """Event runs: when, which automation, what came of it."""
    return house.all(
        """SELECT w.due_at, r.automation, r.outcome FROM runs r JOIN work w USING (work_id)
           WHERE w.kind IN ('event', 'resultant') ORDER BY w.due_at, r.automation"""
    )


def everything(house: House) -> None:
    """Do whatever is due, until nothing is."""
    for _ in range(50):
        pointers = [*house.messages.pointers, *house.work.overdue(-1)]
        house.messages.pointers.clear()
        house.send()
        house.look()
        if not pointers and not house.messages.pointers:
            return
        for pointer in pointers:
            house.instance.do(pointer.work_id)
    raise AssertionError("there is no end of it")


def live(house: House, until: datetime, step: timedelta = MINUTE) -> None:
    """Ring each minute and do what comes of it."""
    while house.clock.at < until:
        house.route(house.clock.at + step)
        everything(house)


def opened(house: House) -> None:
    """Run the first mark and fill what it opens; what waited for that is handed over."""
    house.run(MARK)
    house.send()
    house.messages.pointers.clear()
    house.broker.fill("1", 1, "-0.50")
    house.look()


def chain(house: House) -> BotId:
    """Whatever opens opens another, as long as a decision lets it."""
    maybe = scanner(spread()).split("tree:", 1)[1]
    again = event("{position_opened: any}", maybe, "Again")
    return house.add(bot(scanner(spread()), again, limits="100000, 50, 50"))


def chain_on(house: House) -> None:
    """Let the chain go on for as long as it does: each opening fills, and what it starts is run."""
    chain(house)
    house.run(MARK)
    house.send()
    for n in range(1, 8):
        if f"{n}" not in house.broker.reports:
            break
        house.broker.fill(f"{n}", 1, "-0.50")
        house.look(15)
        everything(house)
