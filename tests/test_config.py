"""Settings: every fault is named at once, nothing is ignored, and no secret is shown."""

import datetime as dt
import os
from pathlib import Path

import pytest

from botfleet.config import Settings, become, environment
from botfleet.errors import BadInput


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("BOTFLEET_"):
            monkeypatch.delenv(name)


def faults_of(**given: object) -> dict[str, str]:
    with pytest.raises(BadInput) as refused:
        Settings.read(**given)
    return {fault.path: fault.message for fault in refused.value.faults}


def test_the_defaults_are_a_fleet_of_our_own() -> None:
    settings = Settings.read()
    assert (settings.pods, settings.instances, settings.users_per_instance) == (2, 2, 250)
    assert settings.database_url is settings.broker_url is settings.pool_url is None
    assert settings.logs == Path(".botfleet/log")
    assert settings.is_sandboxed


def test_every_fault_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOTFLEET_POD", "3")
    monkeypatch.setenv("BOTFLEET_PODS", "many")
    monkeypatch.setenv("BOTFLEET_SPEED", "nan")
    monkeypatch.setenv("BOTFLEET_POOL_URL", "memcached://x")
    faults = faults_of()
    assert set(faults) == {
        "BOTFLEET_POD",
        "BOTFLEET_PODS",
        "BOTFLEET_SPEED",
        "BOTFLEET_POOL_URL",
    }
    assert "did you mean BOTFLEET_PODS?" in faults["BOTFLEET_POD"]
    assert faults["BOTFLEET_POOL_URL"].startswith("is not a URL of a kind known here (redis://")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PODS", "0"),
        ("INSTANCES", "65"),
        ("API_PORT", "65536"),
        ("SPEED", "0"),
        ("SPEED", "inf"),
        ("CLOCK", "fast"),
        ("LOG_LEVEL", "LOUD"),
        ("DATE", "2026-02-30"),
        ("INSTANCE", "0.1"),
        ("DATABASE_URL", "mysql://x"),
        ("MARKET_URL", "ftp://x"),
    ],
)
def test_a_value_out_of_bounds_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"BOTFLEET_{name}", value)
    assert set(faults_of()) == {f"BOTFLEET_{name}"}


def test_a_fault_never_shows_a_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOTFLEET_DATABASE_URL", "mysql://me:hunter2@x/y")
    assert "hunter2" not in str(faults_of())


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"market": "http"}, "BOTFLEET_MARKET_URL"),
        ({"market": "recording"}, "BOTFLEET_RECORDING"),
        ({"recording": Path("/nowhere/at/all")}, "BOTFLEET_RECORDING"),
        ({"clock": "replayed"}, "BOTFLEET_DATE"),
        (
            {
                "clock": "lockstep",
                "date": "2026-11-20",
                "market": "http",
                "market_url": "https://x",
            },
            "BOTFLEET_CLOCK",
        ),
    ],
)
def test_settings_that_contradict_each_other_are_refused(
    given: dict[str, object], missing: str
) -> None:
    assert set(faults_of(**given)) == {missing}


def test_what_is_given_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOTFLEET_PODS", "5")
    monkeypatch.setenv("BOTFLEET_LOG_LEVEL", "warning")
    monkeypatch.setenv("BOTFLEET_RECORDING", "")
    settings = Settings.read(pods=3)
    assert (settings.pods, settings.log_level, settings.recording) == (3, "WARNING", None)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgres_may_be_spelt_as_people_spell_it(scheme: str) -> None:
    settings = Settings.read(database_url=f"{scheme}://u:p@h/d")
    assert settings.database_url == "postgresql+psycopg://u:p@h/d"


def test_a_child_reads_what_its_parent_was_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOTFLEET_SEED", "11")
    parent = Settings.read(
        home=Path("here"),
        clock="lockstep",
        date=dt.date(2026, 11, 20),
        oauth_client_secret="s3cret",
        database_url="postgres://u:p@h/d",
    )
    child_environment = environment(parent)
    assert "PATH" in child_environment
    with monkeypatch.context() as child:
        child.setattr(os, "environ", {})
        become(child_environment)
        read = Settings.read()
    assert read == parent.model_copy(update={"home": Path("here").absolute()})
    assert read.oauth_client_secret is not None
    assert read.oauth_client_secret.get_secret_value() == "s3cret"


def test_no_secret_is_shown_when_settings_are() -> None:
    settings = Settings.read(
        oauth_client_secret="s3cret", database_url="postgres://u:hunter2@h/d", market_token="t0ken"
    )
    assert not {word for word in ("s3cret", "hunter2", "t0ken") if word in repr(settings)}


def test_a_broker_needs_both_halves_of_a_credential_and_no_placeholder() -> None:
    for given, named in (
        ({"schwab_client_id": "app"}, "BOTFLEET_SCHWAB_CLIENT_SECRET"),
        ({"alpaca_client_secret": "s3cret"}, "BOTFLEET_ALPACA_CLIENT_ID"),
        (
            {"tastytrade_client_id": "app", "tastytrade_client_secret": "changeme"},
            "BOTFLEET_TASTYTRADE_CLIENT_SECRET",
        ),
    ):
        with pytest.raises(BadInput, match=named) as told:
            Settings.read(**given)
        assert "s3cret" not in str(told.value)
    both = Settings.read(schwab_client_id="app", schwab_client_secret="s3cret")
    assert both.credentials == {"schwab": ("app", "s3cret")}
    assert "s3cret" not in repr(both)
