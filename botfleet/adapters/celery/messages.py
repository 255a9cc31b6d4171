"""Messages over Celery: one a row of work, one a handful of orders."""

from collections.abc import Callable, Sequence

import celery
from kombu.exceptions import OperationalError

from botfleet.adapters.celery.app import ORDERS, ROUTER, queue_of
from botfleet.application.ports.work import Pointer
from botfleet.domain.ids import OrderId

#: Orders a message: they are sent side by side and written down together.
ORDERS_A_MESSAGE = 16


class CeleryMessages:
    """Keeps `botfleet.application.ports.messages.Messages`.

    A queue that does not answer loses hints, not work: the sweep finds the rows.
    """

    def __init__(self, app: celery.Celery, ring_bell: Callable[[], None]) -> None:
        self._app, self._ring_bell = app, ring_bell

    def work(self, pointers: Sequence[Pointer]) -> None:
        """See the port."""
        for one in pointers:
            self._send("botfleet.work", queue_of(one.pod, one.instance), [str(one.work_id)])

    def submit(self, orders: Sequence[OrderId]) -> None:
        """See the port."""
        for first in range(0, len(orders), ORDERS_A_MESSAGE):
            some = [str(order) for order in orders[first : first + ORDERS_A_MESSAGE]]
            self._send("botfleet.submit", ORDERS, [some])

    def ring(self) -> None:
        """Tell the router to look at the clock."""
        self._send("botfleet.ring", ROUTER, [])

    def resolve(self) -> None:
        """See the port."""
        self._send("botfleet.resolve", ORDERS, [])

    def reconcile(self) -> None:
        """Tell the orders workers to hold accounts beside their brokers."""
        self._send("botfleet.reconcile", ORDERS, [])

    def sweep(self) -> None:
        """Tell the router to look for what fell between."""
        self._send("botfleet.sweep", ROUTER, [])

    def done(self) -> None:
        """See the port."""
        self._ring_bell()

    def _send(self, task: str, queue: str, arguments: list[object]) -> None:
        try:
            self._app.send_task(task, arguments, queue=queue, retry=False)
        except OperationalError:
            return
