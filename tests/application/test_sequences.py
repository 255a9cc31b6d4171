"""One after another, and nobody waits for a fill: judged, handed over, and on to the next."""

from datetime import timedelta
from threading import Event, Thread

from botfleet.application.ports.brokers import MayLeave, unbarred
from botfleet.domain.orders.order import Accepted, Declined, HeldBack, Ticket, Unheard
from tests.application.bots import bot, scanner, spread
from tests.application.broker import Broker
from tests.application.house import MARK, House
from tests.application.market import Clock

FIVE = tuple(scanner(spread(), f"Scanner {n}") for n in range(1, 6))


class SlowBroker(Broker):
    """Does not answer for QQQ until it is let go; says when it was asked, and when SPY is in."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.was_asked, self.may_answer, self.has_taken = Event(), Event(), Event()

    def submit(
        self, ticket: Ticket, may_leave: MayLeave = unbarred
    ) -> Accepted | Declined | HeldBack | Unheard:
        if ticket.symbol == "QQQ":
            self.was_asked.set()
            assert self.may_answer.wait(60)
        answer = super().submit(ticket, may_leave)
        if ticket.symbol == "SPY":
            self.has_taken.set()
        return answer


def test_five_scanners_whose_orders_rest_are_judged_in_one_go(house: House) -> None:  # S121
    """No market time passes, the market is asked as often as for one, and no order is looked at."""
    house.add(bot(scanner(spread())))
    house.run(MARK)
    of_one = house.market.asked
    house.add(bot(*FIVE, name="Five", limits="50000, 5, 5"))
    house.market.asked = 0
    house.messages.orders.clear()
    house.run(MARK + timedelta(minutes=15))
    ran = house.all(
        """SELECT r.automation, r.at, r.outcome FROM runs r JOIN bots b USING (bot_id)
           WHERE b.name = 'Five' ORDER BY 1"""
    )
    assert ran == [(n, house.clock.at, "opening") for n in range(5)]
    assert house.market.asked == of_one
    assert house.broker.calls == []
    assert house.broker.tickets == []
    while house.send():
        pass
    assert len(house.broker.tickets) == 5
    house.look(after_s=60)
    states = house.all(
        """SELECT o.state, count(*) FROM orders o JOIN bots b USING (bot_id)
           WHERE b.name = 'Five' GROUP BY 1"""
    )
    assert states == [("working", 5)]
    row = "SELECT state, begun_at - due_at = '0' FROM work WHERE kind = 'mark' AND state = 'done'"
    assert house.all(row) == [("done", True)] * 2


def test_a_broker_that_is_slow_for_the_first_holds_the_second_up_nowhere(house: House) -> None:
    """S128: while the first's order waits for its answer the second's is in, and both go on.

    The next mark is judged, too, with the first's fate still open.
    """
    house.broker = broker = SlowBroker(house.clock)
    slow, quick = scanner(spread("QQQ"), "First"), scanner(spread("SPY"), "Second")
    house.add(bot(slow, quick, limits="50000, 9, 9"))
    house.run(MARK)
    assert broker.tickets == []
    sending = Thread(target=house.send)
    sending.start()
    try:
        assert broker.was_asked.wait(60)
        assert broker.has_taken.wait(60)
        assert [one.symbol for one in broker.tickets] == ["SPY"]
        house.run(MARK + timedelta(minutes=15))
        judged = "SELECT automation, count(*) FROM runs GROUP BY 1 ORDER BY 1"
        assert house.all(judged) == [(0, 2), (1, 2)]
    finally:
        broker.may_answer.set()
        sending.join()
    assert sorted(one.symbol for one in broker.tickets) == ["QQQ", "SPY"]
    sent = "SELECT DISTINCT state FROM orders WHERE sent_at IS NOT NULL"
    assert house.all(sent) == [("working",)]
