"""Shares cover so many calls as they have hundreds, and no share two calls."""

from dataclasses import replace

import pytest

from botfleet.domain.capital.sizing import Units
from botfleet.domain.market.instruments import Leg
from botfleet.domain.positions.cover import cover, promised
from botfleet.domain.positions.position import Position, PositionState
from botfleet.domain.trades.structures import Structure
from botfleet.domain.trees.facts import BOOK, NO_CAPITAL, OpportunityOf, Question
from botfleet.domain.trees.nodes import Open
from botfleet.domain.trees.walk import UNCOVERED, Verdict, walk
from tests.domain.trees.sample import SPEC, book, opportunity, position, position_id


def shares(number: int, count: int, state: PositionState = PositionState.OPEN) -> Position:
    held = replace(position(number, entry="100"), structure=Structure.LONG_EQUITY, state=state)
    return replace(held, quantity=count, legs=(Leg(None, 1),), expires_on=None)


def call(number: int, over: int, state: PositionState = PositionState.OPEN) -> Position:
    held = replace(position(number), structure=Structure.CALL_ON_SHARES, state=state)
    return replace(held, quantity=1, covered_by=position_id(over))


def test_the_oldest_shares_that_are_enough_cover() -> None:
    held = (shares(1, 50), shares(2, 250), shares(3, 900))
    assert cover("SPY", 1, held) == cover("SPY", 2, held) == position_id(2)
    assert cover("SPY", 3, held) == position_id(3)
    assert cover("SPY", 10, held) is None
    assert cover("QQQ", 1, held) is None


@pytest.mark.parametrize("state", PositionState)
def test_a_call_holds_its_shares_while_it_lives(state: PositionState) -> None:
    held = (shares(1, 100), call(2, over=1, state=state))
    lives = state in {PositionState.OPENING, PositionState.OPEN, PositionState.CLOSING}
    assert promised(position_id(1), held) == (100 if lives else 0)
    assert cover("SPY", 1, held) == (None if lives else position_id(1))


@pytest.mark.parametrize("state", sorted(set(PositionState) - {PositionState.OPEN}))
def test_only_open_shares_cover(state: PositionState) -> None:
    assert cover("SPY", 1, [shares(1, 100, state)]) is None


def test_a_call_without_shares_is_not_opened_and_one_with_them_needs_no_capital() -> None:
    spec = replace(SPEC, structure=Structure.CALL_ON_SHARES)
    tree, found = Open(spec, Units(1)), replace(opportunity(), structure=spec.structure)
    for held, expected in (((), None), ((shares(1, 100),), position_id(1))):
        facts: dict[Question, object] = {
            BOOK: book(*held, refusal=NO_CAPITAL),
            OpportunityOf(spec): found,
        }
        verdict = walk(tree, facts)
        assert isinstance(verdict, Verdict)
        (end,) = verdict.outcomes
        assert end.cover == expected
        assert end.opportunity == (found if expected else UNCOVERED)
