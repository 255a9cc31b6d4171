"""What the fleet needs of asks: one answer each, written together with the work that it starts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from botfleet.application.ports.work import Pointer, Work
from botfleet.domain.ids import AskId, BotId, RunId, UserId


@dataclass(frozen=True, slots=True)
class AskLine:
    """An action that waits, or waited, for its owner. `answer` is empty while there is none.

    `start` is what a run of it is to be given; `run_id` the run that asked.
    """

    ask_id: AskId
    bot_id: BotId
    user: str
    bot: str
    run_id: RunId
    version: str
    words: str
    asked_at: datetime
    lapses_at: datetime
    answer: str
    answered_at: datetime | None
    start: Mapping[str, Any] = field(repr=False)


class Asks(Protocol):
    """Every method is one transaction and raises `StoreUnavailable` when it cannot be had."""

    def asks(self, user: UserId | None, *, waiting_at: datetime | None) -> Sequence[AskLine]:
        """List a user's asks, newest first; those that wait at an instant, or the last hundred."""
        ...

    def ask(self, user: UserId | None, ask: AskId) -> AskLine:
        """Give one ask.

        Raises:
            NotFound: there is none, or it is not this user's.
        """
        ...

    def answer(
        self, ask: AskId, answer: str, now: datetime, work: Work | None
    ) -> tuple[bool, Pointer | None]:
        """Answer an ask that has no answer and has not lapsed, and write the work of a yes.

        Says whether it took, and points at the work. Raises `Refusal` where nobody could do it.
        """
        ...
