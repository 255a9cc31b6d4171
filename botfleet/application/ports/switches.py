"""What the fleet needs of its switches: a row each, seen by every order before it leaves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from botfleet.domain.bots.safeguards import Mode, Scope, Switch
from botfleet.domain.ids import OrderId, UserId


@dataclass(frozen=True, slots=True)
class SwitchLine:
    """A switch that stands, and the name of what it stands over."""

    scope: Scope
    subject: UUID
    name: str
    mode: Mode
    held_by: str
    reason: str
    set_by: str
    set_at: datetime


@dataclass(frozen=True, slots=True)
class Concerned:
    """The live orders a switch bars: those not sent yet, and those that may be at the broker.

    Of the latter `afloat` were on their way as the switch was thrown, or nobody knows whether they
    arrived; each with the end of the lease of who sends it, or looks at it.
    """

    unsent: Sequence[OrderId] = ()
    working: Sequence[OrderId] = ()
    afloat: Mapping[OrderId, datetime] = field(default_factory=dict)

    @property
    def orders(self) -> Sequence[OrderId]:
        """All of them."""
        return [*self.unsent, *self.working]


class Switches(Protocol):
    """Raises `StoreUnavailable` when the store cannot be had: then nothing was switched."""

    def impose(self, switch: Switch) -> Concerned:
        """Set a switch; back only when no order is marked as being sent that did not see it.

        From `AT_ONCE_S` later on none leaves; what left before is `afloat`.

        Repeating what stands changes nothing. What the operator sets anew each owner concerned is
        told in the same transaction, once. Raises `NotFound` for a subject that is none.
        """
        ...

    def still_afloat(self, concerned: Concerned) -> Sequence[OrderId]:
        """Give those of `afloat` of which their broker's word is still not known."""
        ...

    def lift(self, scope: Scope, subject: UUID, held_by: str, now: datetime) -> bool:
        """Take this holder's switch away; say whether there was one. Owners are told likewise."""
        ...

    def standing(self, user: UserId | None) -> Sequence[SwitchLine]:
        """List what stands, the widest scope first: over this user's things; None: everything."""
        ...
