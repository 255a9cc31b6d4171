"""`run replay` at its door: 0 where deciding again comes to the same, 1 where a trace lies."""

from types import SimpleNamespace

import pytest

from botfleet.adapters.postgres.journal import PostgresJournal
from botfleet.cli import run as door
from botfleet.cli.main import main
from tests.application.bots import bot, looped, scanner, spread
from tests.application.house import MARK, House


@pytest.fixture
def journal(house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """The command's house is the test's, its stores the real ones."""
    wiring = SimpleNamespace(journal=PostgresJournal(house.database), batches=house.batches)
    monkeypatch.setattr(door, "connected", lambda _: wiring)
    return house


def replayed(run: object) -> int:
    with pytest.raises(SystemExit) as left:
        main(["run", "replay", str(run)])
    return int(left.value.code or 0)


def test_a_run_is_replayed_to_the_same_end(
    journal: House, capsys: pytest.CaptureFixture[str]
) -> None:
    journal.add(bot(scanner(spread())))
    journal.run(MARK)
    (run,) = journal.one("SELECT run_id FROM runs")
    assert replayed(run) == 0
    assert capsys.readouterr().out == "Decided again, the run comes to the same.\n"


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE runs SET outcome = 'nothing' RETURNING 1",
        "UPDATE runs SET path = 'n' RETURNING 1",
        # The market is said to have stood below the level that was asked for.
        """UPDATE facts SET body = convert_to(replace(convert_from(body, 'UTF8'),
               '["Decimal","500"]', '["Decimal","0.50"]'), 'UTF8') RETURNING 1""",
    ],
    ids=["outcome", "path", "facts"],
)
def test_a_tampered_trace_ends_with_1_and_a_sentence(
    journal: House, capsys: pytest.CaptureFixture[str], change: str
) -> None:
    journal.add(bot(scanner(spread(), above=100)))
    journal.run(MARK)
    (run,) = journal.one("SELECT run_id FROM runs")
    journal.all(change)
    assert replayed(run) == 1
    seen = capsys.readouterr()
    assert seen.out == ""
    assert seen.err.startswith("botfleet: Decided again, the run comes to something else.")


def test_run_show_names_the_loops_symbol_and_says_per_cent(
    journal: House, capsys: pytest.CaptureFixture[str]
) -> None:
    tree = looped(spread("$symbol")).replace(
        "      do:\n        open:",
        "      do:\n        if: {recipe: stock_change_since, symbol: $symbol, relation: above,"
        " sessions: 1, percent: -1%}\n        'no': nothing\n        'yes':\n          open:",
    )
    journal.add(bot(tree))
    journal.run(MARK)
    (run,) = journal.one("SELECT run_id FROM runs")
    with pytest.raises(SystemExit):
        main(["run", "show", str(run)])
    said = capsys.readouterr().out
    assert "the loop's symbol" not in said.lower()
    assert "QQQ change since its close 1 session ago is above -1%" in said
    assert "      0%\n" in said
    assert "Open short put spread on QQQ" in said
    assert "s old)" in said
