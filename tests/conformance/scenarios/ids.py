"""What a broker makes of our own ids."""

from botfleet.domain.orders.order import Declined, OrderClass
from tests.conformance.bench import Bench
from tests.contracts.tickets import spread, tag
from tests.sandbox.fakes import NOON


def the_same_id_sent_twice(on: Bench) -> str:
    """The declared class is what the broker does."""
    first = on.account.submit(spread("-1.20"))
    again = on.account.submit(spread("-1.20"))
    there = len(on.accepted())
    if on.sheet.order_class is OrderClass.FENCED:
        assert (again, there) == (first, 1)
        return "one order, accepted as itself"
    if isinstance(again, Declined):
        assert (on.sheet.order_class, there) == (OrderClass.BLIND, 1)
        return "one order, refused"
    assert (len(on.alike(spread("-1.20"))), there) == (2, 2)
    return "two orders, both found"


def an_order_is_found_without_its_number(on: Bench) -> str:
    """By its own id, or, where none is shown, by what it is and when it was entered."""
    on.sent(spread("-1.20"))
    on.sent(spread("-1.21", number=1))
    (found,) = on.alike(spread("-1.20"))
    assert (found.wire_id == tag(0)) is (on.sheet.order_class is not OrderClass.BLIND)
    assert found.entered_at == NOON
    return "by its id" if found.wire_id else "by its likeness"
