"""The words of nodes: complete, and as a trader says them."""

from decimal import Decimal

import pytest

from botfleet.domain.capital.sizing import Amount, Base, On, Percent, Progressive, Units
from botfleet.domain.money import dollars
from botfleet.domain.orders.ladder import PricePlan, Speed
from botfleet.domain.positions.exits import Exits
from botfleet.domain.trades.opportunities import (
    LOOP_SYMBOL,
    ByDelta,
    ByOffset,
    ByWidth,
    ExpirationMode,
    ExpirationRule,
    StrikeMode,
    StrikeRule,
    TradeSpec,
)
from botfleet.domain.trades.structures import Structure
from botfleet.domain.trees.conditions import AllOf
from botfleet.domain.trees.memory import Verb
from botfleet.domain.trees.nodes import (
    Close,
    Conditional,
    Count,
    Decision,
    Loop,
    LoopOver,
    Node,
    Nothing,
    Notify,
    Open,
    Scope,
    Step,
    Switch,
    Tagging,
    UpdateExits,
)
from botfleet.domain.trees.operands import Lookup
from botfleet.domain.trees.sizes import AnySize, SameAs
from botfleet.domain.trees.wording import details, exits, size, trade, words

THIRTY = ExpirationRule(ExpirationMode.AT_LEAST, 30)
PUTS = (("short_put", ByDelta(Decimal("0.3"))), ("long_put", ByWidth("short_put", Decimal(-5))))
SPREAD = TradeSpec("SPY", Structure.SHORT_PUT_SPREAD, THIRTY, PUTS)


def test_a_decision_says_its_condition_in_the_words_it_is_given() -> None:
    asked = Decision(AllOf(()), Close(), Nothing())
    assert words(asked, lambda _: "SPY is up") == "SPY is up"


def test_an_open_says_what_when_where_and_how_much() -> None:
    assert words(Open(SPREAD, Percent(4500, Base.NET_LIQUIDATION))) == (
        "Open short put spread on SPY, at least 30 days, short put delta 0.30, "
        "long put $5 below; 45% of net liquidation"
    )


