"""`botfleet bench mark`: one mark, from ring to commit, beside as many messages that do nothing.

A fleet of its own (Valkey, Postgres, the sandbox's market over HTTP, Celery workers), N bots with K
scanners each. The clock is put to a mark and the router rung; the time runs until the last batch is
committed. Then N x K no-op messages go through the same broker to the same workers.
"""

import datetime as dt
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from botfleet.adapters.botfile import dump, read, version
from botfleet.adapters.celery.app import queue_of
from botfleet.adapters.market.played import played_session
from botfleet.adapters.postgres.database import rows
from botfleet.application.connect import account_id
from botfleet.application.ports.roster import NewBot, User
from botfleet.application.ports.tokens import Connection, Tokens
from botfleet.bootstrap import BROKER, Wiring
from botfleet.cli.bench.figures import percentile, tell, weight_mib
from botfleet.cli.options import AsJson
from botfleet.cli.processes import Fleet
from botfleet.config import Settings
from botfleet.domain.market.calendar import Session
from botfleet.domain.schedules.intervals import marks
from botfleet.errors import Refusal

app = typer.Typer()

DAY = dt.date(2026, 3, 10)
BOTS_A_USER = 20
ROUNDS = 3
PATIENCE_S = 300.0
SYMBOLS = ("SPY", "QQQ", "IWM", "TLT", "AAPL", "MSFT", "NVDA", "AMD", "AMZN", "XOM")

_SCANNER = """
  - name: Scanner {n}
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
_BOT = """
botfleet: 1
name: Bench {n}
limits: {{allocation: 10000, daily_positions: 3, open_positions: 3}}
symbols: [{symbol}]
interval: 15
automations:
"""


@app.command(
    "mark", epilog="Examples:  botfleet bench mark   ·   botfleet bench mark --bots 10000 --json"
)
def bench_mark(
    *,
    bots: Annotated[int, typer.Option(min=1, help="How many bots.")] = 10_000,
    automations: Annotated[int, typer.Option(min=1, max=5, help="Scanners a bot.")] = 2,
    pods: Annotated[int, typer.Option(min=1)] = 1,
    instances: Annotated[int, typer.Option(min=1, help="Instances a pod.")] = 2,
    as_json: AsJson = False,
) -> None:
    """Judge every bot's scanners at one mark through real workers; compare with no-op messages."""
    console = Console(stderr=as_json)
    with tempfile.TemporaryDirectory(prefix="bench") as folder:
        settings = Settings.read(
            home=Path(folder),
            clock="lockstep",
            date=DAY,
            is_held=True,
            pods=pods,
            instances=instances,
            users_per_instance=100_000,
        )
        with Fleet(settings).running() as fleet:
            for number in range(1, fleet.settings.beats + 1):
                fleet.stop(f"beat.{number}")
            bench = Bench(fleet, Wiring(fleet.settings), bots, automations)
            console.print(f"Adding {bots:,} bots of {automations} scanners …")
            before = bench.weight_mib()
            bench.fill()
            timed = [bench.mark(at, console) for at in bench.marks()]
            figures = bench.figures(timed[1:], before)
            console.print(f"Sending {bots * automations:,} messages that do nothing …")
            rate = bench.nothing()
    figures["noop_messages_per_s"] = round(rate)
    figures["ratio"] = round(figures["automations_per_s"] / rate, 1)
    tell("mark", figures, as_json=as_json)


@dataclass(frozen=True, slots=True)
class Timed:
    """One mark: how long from ring to last commit, and each batch's lag; seconds."""

    took_s: float
    lags_s: tuple[float, ...]
    runs: int


