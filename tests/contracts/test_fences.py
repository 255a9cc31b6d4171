"""Rows fenced by user: what a door's role can see and write, whatever its statements forget."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import errors, sql

from botfleet.adapters.postgres.database import DOOR, Database, act_as, rows
from botfleet.adapters.postgres.migrate import upgrade
from botfleet.errors import BadInput
from tests.databases import fresh, plain

ROLES = Path(__file__).parents[2] / "deploy/postgres/roles.sql"
#: Tables of nobody: the fleet's own shape, the exchange's calendar, brokers and what markets were.
NOBODYS = {
    "alembic_version",
    "pods",
    "fleet",
    "calendar_changes",
    "volatilities",
    "served_schemas",
    "brokers",
}
NOW = "2026-03-10 14:00+00"
Session = psycopg.Connection[Any]
Put = Callable[..., None]


@dataclass(frozen=True)
class Owner:
    """One user with a row in every table there is."""

    user: UUID
    account: UUID
    bot: UUID
    work: UUID
    order: UUID
    version: str


@pytest.fixture(scope="module")
def url(postgres_url: str) -> Iterator[str]:
    """A database of this module's own, brought to the current schema by the server's owner."""
    with fresh(postgres_url) as url:
        upgrade(url)
        yield url


@pytest.fixture(scope="module")
def two(url: str) -> tuple[Owner, Owner]:
    with psycopg.connect(plain(url)) as connection:
        return own(connection, "ann"), own(connection, "eve")


@contextmanager
def door(url: str, user: UUID | None) -> Iterator[Session]:
    """A transaction of a door that speaks for `user`; it is undone."""
    with psycopg.connect(plain(url), options=f"-c role={DOOR}") as connection:
        if user is not None:
            connection.execute("SELECT set_config('botfleet.user', %s, true)", [str(user)])
        yield connection
        connection.rollback()


def tables(connection: Session) -> list[str]:
    found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    return sorted({str(name) for (name,) in found} - NOBODYS)


def own(connection: Session, name: str) -> Owner:
    """Write a row of `name`'s into every table, each column by its type where nothing is said."""
    owner = Owner(uuid4(), uuid4(), uuid4(), uuid4(), uuid4(), f"version of {name}")
    connection.execute("INSERT INTO pods VALUES (1, 1, 10, false) ON CONFLICT DO NOTHING")

    def put(table: str, **given: object) -> None:
        write(connection, table, given)

    own_what_trades(put, owner, name)
    own_what_is_told(put, owner)
    return owner


def own_what_trades(put: Put, owner: Owner, name: str) -> None:
    position, zero = uuid4(), {"user_id": owner.user, "bot_id": owner.bot}
    put("users", user_id=owner.user, name=name, token_hash=name.encode())
    put("seats", user_id=owner.user, pod=1, instance=1)
    put("signins", user_id=owner.user, key_hash=name.encode(), token_hash=name.encode())
    put("accounts", account_id=owner.account, user_id=owner.user, number=name)
    put("consents", state=name, user_id=owner.user)
    put("definitions", version=owner.version, body=name)
    put("bots", **zero, account_id=owner.account, name=name, version=owner.version)
    put("pools", **zero)
    put("draws", **zero, draw_id=uuid4(), state="pending")
    put("entries", **zero, draw_id=uuid4(), kind="pend", ref="")
    put("positions", **zero, position_id=position, draw_id=uuid4(), state="open")
    put(
        "orders",
        **zero,
        order_id=owner.order,
        account_id=owner.account,
        position_id=position,
        wire_id=name,
    )
    put("fills", account_id=owner.account, execution_id=name, order_id=owner.order, quantity=1)
    put("order_events", **zero, order_id=owner.order)
    put("work", work_id=owner.work, bots=[owner.bot])
    put("facts", work_id=owner.work, body=name.encode())
    put("runs", **zero, run_id=uuid4(), work_id=owner.work)


def own_what_is_told(put: Put, owner: Owner) -> None:
    hook, channel, notice = uuid4(), uuid4(), uuid4()
    zero = {"user_id": owner.user, "bot_id": owner.bot}
    put("notices", **zero, notice_id=notice)
    put("channels", channel_id=channel, user_id=owner.user, name="x", tx="7")
    put("deliveries", channel_id=channel, notice_id=notice)
    put("memories", **zero, mark="tag", subject="bot", name="x")
    put("presets", user_id=owner.user, name="x", **{"class": "credit"})
    put("mishaps", bot_id=owner.bot)
    put("symbol_uses", bot_id=owner.bot, symbols=["SPY"])
    put("passes", user_id=owner.user, account_id=owner.account)
    put("breaks", user_id=owner.user, account_id=owner.account, kind="x", subject="x")
    put("events", **zero, automation=0)
    put("stints", **zero, automation=0)
    put("asks", **zero, ask_id=uuid4())
    put("hooks", hook_id=hook, user_id=owner.user, name="x")
    put("hook_calls", hook_id=hook, call_id="x")
    put("switches", scope="bot", subject=owner.bot, held_by="owner", mode="halted")


