"""A run is told in its author's words, with the numbers it saw, their age and the limits it met."""

from dataclasses import replace
from datetime import timedelta

import pytest
from rich.console import Console

from botfleet.adapters.botfile import read
from botfleet.adapters.market.simulated import SimulatedMarket
from botfleet.adapters.memory.pools import MemoryPools
from botfleet.application.explain import explain_record
from botfleet.application.gather import Gatherer
from botfleet.application.ports.journal import RunRecord
from botfleet.application.rehearse import Stage, newcomer, rehearse
from botfleet.cli.telling import age, result_words, tell_ends
from botfleet.domain.ids import WorkId, derive
from botfleet.domain.trees.sightings import Sighting
from tests.application.bots import bot, looped, scanner
from tests.application.test_rehearse import AT, SPREAD, Fixed, rehearsed


def told(text: str, full: int = 0) -> str:
    definition = read(text)
    state = replace(newcomer(definition, AT), holding_n=full)
    console = Console(width=300, highlight=False)
    with console.capture() as captured:
        tell_ends(console, rehearsed(definition, state).explanation)
    return captured.get()


def test_each_node_is_told_with_its_number_and_the_age_of_it() -> None:
    lines = told(bot(scanner(SPREAD))).splitlines()
    assert "SPY price is above 1  →  yes" in lines[1]
    assert lines[2].strip().removeprefix("$").replace(".", "").isdigit()
    assert "SPY quote: bid" in lines[3]
    assert lines[3].endswith("(0 s old)")
    assert lines[4].startswith("  Open short put spread on SPY, at least 7 days")
    assert lines[4].endswith("→  opening")


def test_items_of_a_loop_are_told_one_by_one_and_the_limit_that_refused_by_its_name() -> None:
    said = told(bot(looped(SPREAD.replace("SPY", "$symbol")), limits="700, 3, 3"))
    assert [line for line in said.splitlines() if line in {"SPY", "QQQ", "TLT"}] == [
        "SPY",
        "QQQ",
        "TLT",
    ]
    assert "→  refused, limit no_capital" in said
    assert "no more may be held at once" in told(bot(scanner(SPREAD)), full=3)


def test_numbers_tell_their_age_at_the_run_not_now() -> None:
    ages = [age(Sighting("x", "1", AT - timedelta(seconds=s)), AT) for s in (0, 61, 599, 3600)]
    assert ages == ["0 s", "61 s", "599 s", "60 min"]
    assert age(Sighting("RSI", "55"), AT) == ""


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("opening", "opening"),
        ("already_closing", "already closing"),
        ("refused:daily_positions", "refused, limit daily_positions"),
        ("no_trade:W5", "no trade (W5)"),
    ],
)
def test_an_end_is_said_in_words(word: str, said: str) -> None:
    assert result_words(word) == said


def test_a_run_that_was_tampered_with_does_not_come_to_the_same() -> None:
    """The kept end is held against the walk: another word, or another place, is noticed."""
    definition = read(bot(scanner(SPREAD)))
    stage = Stage(definition, newcomer(definition, AT))
    gatherer = Gatherer(SimulatedMarket(0, Fixed(AT)))
    line = rehearse(stage, 0, AT, pools=MemoryPools(), gatherer=gatherer).explanation.run
    assert stage.results is not None
    (row,) = stage.results.runs({})
    work = WorkId(derive("work"))
    record = RunRecord(line, work, 0, "", row.path, row.detail, stage.results.facts)
    assert explain_record(record, lambda: definition).is_same is True
    for wrong in (
        replace(record, path="n"),
        replace(record, line=replace(line, outcome="nothing")),
    ):
        assert explain_record(wrong, lambda: definition).is_same is False
