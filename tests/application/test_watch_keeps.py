"""What the minute watch keeps of a position, through restarts and beside other watches."""

from botfleet.adapters.postgres.journal import PostgresJournal
from botfleet.application.ports.journal import Wanted
from tests.application.house import House
from tests.application.watched import gains, minutes, opened, set_, state, watch, worth


def test_highs_and_lows_are_kept_with_their_minute_and_survive_a_restart(house: House) -> None:
    opened(house, "{trail_from: 40%, trail: 20%}")
    for n, short in enumerate(("0.90", "0.70", "1.10"), start=1):  # gains of 20, 60 and -20 %
        worth(house, short)
        house.run(minutes(n))  # by a fresh instance each
    assert gains(house) == [-0.2, 0.6, -0.2]
    assert house.one("SELECT high_at, low_at FROM positions") == (minutes(2), minutes(3))
    assert state(house) == ("closing", "trail")


def unrealised(house: House) -> int | None:
    (line,) = PostgresJournal(house.database).positions(Wanted(user=None)).lines
    return line.unrealised_cents


def test_an_owner_reads_the_gain_in_dollars_of_what_the_watch_saw_and_none_without_a_price(
    house: House,
) -> None:
    """Sold at 0.50: costing 0.40 now it has gained 10 dollars, costing 0.60 it has lost as many."""
    opened(house)
    instance, seen = house.instance, [unrealised(house)]
    for n, short in enumerate(("0.90", "1.10", "1.10", "1.10"), start=1):
        worth(house, short)
        house.market.is_blind = n == 3
        watch(house, minutes(n), instance)
        seen.append(unrealised(house))
    assert seen == [None, 1_000, -1_000, None, -1_000]
    house.market.is_blind = True
    watch(house, minutes(5), house.instance)  # after a restart
    assert unrealised(house) is None
    assert gains(house)[0] == -0.2  # what was seen last is not forgotten


def test_what_is_not_held_has_no_gain_that_may_still_change(house: House) -> None:
    opened(house, "{profit: 20%}")
    worth(house, "0.70")
    watch(house, minutes(1), house.instance)
    # 0.20 buys back what was sold for 0.50.
    assert (state(house)[0], unrealised(house)) == ("closing", 3_000)
    house.send()
    house.broker.fill("2", 1, "0.20")
    house.look()
    assert (state(house)[0], unrealised(house)) == ("closed", None)


def test_one_instance_keeps_its_watchlist_and_sees_what_others_change(house: House) -> None:
    opened(house, "{profit: 90%}")
    instance = house.instance
    worth(house, "0.80")
    watch(house, minutes(1), instance)
    assert gains(house) == [0.4, 0.4, 0.0]
    set_(house, """UPDATE positions SET exits = '{"profit": "0.3"}'""")
    watch(house, minutes(2), instance)
    assert state(house) == ("closing", "profit")


def test_highs_that_another_instance_kept_meanwhile_are_not_forgotten(house: House) -> None:
    opened(house, "{trail_from: 50%, trail: 20%}")
    mine, other = house.instance, house.instance
    watch(house, minutes(1), mine)
    worth(house, "0.70")
    watch(house, minutes(2), other)  # a high of 60 %, seen elsewhere
    worth(house, "0.80")
    watch(house, minutes(3), mine)  # at 40 %: 20 points given back
    assert state(house) == ("closing", "trail")
