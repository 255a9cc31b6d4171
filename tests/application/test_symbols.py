"""Ten symbols a bot and session (E4): the eleventh is an error, and that way ends."""

from datetime import timedelta
from uuid import UUID

from botfleet.adapters.botfile import read, warnings
from botfleet.adapters.postgres.journal import PostgresJournal
from botfleet.application.explain import explain_run
from botfleet.domain.bots.symbols import SYMBOLS_MAX, Ration
from botfleet.domain.ids import RunId
from tests.application.bots import bot, scanner, spread
from tests.application.house import MARK, House
from tests.application.test_day import outcomes

QUARTER = timedelta(minutes=15)
OTHERS = [f"A{letter}" for letter in "ABCDEFGHIJK"]


def loop(symbols: list[str]) -> str:
    return f"""
  - name: Loop
    lane: scanner
    tree:
      loop: {{symbols: [{", ".join(symbols)}]}}
      do:
        if: {{recipe: stock_price, symbol: $symbol, relation: above, value: 1}}
        "yes":
          open: {spread("$symbol").replace("            ", "              ")}
        "no": nothing
"""


def text(*symbols: str) -> str:
    return bot(loop(list(symbols))).replace("symbols: [SPY]", "symbols: []")


def ends(house: House) -> str:
    return str(house.one("SELECT outcome || detail FROM runs ORDER BY at DESC LIMIT 1")[0])


def test_the_eleventh_symbol_is_an_error_told_once_a_run(house: House) -> None:
    house.add(text(*OTHERS[:10], "SPY"))
    house.run(MARK)
    assert '["SPY","b","refused:symbols"]' in ends(house)
    told = house.all("SELECT level FROM notices WHERE code = 'refused:symbols'")
    assert told == [("error",)]
    assert house.one("SELECT errors FROM mishaps") == (1,)
    (used,) = house.one("SELECT symbols FROM symbol_uses")
    assert used == OTHERS[:10]
    run = RunId(UUID(str(house.one("SELECT run_id FROM runs")[0])))
    journal = PostgresJournal(house.database)
    assert explain_run(None, run, journal=journal, batches=house.batches).is_same


def test_the_first_ten_go_on_and_so_do_those_they_were_tomorrow(house: House) -> None:
    house.add(text("SPY", *OTHERS))
    house.run(MARK)
    assert '["SPY","by","opening"]' in ends(house)
    assert ends(house).count("refused:symbols") >= 2
    house.run(MARK + timedelta(days=1))
    (used,) = house.one("SELECT symbols FROM symbol_uses")
    assert used == ["SPY", *OTHERS[:9]]


def test_ten_are_not_counted_as_they_walk_and_no_error(house: House) -> None:
    house.add(text("SPY", *OTHERS[:9]))
    house.run(MARK)
    assert "refused:symbols" not in ends(house)
    assert house.all("SELECT * FROM mishaps") == []


def test_another_file_on_the_same_day_brings_no_new_ten(house: House) -> None:
    house.add(text(*OTHERS[:10]))
    house.run(MARK)
    house.add(text("SPY", *OTHERS[:3]))
    house.run(MARK + QUARTER)
    assert '["SPY","b","refused:symbols"]' in ends(house)
    house.run(MARK + timedelta(days=1))
    assert "refused:symbols" not in ends(house)
    assert outcomes(house)


def test_an_author_of_more_than_ten_is_told() -> None:
    many, few = read(text("SPY", *OTHERS)), read(bot(scanner(spread())))
    assert "more than 10 symbols" in str(warnings(many))
    assert few.named == ("SPY",)
    assert not [one for one in warnings(few) if one.path == "symbols"]


def test_a_ration_lets_in_what_it_let_in_before() -> None:
    ration = Ration({})
    assert all(ration.lets(f"{n % SYMBOLS_MAX}") for n in range(50))
    assert not ration.was_denied
    assert not ration.lets("another")
    assert ration.was_denied
