"""`botfleet position` and the exits' switches, as a person uses them."""

import pytest

from botfleet.application.gather import Gatherer
from botfleet.bootstrap import Wiring
from tests.application.watched import minutes, opened, worth
from tests.cli.shell import Shell


@pytest.fixture
def position(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> str:
    opened(shell.house, "{profit: 50%, touch: 0}")
    gatherer = Gatherer(shell.house.market)
    monkeypatch.setattr(Wiring, "gatherer", property(lambda _: gatherer))
    (named,) = shell.house.one("SELECT position_id FROM positions")
    return str(named)


def test_a_position_shows_what_each_exit_needs(shell: Shell, position: str) -> None:
    assert position in shell("position", "list", "--state", "open")
    (line,) = shell.json("position", "list")
    assert line["unrealised_cents"] is None  # nobody has watched it yet
    worth(shell.house, "0.90")
    shell.house.run(minutes(1))
    assert "$10.00" in shell("position", "list")
    assert shell.json("position", "list")[0]["unrealised_cents"] == 1_000
    worth(shell.house, "1.00")
    told = shell("position", "show", position)
    assert "a price of 0.25 or less" in told
    assert "SPY at 490.00 or below" in told
    assert "No exit acts" not in told
    kept = shell.json("position", "show", position)
    assert kept["exits"] == {"profit": "50%", "touch": 0}
    assert [one["exit"] for one in kept["needs"]] == ["profit", "touch"]


def test_exits_are_switched_a_position_or_a_bot_and_replaced(shell: Shell, position: str) -> None:
    off = shell("position", "exits", position, "--off", "--set", "{stop: 90%}")
    assert off == "Its exits are off: exit at 90% loss.\n"
    assert "No exit acts now: its exits are off." in shell("position", "show", position)
    assert shell("bot", "off", "Test", "--exits") == "The exits of Test of ann are off.\n"
    assert shell.json("bot", "show", "Test")["exits_on"] is False
    assert shell.json("bot", "show", "Test")["is_on"] is True
    assert shell.json("bot", "on", "Test", "--exits")["exits_on"] is True


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--set", "{profit: 50}"), "profit: must be between 1% and 1000%"),
        (("--set", "profit"), "must be a mapping"),
        (("--set", "{}", "--preset", "x"), "Give --set or --preset, not both."),
        (("--preset", "none"), "ann has no preset none"),
    ],
)
def test_wrong_exits_are_one_sentence(
    shell: Shell, position: str, words: tuple[str, ...], said: str
) -> None:
    assert said in shell.refused("position", "exits", position, *words)
    assert shell.json("position", "show", position)["exits"] == {"profit": "50%", "touch": 0}


def test_a_position_is_closed_and_taken_over_by_hand(shell: Shell, position: str) -> None:
    worth(shell.house, "0.80")
    shell.house.run(minutes(1))
    told = shell("position", "override", position, "--result", "-12.50")
    assert told == "The position is its owner's; it came to -$12.50.\n"
    assert "only an open one can be closed" in shell.refused("position", "close", position)
    assert "is no amount" in shell.refused("position", "override", position, "--result", "much")
    assert "Its exits are history." in shell("position", "show", position)


def test_presets_are_kept_given_to_a_position_and_forgotten(shell: Shell, position: str) -> None:
    kept = shell("exits", "keep", "Careful", "{stop: 80%}", "--user", "ann", "--class", "credit")
    assert kept == "Careful is kept: exit at 80% loss.\n"
    shell("exits", "keep", "Longs", "{stop: 9%}", "--user", "ann", "--class", "debit")
    assert [one["name"] for one in shell.json("exits", "list", "--user", "ann")] == [
        "Careful",
        "Longs",
    ]
    told = shell("position", "exits", position, "--preset", "Careful")
    assert told == "Its exits are on: exit at 80% loss.\n"
    said = shell.refused("position", "exits", position, "--preset", "Longs")
    assert "Longs is for debit positions, not credit." in said
    assert shell("exits", "drop", "Longs", "--user", "ann") == "Longs is forgotten.\n"
    assert "There is no such preset." in shell.refused("exits", "drop", "Longs", "--user", "ann")


def test_the_fleets_exits_are_one_switch(shell: Shell, position: str) -> None:
    instance = shell.house.instance
    assert shell("exits", "off").startswith("The exits of the fleet are off")
    worth(shell.house, "0.60")
    for n, state in ((1, "open"), (2, "closing")):
        for pointer in shell.house.route(minutes(n)):
            instance.do(pointer.work_id)
        assert shell.house.one("SELECT state FROM positions") == (state,)
        if state == "open":
            assert "the fleet's exits are off" in shell("position", "show", position)
            assert shell("exits", "on") == "The exits of the fleet are on.\n"


def test_an_accounts_rules_are_shown_and_changed(shell: Shell) -> None:
    account = str(shell.house.account)
    assert shell("exits", "rules", account) == (
        "Exits act from 09:31 until 1 minute before the close, as often as it takes a day; "
        "what expires in the money: close.\n"
    )
    words = ("--begins", "09:40", "--attempts", "10", "--at-expiration", "market")
    assert "at most 10 times a day" in shell("exits", "rules", account, *words)
    assert shell.json("exits", "rules", account)["begins"] == "09:40:00"
    assert "09:31 to 15:30" in shell.refused("exits", "rules", account, "--begins", "16:00")
    assert "no time such as" in shell.refused("exits", "rules", account, "--begins", "noon")
