"""The operator's word of the session reaches the exchange: after it, nothing fills."""

from collections.abc import Iterator
from datetime import time, timedelta
from decimal import Decimal

import pytest
import requests

from botfleet.adapters.postgres.changes import PostgresChanges
from botfleet.adapters.postgres.database import Database, execute
from botfleet.application.amend import amend
from botfleet.domain.market.calendar import SHIPPED, Act, Change, adopt, in_force
from botfleet.sandbox.hours import Hours
from tests.application.conftest import schema
from tests.patience import PATIENCE_S
from tests.sandbox.fakes import NOON, TODAY, option
from tests.sandbox.running import Sandbox
from tests.sandbox.test_book import _place

__all__ = ["schema"]
HALT = time(11)  # half an hour from now
AFTER = NOON + timedelta(minutes=30)


@pytest.fixture
def changes(schema: str) -> Iterator[PostgresChanges]:
    database = Database(schema)
    with database.transaction() as connection:
        execute(connection, "TRUNCATE calendar_changes RESTART IDENTITY CASCADE")
    adopt(SHIPPED)
    yield PostgresChanges(database)
    adopt(SHIPPED)
    database.close()


def say(changes: PostgresChanges, act: Act, closes: time | None = None) -> None:
    """Have the operator say it, in a process that is not the exchange's: this one forgets it."""
    known = in_force()
    amend(Change(TODAY, act, "Halt", NOON, closes), "ops", changes)
    adopt(known)


def statuses(broker: Sandbox, token: str, number: str) -> list[str]:
    url = f"{broker.url}/v1/accounts/{number}/orders"
    headers = {"Authorization": f"Bearer {token}"}
    rows = requests.get(url, headers=headers, timeout=PATIENCE_S).json()["orders"]["order"]
    return [row["status"] for row in (rows if isinstance(rows, list) else [rows])]


def cross(broker: Sandbox) -> None:
    """Let the market come to what rests: a spread sold for 1.20 is worth 1.80."""
    for strike, mid in ((90, "2.20"), (95, "4.00")):
        sides = (Decimal(mid) - Decimal("0.05"), Decimal(mid) + Decimal("0.05"))
        broker.market.sides[option(strike)] = sides


def test_what_rests_when_the_operator_ends_the_session_never_fills(
    broker: Sandbox, changes: PostgresChanges
) -> None:
    connection = broker.connected()
    who = (connection.tokens.access, connection.number)
    assert _place(broker, *who, price="1.20").json()["order"]["status"] == "ok"
    say(changes, Act.EARLY, HALT)
    Hours(changes).look()
    assert statuses(broker, *who) == ["open"]
    broker.clock.at = AFTER
    cross(broker)
    assert statuses(broker, *who) == ["expired"]
    _place(broker, *who, price="0.90", tag="t-2")
    assert statuses(broker, *who) == ["expired", "rejected"]
    clock = requests.get(
        f"{broker.url}/v1/markets/clock",
        headers={"Authorization": f"Bearer {who[0]}"},
        timeout=PATIENCE_S,
    ).json()["clock"]
    assert (clock["state"], clock["description"]) == (
        "closed",
        "Market is open from 09:30 to 11:00",
    )


def test_an_exchange_that_was_not_told_would_have_filled(
    broker: Sandbox, changes: PostgresChanges
) -> None:
    """The same without a look: what the test above forbids does happen."""
    connection = broker.connected()
    who = (connection.tokens.access, connection.number)
    _place(broker, *who, price="1.20")
    say(changes, Act.EARLY, HALT)
    broker.clock.at = AFTER
    cross(broker)
    assert statuses(broker, *who) == ["filled"]


def test_a_session_that_goes_on_after_all_goes_on_for_what_rests(
    broker: Sandbox, changes: PostgresChanges
) -> None:
    """Accepted under the early close, it lives to the session's end as it is by then."""
    connection = broker.connected()
    who = (connection.tokens.access, connection.number)
    say(changes, Act.EARLY, HALT)
    Hours(changes).look()
    _place(broker, *who, price="1.20")
    say(changes, Act.UNDO)
    Hours(changes).look()
    broker.clock.at = AFTER
    assert statuses(broker, *who) == ["open"]
    cross(broker)
    broker.clock.at = AFTER + timedelta(seconds=2)
    assert statuses(broker, *who) == ["filled"]


def test_while_the_table_cannot_be_read_it_goes_by_what_it_knew(changes: PostgresChanges) -> None:
    say(changes, Act.EARLY, HALT)
    Hours(changes).look()
    known = in_force()
    gone = Database("postgresql+psycopg://nobody@127.0.0.1:9/none")
    Hours(PostgresChanges(gone)).look()
    assert in_force() is known
    assert known.version == 1
