"""One order's word beside its locked row: what it means, where that leads, what is told of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from botfleet.application.ports.orders import Word
from botfleet.domain.orders.life import Happening, Move
from botfleet.domain.orders.order import OrderState, is_ended

#: Of these nobody knows whether the broker has them.
_LOOKED_FOR = frozenset({OrderState.SENDING, OrderState.UNKNOWN})


@dataclass(slots=True)
class Turn:
    """One order's word beside its locked row: what it means, and where that leads."""

    word: Word
    row: Mapping[str, Any]
    happening: Happening | None
    move: Move | None
    filled: int
    paid: Decimal

    @property
    def state(self) -> OrderState:
        """Where the order is by this word."""
        return self.move.state if self.move else OrderState(self.row["state"])

    @property
    def is_alive(self) -> bool:
        """Whether the word is to be written at all."""
        return bool(self.move) or self.word.is_cancelling or not is_ended(self.state)

    @property
    def reason(self) -> str:
        """Give why it stands as it does: who answers has said so, or nothing."""
        report = self.word.report
        is_as_before = report is None and self.state == self.row["state"]
        kept = self.row["reason"] if is_as_before else ""
        return self.word.reason or (report.reason if report else "") or kept

    @property
    def words(self) -> str:
        """Give what the history says besides: of one nobody knew the fate of, where it was."""
        report, was = self.word.report, OrderState(self.row["state"])
        if self.reason or report is None or was not in _LOOKED_FOR:
            return self.reason
        return f"Found at the broker, its order {report.broker_order_id}."

    @property
    def is_repriced(self) -> bool:
        """Whether it has another limit by this word."""
        rungs, now, then = self.word.order.rungs, self.row["rung"], self.word.rung
        return then is not None and rungs[then].limit != rungs[now].limit

    @property
    def told(self) -> str:
        """Give what the history says of it; nothing where nothing is new."""
        row, words = self.row, list[str]()
        if self.state != row["state"] or self.filled != row["filled"]:
            words.append(self.happening.value if self.happening else "")
        if self.is_repriced:
            words.append("repriced")
        if self.reason != row["reason"]:
            if self.word.is_cancelling:
                words.append("cancel asked")
            elif not words:
                words.append("unanswered" if self.reason else "answered")
        return ", ".join(words)
