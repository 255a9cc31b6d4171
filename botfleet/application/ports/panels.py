"""What owners change of exits by hand: switches, panels, presets, an account's rules, overrides."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from botfleet.application.ports.journal import OrderLine, PositionLine
from botfleet.application.ports.pools import Settlement
from botfleet.domain.ids import AccountId, BotId, PositionId, UserId
from botfleet.domain.positions.exits import ExitRules, Exits
from botfleet.domain.positions.position import Position
from botfleet.domain.positions.presets import Preset


@dataclass(frozen=True, slots=True)
class HeldRecord:
    """All of a position: its panel, its switches, its account's rules, and how it was left so far.

    `attempts_today` counts exits of the session; `high_at` and `low_at` are None while the return
    was never above, or below, nothing.
    """

    line: PositionLine
    position: Position
    is_on: bool
    bot_is_on: bool
    fleet_is_on: bool
    rules: ExitRules
    high_at: datetime | None
    low_at: datetime | None
    attempts_today: int
    orders: Sequence[OrderLine]


class Panels(Protocol):
    """Every method is one transaction and raises `StoreUnavailable` when it cannot be had.

    What is not the user's is absent: `NotFound`. None is the operator, who sees everything.
    """

    def record(self, user: UserId | None, position: PositionId, today: date) -> HeldRecord:
        """Give one position with all that rules its exits."""
        ...

    def switch(self, user: UserId | None, position: PositionId, *, is_on: bool) -> None:
        """Turn a position's exits on or off."""
        ...

    def switch_bot(self, bot: BotId, *, is_on: bool) -> None:
        """Turn the exits of all of a bot's positions on or off."""
        ...

    def bot_is_on(self, bot: BotId) -> bool:
        """Say whether a bot's exits are on."""
        ...

    def switch_fleet(self, *, is_on: bool) -> None:
        """Turn the exits of the whole fleet on or off; what expires is closed all the same."""
        ...

    def set_exits(self, user: UserId | None, position: PositionId, exits: Exits) -> None:
        """Give a position that is held another panel.

        Raises:
            Refusal: it is not held any more.
        """
        ...

    def override(
        self, user: UserId | None, position: PositionId, result: int | None, now: datetime
    ) -> Sequence[Settlement]:
        """Hand an open position over, or correct the result (all it came to, cents) of one gone.

        Gives how its pool is to be settled.

        Raises:
            Refusal: it is neither; or calls stand on its shares.
        """
        ...

    def rules(self, user: UserId | None, account: AccountId) -> ExitRules:
        """Say what is wanted of exits in an account."""
        ...

    def set_rules(self, user: UserId | None, account: AccountId, rules: ExitRules) -> None:
        """Say what is wanted of exits in an account from now on."""
        ...

    def presets(self, user: UserId) -> Sequence[Preset]:
        """List a user's presets by name."""
        ...

    def keep_preset(self, user: UserId, preset: Preset) -> None:
        """Keep a preset, new or in place of the one of its name. Raises `TooMany`."""
        ...

    def drop_preset(self, user: UserId, name: str) -> None:
        """Forget a preset; what was filled in from it stays."""
        ...
