"""Every row of docs/faults.md, lived through again."""

import ast
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from botfleet.adapters.brokers.wire import Timeouts
from botfleet.domain.money import Money
from botfleet.sandbox.book import Book
from tests.application.house import MARK
from tests.faults import page
from tests.faults.test_broker_faults import World, world

__all__ = ["world"]
D = Decimal
#: Longer than is waited for an answer, and an answer that is not late on any machine is not.
SLOW_S, PATIENT = 4.0, Timeouts(3.0, 3.0)
TESTS = Path(__file__).parents[1]


def nothing(world: World) -> None:
    world.begin()


def lost(scenario: str, delay_s: float = 0.0) -> Callable[[World], None]:
    def fault(world: World) -> None:
        world.house.run(MARK)
        world.sandbox.misbehave(scenario, delay_s=delay_s)
        world.house.send()

    return fault


def part_then_cancel(world: World) -> None:
    world.house.run(MARK)
    world.house.market.spread_is = (D("1.01"), D("0.50"))  # a cent better than asked: it fills
    world.sandbox.misbehave("partial_fill")
    world.house.send()
    world.move("0.80")  # and now nobody buys at our price


def storm(world: World) -> None:
    world.begin("rate_limit", count=30)


def token_dies(world: World) -> None:
    world.begin()
    world.sandbox.misbehave("expire_tokens")


FAULTS: dict[str, Callable[[World], None]] = {
    "nothing wrong": nothing,
    "timeout after accept": lost("timeout_after", SLOW_S),
    "timeout before accept": lost("timeout_before", SLOW_S),
    "5xx after accept": lost("error_after"),
    "5xx before accept": lost("error_before"),
    "lost ack: the line breaks in the answer": lost("cut"),
    "accepted, rejected later": lost("reject_later"),
    "partial, then cancel": part_then_cancel,
    "fill after cancel": lost("fill_after_cancel"),
    "429 storm": storm,
    "token death in mid-order": token_dies,
}


def meanwhile(world: World) -> str:
    """Say how it stands at once."""
    (state,) = world.states()
    _, pending = world.house.tally(world.bot)
    return f"{state}; {Money(pending)} held"


def taken(book: Book) -> str:
    """Say what the broker took, and what of it filled."""
    words = [f"{one.status}, {one.executed} of {one.units} filled" for one in book.orders]
    held = sum(abs(one.quantity) for one in book.positions)
    return f"{len(words)} order: {words[0]}; {held} contracts" if words else "no order"


def booked(world: World) -> str:
    """Say how order and position ended here."""
    order = world.house.one("SELECT state || ', ' || filled || ' filled' FROM orders")[0]
    position = world.house.one("SELECT state, quantity FROM positions")
    return f"{order}; position {position[0]}" + (
        f", {position[1]}" if position[0] == "open" else ""
    )


def history(world: World) -> str:
    """Tell the order's history as `order show` does, each happening once."""
    told = world.house.all("SELECT happening, detail FROM order_events ORDER BY n")
    words = [f"{happening} ({detail})" if detail else str(happening) for happening, detail in told]
    return "; ".join(dict.fromkeys(words)).replace("|", "/")


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_ends_as_the_page_has_it(world: World, fault: str) -> None:
    brokers = world.sandbox.brokers(timeouts=PATIENT, is_strict=False)
    world.house.broker = brokers  # type: ignore[assignment]
    FAULTS[fault](world)
    at_once = meanwhile(world)
    world.go_on()
    book = world.judge()
    committed, pending = world.house.tally(world.bot)
    pool = f"{Money(committed)} committed, {Money(pending)} pending"
    row = (fault, at_once, taken(book), booked(world), pool, history(world))
    page.TAKEN[fault] = row
    assert page.rows_of(page.PAGE.read_text()).get(fault) == page.line(row)


def test_the_page_has_these_faults_and_inputs_and_no_other() -> None:
    text = page.PAGE.read_text()
    assert list(page.rows_of(text)) == list(FAULTS)
    assert text.endswith("\n".join(map(page.line, page.INPUTS)) + "\n")


@pytest.mark.parametrize("named", page.tests_named())
def test_a_bad_input_is_held_by_a_test_that_exists(named: str) -> None:
    path, _, name = named.partition("::")
    module = ast.parse((TESTS / path).read_text())
    assert name in {one.name for one in ast.walk(module) if isinstance(one, ast.FunctionDef)}
