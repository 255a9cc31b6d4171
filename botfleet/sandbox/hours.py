"""When the sandbox's exchange trades: by the shipped calendar, and what the operator says of it.

Like its clock these are facts of the world it plays in, not of its book. They are looked up beside
its work and never waited for: while the table cannot be read it goes by what it knew.
"""

from contextlib import suppress
from dataclasses import dataclass
from threading import Event, Thread

from botfleet.application.consult import consult
from botfleet.application.ports.changes import Changes
from botfleet.errors import Transient

#: How often, real time: an operator's halt ends fills within this.
LOOK_S = 0.25


@dataclass(frozen=True, slots=True)
class Hours:
    """Follows the operator's changes."""

    changes: Changes

    def look(self) -> None:
        """Go by the newest calendar, if it can be read."""
        with suppress(Transient):
            consult(self.changes)

    def follow(self) -> None:
        """Look again and again, in a thread that ends with its process."""
        Thread(target=self._go_on, name="hours", daemon=True).start()

    def _go_on(self) -> None:
        never = Event()
        while not never.wait(LOOK_S):
            self.look()
