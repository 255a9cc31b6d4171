"""Automations of a fleet's bot that are tried: what starts them, and that nothing comes of it."""

from pathlib import Path
from uuid import uuid4

import pytest

from botfleet.bootstrap import Wiring
from tests.application.bots import bot, spread
from tests.application.house import MARK, House
from tests.cli.shell import Shell

DOER = f"""
  - name: Do everything
    lane: monitor
    tree:
      open: {spread()}
      then:
        tag: {{of: bot, tags: [tried]}}
        then:
          counter: {{of: bot, name: tries, add: 1}}
          then: {{notify: Somebody tried it.}}
"""
EVENTS = f"""
  - name: Opener
    lane: scanner
    tree:
      open: {spread()}
  - name: After an open
    lane: event
    trigger: {{position_opened: [short_put_spread]}}
    tree:
      if: {{recipe: position_property, position: opened, property: quantity, relation: at_least,
           value: 1}}
      yes: {{notify: it is there}}
      no: nothing
  - name: After a close
    lane: event
    trigger: {{position_closed: any}}
    tree: {{notify: it is gone}}
  - name: Called
    lane: event
    trigger: {{webhook: signals, feeds: [level]}}
    inputs:
      - {{name: level, kind: price, default: 1}}
      - {{name: other, kind: price, default: 1}}
    tree:
      if: {{recipe: stock_price, symbol: SPY, relation: above, value: {{input: level}}}}
      yes: {{notify: above}}
      no: {{notify: below}}
"""


@pytest.fixture(autouse=True)
def market(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Wiring, "market", house.market)


def everything(house: House) -> dict[str, object]:
    """All that is kept anywhere, as one value: every table, every key."""
    tables = "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
    kept: dict[str, object] = {
        str(name): house.one(f"SELECT md5(string_agg(t::text, ',' ORDER BY t::text)) FROM {name} t")
        for (name,) in house.all(tables)
    }
    keys = sorted(house.redis.scan_iter("*"))
    return kept | {str(key): house.redis.dump(key) for key in keys}


def test_a_try_counts_toward_nothing_tags_nothing_and_tells_nobody(
    shell: Shell, house: House
) -> None:
    """Spec 5.7, last line: what would have been tagged, counted, told and opened is only shown."""
    named = house.add(bot(DOER, limits="10000, 1, 1"))
    before = everything(house)
    for _ in range(2):
        (done,) = shell.json("automation", "test", str(named))
        assert done["outcome"] == "opening"
        assert [one["message"] for one in done["notices"]] == ["Somebody tried it."]
        assert len(done["opens"]) == 1
    assert everything(house) == before
    house.run(MARK)
    assert everything(house) != before
    assert house.one("SELECT count(*) FROM notices WHERE code = 'notify'") == (1,)


@pytest.fixture
def position(house: House) -> str:
    house.add(bot(EVENTS))
    house.run(MARK)
    house.send()
    house.broker.fill("1", 1, "-0.50")
    house.look()
    (named,) = house.one("SELECT position_id FROM positions")
    return str(named)


def test_a_position_starts_what_waits_for_it(shell: Shell, house: House, position: str) -> None:
    (done,) = shell.json("automation", "test", "Test", "--position", position)
    assert (done["automation"], done["outcome"]) == ("After an open", "notified")
    assert done["is_same"] is True
    with house.database.transaction() as connection:
        connection.exec_driver_sql("UPDATE positions SET state = 'closed'")
    (done,) = shell.json("automation", "test", "Test", "--position", position)
    assert (done["automation"], done["outcome"]) == ("After a close", "notified")


def test_a_position_that_starts_nothing_is_refused(
    shell: Shell, house: House, position: str, tmp_path: Path
) -> None:
    house.add(bot(EVENTS, name="Other"))
    file = tmp_path / "bot.yaml"
    file.write_text(bot(EVENTS))
    words = ("--position", position)
    refused = shell.refused("automation", "test", "Test", "--automation", "Opener", *words)
    assert "starts with a short put spread that is open" in refused
    assert "another bot's" in shell.refused("automation", "test", "Other", *words)
    assert "no such position" in shell.refused(
        "automation", "test", "Test", "--position", str(uuid4())
    )
    assert "name the bot" in shell.refused("automation", "test", str(file), *words)
    simulated = ("--simulated", "--date", "2026-03-10")
    assert "name the bot" in shell.refused("automation", "test", "Test", *simulated, *words)


def test_a_payload_feeds_the_inputs_it_may(shell: Shell, house: House, tmp_path: Path) -> None:
    house.add(bot(EVENTS))
    file = tmp_path / "payload.json"
    file.write_text('{"id": "a call", "inputs": {"level": 9999}}')
    for payload, said in (
        (str(file), "below"),
        ('{"inputs": {"level": 1.5}}', "above"),
        ("{}", "above"),
    ):
        (done,) = shell.json("automation", "test", "Test", "--payload", payload)
        assert done["automation"] == "Called"
        assert [one["message"] for one in done["notices"]] == [said]


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        ('{"inputs": {"other": 1}}', "inputs.other: feeds nothing"),
        ('{"inputs": {"level": "high"}}', "inputs.level: is no price"),
        ('{"inputs": {"level": -1}}', "inputs.level: is no price"),
        ('{"inputs": [1]}', "must be a mapping"),
        ('{"level": 1}', "A payload is like"),
        ("{", ""),
        ("nowhere.json", "cannot be read"),
    ],
)
def test_a_payload_that_does_not_fit_is_refused(
    shell: Shell, house: House, payload: str, said: str
) -> None:
    house.add(bot(EVENTS))
    assert said in shell.refused("automation", "test", "Test", "--payload", payload)
    words = ("--automation", "Opener", "--payload", "{}")
    assert "is started by a call" in shell.refused("automation", "test", "Test", *words)
