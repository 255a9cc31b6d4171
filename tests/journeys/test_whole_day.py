"""Whole days through real processes: servers, sandbox, beat, router, instances, orders workers.

What is proved is read from the broker's own book and the ledger, never from what the fleet claims.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from botfleet.config import BROKERS
from tests.played import SHORT_DAY, demo
from tests.sandbox.running import allowed

ROOT = Path(__file__).parents[2]
RECORDING = ROOT.parent / "shared" / "market"
#: What no broker has: the sandbox's back door and pulse, and the feed it is besides.
OURS = ("/sandbox/", "/healthz", "/v1/markets/")
CODES = {"I1", "I2", "I3", "I3b", "I4", "I4b", "I5", "I7", "I8", "I10", "I12", "I15"}


def test_a_day_with_an_instance_beat_orders_and_postgres_killed_keeps_every_invariant(
    home: Path,
) -> None:
    day = demo(home, "--users", "8", "--bots", "40", "--break")
    assert {one["code"]: one["ok"] for one in day["invariants"]} == dict.fromkeys(CODES, True)
    killed = {one["process"] for one in day["incidents"]}
    assert {name.partition(".")[0] for name in killed} == {"pod", "beat", "orders", "postgres"}
    assert sum(one["count"] for one in day["draws"] if one["is_granted"]) > 20
    assert day["fills"] > 20
    shares = [draw["granted_cents"] / 1_000_000 for draw in day["founding"]["draws"]]
    assert [round(share, 1) for share in sorted(shares, reverse=True)] == [0.4, 0.4, 0.1]
    assert sum(shares) <= 1


def test_a_paper_day_over_five_brokers_keeps_every_invariant(home: Path) -> None:
    """One user a broker; orders fill by spread, size and latency, in parts, at several prices.

    All day the fleet asks each broker for what its sheet lists and for nothing else (S43, S45):
    the broker's own count of what it was asked is held against the list.
    """
    words = ("--users", "5", "--bots", "15", "--brokers", "all", *SHORT_DAY)
    day = demo(home, *words, BOTFLEET_SANDBOX_FILLS="paper")
    assert {one["code"]: one["ok"] for one in day["invariants"]} == dict.fromkeys(CODES, True)
    with closing(sqlite3.connect(home / "sandbox.sqlite")) as book:
        filled = book.execute(
            "SELECT DISTINCT substr(client, 1, instr(client, ':') - 1) FROM grants"
            " JOIN executions USING (account)"
        ).fetchall()
        parts = book.execute(
            "SELECT count(*) FROM (SELECT 1 FROM executions GROUP BY order_id HAVING count(*) > 1)"
        ).fetchone()
        heard = book.execute("SELECT method || ' ' || path FROM calls").fetchall()
    assert {name for (name,) in filled} == set(BROKERS)
    assert parts[0] > 3
    asked = {one for (one,) in heard if not one.split()[1].startswith(OURS)}
    lists = {broker: allowed(broker) for broker in BROKERS}
    assert asked <= frozenset().union(*lists.values())
    for broker in BROKERS:  # the orders went there, and were looked at
        assert len(asked & lists[broker]) > 3, broker


@pytest.mark.skipif(not RECORDING.exists(), reason="the recorded day is not beside the project")
def test_the_recorded_half_day_has_thirteen_marks_and_closes_what_expires(home: Path) -> None:
    words = ("--recording", str(RECORDING), "--date", "2015-12-24")
    day = demo(home, *words, "--users", "6", "--bots", "36")
    assert all(one["ok"] for one in day["invariants"])
    quarters = {one["at"][11:16] for one in day["marks"]}
    assert {"09:45", "12:45"} <= quarters
    assert max(quarters) == "12:45"
    goog = [one for one in day["orders"] if one["symbol"] == "GOOG" and one["effect"] == "close"]
    late = {one["at"][11:16] for one in goog if one["at"][11:16] >= "12:50"}
    assert late <= {"12:50", "12:55", "12:59"}
    assert late
