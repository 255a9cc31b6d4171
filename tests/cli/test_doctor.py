"""The doctor on a fleet with stores: what an operator wants to know at night, and what to do."""

import json
from pathlib import Path
from typing import Any

import pytest

from botfleet.adapters.postgres.database import execute
from botfleet.adapters.system.clock import RealClock
from botfleet.adapters.vault.envelope import load_or_create
from botfleet.cli import doctor
from botfleet.config import Settings
from tests.application.bots import bot, scanner, spread
from tests.application.house import House
from tests.cli.shell import Shell

#: The servers of these tests do not wait for the disk, and keep nothing.
CARELESS = ("fsync", "full_page_writes", "synchronous_commit", "appendonly", "queue and pool")


@pytest.fixture
def sound(shell: Shell, house: House, tmp_path: Path) -> Shell:
    """A house whose one login is sealed under the key that is there."""
    load_or_create(tmp_path / "vault.json")
    seal(house, "k1")
    house.add(bot(scanner(spread())))
    return shell


def seal(house: House, key: str, more: str = "") -> None:
    with house.database.transaction() as connection:
        sealed = bytes([1, len(key)]) + key.encode() + b"sealed"
        execute(connection, f"UPDATE accounts SET sealed = %(sealed)s {more}", sealed=sealed)


def wrong(shell: Shell) -> dict[str, Any]:
    """Give what is wrong, but for the carelessness of these servers."""
    _, out, err = shell.end("doctor", "--json")
    assert err == ""
    found = {one["name"]: one for one in json.loads(out)}
    assert {"schema", "vault key", "logins tradier", "database clock", "pool clock"} <= set(found)
    return {
        name: one
        for name, one in found.items()
        if not one["is_ok"]
        and not any(word in name for word in (*CARELESS, "StoreUnsafe", "NobodyBeats"))
    }


def test_nothing_else_is_wrong_with_a_fleet_that_is_sound(sound: Shell) -> None:
    assert wrong(sound) == {}


def test_no_metronome_is_told_with_its_page(sound: Shell) -> None:
    _, out, _ = sound.end("doctor", "--json")
    (silent,) = (one for one in json.loads(out) if one["name"] == "NobodyBeats")
    assert silent["remedy"] == "See docs/runbooks/a-process-keeps-dying.md."


def test_a_login_that_has_ended_is_told_by_its_broker(sound: Shell, house: House) -> None:
    seal(house, "k1", ", is_alive = false")
    found = wrong(sound)
    assert set(found) == {"logins tradier"}
    assert "1 ended" in found["logins tradier"]["seen"]
    assert "broker connect" in found["logins tradier"]["remedy"]


def test_secrets_sealed_under_a_key_that_is_gone_are_counted(sound: Shell, house: House) -> None:
    seal(house, "k9")
    found = wrong(sound)
    assert found["vault keys lost"]["seen"] == "1 secrets are sealed under k9"


def test_a_vault_that_others_may_read_or_that_is_gone_is_named(
    sound: Shell, tmp_path: Path
) -> None:
    (tmp_path / "vault.json").chmod(0o644)
    assert "may be read by others" in wrong(sound)["vault key"]["seen"]
    (tmp_path / "vault.json").unlink()
    assert wrong(sound)["vault key"]["seen"] == "missing; 1 secrets are sealed"
    assert not (tmp_path / "vault.json").exists()


@pytest.mark.parametrize(
    ("off_s", "is_ok"), [(0.0, True), (0.9, True), (5.0, False), (-5.0, False)]
)
def test_a_server_whose_clock_is_another_is_named(off_s: float, is_ok: bool) -> None:  # noqa: FBT001
    found = doctor._skew("pool", lambda: RealClock().now().timestamp() + off_s)
    assert found.is_ok == is_ok
    assert found.name == "pool clock"


def test_a_log_that_tells_too_much_is_named(sound: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOTFLEET_LOG_LEVEL", "DEBUG")
    assert "INFO" in wrong(sound)["log level"]["remedy"]


def test_metrics_of_a_live_fleet_that_listen_everywhere_are_named() -> None:
    anywhere = {"metrics_host": "0.0.0.0", "metrics_port": 9464}  # noqa: S104
    live = {"market": "http", "market_url": "https://feed.example", "clock": "real"}
    found = {one.name: one for one in doctor._settings(Settings.read(**anywhere, **live))}
    assert not found["metrics host"].is_ok
    found = {one.name: one for one in doctor._settings(Settings.read(**anywhere))}
    assert found["metrics host"].is_ok


def test_a_database_without_this_builds_schema_is_told_what_brings_it(
    sound: Shell, house: House
) -> None:
    with house.database.transaction() as connection:
        (now,) = execute(connection, "SELECT version_num FROM alembic_version").one()
        execute(connection, "UPDATE alembic_version SET version_num = '0001'")
    try:
        _, out, _ = sound.end("doctor", "--json")
    finally:
        with house.database.transaction() as connection:
            execute(connection, "UPDATE alembic_version SET version_num = %(now)s", now=now)
    (found,) = (one for one in json.loads(out) if one["name"] == "schema")
    assert not found["is_ok"]
    assert "botfleet db migrate" in found["remedy"]


def test_a_person_reads_one_line_a_finding_and_one_what_to_do(sound: Shell) -> None:
    code, out, _ = sound.end("doctor")
    assert code == 1
    lines = out.splitlines()
    assert lines[-1].startswith("Problems: ")
    assert sum(line.startswith("problem") for line in lines) == int(lines[-1][10:-1])
