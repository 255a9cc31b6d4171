"""What can go wrong, sorted by who must act next.

BotfleetError
├── Refusal                 nobody acts: the rules said no; tell the owner, do not retry
│   ├── BadInput            what was given is wrong; every fault is named
│   ├── BotIsOff            the act needs a bot that is on
│   ├── LimitReached        a global control of the bot would be violated
│   ├── Halted              the act needs trading that is not halted
│   ├── MarketClosed        the act needs an open market
│   ├── TooMany             one user may keep no more of a kind
│   └── NotFound            no such thing, or not yours
├── Transient               the machine acts: a sweep brings the work back
│   ├── BrokerUnavailable   the broker did not answer a question
│   ├── MarketUnavailable   the feed did not answer
│   └── StoreUnavailable    Postgres or Redis did not answer
└── InvariantBroken         we act: the program contradicts itself; fail loudly

Every class below a reaction inherits exactly one reaction; `workers.task` maps the reactions to
Celery's verbs and needs to know nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


class BotfleetError(Exception):
    """Something raised on purpose."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (type(self).__doc__ or "").partition("\n")[0])


class Refusal(BotfleetError):
    """The rules said no."""


class Transient(BotfleetError):
    """The world is not ready; ask again later."""


class InvariantBroken(BotfleetError):
    """The program contradicts itself."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with an input: where (`automations[0].tree.yes.if`), and what."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


class BadInput(Refusal):
    """What was given is wrong."""

    def __init__(self, faults: Sequence[Fault] | str) -> None:
        self.faults = (Fault("", faults),) if isinstance(faults, str) else tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class BotIsOff(Refusal):
    """The bot is off; turn it on first."""


class Halted(Refusal):
    """Trading is halted; nothing can be started until it goes on."""


class LimitReached(Refusal):
    """A global control of the bot would be violated."""


class MarketClosed(Refusal):
    """The market is closed."""

    def __init__(self, message: str, *, opens_at: datetime) -> None:
        super().__init__(message)
        self.opens_at = opens_at


class Overtaken(Refusal):
    """Somebody changed it meanwhile; look at it as it is now, and change that."""


class NotSigned(Refusal):
    """The call is not signed as this hook's calls are, or not of now."""


class TooOften(Refusal):
    """Too many calls; wait a while."""

    def __init__(self, message: str, *, wait_s: float = 60.0) -> None:
        super().__init__(message)
        self.wait_s = wait_s


class TooMany(Refusal):
    """There are as many as one user may keep."""


class NotFound(Refusal):
    """There is no such thing."""


class BrokerUnavailable(Transient):
    """The broker did not answer."""


class MarketUnavailable(Transient):
    """The market feed did not answer."""


class StoreUnavailable(Transient):
    """A store did not answer."""
