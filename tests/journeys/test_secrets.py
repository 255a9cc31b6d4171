"""A whole day on which tokens die and keys turn: nobody is shut out, no log has a token (I16)."""

import hashlib
import re
import sqlite3
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import requests

from botfleet.adapters.postgres.database import rows
from botfleet.application.rotate import rotate
from botfleet.bootstrap import Wiring
from botfleet.cli.demo_day import findings
from botfleet.cli.demo_people import desk, populate
from botfleet.cli.processes import Fleet
from botfleet.config import Settings
from tests.journeys.test_resume import until

DAY = date(2026, 3, 13)
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


def die(fleet: Fleet) -> None:
    """End every access token at the broker."""
    admin = fleet.settings.sandbox_admin
    assert admin is not None
    answer = requests.post(
        f"{fleet.urls['sandbox']}/sandbox/misbehave",
        json={"scenario": "expire_tokens"},
        headers={"X-Sandbox-Admin": admin.get_secret_value()},
        timeout=10,
    )
    assert answer.status_code == 200


def test_tokens_die_and_keys_turn_and_no_log_knows_one(home: Path) -> None:
    settings = Settings.read(home=home, clock="lockstep", date=DAY, is_held=True, log_level="DEBUG")
    with Fleet(settings).running() as fleet, Wiring(fleet.settings) as wiring:
        populate(wiring, fleet.settings, recorded=False, users=4, bots=24)
        wiring.fleet_row.play_to(NOON)
        until(wiring, NOON)
        before = issued(home)
        die(fleet)
        turned = [rotate(wiring.vault, wiring.tokens) for _ in range(3)]
        wiring.fleet_row.play_to(SETTLED)
        until(wiring, SETTLED)
        proved = findings(wiring, desk(fleet.settings).book())
        with wiring.database.transaction() as session:
            notices = rows(session, "SELECT code FROM notices WHERE code = 'login_lost'")
            alive = rows(session, "SELECT DISTINCT is_alive FROM accounts")
        assert wiring.tokens.sealed_under().keys() == {turned[-1].key}
    assert [one.code for one in proved if not one.ok and one.code != "I10"] == []
    assert (notices, alive) == ([], [{"is_alive": True}])
    assert [one.moved for one in turned] == [4, 4, 4]
    digests = issued(home)
    assert len(before) == 4 * 3  # of each login its code, its token and what renews it
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
