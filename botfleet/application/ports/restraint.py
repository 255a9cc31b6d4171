"""What the fleet needs where a part of it finds an account unfit for more than being left."""

from typing import Protocol

from botfleet.domain.ids import AccountId

#: Who holds an account whose login is gone.
LOGIN = "login"


class Restraint(Protocol):
    """Bars an account's opens, and takes that back, each part of the fleet for itself (`by`)."""

    def reduce(self, account: AccountId, reason: str, *, by: str) -> None:
        """Bar opens."""
        ...

    def release(self, account: AccountId, *, by: str) -> None:
        """Let opens be again, as far as `by` barred them."""
        ...
