"""What the fleet needs while a user is away at the broker's login: who left, with which proof."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from botfleet.domain.ids import UserId


@dataclass(frozen=True, slots=True)
class Consent:
    """A user sent to `broker`; `state` and `verifier` prove that the one who returns is the same.

    `broker` is part of the proof: a code from another broker's server is never sent to this one's.
    """

    user: UserId
    broker: str
    asked_at: datetime
    state: str = field(repr=False)
    verifier: str = field(repr=False)


class Consents(Protocol):
    """Keeps consents under way. Every method raises `StoreUnavailable` without an answer."""

    def keep(self, consent: Consent) -> None:
        """Keep one until it is taken, or its user has left too often since."""
        ...

    def take(self, state: str) -> Consent | None:
        """Remove and give the one of this state: a second taker finds none."""
        ...
