"""Scrapes cost the stores a hundredth of the time, however many there are."""

import pytest

from botfleet.adapters.telemetry.paced import REST_S_MAX, Paced
from botfleet.errors import StoreUnavailable


class Store:
    """A store that takes a while to answer, on a clock that only it and the test move."""

    def __init__(self) -> None:
        self.at_s, self.takes_s, self.asked, self.is_up = 0.0, 0.2, 0, True

    def ask(self) -> int:
        self.at_s += self.takes_s
        if not self.is_up:
            raise StoreUnavailable
        self.asked += 1
        return self.asked


@pytest.mark.parametrize(("takes_s", "asked"), [(0.001, 3_600), (0.2, 171), (5.0, 55)])
def test_an_hour_of_scrapes_by_three_asks_as_often_as_a_hundredth_of_the_time_allows(
    takes_s: float, asked: int
) -> None:
    """Once a second if it takes a millisecond; of what takes long, once a minute at least."""
    store = Store()
    store.takes_s = takes_s
    paced = Paced(store.ask, lambda: store.at_s)
    for second in range(3_600):
        store.at_s = max(store.at_s, float(second))
        assert [paced() for _ in range(3)] == [store.asked] * 3
    assert store.asked == pytest.approx(asked, rel=0.02)
    share = store.asked * takes_s / 3_600
    assert share <= max(0.01, takes_s / REST_S_MAX)


def test_a_store_that_does_not_answer_is_asked_again_at_once() -> None:
    store = Store()
    paced = Paced(store.ask, lambda: store.at_s)
    store.is_up = False
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            paced()
    store.is_up = True
    assert paced() == 1
