"""Whatever is rung, doubled, lost or restarted across a change of the clocks, and the year's end.

Every trigger a clock brings, over the trading days beside each change, sixty seeds each. What must
come due is computed apart: days by exchange_calendars, recurrences by dateutil, wall times by
zoneinfo.
"""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

import exchange_calendars
import pytest
from dateutil.rrule import DAILY, FR, MO, MONTHLY, WE, WEEKLY, YEARLY, rrule

from botfleet.adapters.postgres.database import execute
from botfleet.adapters.postgres.slots import PostgresSlots
from botfleet.application.account import account
from tests.application.bots import bot
from tests.application.crashes import expire_leases
from tests.application.happenings import event, everything, told
from tests.application.house import House

NEW_YORK = ZoneInfo("America/New_York")
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
GRACE = timedelta(minutes=15)
SEEDS, CHUNK = 60, 10
#: The first and last day of each stretch, and a day in it with a date of its own.
CHANGES = {
    "spring": (date(2026, 3, 6), date(2026, 3, 10), date(2026, 3, 9)),
    "autumn": (date(2026, 10, 30), date(2026, 11, 3), date(2026, 11, 2)),
    "year": (date(2026, 12, 30), date(2027, 1, 5), date(2027, 1, 1)),
}
pytestmark = pytest.mark.filterwarnings("ignore:Series.values returning")  # inside pandas' users
SCAN = f"\n  - name: Scan\n    lane: scanner\n    tree: {told('scan')}\n".replace(
    "monitor", "scanner"
)


def rules(own: date) -> list[tuple[str, str]]:
    """Name and write the triggers."""
    return [
        ("daily", "{every: day, at: '09:45'}"),
        ("weekly", "{every: week, on: [monday, wednesday, friday], at: '15:30', holiday: before}"),
        ("monthly", "{every: month, on: 1, at: '10:00', holiday: after}"),
        (
            "yearly",
            f"{{every: year, on: {own.day} {own:%B}, at: '12:00', holiday: before}}".lower(),
        ),
        ("once", f"{{date: {own}, at: '11:00', holiday: after}}"),
        ("market_open", "market_open"),
        ("market_close", "market_close"),
    ]


def sessions(first: date, last: date) -> dict[date, datetime]:
    """Give each trading day's close."""
    xnys = exchange_calendars.get_calendar("XNYS", start="2026-01-01", end="2027-12-31")
    days = xnys.sessions_in_range(str(first), str(last))
    return {day.date(): xnys.session_close(day).to_pydatetime() for day in days}


def expected(first: date, last: date, own: date) -> set[tuple[datetime, str]]:
    """Give every instant at which one of `rules` must come due, by other hands."""
    closes = sessions(first - 20 * DAY, last + 20 * DAY)
    wide = {
        "dtstart": datetime.combine(first - 15 * DAY, time()),
        "until": datetime.combine(last + 15 * DAY, time()),
    }
    noon = {"bymonth": own.month, "bymonthday": own.day}
    found = {
        *_on(closes, rrule(DAILY, **wide), time(9, 45), 0, "daily"),
        *_on(closes, rrule(WEEKLY, byweekday=(MO, WE, FR), **wide), time(15, 30), -1, "weekly"),
        *_on(closes, rrule(MONTHLY, bymonthday=1, **wide), time(10), 1, "monthly"),
        *_on(closes, rrule(YEARLY, **noon, **wide), time(12), -1, "yearly"),
        *_on(closes, [datetime.combine(own, time())], time(11), 1, "once"),
        *_on(
            closes, [datetime.combine(day, time()) for day in closes], time(9, 40), 0, "market_open"
        ),
        *((close - 10 * MINUTE, "market_close") for close in closes.values()),
    }
    return {(at, name) for at, name in found if first <= at.astimezone(NEW_YORK).date() <= last}


def _on(
    closes: dict[date, datetime], days: object, at: time, moves: int, name: str
) -> set[tuple[datetime, str]]:
    """Give the instants of days, each moved to the trading day before or after, or left out."""
    found = set()
    for one in days:  # type: ignore[attr-defined]
        day = one.date()
        while moves and day not in closes:
            day += moves * DAY
        if day in closes:
            found.add((datetime.combine(day, at, NEW_YORK).astimezone(UTC), name))
    return found


