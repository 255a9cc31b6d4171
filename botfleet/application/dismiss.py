"""Dismiss: have a position closed, now, because its owner says so.

It takes the road of all work: a row at its owner's instance, and there `leave`. One key is one
close; a second delivery names the same row.
"""

from dataclasses import dataclass

from botfleet.application.ports.clock import Clock
from botfleet.application.ports.journal import Journal
from botfleet.application.ports.messages import Messages
from botfleet.application.ports.panels import Panels
from botfleet.application.ports.work import Work, WorkBook
from botfleet.application.press import check_market
from botfleet.domain.eastern import day_of
from botfleet.domain.ids import PositionId, UserId, WorkId, derive
from botfleet.domain.positions.position import PositionState
from botfleet.domain.schedules.agenda import Kind
from botfleet.errors import Refusal


@dataclass(frozen=True, slots=True)
class Dismiss:
    """What dismissing a position takes."""

    panels: Panels
    journal: Journal
    work: WorkBook
    messages: Messages
    clock: Clock

    def dismiss(self, user: UserId | None, position: PositionId, key: str) -> WorkId:
        """Have an open position closed; give the work that does it. Nobody waits for a fill.

        Raises:
            NotFound: there is none, or it is not this user's.
            MarketClosed: with the next opening.
            Refusal: it is not open; or its owner has no seat in the fleet yet.
        """
        work_id = WorkId(derive("work", "leave", position, key))
        if self.journal.work_detail(work_id) is not None:
            return work_id
        now = self.clock.now()
        held = self.panels.record(user, position, day_of(now))
        if held.position.state is not PositionState.OPEN:
            raise Refusal(f"The position is {held.position.state}; only an open one can be closed.")
        check_market(now)
        bot, detail = held.line.bot_id, {"position": str(position), "cause": f"hand/{key}"}
        pointer = self.work.press(Work(work_id, Kind.LEAVE, now, (bot,), 0, detail))
        if pointer is None:
            raise Refusal(f"{held.line.user} has no seat in the fleet yet.")
        self.messages.work([pointer])
        return work_id
