"""Leave: close one position by hand, at the usual prices."""

from datetime import datetime

from botfleet.application.close import close
from botfleet.application.gather import Gatherer
from botfleet.application.holdings import Held, look
from botfleet.application.ports.batches import Batches, Committed, Notice, Results
from botfleet.application.ports.work import Work
from botfleet.domain.ids import RunId, derive
from botfleet.domain.orders.ladder import PricePlan


def leave(work: Work, now: datetime, *, batches: Batches, gatherer: Gatherer) -> Committed | None:
    """Close the position a row of work names; its owner is told where it cannot be priced.

    Raises:
        Transient: a store or the feed is down; the row comes back.
    """
    named = [
        held
        for held in look(work, now, batches, gatherer)
        if str(held.position.position_id) == work.detail["position"]
    ]
    results = _results(work, named[0]) if named else Results()
    return batches.commit(work, now, results)


def _results(work: Work, held: Held) -> Results:
    state, position = held.state, held.position
    if held.worth is None:
        message = f"{position.symbol} is not quoted on both sides; the position stays open."
        cause = f"{position.position_id}/{work.work_id}"
        told = Notice(state.user_id, state.bot_id, "warning", "close_unpriced", message, cause)
        return Results(notices=[told])
    cause_id = RunId(derive("leave", work.work_id))
    plan, why = PricePlan(), "by hand"
    return Results(closes=[close(state, position, held.worth, plan=plan, cause=cause_id, why=why)])
