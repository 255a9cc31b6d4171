"""Fills: in parts, after a cancel, shown twice."""

from datetime import timedelta
from decimal import Decimal

from botfleet.domain.orders.order import Accepted, OrderState
from tests.conformance.bench import Bench
from tests.contracts.tickets import closing, spread
from tests.sandbox.fakes import option

D = Decimal


def a_partial_fill_then_the_rest(on: Bench) -> str:
    """What was reported once keeps its name; nothing is told twice."""
    on.misbehave("partial_fill")
    part = on.sent(spread("-0.92", quantity=5))
    assert (part.state, sum(one.quantity for one in part.executions)) == (OrderState.PARTIAL, 2)
    on.broker.clock.at += timedelta(seconds=5)
    whole = on.account.order(part.broker_order_id)
    assert whole.state is OrderState.FILLED
    names = [one.execution_id for one in whole.executions]
    assert names[:2] == [one.execution_id for one in part.executions]
    assert len(set(names)) == 5
    return {"each": "each fill's price", "last": "the last fill's price"}.get(
        on.sheet.fills, "the average price"
    )


def a_partial_fill_then_another_price(on: Bench) -> str:
    """Where replacing makes another order, one that filled in part is left as it is."""
    on.misbehave("partial_fill")
    part = on.sent(spread("-0.92", quantity=5))
    on.broker.market.sides[option(95)] = D("3.75"), D("3.85")
    taken = on.account.replace(part.broker_order_id, limit=D("-0.70"))
    assert taken is not on.sheet.replaces_anew
    whole = on.account.order(part.broker_order_id)
    assert whole.state is (OrderState.FILLED if taken else OrderState.PARTIAL)
    if on.sheet.fills != "average":
        paid = [one.price for one in whole.executions]
        assert paid == [D("-0.92")] * 2 + [D("-0.70")] * (3 if taken else 0)
    return "replaced" if taken else "left as it is"


def a_partial_fill_then_cancel(on: Bench) -> str:
    """What filled stays filled, the rest is gone."""
    on.misbehave("partial_fill")
    part = on.sent(spread(quantity=4))
    assert on.account.cancel(part.broker_order_id)
    told = on.account.order(part.broker_order_id)
    units = sum(one.quantity for one in told.executions)
    assert (told.state, units) == (OrderState.CANCELLED, 2)
    assert isinstance(on.account.submit(closing(spread(quantity=2), "1.10")), Accepted)
    return "cancelled with 2 of 4"


def a_fill_after_cancel(on: Bench) -> str:
    """A fill may win over a cancel that was taken."""
    on.misbehave("fill_after_cancel")
    told = on.sent(spread("-0.98"))
    assert told.state is OrderState.WORKING
    assert on.account.cancel(told.broker_order_id)
    filled = on.account.order(told.broker_order_id)
    assert (filled.state, filled.executions[0].price) == (OrderState.FILLED, D("-0.98"))
    return "filled"


def duplicate_execution(on: Bench) -> str:
    """A fill that is shown twice is one fill."""
    number = on.sent(spread(quantity=3)).broker_order_id
    on.misbehave("duplicate_execution")
    told = on.account.order(number)
    assert sum(one.quantity for one in told.executions) == 3
    return "told once" if on.sheet.fills == "each" else "sums, no fills"
