"""`botfleet bench orders`: orders a second, from their marking to their booked end, through one
orders worker, a broker of its own latency at the other end; and how soon silence is resolved, at a
broker that finds our ids (class B, whose rates are told too) and at one that fences them (class A).

A fleet of its own. Bots decide at a mark while the orders worker is stopped; then it is started,
and the orders' own history tells when each was marked as sent and when its end was booked. What an
order costs is asked of who pays it: the processes, the stores, the broker.
"""

import datetime as dt
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import psutil
import requests
import typer
from prometheus_client import CollectorRegistry
from prometheus_client.multiprocess import MultiProcessCollector
from rich.console import Console

from botfleet.adapters.botfile import dump, read, version
from botfleet.adapters.market.played import played_session
from botfleet.adapters.postgres.database import rows
from botfleet.adapters.telemetry.counts import directory_of
from botfleet.application.ports.roster import NewBot
from botfleet.bootstrap import BROKER, Wiring
from botfleet.cli.bench.figures import percentile, tell
from botfleet.cli.demo_people import admin_secret, populate
from botfleet.cli.options import AsJson
from botfleet.cli.processes import Fleet
from botfleet.config import Settings
from botfleet.domain.schedules.intervals import marks
from botfleet.errors import Refusal

app = typer.Typer()

DAY = dt.date(2026, 3, 10)
USERS = 40
#: The broker that refuses an own id a second time, so that it may be asked by it: class A.
FENCING = "alpaca"
PATIENCE_S, GLANCE_S = 300.0, 0.2

_BOT = """
botfleet: 1
name: Bench {n}
limits: {{allocation: 100000, daily_positions: 10, open_positions: 10}}
symbols: [SPY]
interval: 15
automations:
"""
_OPEN = """
  - name: Open {k}
    lane: scanner
    tree:
      if: {{recipe: stock_price, symbol: SPY, relation: above, value: 1}}
      "yes":
        open:
          symbol: SPY
          structure: long_call
          expiration: {{at_least: 20}}
          strikes: {{long_call: {{delta: 0.5}}}}
          size: {{contracts: 1}}
          price: {{speed: off, final: 130%}}
      "no": nothing
"""
_ORDERS_A_BOT = 5
#: What the sandbox is asked as no broker.
_OURS = ("/sandbox/", "/healthz", "/v1/markets/")
_WORK = """SELECT ((SELECT count(*) FROM work WHERE state IN ('due', 'claimed'))
                   + (SELECT count(*) FROM fleet WHERE routed_at < %(at)s))::int AS n"""
_ORDERS = "SELECT count(*)::int AS n FROM orders WHERE ended_at IS NULL"


@app.command("orders", epilog="Examples:  botfleet bench orders   ·   botfleet bench orders --json")
def bench_orders(
    *,
    orders: Annotated[int, typer.Option(min=_ORDERS_A_BOT, help="How many orders.")] = 2_000,
    latency_ms: Annotated[int, typer.Option(min=0, help="Of the broker's answers.")] = 50,
    silent: Annotated[int, typer.Option(min=0, help="Orders whose answer is lost.")] = 200,
    as_json: AsJson = False,
) -> None:
    """Submit and resolve orders through one orders worker; then lose answers and resolve those."""
    console = Console(stderr=as_json)
    with tempfile.TemporaryDirectory(prefix="bench") as folder:
        settings = Settings.read(
            home=Path(folder),
            clock="lockstep",
            date=DAY,
            is_held=True,
            pods=1,
            instances=1,
            sandbox_latency_s=latency_ms / 1_000,
        )
        with Fleet(settings).running() as fleet, Wiring(fleet.settings) as wiring:
            bench = Bench(fleet, wiring, console)
            bench.connect()
            bench.add_bots(BROKER, orders)
            bench.round(0)
            figures = bench.rates(0, latency_ms)
            bench.round(1, lost=silent)
            figures |= bench.silences(1, "b")
            bench.add_bots(FENCING, silent)
            bench.round(2, lost=silent)
            figures |= bench.silences(2, "a")
    tell("orders", figures, as_json=as_json)