@dataclass
class Bench:
    """A fleet that is measured."""

    fleet: Fleet
    wiring: Wiring
    bots: int
    automations: int

    def fill(self) -> None:
        """Add users with an account that is never called, and their bots."""
        now = self.session.opens_at
        names = [f"user {n}" for n in range(-(-self.bots // BOTS_A_USER))]
        self.wiring.roster.add_users(names, now)
        users = self.wiring.roster.users()
        for user in users:
            self.wiring.tokens.connect(_connection(user))
        self.wiring.begin()
        files = [
            _file(n, self.automations, symbol)
            for n, symbol in zip(range(BOTS_A_USER), cycle(SYMBOLS), strict=False)
        ]
        definitions = [read(text) for text in files]
        new = [
            NewBot(
                user.user_id,
                account_id(user.user_id, BROKER, user.name),
                definition,
                dump(definition),
                version(definition),
                is_on=True,
            )
            for user in users
            for definition in definitions
        ]
        self.wiring.roster.add_bots(new[: self.bots], now)

    @property
    def session(self) -> Session:
        """The session that is played."""
        session = played_session(self.fleet.settings)
        assert session is not None  # noqa: S101  the bench names an open day
        return session

    def marks(self) -> Iterator[dt.datetime]:
        """Give the marks to measure: the first warms caches up and does not count."""
        yield from marks(self.session)[: ROUNDS + 1]

    def mark(self, at: dt.datetime, console: Console) -> Timed:
        """Ring for one mark, and wait until its last batch is committed."""
        self.wiring.replayed_clock.set(at, speed=0)
        began_s = time.perf_counter()
        self.wiring.messages.ring()
        self._until_done(at)
        took_s = time.perf_counter() - began_s
        timed = Timed(took_s, *self._lags(at))
        console.print(f"  {timed.runs:,} automations in {took_s:.2f} s")
        return timed

    def _until_done(self, at: dt.datetime) -> None:
        ends_s = time.monotonic() + PATIENCE_S
        while self.wiring.fleet_row.pulse(at).is_busy:
            if time.monotonic() > ends_s:
                raise Refusal(f"The mark was not done within {PATIENCE_S:.0f} s.")
            self.wiring.bell.wait(0.2)

    def _lags(self, at: dt.datetime) -> tuple[tuple[float, ...], int]:
        with self.wiring.database.transaction() as connection:
            lags = rows(
                connection,
                """SELECT extract(epoch FROM ended_real - min(rung_real) OVER ())::float8 AS lag,
                          (SELECT count(*) FROM runs r WHERE r.work_id = w.work_id)::int AS runs
                   FROM work w WHERE due_at = %(at)s AND state = 'done'""",
                at=at,
            )
        return tuple(row["lag"] for row in lags), sum(row["runs"] for row in lags)

    def figures(self, timed: list[Timed], before_mib: float) -> dict[str, Any]:
        """Sum the counted marks up."""
        lags = [lag for one in timed for lag in one.lags_s]
        rates = [one.runs / one.took_s for one in timed]
        return {
            "bots": self.bots,
            "automations": self.bots * self.automations,
            "instances": self.fleet.settings.pods * self.fleet.settings.instances,
            "automations_per_s": round(percentile(rates, 0.5)),
            "seconds_a_mark": round(percentile([one.took_s for one in timed], 0.5), 2),
            "lag_p50_s": round(percentile(lags, 0.5), 3),
            "lag_p99_s": round(percentile(lags, 0.99), 3),
            "mib_per_1000_bots": round((self.weight_mib() - before_mib) / self.bots * 1000, 2),
        }

    def weight_mib(self) -> float:
        """Weigh the instances."""
        return weight_mib(
            state.pid
            for state in self.fleet.processes()
            if state.name.startswith("pod.") and state.pid is not None
        )

    def nothing(self) -> float:
        """Send as many no-op messages as there were automations; give messages a second."""
        settings, app_ = self.fleet.settings, self.wiring.app
        queues = [
            queue_of(pod, instance)
            for pod in range(1, settings.pods + 1)
            for instance in range(1, settings.instances + 1)
        ]
        count = self.bots * self.automations
        began_s = time.perf_counter()
        with app_.producer_pool.acquire(block=True) as producer:
            for _, queue in zip(range(count), cycle(queues), strict=False):
                app_.send_task("botfleet.nothing", queue=queue, producer=producer)
            for queue in queues:
                app_.send_task("botfleet.nothing", ["bench"], queue=queue, producer=producer)
        bell = self.wiring.bell_named("bench")
        heard = sum(bell.wait(PATIENCE_S) for _ in queues)
        if heard < len(queues):
            raise Refusal("The workers did not get through the messages.")
        return count / (time.perf_counter() - began_s)


def _connection(user: User) -> Connection:
    account = account_id(user.user_id, BROKER, user.name)
    tokens = Tokens("unused", None, dt.datetime(2100, 1, 1, tzinfo=dt.UTC))
    return Connection(account, user.user_id, BROKER, user.name, tokens)


def _file(n: int, automations: int, symbol: str) -> str:
    scanners = "".join(_SCANNER.format(n=k, symbol=symbol) for k in range(automations))
    return _BOT.format(n=n, symbol=symbol) + scanners
