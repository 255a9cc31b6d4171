"""How bots share a mark: one look at the market, and nobody waits for who has many."""

from botfleet.adapters.postgres.database import execute
from tests.application.bots import bot, scanner, spread
from tests.application.house import MARK, House
from tests.application.market import OPEN
from tests.application.test_day import outcomes


def test_one_batch_asks_the_market_once_for_all_its_bots(house: House) -> None:
    for n in range(30):
        house.add(bot(scanner(spread(), above=400), name=f"Bot {n}"))
    house.run(MARK)
    assert outcomes(house) == ["opening"] * 30
    assert house.market.asked <= 4  # two rounds of questions, and the chain's own quote


def test_whoever_has_few_bots_does_not_wait_for_one_who_has_many(house: House) -> None:
    """Neither behind the many, nor for the rest of a batch that they would fill."""
    many = [bot(scanner(spread()), name=f"Many {n:03}") for n in range(450)]
    for text in many:
        house.add(text)
    house.roster.add_users(["zoe"], OPEN)
    house.layouts.welcome()
    (zoe,) = (user.user_id for user in house.roster.users() if user.name == "zoe")
    hers = [house.add(bot(scanner(spread()), name=f"Few {n}"), user=zoe) for n in range(3)]
    pointers = house.route(MARK)
    first = house.work.claim(pointers[0].work_id, MARK)
    assert first is not None
    assert set(hers) <= set(first.bots)
    assert [len(first.bots), len(pointers)] == [6, 4]


def test_a_batch_is_bounded_by_work_and_not_only_by_count(house: House) -> None:
    for n in range(10):
        house.add(bot(scanner(spread()), name=f"Bot {n}"))
    with house.database.transaction() as connection:
        connection.exec_driver_sql("UPDATE bots SET burden = 3000")
    assert len(house.route(MARK)) == 8  # bots end at 3, 6, 9 ... 30 thousand, a batch every four


def test_a_large_bot_stands_behind_the_small_ones_of_others(house: House) -> None:
    """A user's one bot of a hundred steps has had more by its end than another's three small."""
    large = house.add(bot(scanner(spread()), name="Large"))
    house.roster.add_users(["zoe"], OPEN)
    house.layouts.welcome()
    (zoe,) = (user.user_id for user in house.roster.users() if user.name == "zoe")
    hers = [house.add(bot(scanner(spread()), name=f"Few {n}"), user=zoe) for n in range(3)]
    with house.database.transaction() as connection:
        execute(connection, "UPDATE bots SET burden = 100 WHERE bot_id = %(bot)s", bot=large)
    claimed = [house.work.claim(one.work_id, MARK) for one in house.route(MARK)]
    assert [set(one.bots) for one in claimed if one is not None] == [set(hers), {large}]