@dataclass
class Bench:
    """A fleet whose orders are measured, a mark a round."""

    fleet: Fleet
    wiring: Wiring
    console: Console
    spent: dict[str, float] = field(default_factory=dict)

    def connect(self) -> None:
        """Connect as many users to a broker of either class, and let the clock alone."""
        self.console.print(f"Connecting {2 * USERS} accounts …")
        brokers = (BROKER,) * USERS + (FENCING,) * USERS
        people = {"users": 2 * USERS, "bots": 0}
        populate(self.wiring, self.fleet.settings, recorded=False, brokers=brokers, **people)
        for number in range(1, self.fleet.settings.beats + 1):
            self.fleet.stop(f"beat.{number}")

    def add_bots(self, broker: str, orders: int) -> None:
        """Turn off what there is, and add bots that send five orders each at every mark."""
        for bot in self.wiring.roster.bots():
            self.wiring.roster.switch(bot.bot_id, is_on=False, now=self.wiring.clock.now())
        text = "".join(_OPEN.format(k=k) for k in range(_ORDERS_A_BOT))
        at_broker = {one.account_id for one in self.wiring.tokens.lines() if one.broker == broker}
        people = [(u.user_id, u.account_id) for u in self.wiring.roster.users()]
        for n in range(-(-orders // _ORDERS_A_BOT // USERS)):
            made = read(_BOT.format(n=n) + text)
            new = [
                NewBot(user, account, made, dump(made), version(made), is_on=True)
                for user, account in people
                if account in at_broker
            ]
            self.wiring.roster.add_bots(new, self.wiring.clock.now())

    @property
    def _marks(self) -> list[dt.datetime]:
        session = played_session(self.fleet.settings)
        assert session is not None  # noqa: S101  the bench names an open day
        return list(marks(session))

    def round(self, number: int, lost: int = 0) -> None:
        """Decide at a mark with the orders worker stopped; start it, and wait for every end."""
        self.fleet.stop("orders")
        at = self._marks[number]
        self.wiring.replayed_clock.set(at, speed=0)
        self.wiring.messages.ring()
        self._wait(at, _WORK)
        if lost:
            self._lose(lost)
        waiting = self._ask(_ORDERS)[0]["n"]
        self.console.print(f"Sending {waiting:,} orders …")
        self.fleet.start("orders")
        before = self._spent()
        self._wait(at, _ORDERS)
        self.spent = {name: after - before[name] for name, after in self._spent().items()}

    def _spent(self) -> dict[str, float]:
        """Say what both ends of the wire have computed so far, in ms, and how often who was asked.

        The stores' counts are the whole fleet's; this bench's own looks are among them.
        """
        calls = self._desk("GET", "calls")["calls"]
        return {
            "worker_cpu_ms": self._cpu_ms("orders"),
            "sandbox_cpu_ms": self._cpu_ms("sandbox"),
            "sql_statements": self._statements(),
            "redis_trips": self.wiring.redis.info("stats")["total_reads_processed"],
            "http_calls": sum(c["count"] for c in calls if not c["path"].startswith(_OURS)),
        }

    def _cpu_ms(self, name: str) -> float:
        pids = {one.name: one.pid for one in self.fleet.processes() if one.pid is not None}
        spent = psutil.Process(pids[name]).cpu_times()
        return (spent.user + spent.system) * 1_000

    def _statements(self) -> float:
        """Add up what the fleet's processes counted."""
        registry = CollectorRegistry()
        MultiProcessCollector(registry, str(directory_of(self.fleet.settings.home)))  # type: ignore[no-untyped-call]
        return registry.get_sample_value("botfleet_statements_total") or 0.0

    def _lose(self, count: int) -> None:
        """Have the broker take orders and answer something else."""
        self._desk("POST", "misbehave", json={"scenario": "error_after", "count": count})

    def _desk(self, method: str, path: str, **given: Any) -> Any:
        url, secret = self.fleet.urls["sandbox"], admin_secret(self.fleet.settings)
        headers = {"X-Sandbox-Admin": secret}
        answer = requests.request(
            method, f"{url}/sandbox/{path}", headers=headers, timeout=10, **given
        )
        answer.raise_for_status()
        return answer.json()

    def _wait(self, at: dt.datetime, left: str) -> None:
        """Wait until no row is left; the clock goes on by what has passed."""
        began_s = time.monotonic()
        while self._ask(left, at=at)[0]["n"]:
            passed_s = time.monotonic() - began_s
            if passed_s > PATIENCE_S:
                raise Refusal(f"The orders did not end within {PATIENCE_S:.0f} s.")
            self.wiring.replayed_clock.set(at + dt.timedelta(seconds=passed_s), speed=1)
            self.wiring.messages.resolve()
            self.wiring.bell.wait(GLANCE_S)

    def _ask(self, sql: str, **given: object) -> list[Any]:
        with self.wiring.database.transaction() as connection:
            return rows(connection, sql, **given)

    def rates(self, number: int, latency_ms: int) -> dict[str, Any]:
        """Read the orders' history: marked as sent, answered, booked."""
        spans = self._spans(number)
        first, last = min(s["sent"] for s in spans), max(s["ended"] for s in spans)
        answered = max(s["answered"] for s in spans)
        took = [(s["ended"] - s["sent"]).total_seconds() for s in spans]
        return {
            "orders": len(spans),
            "filled": sum(s["state"] == "filled" for s in spans),
            "broker_latency_ms": latency_ms,
            "orders_threads": self.fleet.settings.orders_threads,
            **{f"{name}_an_order": round(n / len(spans), 2) for name, n in self.spent.items()},
            "submitted_per_s": round(len(spans) / (answered - first).total_seconds()),
            "submitted_and_resolved_per_s": round(len(spans) / (last - first).total_seconds()),
            "sent_to_booked_p50_s": round(percentile(took, 0.5), 3),
            "sent_to_booked_p99_s": round(percentile(took, 0.99), 3),
        }

    def silences(self, number: int, order_class: str) -> dict[str, Any]:
        """From when nobody knew of an order to when it was known again; the broker answers."""
        found = self._ask(
            """SELECT extract(epoch FROM min(k.at_real) - max(u.at_real))::float8 AS s
               FROM order_events u JOIN order_events k USING (order_id)
               WHERE u.happening = 'unheard' AND k.n > u.n AND u.at >= %(at)s GROUP BY order_id""",
            at=self._marks[number],
        )
        waits = [row["s"] for row in found]
        return {
            f"class_{order_class}_answers_lost": len(waits),
            f"class_{order_class}_resolved_p50_s": round(percentile(waits, 0.5), 3),
            f"class_{order_class}_resolved_p99_s": round(percentile(waits, 0.99), 3),
        }

    def _spans(self, number: int) -> list[Any]:
        return self._ask(
            """SELECT min(e.at_real) FILTER (WHERE e.happening = 'sent') AS sent,
                      min(e.at_real) FILTER (WHERE e.happening <> 'sent') AS answered,
                      max(e.at_real) AS ended, o.state
               FROM orders o JOIN order_events e USING (order_id)
               WHERE o.created_at >= %(at)s GROUP BY o.order_id, o.state""",
            at=self._marks[number],
        )
