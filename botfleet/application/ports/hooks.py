"""What the fleet needs of hooks: names by which a user's bots are called from outside."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from botfleet.application.ports.work import Pointer, Work
from botfleet.domain.bots.safeguards import Mode
from botfleet.domain.ids import BotId, RunId, UserId


@dataclass(frozen=True, slots=True)
class HookLine:
    """A hook; `changed_at` is when its secret was last made, `drives` how many automations."""

    hook_id: UUID
    user_id: UserId
    user: str
    name: str
    created_at: datetime
    changed_at: datetime
    drives: int


@dataclass(frozen=True, slots=True)
class Secret:
    """A hook with what its calls are signed with."""

    hook_id: UUID
    user_id: UserId
    name: str
    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Driven:
    """An automation that waits for a hook; `feeds` are the inputs a call may give values."""

    bot_id: BotId
    bot: str
    version: str
    is_on: bool
    mode: Mode
    automation: int
    feeds: tuple[str, ...]

    @property
    def is_awake(self) -> bool:
        """Is it on, and not halted?"""
        return self.is_on and self.mode is not Mode.HALTED


class Hooks(Protocol):
    """Every method is one transaction and raises `StoreUnavailable` when it cannot be had."""

    def create(self, user: UserId, name: str, secret: bytes, at: datetime) -> UUID | None:
        """Keep a new hook, its secret sealed; None where the user has one of that name.

        Raises:
            TooMany: the user has as many as may be.
        """
        ...

    def rotate(self, user: UserId, name: str, secret: bytes, at: datetime) -> UUID:
        """Give a hook another secret; the old one is worth nothing from then on.

        Raises:
            NotFound: the user has no such hook.
        """
        ...

    def delete(self, user: UserId, name: str) -> None:
        """Take a hook away with the memory of its calls.

        Raises:
            NotFound: the user has no such hook.
        """
        ...

    def lines(self, user: UserId | None) -> Sequence[HookLine]:
        """List hooks by owner and name; None lists everyone's."""
        ...

    def secret(self, hook: UUID) -> Secret | None:
        """Give a hook with its secret; None where there is none."""
        ...

    def count(self, hook: UUID, most: int) -> bool:
        """Count a call; False, and not counted, where there were `most` in this real minute."""
        ...

    def driven(self, hook: Secret) -> Sequence[Driven]:
        """List what waits for a hook: automations of its user's bots, in their order."""
        ...

    def runs_of(self, hook: UUID, call_id: str) -> tuple[RunId, ...] | None:
        """Give what a call started when it was taken; None where it was not."""
        ...

    def take(
        self, hook: UUID, call_id: str, works: Sequence[Work], runs: Sequence[RunId]
    ) -> Sequence[Pointer] | None:
        """Take a call: write it down with the rows it starts, one a bot's automation.

        Nothing more where it was taken before; None, and nothing, where its user has no seat.
        """
        ...
