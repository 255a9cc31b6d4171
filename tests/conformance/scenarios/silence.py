"""Orders without a definite answer: taken or not, they are found, and never sent again."""

from botfleet.domain.orders.order import Accepted, OrderClass, Unheard
from tests.conformance.bench import Bench
from tests.contracts.tickets import spread, tag
from tests.sandbox.running import WAITS_S


def timeout_before(on: Bench) -> str:
    """The broker is silent, and has not taken the order."""
    return _unknown(on, "timeout_before", there=0)


def timeout_after(on: Bench) -> str:
    """The broker takes the order, and is silent."""
    return _unknown(on, "timeout_after", there=1)


def error_before(on: Bench) -> str:
    """The broker answers 500, and has not taken the order."""
    return _unknown(on, "error_before", there=0)


def error_after(on: Bench) -> str:
    """The broker takes the order, and answers 500."""
    return _unknown(on, "error_after", there=1)


def cut_before(on: Bench) -> str:
    """The connection breaks before the order is taken."""
    return _unknown(on, "cut_before", there=0)


def cut_after(on: Bench) -> str:
    """The order is taken, and the connection breaks in the answer."""
    return _unknown(on, "cut", there=1)


def slow_drip(on: Bench) -> str:
    """The order is taken, and the answer comes byte by byte."""
    return _unknown(on, "drip", there=1)


def html_with_200(on: Bench) -> str:
    """The order is taken, and a web page comes back."""
    return _unknown(on, "html", there=1)


def truncated_json(on: Bench) -> str:
    """The order is taken, and half an answer comes back."""
    return _unknown(on, "truncated", there=1)


def redirect_to_another_host(on: Bench) -> str:
    """The order is taken, and the answer points elsewhere: nobody goes there."""
    return _unknown(on, "redirect", there=1)


def _unknown(on: Bench, misdeed: str, *, there: int) -> str:
    """No definite answer is `Unheard`; nothing is sent again; the order is found if it is there."""
    ticket, before = spread("-1.20"), len(on.broker.heard)
    on.misbehave(misdeed)
    answer = (on.hasty if misdeed in WAITS_S else on.account).submit(ticket)
    assert isinstance(answer, Unheard), answer
    on.wait_until(lambda: len(on.broker.heard) >= before + 2 and on.is_served())
    assert [method for method, _ in on.broker.heard[before:]] == ["POST", "POST"]
    assert len(on.accepted()) == there
    found = on.alike(ticket)
    assert len(found) == there
    if on.sheet.order_class is OrderClass.FENCED:
        assert isinstance(on.account.submit(ticket), Accepted)
        assert len(on.accepted()) == 1
        return "unknown; sent again, one order"
    if not there:
        return "unknown; not there"
    return "unknown; found by its id" if found[0].wire_id else "unknown; found by its likeness"


def a_request_that_arrives_late(on: Bench) -> str:
    """The order is taken after its sender gave up; sent again in between, there is still one."""
    ticket = spread("-1.20")
    on.misbehave("late")
    assert isinstance(on.hasty.submit(ticket), Unheard)
    assert len(on.alike(ticket)) <= 1
    if on.sheet.order_class is OrderClass.FENCED:
        assert isinstance(on.account.submit(ticket), Accepted)
    on.wait_until(lambda: len(on.accepted()) == 1 and on.is_served())
    assert len(on.alike(ticket)) == 1
    assert len(on.accepted()) == 1
    return "unknown; one order"


def wrong_order_number(on: Bench) -> str:
    """The order is taken, and the answer names an older one."""
    on.sent(spread("-1.30", number=1))
    on.misbehave("wrong_order")
    answer = on.account.submit(spread("-1.20"))
    assert len(on.accepted()) == 2
    if isinstance(answer, Accepted):
        told = on.account.order(answer.broker_order_id)
        assert told.wire_id == tag(1)
        return "accepted; known for another's by its id"
    assert isinstance(answer, Unheard)
    assert len(on.alike(spread("-1.20"))) == 1
    return "unknown; found"
