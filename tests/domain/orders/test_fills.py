"""What is new costs what the whole costs less what is booked."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from botfleet.domain.orders.fills import unbooked
from botfleet.domain.orders.order import Execution

D = Decimal
AT = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)


def told(*prices: str) -> list[Execution]:
    return [Execution(f"7:{n}", 1, D(price), AT) for n, price in enumerate(prices, 1)]


def test_of_an_average_the_rest_is_found() -> None:
    """One at 0.50 received was booked; two come to 1.10 on average 0.55: the second was 0.60."""
    (new,) = unbooked(told("-0.55", "-0.55"), filled=1, paid=D("-0.50"))
    assert (new.execution_id, new.price) == ("7:2", D("-0.60"))


def test_prices_of_their_own_are_kept() -> None:
    new = unbooked(told("-0.50", "-0.60", "-0.70"), filled=1, paid=D("-0.50"))
    assert [one.price for one in new] == [D("-0.60"), D("-0.70")]


def test_an_older_word_tells_nothing_new() -> None:
    assert unbooked(told("-0.50"), filled=2, paid=D("-1.10")) == ()
    assert unbooked([], filled=0, paid=D(0)) == ()


@given(st.lists(st.integers(-900, 900), min_size=1, max_size=30), st.data())
def test_however_often_an_average_is_looked_at_the_sum_is_the_brokers(
    cents: list[int], data: st.DataObject
) -> None:
    """Looks fall where they may; each shows the average of what filled by then."""
    filled, paid = 0, D(0)
    looks = sorted(data.draw(st.sets(st.integers(1, len(cents)))) | {len(cents)})
    for count in looks:
        total = D(sum(cents[:count])) / 100
        average = (total / count).quantize(D("0.000001"))
        shown = [replace(one, price=average) for one in told(*["0"] * count)]
        new = unbooked(shown, filled=filled, paid=paid)
        filled += sum(one.quantity for one in new)
        paid += sum((one.price for one in new), D(0))
        assert filled == count
        assert abs(paid - total) <= D("0.0001") * count