_NEEDED = """
SELECT column_name, data_type FROM information_schema.columns
WHERE table_schema = 'public' AND table_name = %s AND is_nullable = 'NO'
  AND column_default IS NULL AND is_identity = 'NO' AND is_generated = 'NEVER'
"""
_ANY: dict[str, object] = {
    "text": "x",
    "uuid": UUID(int=7),
    "bytea": b"x",
    "jsonb": "{}",
    "date": "2026-03-10",
    "timestamp with time zone": NOW,
}


def write(connection: Session, table: str, given: dict[str, object]) -> None:
    needed = {str(name): str(kind) for name, kind in connection.execute(_NEEDED, [table])}
    row = {name: _ANY.get(kind, 1) for name, kind in needed.items()} | given
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, row)),
        sql.SQL(", ").join(sql.Placeholder() * len(row)),
    )
    connection.execute(statement, list(row.values()))


def test_every_table_of_users_is_fenced_and_the_fence_is_forced(url: str) -> None:
    with psycopg.connect(plain(url)) as connection:
        found = connection.execute(
            """SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace
               AND relkind IN ('r', 'p') AND NOT (relrowsecurity AND relforcerowsecurity)"""
        )
        assert {name for (name,) in found} == NOBODYS


def test_a_door_sees_its_users_rows_and_no_others_in_any_table(
    url: str, two: tuple[Owner, Owner]
) -> None:
    ann, eve = two
    with door(url, ann.user) as connection:
        for table in tables(connection):
            shown = connection.execute(
                sql.SQL("SELECT {0}::text FROM {0}").format(sql.Identifier(table))
            )
            lines = [str(line) for (line,) in shown]
            assert len(lines) == 1, (table, lines)
            strangers = {str(one) for one in (eve.user, eve.bot, eve.account, eve.work, eve.order)}
            assert not any(one in lines[0] for one in strangers), (table, lines)


def test_a_door_that_was_told_nobody_sees_nothing(url: str, two: tuple[Owner, Owner]) -> None:
    assert two
    with door(url, None) as connection:
        for table in tables(connection):
            statement = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
            assert connection.execute(statement).fetchone() == (0,), table


def test_a_door_changes_and_deletes_no_row_of_another(url: str, two: tuple[Owner, Owner]) -> None:
    """Either it may not at all, or it finds only what is its user's."""
    ann, _ = two
    for verb in ("DELETE FROM {0}", "UPDATE {0} SET {1} = {1}"):
        with door(url, ann.user) as connection:
            for table in tables(connection):
                (column,) = connection.execute(
                    """SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass
                       AND attnum > 0 AND attidentity = '' ORDER BY attnum LIMIT 1""",
                    [table],
                ).fetchone() or ("",)
                names = sql.Identifier(table), sql.Identifier(str(column))
                try:
                    with connection.transaction():
                        changed = connection.execute(sql.SQL(verb).format(*names)).rowcount
                        assert changed <= 1, (verb, table)
                except (errors.InsufficientPrivilege, errors.ForeignKeyViolation):
                    continue


def test_a_door_writes_no_row_in_anothers_name(url: str, two: tuple[Owner, Owner]) -> None:
    ann, eve = two
    forged: dict[str, dict[str, object]] = {
        "bots": {
            "bot_id": uuid4(),
            "user_id": eve.user,
            "account_id": ann.account,
            "name": "forged",
            "version": ann.version,
        },
        "work": {"work_id": uuid4(), "bots": [ann.bot, eve.bot]},
        "notices": {"notice_id": uuid4(), "user_id": eve.user, "bot_id": eve.bot},
        "memories": {"user_id": eve.user, "bot_id": eve.bot, "mark": "tag"},
        "presets": {"user_id": eve.user, "name": "forged", "class": "credit"},
        "switches": {"scope": "bot", "subject": eve.bot, "held_by": "login", "mode": "halted"},
        "events": {"user_id": eve.user, "bot_id": eve.bot, "automation": 5},
        "consents": {"state": "forged", "user_id": eve.user},
        "signins": {"user_id": eve.user, "key_hash": b"forged", "token_hash": b"ann"},
        "hooks": {"hook_id": uuid4(), "user_id": eve.user, "name": "forged"},
        "authors": {"user_id": eve.user, "version": ann.version},
        "entries": {"user_id": eve.user, "bot_id": eve.bot, "draw_id": uuid4(), "kind": "gain"},
        "accounts": {"account_id": uuid4(), "user_id": eve.user, "number": "forged"},
    }
    with door(url, ann.user) as connection:
        for table, row in forged.items():
            refused = pytest.raises(errors.InsufficientPrivilege, match="row-level security")
            with refused, connection.transaction():
                write(connection, table, row)


