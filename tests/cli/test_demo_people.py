"""The demo's people, over real HTTP through the sandbox's own consent, into a real Postgres."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from botfleet.adapters.brokers.sandbox import SandboxDesk
from botfleet.adapters.postgres.migrate import upgrade
from botfleet.bootstrap import Wiring
from botfleet.cli.demo_people import FOUNDING, definitions, desk, populate
from botfleet.config import Settings
from botfleet.errors import Refusal
from botfleet.sandbox.app import create
from botfleet.sandbox.doors import House
from botfleet.sandbox.grants import Client
from tests.databases import fresh
from tests.sandbox.running import running

USERS, BOTS = 6, 90


@pytest.fixture(scope="module")
def fleet(
    postgres_url: str, pool_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Wiring]:
    with begun(postgres_url, pool_url, tmp_path_factory.mktemp("home")) as wiring:
        yield wiring


@contextmanager
def begun(postgres_url: str, pool_url: str, home: Path, **sizes: int) -> Iterator[Wiring]:
    """Begin a fleet's stores and a sandbox; no worker runs."""
    with fresh(postgres_url) as url:
        upgrade(url)
        yield from _begun({**sizes, "home": home, "database_url": url, "pool_url": pool_url})


def _begun(stores: dict[str, Any]) -> Iterator[Wiring]:
    given: dict[str, Any] = {
        **stores,
        "broker_url": stores["pool_url"],
        "clock": "lockstep",
        "date": date(2015, 12, 23),
        "api_port": 9,
        "oauth_client_id": "botfleet",
        "oauth_client_secret": SecretStr("client-secret"),
        "sandbox_admin": SecretStr("admin-secret"),
    }
    wiring = Wiring(Settings.read(**given))
    wiring.begin()
    client = Client("botfleet", "client-secret", (f"{wiring.callback_url}/tradier",))
    book: Path = wiring.settings.home / "sandbox.sqlite"
    app = create(
        wiring.sandbox_market, wiring.clock, book, House("market", "admin-secret", (client,))
    )
    with running(app) as url:
        attached = Wiring(Settings.read(**given, broker_base_url=url))
        try:
            yield attached
        finally:
            for one in (wiring, attached):
                one.database.close()
                one.redis.close()


def test_everyone_gets_an_account_a_seat_and_bots(fleet: Wiring) -> None:
    made = populate(fleet, fleet.settings, recorded=False, users=USERS, bots=BOTS)
    assert (made.users, made.bots, made.connected) == (USERS, BOTS, USERS)
    people = fleet.roster.users()
    accounts = {user.account_id for user in people}
    assert len(accounts) == USERS
    assert None not in accounts
    assert all(user.seat for user in people)
    bots = fleet.roster.bots()
    assert all(bot.is_on for bot in bots)
    each = Counter(bot.user for bot in bots)
    assert max(each.values()) - min(each.values()) <= 1


def test_a_second_call_completes_what_is_missing_and_changes_nothing_else(fleet: Wiring) -> None:
    """A kill between two steps leaves accounts unconnected or bots unmade: both are mended."""
    populate(fleet, fleet.settings, recorded=False, users=USERS, bots=BOTS)
    before = fleet.roster.bots()
    account = fleet.roster.users()[0].account_id
    assert account is not None
    fleet.tokens.disconnect(account)
    again = populate(fleet, fleet.settings, recorded=False, users=USERS, bots=BOTS)
    assert again.connected == 1
    assert fleet.tokens.connection(account).account == account
    assert fleet.roster.bots() == before


def test_one_founding_example_is_dealt_to_the_first_user(fleet: Wiring) -> None:
    populate(fleet, fleet.settings, recorded=False, users=USERS, bots=BOTS)
    owners = [bot.user for bot in fleet.roster.bots() if bot.name == FOUNDING]
    assert owners == ["Ada Keller"]


def test_more_users_than_seats_are_refused(
    postgres_url: str, pool_url: str, tmp_path: Path
) -> None:
    cramped = {"pods": 1, "instances": 1, "users_per_instance": 2}
    with (
        begun(postgres_url, pool_url, tmp_path, **cramped) as fleet,
        pytest.raises(Refusal, match="4 users found no seat"),
    ):
        populate(fleet, fleet.settings, recorded=False, users=USERS, bots=BOTS)


def test_a_recorded_day_has_its_own_kinds_first() -> None:
    names = [kind.name for kind in definitions(recorded=True)]
    assert names[0] == FOUNDING
    assert all(name.startswith("GOOG") for name in names[1:5])
    assert set(names) > {kind.name for kind in definitions(recorded=False)}
    assert all(one != two for one, two in pairwise(sorted(names)))


def test_the_back_door_is_locked_to_others(fleet: Wiring) -> None:
    assert desk(fleet.settings).book().events == ()
    stranger = SandboxDesk(fleet.settings.broker_base_url or "", "guess")
    with pytest.raises(Refusal, match="opens no account for mallory"):
        stranger.open_account("mallory", "correct horse")
