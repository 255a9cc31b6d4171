"""Every row of docs/faults.md, lived through again."""

import ast
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from botfleet.domain.money import Money
from botfleet.sandbox.book import Book
from tests.application.house import MARK
from tests.cli.conftest import shell
from tests.cli.shell import Shell
from tests.faults import page
from tests.faults.test_broker_faults import World, world

__all__ = ["shell", "world"]
D = Decimal
TESTS = Path(__file__).parents[1]


def nothing(world: World) -> None:
    world.begin()


def lost(scenario: str) -> Callable[[World], None]:
    return lambda world: world.begin(scenario)


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


def hidden(world: World) -> None:
    """Taken, and in none of the broker's lists until it was given up."""
    lost("error_after")(world)
    world.sandbox.misbehave("stale_listing", count=100)
    while world.states() == ["unknown"]:
        world.house.look(after_s=2)
    world.sandbox.misbehave("stale_listing", count=0)


FAULTS: dict[str, Callable[[World], None]] = {
    "nothing wrong": nothing,
    "timeout after accept": lost("timeout_after"),
    "timeout before accept": lost("timeout_before"),
    "5xx after accept": lost("error_after"),
    "5xx before accept": lost("error_before"),
    "lost ack: the line breaks in the answer": lost("cut"),
    "accepted, rejected later": lost("reject_later"),
    "partial, then cancel": part_then_cancel,
    "fill after cancel": lost("fill_after_cancel"),
    "429 storm": storm,
    "token death in mid-order": token_dies,
    "in no list, and there all the same": hidden,
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


def shown(shell: Shell) -> str:
    """Give what an operator sees of the order."""
    (order,) = shell.json("order", "list")
    return shell("order", "show", order["order_id"])


def breaks(shell: Shell) -> str:
    """Give what an operator sees of the account beside its broker."""
    _, told, _ = shell.end("fleet", "reconcile", "--wait", "0")
    return told


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_ends_as_the_page_has_it(world: World, shell: Shell, fault: str) -> None:
    FAULTS[fault](world)
    at_once = meanwhile(world)
    seen = {"At once": page.quoted(shown(shell))}
    world.go_on()
    seen["At the end"] = page.quoted(shown(shell), breaks(shell))
    book = world.judge()
    committed, pending = world.house.tally(world.bot)
    pool = f"{Money(committed)} committed, {Money(pending)} pending"
    row = (fault, at_once, taken(book), booked(world), pool, history(world))
    page.TAKEN[fault], page.HEARD[fault] = row, page.told(fault, seen)
    assert page.rows_of(page.PAGE.read_text()).get(fault) == page.line(row)
    assert page.sections(page.TOLD.read_text()).get(fault.capitalize()) == page.HEARD[fault]


def test_the_page_has_these_faults_and_inputs_and_no_other() -> None:
    text = page.PAGE.read_text()
    assert list(page.rows_of(text)) == list(FAULTS)
    told = page.TOLD.read_text()
    assert list(page.sections(told)) == [fault.capitalize() for fault in FAULTS]
    assert told.startswith(page.TOLD_HEAD)
    assert text.endswith("\n".join(map(page.line, page.INPUTS)) + "\n")


@pytest.mark.parametrize("named", page.tests_named())
def test_a_bad_input_is_held_by_a_test_that_exists(named: str) -> None:
    path, _, name = named.partition("::")
    module = ast.parse((TESTS / path).read_text())
    assert name in {one.name for one in ast.walk(module) if isinstance(one, ast.FunctionDef)}