class Stretch:
    """The days around one change, on which rings come as they like."""

    def __init__(self, house: House, change: str, seed: int) -> None:
        self.house, self.chance = house, Random(f"{change} {seed}")
        self.first, self.last, own = CHANGES[change]
        self.closes = sessions(self.first, self.last)
        self.names = [name for name, _ in rules(own)]
        self.due = expected(self.first, self.last, own)
        self.begins = datetime.combine(self.first, time(9, 30), NEW_YORK).astimezone(UTC)
        self.ends = self.closes[self.last]
        with house.database.transaction() as connection:
            sql = "UPDATE fleet SET begun_at = %(at)s, routed_at = %(at)s, market_at = %(at)s"
            execute(connection, sql, at=self.begins)
        house.clock.at = self.begins
        events = (event(rule, told(name), name.title()) for name, rule in rules(own))
        house.add(bot(*events, SCAN), at=self.begins)

    def live(self) -> None:
        """Ring at chance instants, near what is due as often as not; the last ring is in time."""
        length = int((self.ends - self.begins) / MINUTE)
        near = [at + MINUTE * self.chance.randrange(-2, 30) for at, _ in self.due]
        rings = self.chance.sample(near, self.chance.randrange(2, 8))
        rings += [
            self.begins + MINUTE * self.chance.randrange(length)
            for _ in range(self.chance.randrange(1, 6))
        ]
        for at in [*sorted(rings), self.ends - MINUTE]:
            if at > self.begins:
                self.ring(max(at, self.house.clock.at))
        expire_leases(self.house)
        everything(self.house)

    def ring(self, at: datetime) -> None:
        """Ring once or twice, early or late; hints are lost, doubled, mixed; who claims may die."""
        house, chance = self.house, self.chance
        waiting = house.route(at) + (house.route(at) if chance.random() < 0.3 else [])
        chance.shuffle(waiting)
        for pointer in waiting:
            if chance.random() < 0.1:
                house.work.claim(pointer.work_id, at)
            for _ in range(chance.choice((0, 1, 1, 2))):
                house.instance.do(pointer.work_id)
        if chance.random() < 0.3:
            expire_leases(house)
            everything(house)

    def check(self) -> None:
        """Nothing was lost, doubled, early or too late, and the ledger accounts for all."""
        rows = self.house.all(
            """SELECT due_at, automation::int, state, begun_at, given_up_at FROM work
               CROSS JOIN LATERAL jsonb_each(detail->'automations') AS one
               CROSS JOIN LATERAL jsonb_array_elements(one.value) AS automation
               WHERE kind = 'event'"""
        )
        came = Counter((at, self.names[int(str(n))]) for at, n, *_ in rows)
        assert came == Counter(self.due)
        for at, _, state, begun_at, given_up_at in rows:
            assert isinstance(at, datetime)
            assert state in {"done", "missed"}, (at, state)
            begun = begun_at if state == "done" else given_up_at or begun_at
            assert isinstance(begun, datetime)
            is_late = begun - at > GRACE or begun >= self.closes[at.astimezone(NEW_YORK).date()]
            assert state == ("missed" if is_late else "done")
        done = {(at, n) for at, n, state, *_ in rows if state == "done"}
        ran = self.house.all(
            """SELECT w.due_at, r.automation FROM runs r JOIN work w USING (work_id)
               WHERE w.kind = 'event' AND r.outcome = 'notified'"""
        )
        assert sorted(ran) == sorted(done)
        self._check_marks()

    def _check_marks(self) -> None:
        """Marks run once each, at quarters of the hour on the wall, within the hours."""
        ran = self.house.all(
            """SELECT w.due_at FROM runs r JOIN work w USING (work_id)
               WHERE w.kind = 'mark' AND r.outcome = 'notified'"""
        )
        assert len(ran) == len(set(ran))
        for (at,) in ran:
            assert isinstance(at, datetime)
            clock = at.astimezone(NEW_YORK)
            assert clock.minute % 15 == 0
            assert time(9, 45) <= clock.time() <= time(15, 45)
        slots = PostgresSlots(self.house.database)
        for day in self.closes:
            assert account(day, slots).forgotten == ()


@pytest.mark.parametrize("chunk", range(SEEDS // CHUNK))
@pytest.mark.parametrize("change", CHANGES)
def test_across_a_change_of_the_clocks_each_trigger_comes_once_at_its_wall_time(
    house: House, change: str, chunk: int
) -> None:
    for seed in range(chunk * CHUNK, (chunk + 1) * CHUNK):
        house._empty()
        stretch = Stretch(house, change, seed)
        stretch.live()
        stretch.check()


def test_what_is_expected_is_what_a_calendar_on_the_wall_says() -> None:
    """By hand, for one kind over each change, so that the two computations cannot err alike."""
    told = {
        change: sorted(at for at, name in expected(*days) if name == "daily")
        for change, days in CHANGES.items()
    }
    at = {change: [f"{one:%m-%d %H:%M}" for one in ones] for change, ones in told.items()}
    assert at == {
        "spring": ["03-06 14:45", "03-09 13:45", "03-10 13:45"],
        "autumn": ["10-30 13:45", "11-02 14:45", "11-03 14:45"],
        "year": ["12-30 14:45", "12-31 14:45", "01-04 14:45", "01-05 14:45"],
    }
