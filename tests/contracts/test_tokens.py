"""Connections over a real Postgres and the sandbox's login: renewed once, turned, lost, left."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from math import inf
from pathlib import Path
from threading import Barrier, Event, Thread
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botfleet.adapters.brokers.renewal import Renewal
from botfleet.adapters.postgres import tokens as stores
from botfleet.adapters.postgres.database import Database, execute, rows
from botfleet.adapters.postgres.migrate import upgrade
from botfleet.adapters.postgres.tokens import PostgresTokens
from botfleet.adapters.vault.envelope import KeyFile
from botfleet.application.ports.tokens import Connection, Tokens
from botfleet.application.rotate import Rotated, rotate
from botfleet.domain.fleet.bounds import Bounds
from botfleet.domain.ids import AccountId, derive
from botfleet.errors import BadInput, BotfleetError, BrokerUnavailable, NotFound
from tests.contracts.tickets import refreshes
from tests.patience import PATIENCE_S
from tests.sandbox.running import Sandbox

WORKERS = 64


@pytest.fixture(scope="module")
def database(postgres_url: str) -> Iterator[Database]:
    upgrade(postgres_url)
    database = Database(postgres_url, connections=8)
    yield database
    database.close()


@pytest.fixture
def keys(tmp_path: Path) -> KeyFile:
    return KeyFile(tmp_path / "vault.json")


def store(database: Database, keys: KeyFile) -> PostgresTokens:
    """As a process of its own has it."""
    return PostgresTokens(database, seal=keys.seal, unseal=keys.open, bounds=Bounds(accounts=1_000))


def kept(database: Database, keys: KeyFile, connection: Connection) -> Connection:
    with database.transaction() as session:
        execute(session, "TRUNCATE users, consents CASCADE")
        execute(
            session,
            """INSERT INTO users (user_id, name, token_hash, created_at)
               VALUES (%(user)s, %(name)s, %(hash)s, now())""",
            user=connection.user,
            name=str(connection.user),
            hash=connection.user.bytes,
        )
    store(database, keys).connect(connection)
    return connection


def test_of_64_workers_that_find_a_token_old_one_calls(
    broker: Sandbox, database: Database, keys: KeyFile
) -> None:  # F15: each worker is a process of its own, as far as memory goes
    connection = kept(database, keys, broker.connected())
    broker.clock.at += timedelta(hours=23, minutes=55)
    ahead, servers = timedelta(minutes=10), {connection.broker: broker.flow()}
    workers = [Renewal(store(database, keys), broker.clock, servers, ahead) for _ in range(WORKERS)]
    together = Barrier(WORKERS)

    def work(one: Renewal) -> Connection:
        together.wait(PATIENCE_S)  # all are there before the first begins
        return one.good(connection.account)

    with ThreadPoolExecutor(WORKERS) as threads:
        found = list(threads.map(work, workers))
    assert refreshes(broker) == 1
    assert broker.heard.count(("POST", "/v1/oauth/refreshtoken")) == 1
    assert len({one.tokens.access for one in found}) == 1
    assert found[0].tokens.access != connection.tokens.access


def test_of_threads_that_want_one_connection_one_reads_it(
    broker: Sandbox, database: Database, keys: KeyFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = kept(database, keys, broker.connected())
    opened: list[str] = []
    monkeypatch.setattr(stores, "LIFE_S", inf)  # what was read lasts, however long it takes
    together = Barrier(16)

    def unseal(sealed: bytes, place: str) -> bytes:
        opened.append(place)
        return keys.open(sealed, place)

    tokens = PostgresTokens(database, seal=keys.seal, unseal=unseal, bounds=Bounds(accounts=1_000))

    def work(_: int) -> Connection:
        together.wait(PATIENCE_S)
        return tokens.connection(connection.account)

    with ThreadPoolExecutor(16) as threads:
        found = list(threads.map(work, range(16)))
    assert {one.tokens.access for one in found} == {connection.tokens.access}
    assert len(opened) == 1


@pytest.mark.parametrize(("left_min", "calls"), [(6, 0), (4, 1)])
def test_a_token_of_a_short_life_is_refreshed_in_its_last_third(
    broker: Sandbox, database: Database, keys: KeyFile, left_min: int, calls: int
) -> None:
    made = broker.connected()
    ends = broker.clock.now() + timedelta(minutes=left_min)
    short = replace(made, tokens=replace(made.tokens, expires_at=ends))
    connection = kept(database, keys, short)
    servers, lives = {made.broker: broker.flow()}, {made.broker: timedelta(minutes=15)}
    ahead = timedelta(minutes=10)
    tokens = store(database, keys)
    renewal = Renewal(tokens, broker.clock, servers, ahead, lives=lives)
    assert (renewal.good(connection.account).tokens.access != made.tokens.access) is bool(calls)
    assert refreshes(broker) == calls


class Forgetful:
    """A login whose answer to the rotation is lost: the old token is spent, the new one gone."""

    def __init__(self, flow: Any) -> None:
        self._flow, self.calls = flow, 0

    def refresh(self, tokens: Tokens) -> Tokens:
        self.calls += 1
        self._flow.refresh(tokens)
        raise BrokerUnavailable("the answer was lost")


def test_a_rotation_whose_answer_is_lost_ends_in_one_retry_and_a_word_to_the_owner(
    broker: Sandbox, database: Database, keys: KeyFile
) -> None:  # 37
    connection = kept(database, keys, broker.connected())
    broker.clock.at += timedelta(hours=24)
    lost: list[AccountId] = []
    tokens, ahead = store(database, keys), timedelta(minutes=10)
    silent = Forgetful(broker.flow())
    first = Renewal(tokens, broker.clock, {connection.broker: silent}, ahead)  # type: ignore[dict-item]
    with pytest.raises(BrokerUnavailable):
        first.good(connection.account)
    assert tokens.connection(connection.account).tokens.refresh == connection.tokens.refresh
    retry = Renewal(tokens, broker.clock, {connection.broker: broker.flow()}, ahead, lost.append)
    for _ in range(5):
        with pytest.raises(BrokerUnavailable, match="connected again"):
            retry.good(connection.account)
    assert lost == [connection.account]  # and nobody asked the login again
    with pytest.raises(NotFound):
        tokens.connection(connection.account)


def test_keys_turn_while_workers_call_and_no_call_fails(
    broker: Sandbox, database: Database, keys: KeyFile
) -> None:
    connection = kept(database, keys, broker.connected())
    ahead, servers = timedelta(minutes=10), {connection.broker: broker.flow()}
    stop, errors, called = Event(), list[BotfleetError](), Event()

    def work() -> None:
        while not stop.is_set():
            try:  # a store that remembers nothing: every call opens the sealed tokens
                fresh = store(database, KeyFile(keys._path))
                Renewal(fresh, broker.clock, servers, ahead).good(connection.account)
                with fresh.refreshing(connection.account) as held:
                    held.keep(held.connection.tokens)
                called.set()
            except BotfleetError as error:
                errors.append(error)
                called.set()
                return

    threads = [Thread(target=work) for _ in range(4)]
    for one in threads:
        one.start()
    turned = list[Rotated]()
    for _ in range(6):
        called.clear()
        assert called.wait(PATIENCE_S)
        turned.append(rotate(keys, store(database, keys)))
    stop.set()
    for one in threads:
        one.join()
    assert errors == []
    assert [one.key for one in turned] == [f"k{n}" for n in range(2, 8)]
    assert store(database, keys).sealed_under() == {"k7": 1}
    assert set(keys.keys) == {"k6", "k7"}
    assert store(database, keys).connection(connection.account).tokens == connection.tokens


def test_a_rotation_moves_every_secret_and_opens_under_the_new_key_alone(
    broker: Sandbox, database: Database, keys: KeyFile
) -> None:
    one = kept(database, keys, broker.connected())
    for n in range(250):
        account = AccountId(derive("account", n))
        other = Connection(account, one.user, "tradier", f"A{n}", one.tokens)
        store(database, keys).connect(other)
    rotated = rotate(keys, store(database, keys))
    assert (rotated.key, rotated.moved, rotated.retired) == ("k2", 251, ())
    keys.retire(["k1"])
    again = store(database, keys)
    assert again.sealed_under() == {"k2": 251}
    assert again.connection(one.account).tokens == one.tokens
    with pytest.raises(BadInput):
        keys.retire(["k2"])


def test_a_disconnected_account_keeps_no_token(
    broker: Sandbox, database: Database, keys: KeyFile
) -> None:
    one = kept(database, keys, broker.connected())
    tokens = store(database, keys)
    tokens.disconnect(one.account)
    with database.transaction() as session:
        assert rows(session, "SELECT sealed, is_alive FROM accounts") == [
            {"sealed": b"", "is_alive": False}
        ]
    assert tokens.sealed_under() == {}
    assert [line.is_alive for line in tokens.lines()] == [False]
    assert rotate(keys, tokens).moved == 0


@given(st.lists(st.sampled_from(("turn", "retire", "seal")), max_size=12), st.data())
def test_whatever_the_turns_a_secret_opens_as_long_as_its_key_is_kept(
    tmp_path_factory: pytest.TempPathFactory, moves: list[str], data: st.DataObject
) -> None:
    keys = KeyFile(tmp_path_factory.mktemp("keys") / "vault.json")
    sealed = {keys.seal(b"secret", "here")}
    for move in moves:
        if move == "turn":
            keys.turn()
        elif move == "seal":
            sealed.add(keys.seal(b"secret", "here"))
        elif idle := set(keys.keys) - {keys.key_of(one) for one in sealed} - {keys.keys[-1]}:
            keys.retire([data.draw(st.sampled_from(sorted(idle)))])
    assert {KeyFile(keys._path).open(one, "here") for one in sealed} == {b"secret"}
