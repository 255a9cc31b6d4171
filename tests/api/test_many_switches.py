"""Many hands on the switches at once, while a broker never answers: the API answers as ever."""

from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from itertools import islice

from botfleet.api.switches import WAITS_MAX
from botfleet.application.ports.orders import Order, Word
from botfleet.domain.orders.life import Happening
from tests.api.door import Door
from tests.application.bots import bot, scanner, spread
from tests.application.house import MARK

#: More than the threads a server answers with.
MANY = 60
HALT = {"mode": "halted", "reason": "earnings tonight"}


def sending(door: Door) -> Order:
    """An order that left, and of which its broker says nothing."""
    house = door.house
    house.add(bot(scanner(spread()), name="Opener"))
    house.run(MARK)
    (order,) = house.orders.begin_sending(house.messages.orders, house.clock.at).orders
    return order


def refused(door: Door, order: Order) -> None:
    """The broker answers at last."""
    word = Word(order, MARK, Happening.REFUSED, reason="The broker said no.")
    door.house.orders.record([word], MARK)


def test_who_waits_for_a_silent_broker_holds_up_nobody(door: Door) -> None:
    order = sending(door)
    with ThreadPoolExecutor(MANY) as callers, ExitStack() as stack:
        stack.callback(refused, door, order)
        calls = [callers.submit(door, "PUT", "/v1/switches", json=HALT) for _ in range(MANY)]
        early = list(islice(as_completed(calls), MANY - WAITS_MAX))  # as many wait as may
        for path in ("/healthz", "/readyz", "/v1/bots", "/v1/switches"):
            assert door("GET", path).status_code == 200
        late = [call for call in calls if not call.done()]
        assert len(late) == WAITS_MAX
    answers = [call.result() for call in calls]
    assert {answer.status_code for answer in answers} == {200}
    assert {line["mode"] for one in answers for line in one.json()["items"]} == {"halted"}
    named = [str(order.order_id)]
    assert all(call.result().json()["doubtful"] == named for call in early)
    assert all(call.result().json()["doubtful"] == [] for call in late)


def test_one_bots_switch_waits_for_its_orders_and_tells_of_none_once_they_are_heard_of(
    door: Door,
) -> None:
    order = sending(door)
    with ThreadPoolExecutor(1) as callers, ExitStack() as stack:
        stack.callback(refused, door, order)
        call = callers.submit(door, "PUT", "/v1/bots/Opener/switch", json=HALT)
        other = door("PUT", "/v1/bots/Test/switch", json=HALT).json()
        assert other["doubtful"] == []
        assert not call.done()
    assert call.result().json()["doubtful"] == []
    switched = call.result().json()["items"]
    assert all(line["set_at"].endswith("-04:00") for line in switched)
