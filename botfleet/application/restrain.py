"""Restrain: set a switch over a bot, a user, an account or the fleet, or lift it (R38, R51).

When `impose` is back, no order it bars begins to be sent, and half a second later none leaves; what
works at brokers is cancelled by the orders workers, who are told at once and look anyway. What left
before may still be accepted until its broker's word is known: `outwait` waits for it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from botfleet.application.ports.clock import Clock
from botfleet.application.ports.messages import Messages
from botfleet.application.ports.orders import AT_ONCE_S
from botfleet.application.ports.switches import Concerned, Switches
from botfleet.domain.bots.safeguards import Mode, Scope, Switch
from botfleet.domain.ids import AccountId, OrderId
from botfleet.errors import BadInput

REASON_CHARACTERS_MAX = 200
#: What left just before a switch was thrown has its broker's word by then, or nobody will hear it:
#: it leaves at once, is answered within 10 s, and written down.
WORD_S_MAX = AT_ONCE_S + 10.0 + 1.5


@dataclass(frozen=True, slots=True)
class Restrain:
    """What restraining takes."""

    switches: Switches
    messages: Messages
    clock: Clock

    def impose(
        self, scope: Scope, subject: UUID, mode: Mode, *, held_by: str, reason: str, set_by: str
    ) -> Concerned:
        """Set a switch, or lift it with ACTIVE; give the live orders it ends.

        Raises:
            NotFound: there is no such user, account or bot.
            BadInput: the reason is none that can be shown.
        """
        if mode is Mode.ACTIVE:
            self.lift(scope, subject, held_by)
            return Concerned()
        if not reason.isprintable() or not 0 < len(reason.strip()) <= REASON_CHARACTERS_MAX:
            raise BadInput(f"A reason has 1 to {REASON_CHARACTERS_MAX} visible characters.")
        at = self.clock.now()
        switch = Switch(scope, subject, mode, held_by, reason, set_by, at)
        concerned = self.switches.impose(switch)
        self.messages.submit(concerned.unsent)
        self.messages.resolve()
        return concerned

    def outwait(
        self, concerned: Concerned, real_s: Callable[[], float]
    ) -> Iterator[Sequence[OrderId]]:
        """Give the orders of which no broker's word is known yet, whenever asked, until all is.

        Once none is given last, no order these switches bar is accepted any more. Those that are
        given last, after `WORD_S_MAX`, may be.
        """
        ends_s = real_s() + WORD_S_MAX
        while left := self.switches.still_afloat(concerned):
            yield left
            if real_s() >= ends_s:
                return
            self.messages.resolve()
        yield ()

    def lift(self, scope: Scope, subject: UUID, held_by: str) -> bool:
        """Take a holder's switch away; say whether there was one."""
        return self.switches.lift(scope, subject, held_by, self.clock.now())

    def reduce(self, account: AccountId, reason: str, *, by: str) -> None:
        """Let an account only be left, as a part of the fleet (`by`) found it not fit for more."""
        self.impose(
            Scope.ACCOUNT, account, Mode.REDUCING, held_by=by, reason=reason, set_by="botfleet"
        )

    def release(self, account: AccountId, *, by: str) -> None:
        """Take back what `reduce` did."""
        self.lift(Scope.ACCOUNT, account, by)
