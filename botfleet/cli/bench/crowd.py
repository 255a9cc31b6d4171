"""A crowd: a fleet as `up` starts it, with users whose bots judge and never trade, played mark by
mark by its own metronome.

A mark is due when the session is let go up to it; a bot is late by what has passed until its batch
is committed. Processor time is what every process of the fleet used for it.
"""

import datetime as dt
import tempfile
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any

from botfleet.adapters.botfile import dump, read, version
from botfleet.adapters.market.played import played_session
from botfleet.adapters.postgres.database import execute, rows
from botfleet.adapters.system.clock import wall_s
from botfleet.application.connect import account_id
from botfleet.application.ports.roster import NewBot, User
from botfleet.application.ports.tokens import Connection, Tokens
from botfleet.bootstrap import BROKER, Wiring
from botfleet.cli.bench.figures import cpu_s, weight_mib
from botfleet.cli.processes import Fleet
from botfleet.config import Settings
from botfleet.domain.bots.bot import Definition
from botfleet.domain.fleet.seating import Seat
from botfleet.domain.ids import UserId
from botfleet.domain.schedules.hours import Hours
from botfleet.domain.schedules.intervals import marks
from botfleet.errors import Refusal

DAY = dt.date(2026, 3, 10)
BOTS_A_USER = 20
PATIENCE_S, GLANCE_S = 300.0, 0.02
SYMBOLS = ("SPY", "QQQ", "IWM", "TLT", "AAPL", "MSFT", "NVDA", "AMD", "AMZN", "XOM")

_BOT = """
botfleet: 1
name: Bench {n}
limits: {{allocation: 10000, daily_positions: 3, open_positions: 3}}
symbols: [{symbol}]
interval: 1
automations:
"""
_SCANNER = """
  - name: Scanner {k}
    lane: scanner
    tree:
      if:
        all:
          - {{recipe: stock_price, symbol: {symbol}, relation: above, value: 1}}
          - any:
              - {{recipe: indicator_value, symbol: {symbol}, indicator: RSI, period: 14,
                  relation: above, value: 30}}
              - {{recipe: stock_change, symbol: {symbol}, relation: below, percent: -5%}}
      "yes":
        if: {{recipe: indicator_price_average, symbol: {symbol}, relation: above, average: SMA,
              period: 50}}
        "yes":
          if: {{recipe: stock_change, symbol: {symbol}, relation: above, percent: 20%}}
          "yes": {{notify: up}}
          "no": nothing
        "no": nothing
      "no": nothing
"""
_ROWS = """
SELECT w.pod, w.instance, extract(epoch FROM w.ended_real)::float8 - %(due)s AS lag_s, b.user_id,
       count(*)::int AS bots
FROM work w CROSS JOIN LATERAL unnest(w.bots) AS one(bot_id) JOIN bots b USING (bot_id)
WHERE w.kind = 'mark' AND w.state = 'done' AND w.due_at = %(at)s GROUP BY w.work_id, 4
"""


@dataclass(frozen=True, slots=True)
class Share:
    """What one batch held of one user: where it was judged, and how late, seconds."""

    seat: Seat
    user: UserId
    bots: int
    lag_s: float


@dataclass(frozen=True, slots=True)
class Judged:
    """One mark: how many automations were judged and how long it took, every share, and the
    processor time of each process, seconds.
    """

    at: dt.datetime
    automations: int
    took_s: float
    shares: tuple[Share, ...]
    cpu_s: Mapping[str, float]

    def lags_s(self, users: Collection[UserId] | None = None) -> list[float]:
        """Give the lag of every bot; of these users' only, if named."""
        return [
            share.lag_s
            for share in self.shares
            if users is None or share.user in users
            for _ in range(share.bots)
        ]


