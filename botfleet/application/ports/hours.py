"""What the fleet needs of accounts' hours: when each lets its bots run."""

from datetime import datetime
from typing import Protocol

from botfleet.domain.ids import AccountId, BotId, UserId
from botfleet.domain.schedules.hours import Hours


class AccountHours(Protocol):
    """Every method is one transaction and raises `StoreUnavailable` when it cannot be had.

    What is not the user's is absent: `NotFound`. None is the operator, who sees everything.
    """

    def of(self, user: UserId | None, account: AccountId) -> Hours:
        """Give the hours of an account."""
        ...

    def of_bot(self, bot: BotId) -> Hours:
        """Give those of a bot's account."""
        ...

    def change(self, user: UserId | None, account: AccountId, hours: Hours, now: datetime) -> None:
        """Let marks heed other hours from now on, the market's open and close events from tomorrow.

        So none of a day's two events comes twice, or not at all, because of the change.
        """
        ...
