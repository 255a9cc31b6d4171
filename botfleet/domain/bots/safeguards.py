"""Safeguards: switches that stand above everything a bot may want (R38, R51).

    ACTIVE      all is allowed
    REDUCING    only what leaves positions: no open is sent, working opens are cancelled
    HALTED      only cancels: no order is sent, working orders are cancelled; exits and expiration
                closes stand still

A switch stands over the fleet, a user, a broker account or a bot. Several may stand over one order,
and each holder's stands by itself until that holder lifts it: the strictest wins.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from botfleet.domain.orders.order import Effect


class Mode(StrEnum):
    """What is allowed."""

    ACTIVE = "active"
    REDUCING = "reducing"
    HALTED = "halted"


class Scope(StrEnum):
    """What a switch stands over."""

    FLEET = "fleet"
    USER = "user"
    ACCOUNT = "account"
    BOT = "bot"


#: The one subject of the fleet's switches.
FLEET = UUID(int=0)
#: Who holds a switch: whoever runs the fleet, or the owner. The fleet's own parts name themselves.
OPERATOR, OWNER = "operator", "owner"

_STRICTNESS = tuple(Mode)
#: What stands still, in words.
MEANING: Mapping[Mode, str] = MappingProxyType(
    {
        Mode.ACTIVE: "all is allowed",
        Mode.REDUCING: "nothing opens; exits and closes go on",
        Mode.HALTED: "nothing is sent: exits and expiration closes stand still too",
    }
)
_WHAT: Mapping[Scope, str] = MappingProxyType(
    {
        Scope.FLEET: "the whole fleet",
        Scope.USER: "all your bots",
        Scope.ACCOUNT: "all your bots of one account",
        Scope.BOT: "this bot",
    }
)


@dataclass(frozen=True, slots=True)
class Switch:
    """A switch as its holder sets it. `set_by` names the person or the part of the fleet."""

    scope: Scope
    subject: UUID
    mode: Mode
    held_by: str
    reason: str
    set_by: str
    set_at: datetime


def strictest(modes: Iterable[Mode]) -> Mode:
    """Give the mode that wins; ACTIVE where there is none."""
    return max(modes, key=_STRICTNESS.index, default=Mode.ACTIVE)


def bars(mode: Mode, effect: Effect) -> bool:
    """Say whether an order of this effect may not be sent, nor go on working, under `mode`."""
    return mode is Mode.HALTED or (mode is Mode.REDUCING and effect is Effect.OPEN)


def told(switch: Switch) -> str:
    """Tell an owner what the operator set over something of theirs, and why."""
    what = f"The operator set {_WHAT[switch.scope]} to {switch.mode}"
    return f"{what} ({MEANING[switch.mode]}): {switch.reason}"


def told_lifted(switch: Switch) -> str:
    """Tell an owner that the operator lifted it again."""
    what = f"The operator lifted what was set over {_WHAT[switch.scope]}"
    return f"{what} ({switch.mode}: {switch.reason}). Switches of others, if any, stand."
