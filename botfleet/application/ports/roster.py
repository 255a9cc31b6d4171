"""What the fleet needs of its roster: users, their seats, their accounts' names, and their bots."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from botfleet.application.ports.batches import Notice
from botfleet.domain.bots.bot import Definition
from botfleet.domain.bots.description import Description
from botfleet.domain.fleet.seating import Seat
from botfleet.domain.ids import AccountId, BotId, UserId


@dataclass(frozen=True, slots=True)
class User:
    """Someone whose bots run here, where they sit and the account their bots trade in."""

    user_id: UserId
    name: str
    seat: Seat | None
    account_id: AccountId | None


@dataclass(frozen=True, slots=True)
class Bot:
    """A bot as it is listed."""

    bot_id: BotId
    user_id: UserId
    user: str
    name: str
    version: str
    is_on: bool


@dataclass(frozen=True, slots=True)
class NewBot:
    """A bot to be added: named by its owner and its own name, so adding it twice adds it once.

    The account is that of a new bot only: one that is there keeps its own.
    """

    user_id: UserId
    account_id: AccountId
    definition: Definition
    body: str
    version: str
    is_on: bool


class Roster(Protocol):
    """Every method is one transaction and raises `StoreUnavailable` when it cannot be had."""

    def add_users(self, names: Sequence[str], now: datetime) -> dict[str, str]:
        """Add users; give each new one's bearer token, which is shown this once only."""
        ...

    def users(self) -> Sequence[User]:
        """List users by name."""
        ...

    def user_of(self, token: str) -> User | None:
        """Give the user a bearer token belongs to."""
        ...

    def renew_token(self, user: UserId) -> str:
        """Give a user another bearer token, shown this once; the old one is nobody's from now on.

        Browsers that were signed in with it are signed out.
        """
        ...

    def add_bots(self, bots: Sequence[NewBot], now: datetime) -> Sequence[BotId]:
        """Add bots or replace their definition and limits; positions stay.

        Their events come due after `now`; what is to happen at once happens where a bot is turned
        on so, or is on and not the one it was.

        Raises:
            TooMany: an owner would have more than may be; none is added.
        """
        ...

    def add_clone(self, bot: NewBot, made_by: UUID, now: datetime) -> BotId:
        """Add a bot that must not be there yet, unless the same request `made_by` added it.

        Raises:
            Refusal: the user has a bot of that name.
            TooMany: the user has as many as may be.
        """
        ...

    def rename(self, bot: BotId, name: str, body: str, version: str) -> None:
        """Give a bot another name, and the definition that differs in nothing else.

        Raises:
            NotFound: there is no such bot.
            Refusal: its owner has a bot of that name.
        """
        ...

    def rewrite(
        self, bot: BotId, was: str, body: str, version: str, told: Notice, now: datetime
    ) -> None:
        """Put a definition in place of the version it `was`, and tell the owner so.

        Only the order within lanes may differ: limits, events and what is under way stay.

        Raises:
            Overtaken: the bot is another version by now, or gone.
        """
        ...

    def describe(self, bot: BotId, description: Description) -> None:
        """Write what is said of a bot beside its trees; what is not said stays.

        Raises:
            NotFound: there is no such bot.
        """
        ...

    def bots(self, user: UserId | None = None) -> Sequence[Bot]:
        """List bots by owner and name: all, or one user's."""
        ...

    def switch(self, bot: BotId, *, is_on: bool, now: datetime) -> None:
        """Turn a bot's automations on or off.

        Turned on, its events come due after `now` only, and what is to happen at once happens.

        Raises:
            NotFound: there is no such bot.
        """
        ...

    def body(self, bot: BotId) -> str:
        """Give a bot's definition as it is stored."""
        ...