def test_a_door_neither_gives_its_rows_away_nor_lifts_what_the_operator_holds(
    url: str, two: tuple[Owner, Owner]
) -> None:
    ann, eve = two
    with psycopg.connect(plain(url)) as connection:
        held = {"scope": "bot", "subject": ann.bot, "held_by": "operator", "mode": "halted"}
        write(connection, "switches", held)
    with door(url, ann.user) as connection:
        with pytest.raises(errors.InsufficientPrivilege), connection.transaction():
            connection.execute("UPDATE bots SET user_id = %s", [eve.user])
        assert connection.execute("DELETE FROM switches").rowcount == 1
        left = connection.execute("SELECT held_by FROM switches").fetchall()
        assert left == [("operator",)]
    with psycopg.connect(plain(url)) as connection:
        connection.execute("DELETE FROM switches WHERE held_by = 'operator'")


def test_a_door_takes_no_other_role_and_turns_no_fence_off(
    url: str, two: tuple[Owner, Owner]
) -> None:
    """A login that is only a door's, as the shipped roles make it."""
    ann, eve = two
    with psycopg.connect(plain(url)) as connection:
        connection.execute("CREATE ROLE only_a_door LOGIN IN ROLE botfleet_door")
    login = plain(url).replace("//botfleet@", "//only_a_door@")
    with psycopg.connect(login) as connection:
        connection.execute("SELECT set_config('botfleet.user', %s, false)", [str(ann.user)])
        assert connection.execute("SELECT user_id FROM users").fetchall() == [(ann.user,)]
        for escape in (
            "SET ROLE botfleet_fleet",
            "ALTER TABLE bots DISABLE ROW LEVEL SECURITY",
            "ALTER TABLE bots NO FORCE ROW LEVEL SECURITY",
            "DROP POLICY door ON bots",
            "CREATE POLICY more ON bots USING (true)",
            "TRUNCATE bots",
        ):
            with pytest.raises(errors.InsufficientPrivilege), connection.transaction():
                connection.execute(escape)
        connection.execute("SET row_security = off")
        with pytest.raises(errors.InsufficientPrivilege), connection.transaction():
            connection.execute("SELECT * FROM bots")
        shown = connection.execute(
            "SELECT count(*) FROM pg_stats WHERE schemaname = 'public' AND tablename = 'users'"
        ).fetchone()
        assert shown == (0,)
    assert eve.user != ann.user


def test_whom_one_acts_for_lasts_a_transaction_and_no_longer(
    url: str, two: tuple[Owner, Owner]
) -> None:
    ann, eve = two
    database = Database(url, connections=1, role=DOOR)
    seen: list[list[object]] = []
    for user in (ann.user, None, eve.user):
        act_as(user)
        with database.transaction() as connection:
            seen.append([row["user_id"] for row in rows(connection, "SELECT user_id FROM users")])
    act_as(None)
    database.close()
    assert seen == [[ann.user], [], [eve.user]]


def test_the_owner_of_the_schema_is_fenced_too_and_let_through_as_the_fleet(
    postgres_url: str,
) -> None:
    """A login without a superuser's rights migrates once the shipped roles are there."""
    with psycopg.connect(plain(postgres_url), autocommit=True) as connection:
        connection.execute("CREATE ROLE poor LOGIN")
    with fresh(postgres_url, owner="poor") as poor:
        with pytest.raises(BadInput, match=r"deploy/postgres/roles\.sql"):
            upgrade(poor)
        with psycopg.connect(plain(postgres_url), autocommit=True) as connection:
            connection.execute("GRANT botfleet_fleet, botfleet_door TO poor")
        upgrade(poor)
        the_fence_of_the_schemas_owner(poor)


def the_fence_of_the_schemas_owner(url: str) -> None:
    with psycopg.connect(plain(url)) as connection:
        ann = own(connection, "ann")
        connection.commit()
        assert connection.execute("SELECT count(*) FROM bots").fetchone() == (1,)
        connection.execute("SET ROLE botfleet_door")
        assert connection.execute("SELECT count(*) FROM bots").fetchone() == (0,)
        found = connection.execute("SELECT user_id FROM who_has(%s)", [b"ann"]).fetchall()
        assert found == [(ann.user,)]
        connection.execute("SELECT set_config('botfleet.user', %s, true)", [str(ann.user)])
        assert connection.execute("SELECT count(*) FROM bots").fetchone() == (1,)


def test_the_shipped_roles_are_those_the_fences_name() -> None:
    said = ROLES.read_text()
    assert "CREATE ROLE botfleet_fleet NOLOGIN;" in said
    assert f"CREATE ROLE {DOOR} NOLOGIN;" in said
