"""`bench watch` judges what it says it judges; how fast is told, not asserted."""

import json

import pytest

from botfleet.cli.main import main


def test_every_position_is_judged_and_weighed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["bench", "watch", "--positions", "3000", "--rounds", "1", "--json"])
    told = json.loads(capsys.readouterr().out)
    assert end.value.code == 0
    assert (told["positions"], told["bots"], told["rows"]) == (3_000, 300, 2)
    assert told["of_which_columns"] < told["bytes_a_position"] < 400
