"""What is owed is paid once the store answers, by a thread that sleeps meanwhile."""

from collections.abc import Iterator
from contextlib import closing
from queue import SimpleQueue
from threading import Thread
from threading import enumerate as enumerate_threads

import pytest

from botfleet.adapters.system.debts import ThreadDebts
from botfleet.errors import StoreUnavailable
from tests.patience import PATIENCE_S


class Clock:
    def __init__(self) -> None:
        self.s = 0.0

    def __call__(self) -> float:
        return self.s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def debts(clock: Clock) -> Iterator[ThreadDebts]:
    with closing(ThreadDebts(clock)) as debts:
        yield debts


def test_it_is_tried_until_the_store_answers_and_then_no_more(debts: ThreadDebts) -> None:
    tries, paid = SimpleQueue[int](), SimpleQueue[str]()
    for n in range(3):
        tries.put(n)

    def pay() -> None:
        if tries.get_nowait() < 2:
            raise StoreUnavailable
        paid.put("paid")

    debts.owe(pay, 60)
    assert paid.get(timeout=PATIENCE_S) == "paid"
    debts.owe(lambda: paid.put("other"), 60)
    assert paid.get(timeout=PATIENCE_S) == "other"
    assert tries.empty()


def test_what_is_owed_twice_is_paid_once(debts: ThreadDebts) -> None:
    paid = SimpleQueue[str]()

    def pay() -> None:
        paid.put("paid")

    def while_paying() -> None:  # these two are owed while a third is being paid
        debts.owe(pay, 60)
        debts.owe(pay, 60)
        debts.owe(lambda: paid.put("last"), 60)

    debts.owe(while_paying, 60)
    assert [paid.get(timeout=PATIENCE_S) for _ in range(2)] == ["paid", "last"]
    assert paid.empty()


def test_after_its_time_it_is_left_to_the_lease(debts: ThreadDebts, clock: Clock) -> None:
    tried = SimpleQueue[str]()

    def pay() -> None:
        tried.put("tried")
        clock.s = 61.0
        raise StoreUnavailable

    debts.owe(pay, 60)
    assert tried.get(timeout=PATIENCE_S) == "tried"
    debts.owe(lambda: tried.put("other"), 60)
    assert tried.get(timeout=PATIENCE_S) == "other"
    assert tried.empty()


def test_what_can_never_be_paid_keeps_nobody_from_theirs(debts: ThreadDebts) -> None:
    paid = SimpleQueue[str]()

    def pay() -> None:
        paid.put("tried")
        raise ValueError

    debts.owe(pay, 60)
    assert paid.get(timeout=PATIENCE_S) == "tried"
    debts.owe(lambda: paid.put("other"), 60)
    assert paid.get(timeout=PATIENCE_S) == "other"


def payers() -> set[Thread]:
    return {one for one in enumerate_threads() if one.name == "debts"}


def test_no_thread_begins_where_nothing_is_owed(clock: Clock) -> None:
    before = payers()
    with closing(ThreadDebts(clock)) as debts:
        assert payers() <= before
        debts.owe(lambda: None, 60)
        assert payers() - before
    assert payers() <= before