def test_an_open_says_its_price_and_exits_where_they_are_not_the_usual() -> None:
    plan = PricePlan(Speed.PATIENT, 75)
    node = Open(SPREAD, Units(1), plan, Exits(Decimal("0.5"), Decimal(2)))
    assert details(node).endswith(
        "; 1 contract; price patient, to 75% of the spread; exit at 50% profit, at 200% loss"
    )


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (ByDelta(Decimal("0.165")), "long call delta 0.16"),
        (ByDelta(Decimal("0.30"), StrikeMode.OR_HIGHER), "long call delta 0.30 or higher"),
        (ByOffset(Decimal("2.50")), "long call $2.5 above the price"),
        (ByOffset(Decimal(-3), is_percent=True), "long call 3% below the price"),
        (ByOffset(Decimal(0)), "long call at the price"),
        (ByWidth("short_call", Decimal(10)), "long call $10 above"),
        (ByWidth("short_put", Decimal(10)), "long call $10 above the short put"),
    ],
)
def test_strikes_are_worded_as_their_rule(rule: StrikeRule, words: str) -> None:
    spec = TradeSpec("SPY", Structure.LONG_CALL, THIRTY, (("long_call", rule),))
    assert trade(spec) == f"long call on SPY, at least 30 days, {words}"


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (ExpirationRule(ExpirationMode.EXACTLY, 0), "expiring today"),
        (ExpirationRule(ExpirationMode.EXACTLY, 7), "7 days to expiration"),
        (ExpirationRule(ExpirationMode.AT_LEAST, 1), "at least 1 day"),
        (ExpirationRule(ExpirationMode.BETWEEN, 30, 45), "30 to 45 days"),
    ],
)
def test_expirations_are_worded_as_their_rule(rule: ExpirationRule, words: str) -> None:
    assert trade(TradeSpec("SPY", Structure.LONG_PUT, rule)) == f"long put on SPY, {words}"


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (Units(1), "1 share"),
        (Units(10), "10 shares"),
        (Amount(dollars(500)), "up to $500 of risk"),
        (Percent(1250, Base.AVAILABLE), "12.5% of available"),
        (Percent(1250, Base.AVAILABLE, 5), "12.5% of available, at most 5 shares"),
        (Amount(dollars(500), 1), "up to $500 of risk, at most 1 share"),
        (SameAs(), "as many shares as the position"),
        (SameAs(Lookup("SPY")), "as many shares as the first SPY position"),
        (Progressive(1, 8, 2, On.WINS), "1 share, 2 more after each win, at most 8"),
        (
            Progressive(1, 8, None, On.CONSECUTIVE_LOSSES),
            "1 share, twice as many after each loss in a row, at most 8",
        ),
    ],
)
def test_sizes_are_worded(one: AnySize, words: str) -> None:
    assert size(one, "share") == words


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        (Close(), "Close the position"),
        (Close(PricePlan(Speed.FAST)), "Close the position, price fast, to 100% of the spread"),
        (
            Close(PricePlan(from_mid=Decimal("0.10"), fixed=Decimal("2.50"))),
            "Close the position, price normal, to the best of $0.1 from the middle and $2.5",
        ),
        (
            Close(PricePlan(of_entry=Decimal("0.5"))),
            "Close the position, price normal, to 50% of the opening price",
        ),
        (Notify("Look"), "Tell the owner: “Look”"),
        (Step(Notify("Look"), Nothing()), "Tell the owner: “Look”"),
        (
            Step(Close(PricePlan(Speed.FAST)), Nothing()),
            "Close the position, price fast, to 100% of the spread",
        ),
        (Close(position=Lookup("SPY")), "Close the first SPY position"),
        (Tagging(Verb.TAG, Scope.BOT, ("a", "b")), "Tag the bot: a, b"),
        (Tagging(Verb.UNTAG, Scope.POSITION, ("a",)), "Untag the position: a"),
        (Tagging(Verb.RESET, Scope.SYMBOL, (), "SPY"), "Replace the tags of SPY: none"),
        (Switch("risk", is_on=True), "Turn on the switch “risk”"),
        (
            Switch("rolled", is_on=False, scope=Scope.POSITION),
            "Turn off the switch “rolled” of the position",
        ),
        (Count("tries", Verb.ADD, -1), "Take 1 from the counter “tries”"),
        (Count("tries", Verb.SET, 0), "Set the counter “tries” to 0"),
        (Nothing(), "Do nothing"),
        (Loop(LoopOver.POSITIONS, Close()), "For each open position"),
        (
            Loop(LoopOver.POSITIONS, Close(), symbol=LOOP_SYMBOL, structure=Structure.IRON_CONDOR),
            "For each open iron condor on the loop's symbol",
        ),
        (Loop(LoopOver.BOT_SYMBOLS, Nothing()), "For each bot symbol"),
        (Loop(LoopOver.SYMBOLS, Nothing(), ("SPY", "QQQ")), "For each symbol: SPY, QQQ"),
        (
            Loop(LoopOver.SYMBOLS, Nothing(), tuple("ABCDEFGH")),
            "For each symbol: A, B, C, D, E, F and 2 more",
        ),
    ],
)
def test_other_nodes_are_worded(node: Node, expected: str) -> None:
    assert words(node) == expected


def test_a_conditional_asks_in_the_middle_of_its_sentence() -> None:
    for asked, said in (("Switch “a” is on", "If switch “a” is on"), ("SPY is up", "If SPY is up")):
        node = Conditional(AllOf(()), Close(), Nothing())
        assert words(node, lambda _, asked=asked: asked) == said  # type: ignore[misc]


def test_trailing_exits_say_from_where() -> None:
    both = Exits(trail_from=Decimal("0.3"), trail=Decimal("0.1"))
    assert exits(both) == "exit trailing 10% from 30%"
    assert exits(Exits()) == ""


def test_the_whole_panel_is_said() -> None:
    panel = Exits(
        profit=Decimal("0.5"),
        profit_amount=dollars(120),
        price=Decimal("0.2"),
        stop=Decimal(2),
        stop_amount=dollars("300.50"),
        trail_from=Decimal("0.3"),
        trail=Decimal("0.1"),
        trail_return_min=Decimal("0.05"),
        trail_pullback_max=Decimal("0.4"),
        touch=Decimal("-0.015"),
        touch_is_fraction=True,
        expiration_min=120,
        avoid=("cpi", "full_moon"),
        avoid_min=45,
        earnings_days=1,
        waits_a_day=True,
        spread_max=Decimal("0.3"),
        alpha_min=Decimal("-0.05"),
        value_min=dollars(-20),
    )
    assert exits(panel) == (
        "exit at 50% profit, at $120 profit, at a price of $0.2, at 200% loss, at $300.50 loss, "
        "trailing 10% from 30% at 5% or more unless 40% was given back, 1.5% in the money, "
        "2 hours before it expires, the session before cpi or full moon, 45 minutes before its "
        "close, 1 day before earnings, below an alpha of -5%, below an expected value of -$20, "
        "not on the day it opened, not while wider than $0.3"
    )
    assert words(UpdateExits(Exits(touch=Decimal(0), expiration_days=3))) == (
        "Set other exits: exit at the strike, 3 days before it expires"
    )
