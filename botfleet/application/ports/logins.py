"""What the fleet needs where logins at brokers are kept: who must log in again soon."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from botfleet.domain.ids import AccountId, BotId, UserId


@dataclass(frozen=True, slots=True)
class Ending:
    """A bot at an account whose login, made `consented_s` real seconds ago, ends soon.

    `consent` names the login: the next one is another.
    """

    user_id: UserId
    bot_id: BotId
    account_id: AccountId
    broker: str
    consent: str
    consented_s: float
    positions: int


class Logins(Protocol):
    """Every method is one transaction and raises `StoreUnavailable` when it cannot be had."""

    def ending(self, lives: Mapping[str, timedelta], ahead: timedelta) -> Sequence[Ending]:
        """List the bots at accounts whose login ends within `ahead`, by brokers' `lives`."""
        ...

    def tell(self, told: Sequence[tuple[Ending, str, int]], now: datetime) -> None:
        """Tell owners, each bot once for a login and the days that are left of it."""
        ...
