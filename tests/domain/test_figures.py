"""How figures are told: two decimals of a per cent, one in the singular, none as no."""

from decimal import Decimal
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botfleet.domain.figures import counted, share
from botfleet.domain.trees.conditions import Criterion
from botfleet.domain.trees.grammar import render, said_like
from botfleet.domain.trees.recipes.catalogue import CATALOGUE


@pytest.mark.parametrize(
    ("fraction", "told"),
    [
        (-0.0134633, "-1.35%"),
        (0.25, "25%"),
        (Decimal("0.125"), "12.5%"),
        (0.0, "0%"),
        (-0.00001, "0%"),
        (12.3456789, "1234.57%"),
        (inf, "inf"),
        (nan, "nan"),
    ],
)
def test_a_share_is_told_to_two_decimals(fraction: float | Decimal, told: str) -> None:
    assert share(fraction) == told


@given(st.floats(-1000, 1000))
def test_no_share_is_told_wrong_by_more_than_half_a_hundredth(fraction: float) -> None:
    assert abs(float(share(fraction).removesuffix("%")) - fraction * 100) <= 0.005 + 1e-9


def test_what_was_measured_is_rounded_and_what_was_written_is_not() -> None:
    assert said_like("percent", {}, -0.0134633) == "-1.35%"
    assert said_like("measure", {"property": "return_pct"}, -0.0134633) == "-1.35%"
    arguments = {"symbol": "SPY", "relation": "above", "percent": Decimal("0.00125")}
    written = Criterion(CATALOGUE["stock_change"], arguments)
    assert render(written) == "SPY change since the previous close is above 0.125%"


def test_things_are_counted() -> None:
    assert [counted(n, "position") for n in (0, 1, 2, 1200)] == [
        *("no position", "1 position", "2 positions", "1,200 positions")
    ]


@pytest.mark.parametrize(
    ("recipe", "arguments", "sentence"),
    [
        ("bot_positions", {"relation": "fewer", "count": 1, "symbol": None}, "no open position"),
        ("bot_positions", {"relation": "exactly", "count": 0, "symbol": None}, "no open position"),
        (
            "bot_positions",
            {"relation": "fewer", "count": 1, "symbol": "SPY"},
            "no open position in SPY",
        ),
        (
            "bot_positions",
            {"relation": "fewer", "count": 2, "symbol": None},
            "fewer than 2 open positions",
        ),
        (
            "bot_positions",
            {"relation": "more", "count": 1, "symbol": None},
            "more than 1 open position",
        ),
    ],
)
def test_a_bots_positions_are_counted_in_words(
    recipe: str, arguments: dict[str, object], sentence: str
) -> None:
    assert render(Criterion(CATALOGUE[recipe], arguments)) == f"Bot has {sentence}"
