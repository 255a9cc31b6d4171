"""Who must log in again at a broker is told ahead, once a day, and not where logins last."""

from datetime import timedelta

from botfleet.adapters.postgres.database import execute
from botfleet.adapters.postgres.logins import PostgresLogins
from botfleet.application.remind import remind
from tests.application.bots import bot, scanner, spread
from tests.application.house import MARK, House

LIVES = {"tradier": timedelta(days=7)}


def logged_in(house: House, ago: str) -> None:
    with house.database.transaction() as connection:
        sql = "UPDATE accounts SET consented_real = clock_timestamp() - %(ago)s::interval"
        execute(connection, sql, ago=ago)


def told(house: House) -> list[object]:
    sql = "SELECT message FROM notices WHERE code = 'login_ending' ORDER BY at, message DESC"
    return [row[0] for row in house.all(sql)]


def test_an_owner_is_told_once_a_day_before_the_login_ends(house: House) -> None:
    house.add(bot(scanner(spread())))
    logins = PostgresLogins(house.database)
    logged_in(house, "4 days 23 hours")
    assert remind(LIVES, MARK, logins=logins) == 0
    logged_in(house, "5 days 3 hours")
    assert [remind(LIVES, MARK, logins=logins) for _ in range(3)] == [1, 1, 1]
    (only,) = told(house)
    assert str(only).startswith("The login at tradier ends in 1 d 20 h")
    with house.database.transaction() as connection:
        sql = "SELECT notice_id FROM notices WHERE code = 'login_ending'"
        assert len(execute(connection, sql).all()) == 1


def test_where_logins_last_nobody_is_told(house: House) -> None:
    house.add(bot(scanner(spread())))
    logged_in(house, "900 days")
    assert remind({"schwab": timedelta(days=7)}, MARK, logins=PostgresLogins(house.database)) == 0
    assert told(house) == []
