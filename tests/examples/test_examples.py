"""Twenty bots people really run: valid, well told, and alive on the simulated market."""

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from botfleet.adapters.botfile import read, warnings, write
from botfleet.domain.market.calendar import next_session, session_on
from botfleet.domain.trees.memory import BOT, Change, Mark, Verb, after
from tests.examples.play import Play

FOLDER = Path(__file__).parents[2] / "examples"
FILES = sorted(FOLDER.glob("*.yaml"))
FIRST = date(2026, 3, 9)
SESSIONS_MAX = 8


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_an_example_is_valid_and_says_what_it_is_about(path: Path) -> None:
    text = path.read_text()
    bot = read(text)
    assert read(write(bot)) == bot
    about = [line for line in text.partition("botfleet:")[0].splitlines() if line]
    assert len(about) >= 2
    assert all(line.startswith("# ") for line in about)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_an_example_acts_within_a_few_sessions(path: Path) -> None:
    """It opens, and closes where its rules close that soon; its limits hold at every commit."""
    play = Play(read(path.read_text()), FIRST)
    session = session_on(FIRST)
    for _ in range(SESSIONS_MAX):
        assert session is not None
        play.session(session)
        if play.stage.opens and play.stage.closes:
            break
        session = next_session(session.day)
    assert play.stage.opens, Counter(play.stage.words)


def test_the_wheel_turns_to_its_second_half() -> None:
    """The put has ended in the money: shares are bought, and a call is sold on them, uncharged."""
    play = Play(read((FOLDER / "wheel.yaml").read_text()), FIRST)
    taken = Change(Mark.SWITCH, BOT, Verb.SET, ("take shares",), 1)
    play.stage.memory = after(play.stage.memory, (taken,))
    session = session_on(FIRST)
    assert session is not None
    play.session(session)
    opened = [one.position for one in play.stage.opens]
    assert [one.structure for one in opened[:2]] == ["long_equity", "call_on_shares"]
    assert opened[1].covered_by == opened[0].position_id
    assert (opened[1].quantity, play.stage.opens[1].granted.amount) == (1, 0)
    assert play.stage.memory.number(Mark.SWITCH, BOT, "take shares") == 0


def test_there_are_twenty_or_more_and_each_has_its_own_name() -> None:
    bots = [read(path.read_text()) for path in FILES]
    assert len({bot.name for bot in bots}) == len(FILES) >= 20
    assert all(
        not warnings(bot) or path.stem in ADVISED for bot, path in zip(bots, FILES, strict=True)
    )


#: Examples that show what a warning is about.
ADVISED: frozenset[str] = frozenset()
