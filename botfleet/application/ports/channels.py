"""What telling owners outside needs: where they want to be told what, and who carries it there."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from botfleet.domain.ids import UserId


@dataclass(frozen=True, slots=True)
class ChannelLine:
    """A channel, its address left out: only its scheme is ever shown."""

    channel_id: UUID
    user: str
    name: str
    scheme: str
    levels: tuple[str, ...]
    sent: int
    failed: int


@dataclass(frozen=True, slots=True)
class Parcel:
    """A notice on its way to a channel; `attempts` counts this one."""

    channel_id: UUID
    notice_id: UUID
    url: str = field(repr=False)
    title: str
    body: str
    attempts: int


class Channels(Protocol):
    """Raises `StoreUnavailable` when the store cannot be had."""

    def add(
        self, user: UserId, name: str, scheme: str, url: str, levels: Collection[str], now: datetime
    ) -> None:
        """Keep a channel, or replace the one of its name; it is told what comes from now on.

        Raises:
            TooMany: the user has as many as may be.
        """
        ...

    def remove(self, user: UserId, name: str) -> None:
        """Forget a channel. Raises `NotFound` where there is none."""
        ...

    def lines(self, user: UserId | None) -> Sequence[ChannelLine]:
        """List channels by user and name."""
        ...

    def address(self, user: UserId, name: str) -> str:
        """Give a channel's URL, to be used and not shown. Raises `NotFound`."""
        ...

    def enlist(self) -> None:
        """Write a row for every notice a channel is to be told of, once each."""
        ...

    def take(self, most: int, lease_s: float, attempts_max: int) -> Sequence[Parcel]:
        """Mark some as being sent: those due, and those whose carrier's time is over.

        Nobody else sends them for `lease_s`. What was tried `attempts_max` times is given up.
        """
        ...

    def hold(self, parcel: Parcel, lease_s: float) -> bool:
        """Keep a parcel for another `lease_s`; False where somebody else took it meanwhile."""
        ...

    def record(self, parcel: Parcel, failure: str, again_in_s: float | None) -> None:
        """Write how a parcel went: empty is sent; else it is due again later, or given up.

        That it was sent holds whoever carries it by now; a failure only of its last carrier.
        """
        ...


class Notifier(Protocol):
    """Carries messages."""

    def scheme_of(self, url: str) -> str:
        """Give the scheme of an address that may be used.

        Raises:
            BadInput: it is none, or its kind is not allowed.
            Refusal: nothing here can carry it.
        """
        ...

    def send(self, url: str, title: str, body: str) -> str:
        """Carry a message; empty where it was taken, else why not."""
        ...
