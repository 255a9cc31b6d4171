"""What a holding cost, as fills add to it and take from it."""

from decimal import Decimal

import pytest

from botfleet.domain.market.instruments import occ
from botfleet.sandbox.book import BookPosition
from botfleet.sandbox.holdings import after_fill
from tests.sandbox.fakes import NOON, option

PUT = occ(option(95))


def _after(*fills: tuple[int, str], symbol: str = PUT) -> tuple[int, Decimal]:
    held: BookPosition | None = None
    for count, price in fills:
        held = after_fill(held, "a", symbol, count, Decimal(price), NOON)
    assert held
    return held.quantity, held.cost


@pytest.mark.parametrize(
    ("fills", "quantity", "cost"),
    [
        ([(2, "1.00"), (2, "2.00")], 4, 600),  # 200 + 400
        ([(2, "1.00"), (2, "2.00"), (-1, "9.00")], 3, 450),  # three quarters of 600
        ([(-4, "1.00"), (1, "0.10")], -3, -300),  # three quarters of 400 received
        ([(2, "1.00"), (-2, "5.00")], 0, 0),
    ],
)
def test_a_close_takes_cost_away_in_proportion(
    fills: list[tuple[int, str]], quantity: int, cost: int
) -> None:
    assert _after(*fills) == (quantity, Decimal(cost))


def test_a_share_is_one_share() -> None:
    assert _after((3, "100.50"), symbol="SPY") == (3, Decimal("301.50"))
