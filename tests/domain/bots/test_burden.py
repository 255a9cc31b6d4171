"""How much a mark can be: counted by hand on small trees."""

from botfleet.adapters.botfile import read
from botfleet.domain.bots.burden import burden
from tests.application.bots import bot, button, looped, scanner, spread


def test_a_decision_and_its_leaves_are_three_nodes() -> None:
    assert burden(read(bot(scanner(spread())))) == 3


def test_automations_add_up_and_clicks_do_not_count() -> None:
    both = bot(scanner(spread()), scanner(spread(), name="Again"), button("go", spread()))
    assert burden(read(both)) == 6


def test_a_loops_body_counts_once_a_symbol() -> None:
    assert burden(read(bot(looped(spread())))) == 4


def test_events_do_not_add_up_and_the_largest_counts() -> None:
    event = looped(spread()).replace("lane: scanner", "lane: event\n    trigger: market_open")
    other = event.replace("name: Loop", "name: Other").replace("market_open", "market_close")
    assert burden(read(bot(event, other))) == 4
    assert burden(read(bot(event, scanner(spread()), scanner(spread(), "Again")))) == 6


def test_a_bot_of_clicks_alone_weighs_one() -> None:
    assert burden(read(bot(button("go", spread())))) == 1