@dataclass
class Crowd:
    """A running fleet and its users."""

    fleet: Fleet
    wiring: Wiring
    users: list[User] = field(default_factory=list)

    def __post_init__(self) -> None:
        session = played_session(self.fleet.settings)
        assert session is not None  # noqa: S101  the bench names an open day
        self._marks = (at for at in marks(session, 1) if Hours().covers(at))

    def add(self, users: int, definitions: Sequence[Definition]) -> list[User]:
        """Add users with an account that is never called, each with these bots, and seat them."""
        now, known = self.wiring.clock.now(), len(self.users)
        self.wiring.roster.add_users([f"user {known + n}" for n in range(users)], now)
        joined = {one.user_id for one in self.users}
        new = [one for one in self.wiring.roster.users() if one.user_id not in joined]
        texts = [(one, dump(one), version(one)) for one in definitions]
        for user in new:
            self.wiring.tokens.connect(_connection(user))
            account = account_id(user.user_id, BROKER, user.name)
            bots = [NewBot(user.user_id, account, *text, is_on=True) for text in texts]
            self.wiring.roster.add_bots(bots, now)
        self.wiring.layouts.welcome()
        self.users += new
        return new

    def seats(self) -> tuple[Seat, ...]:
        """List the fleet's instances."""
        shape = self.wiring.layouts.layout().shape
        return shape.everywhere if shape else ()

    def switch(self, users: Collection[User], *, is_on: bool) -> None:
        """Turn all bots of these users on or off at once."""
        ids = [user.user_id for user in users]
        sql = "UPDATE bots SET is_on = %(on)s WHERE user_id = ANY(%(ids)s)"
        with self.wiring.database.transaction() as connection:
            execute(connection, sql, on=is_on, ids=ids)

    def mark(self) -> Judged:
        """Let the session go up to the next mark, and wait until its last batch is committed."""
        at, before = next(self._marks), self.cpu_s()
        due_s, began_s = wall_s(), time.perf_counter()
        self.wiring.fleet_row.play_to(at)
        self.wiring.bell.ring()
        self._until_done(at)
        took_s = time.perf_counter() - began_s
        spent = {name: after - before.get(name, 0.0) for name, after in self.cpu_s().items()}
        return Judged(at, self._automations(at), took_s, self._shares(at, due_s), spent)

    def _until_done(self, at: dt.datetime) -> None:
        ends_s = time.monotonic() + PATIENCE_S
        while self.wiring.fleet_row.pulse(at).is_busy:
            if time.monotonic() > ends_s:
                raise Refusal(f"The mark was not done within {PATIENCE_S:.0f} s.")
            time.sleep(GLANCE_S)  # the bell is the metronome's

    def _automations(self, at: dt.datetime) -> int:
        """Count what was judged: a mark at which nobody ran would be the fastest of all."""
        (row,) = self.ask("SELECT count(*)::int AS n FROM runs WHERE at = %(at)s", at=at)
        if not row["n"]:
            raise Refusal(f"Nothing was judged at {at:%H:%M} UTC: there is nothing to measure.")
        return int(row["n"])

    def _shares(self, at: dt.datetime, due_s: float) -> tuple[Share, ...]:
        found = self.ask(_ROWS, at=at, due=due_s)
        return tuple(
            Share(Seat(row["pod"], row["instance"]), row["user_id"], row["bots"], row["lag_s"])
            for row in found
        )

    def ask(self, sql: str, **given: object) -> list[Any]:
        """Ask the fleet's database."""
        with self.wiring.database.transaction() as connection:
            return rows(connection, sql, **given)

    def cpu_s(self) -> dict[str, float]:
        """Say what each process has computed so far."""
        return cpu_s(self.fleet.processes())

    def weight_mib(self) -> float:
        """Weigh the instances."""
        return weight_mib(
            state.pid
            for state in self.fleet.processes()
            if state.name.startswith("pod.") and state.pid is not None
        )


@contextmanager
def crowd(*, pods: int = 1, instances: int = 2) -> Iterator[Crowd]:
    """Run an empty fleet of this shape in a home of its own, its session held.

    Its orders worker rests: nobody trades, and the accounts are nobody's.
    """
    with tempfile.TemporaryDirectory(prefix="bench") as folder:
        settings = partial(Settings.read, home=Path(folder), clock="lockstep", date=DAY)
        shape = {"pods": pods, "instances": instances, "users_per_instance": 100_000}
        sized = settings(is_held=True, bots_max=1_000_000, **shape)
        with Fleet(sized).running() as fleet, Wiring(fleet.settings) as wiring:
            fleet.stop("orders")
            yield Crowd(fleet, wiring)


def scanners(bots: int, automations: int) -> list[Definition]:
    """Give that many bots of one user, of so many scanners each."""
    return [
        read(
            _BOT.format(n=n, symbol=symbol)
            + "".join(_SCANNER.format(k=k, symbol=symbol) for k in range(automations))
        )
        for n, symbol in zip(range(bots), cycle(SYMBOLS), strict=False)
    ]


def _connection(user: User) -> Connection:
    account = account_id(user.user_id, BROKER, user.name)
    tokens = Tokens("unused", None, dt.datetime(2100, 1, 1, tzinfo=dt.UTC))
    return Connection(account, user.user_id, BROKER, user.name, tokens)
