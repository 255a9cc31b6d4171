"""Bot files: every demo bot reads, writing is canonical, and what is stored comes back."""

import json
from pathlib import Path

import pytest

from botfleet.adapters.botfile import (
    dump,
    load,
    parse,
    plain,
    read,
    schema,
    version,
    warnings,
    write,
)
from botfleet.domain.bots.bot import Lane
from botfleet.domain.capital.sizing import Base, Percent
from botfleet.domain.money import dollars
from botfleet.domain.trees.conditions import Condition, Criterion, Held
from botfleet.domain.trees.nodes import Decision, Loop, LoopOver, Open, every_node
from botfleet.domain.trees.recipes.catalogue import CATALOGUE, CATEGORIES
from botfleet.domain.trees.wording import words
from botfleet.errors import BadInput

DEMO_BOTS = Path(__file__).parents[3] / "botfleet" / "cli" / "demo_bots"
FILES = sorted(DEMO_BOTS.rglob("*.yaml"))
FOUNDING = DEMO_BOTS / "founding_example.yaml"


def recipes_of(condition: Condition) -> set[str]:
    if isinstance(condition, Criterion):
        return {condition.recipe.recipe_id}
    if isinstance(condition, Held):
        return recipes_of(condition.part)
    return {recipe for part in condition.parts for recipe in recipes_of(part)}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_demo_bot_reads_and_writes_byte_for_byte(path: Path) -> None:
    """Export, import, export: the same bytes; as YAML, as JSON and as stored."""
    bot = read(path.read_bytes())
    text = write(bot)
    assert read(text) == bot
    assert write(read(text)) == text
    assert load(dump(bot)) == read(dump(bot)) == parse(plain(bot)) == bot
    assert version(load(dump(bot))) == version(bot)


def test_the_demo_bots_use_every_category_lane_and_interval() -> None:
    bots = [read(path.read_bytes()) for path in FILES]
    trees = [automation.tree for bot in bots for automation in bot.automations]
    used = {
        recipe
        for tree in trees
        for _, node in every_node(tree)
        if isinstance(node, Decision)
        for recipe in recipes_of(node.condition)
    }
    assert {CATALOGUE[recipe].category for recipe in used} == set(CATEGORIES)
    assert {one.lane for bot in bots for one in bot.automations} == set(Lane)
    assert {bot.interval_min for bot in bots} == {5, 15}
    assert len(FILES) >= 16


def test_the_founding_example_is_what_the_documents_say() -> None:
    """S140: 10,000, 45 % of net liquidation each, SPY, QQQ and TLT in a symbol loop."""
    bot = read(FOUNDING.read_bytes())
    loop = bot.automations[0].tree
    assert isinstance(loop, Loop)
    assert (loop.over, loop.symbols) == (LoopOver.SYMBOLS, ("SPY", "QQQ", "TLT"))
    assert isinstance(loop.body, Open)
    assert loop.body.size == Percent(4500, Base.NET_LIQUIDATION)
    assert bot.limits.allocation == dollars(10_000)
    assert (bot.limits.daily_positions, bot.limits.open_positions) == (3, 3)


def test_a_percentage_in_a_loop_without_a_check_is_worth_a_warning() -> None:
    """R3: the founding example gets it; a look at what is held silences it."""
    text = FOUNDING.read_text()
    assert [fault.path for fault in warnings(read(text))] == ["automations[0].tree.do.open.size"]
    plain_bot = plain(read(text))
    tree = plain_bot["automations"][0]["tree"]
    check = {"recipe": "bot_has_position", "symbol": "$symbol"}
    tree["do"] = {"if": check, "yes": "nothing", "no": tree["do"]}
    assert warnings(parse(plain_bot)) == ()


def test_numbers_and_percentages_have_one_way_to_be_written() -> None:
    """25% is 0.25, 100.50 is 100.5: the same bot, the same version."""
    text = FOUNDING.read_text()
    others = (
        text.replace("45%", "0.45"),
        text.replace("45%", "45.00 %"),
        text.replace("0.50", "0.5"),
        text.replace("allocation: 10000", 'allocation: "10000.00"'),
    )
    assert {version(read(other)) for other in others} == {version(read(text))}


def test_yes_and_no_are_keys_however_they_are_quoted() -> None:
    bot = (DEMO_BOTS / "put_hedge.yaml").read_text()
    quoted = bot.replace("yes:", '"yes":').replace("no:", "'no':")
    assert read(bot) == read(quoted)
    assert "'yes':" in write(read(bot))


def test_words_that_old_yaml_takes_for_something_else_stay_words() -> None:
    """A ticker ON is no boolean, 10:30 no number in base sixty."""
    text = FOUNDING.read_text().replace("symbols: [SPY, QQQ, TLT]", "symbols: [ON, Y, TLT]")
    bot = read(text)
    assert bot.symbols == ("ON", "Y", "TLT")
    assert read(write(bot)) == bot
    assert "'ON'" in write(bot)


def test_what_was_not_written_by_dump_does_not_load() -> None:
    for text in ("", "{}", "[" * 100_000, "nothing"):
        with pytest.raises(BadInput):
            load(text)


def test_the_schema_is_json_and_describes_every_recipe() -> None:
    published = schema()
    text = json.dumps(published)
    assert published["required"] == ["botfleet", "name", "limits", "automations"]
    assert all(f'"const": "{recipe_id}"' in text for recipe_id in CATALOGUE)
    assert '"additionalProperties": false' in text


def test_blocked_day_trading_is_written_and_allowed_is_not() -> None:
    plain_text = write(read(FOUNDING.read_bytes()))
    text = plain_text.replace("interval: 15", "interval: 15\nday_trading: blocked")
    assert not read(text).may_day_trade
    assert "day_trading: blocked" in write(read(text))
    assert read(write(read(text))) == read(text)
    assert "day_trading" not in plain_text
    with pytest.raises(BadInput, match=r"day_trading: must be one of"):
        read(text.replace("blocked", "sometimes"))


def test_an_action_that_asks_is_read_written_and_said() -> None:
    text = write(read(FOUNDING.read_bytes()))
    asking = text.replace("        size:", "        ask: true\n        size:")
    assert asking != text
    bot = read(asking)
    assert "ask: true" in write(bot)
    assert read(write(bot)) == bot
    opens = [
        node
        for one in bot.automations
        for _, node in every_node(one.tree)
        if isinstance(node, Open) and node.ask
    ]
    assert opens
    assert all("once the owner has said yes" in words(node) for node in opens)
    with pytest.raises(BadInput, match="ask"):
        read(asking.replace("ask: true", "ask: perhaps"))
