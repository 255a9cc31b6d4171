"""A whole day on which keys turn and tokens die: nobody is shut out, no log has a token (I16).

In the morning an operator rotates the vault's key while tokens, which last minutes at some brokers,
are renewed: no call fails. At noon every token ends at the broker, and is renewed once more.
"""

import hashlib
import json
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import requests

from botfleet.adapters.postgres.database import rows
from botfleet.bootstrap import Wiring
from botfleet.cli.demo_day import findings
from botfleet.cli.demo_people import desk, populate
from botfleet.cli.processes import Fleet
from botfleet.config import Settings
from tests.journeys.test_resume import until
from tests.patience import PATIENCE_S

DAY = date(2026, 3, 13)
#: Their tokens last a day, 30, 20 and 15 minutes.
BROKERS = ("tradier", "schwab", "tradestation", "tastytrade")
MORNING = datetime(2026, 3, 13, 14, tzinfo=UTC)
NOON, SETTLED = datetime(2026, 3, 13, 16, tzinfo=UTC), datetime(2026, 3, 13, 20, 16, tzinfo=UTC)
#: What `secrets.token_urlsafe` makes of 32 and 24 bytes: tokens and codes.
LENGTHS = (43, 32)


def issued(home: Path) -> set[str]:
    """The digests of every code and token the broker ever gave: it keeps nothing else."""
    book = sqlite3.connect(home / "sandbox.sqlite")
    try:
        return {digest for (digest,) in book.execute("SELECT digest FROM grants")}
    finally:
        book.close()


def leaks(text: str, digests: set[str]) -> Iterator[str]:
    """Find tokens in a text, whatever they stand between."""
    for run in re.findall(r"[A-Za-z0-9_-]{32,}", text):
        for length in LENGTHS:
            for start in range(len(run) - length + 1):
                piece = run[start : start + length]
                if hashlib.sha256(piece.encode()).hexdigest() in digests:
                    yield piece


def desk_of(fleet: Fleet, method: str, path: str, body: object = None) -> Any:
    """Use the sandbox's back door."""
    admin = fleet.settings.sandbox_admin
    assert admin is not None
    answer = requests.request(
        method,
        f"{fleet.urls['sandbox']}/sandbox/{path}",
        json=body,
        headers={"X-Sandbox-Admin": admin.get_secret_value()},
        timeout=PATIENCE_S,
    )
    assert answer.status_code == 200
    return answer.json()


def rotate(fleet: Fleet) -> str:
    """Turn the vault's key as an operator does; give the new key's name."""
    program = "from botfleet.cli.main import main; main()"
    words = ("vault", "rotate", "--json", "--home", str(fleet.settings.home))
    told = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, check=True)
    turned = json.loads(told.stdout)
    assert turned["moved"] == len(BROKERS)
    return str(turned["key"])


def failed(fleet: Fleet, wiring: Wiring) -> list[object]:
    """Give every call that failed: as the broker answered it, and as the fleet took it."""
    sql = """SELECT happening, detail FROM order_events WHERE happening ~ %(failures)s
             UNION ALL SELECT 'pass', failure FROM passes WHERE failure <> ''
             UNION ALL SELECT 'notice', message FROM notices WHERE code = 'login_lost'"""
    failures = "unheard|held back|refused|missed|unanswered|withdrawn"
    with wiring.database.transaction() as session:
        here = rows(session, sql, failures=failures)
    return [*desk_of(fleet, "GET", "calls")["failed"], *here]


def test_tokens_die_and_keys_turn_and_no_log_knows_one(home: Path) -> None:
    settings = Settings.read(
        home=home, clock="lockstep", date=DAY, is_held=True, log_level="DEBUG", pods=1
    )
    with Fleet(settings).running() as fleet, Wiring(fleet.settings) as wiring:
        populate(wiring, fleet.settings, recorded=False, users=4, bots=12, brokers=BROKERS)
        first = issued(home)
        wiring.fleet_row.play_to(NOON)
        while wiring.fleet_row.market_at() < MORNING:
            wiring.bell_named("test").wait(0.2)
        turned = [rotate(fleet) for _ in range(2)]
        until(wiring, NOON)
        before = issued(home)
        assert len(first) == 4 * 3  # of each login its code, its token and what renews it
        assert len(before - first) >= 2 * 3  # those that last minutes were renewed
        assert failed(fleet, wiring) == []
        assert wiring.tokens.sealed_under() == {turned[-1]: 4}
        desk_of(fleet, "POST", "misbehave", {"scenario": "expire_tokens"})
        wiring.fleet_row.play_to(SETTLED)
        until(wiring, SETTLED)
        proved = findings(wiring, desk(fleet.settings).book())
        with wiring.database.transaction() as session:
            notices = rows(session, "SELECT code FROM notices WHERE code = 'login_lost'")
            alive = rows(session, "SELECT DISTINCT is_alive FROM accounts")
    assert [one.code for one in proved if not one.ok and one.code != "I10"] == []
    assert (notices, alive) == ([], [{"is_alive": True}])
    digests = issued(home)
    assert digests - before  # and those that came after them
    logs = {path.name: path.read_text(errors="replace") for path in (home / "log").iterdir()}
    assert {"orders.log", "api.log", "sandbox.log"} <= logs.keys()
    found = {name: list(leaks(text, digests | before)) for name, text in logs.items()}
    assert {name: pieces for name, pieces in found.items() if pieces} == {}
    assert not any("has no key" in text for text in logs.values())


def test_a_token_in_a_log_would_be_found() -> None:
    token = "T" * 43
    digests = {hashlib.sha256(token.encode()).hexdigest()}
    assert list(leaks(f'{{"headers": "Bearer {token}"}}', digests)) == [token]
    assert list(leaks(f"x_{token}-y", digests)) == [token]
    assert list(leaks("nothing here", digests)) == []
