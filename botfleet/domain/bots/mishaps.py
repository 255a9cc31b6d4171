"""What may go wrong with a bot's wishes, by the code its owner reads, and whether it counts.

A warning is the world being as it is: no order, and the next run tries again. An error is a wish
that cannot be right as it stands; the tenth in a session turns the bot's automations off (R37).
Source: spec 5.3, whose numbers stand beside our codes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from botfleet.domain.orders.rejections import Rejection

#: Errors in one session after which a bot's automations go off; each further one does so again.
ERRORS_MAX = 10


class Level(StrEnum):
    """How a notice is meant; owners choose by it what they are sent."""

    OPEN = "open"
    CLOSE = "close"
    ASK = "ask"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Mishap:
    """One kind of mishap; `source` is its number in spec 5.3, where it has one."""

    code: str
    level: Level
    source: str
    meaning: str
    then: str


_W, _E = Level.WARNING, Level.ERROR
#: Ends at which an action was wanted and not taken.
_LACKING = frozenset({"no_data", "no_trade", "refused", "vetoed"})
_NO_ORDER, _STAYS = "no order; the next run tries again", "the position stays open"

MISHAPS: Mapping[str, Mishap] = MappingProxyType(
    {
        one.code: one
        for one in (
            Mishap("refused:no_capital", _W, "W1", "no capital left", _NO_ORDER),
            Mishap("no_trade:W2", _W, "W2", "a leg's prices cannot be right", _NO_ORDER),
            Mishap(
                "refused:daily_positions",
                _W,
                "W3",
                "no more may be opened today",
                _NO_ORDER,
            ),
            Mishap("refused:open_positions", _W, "W4", "no more may be held at once", _NO_ORDER),
            Mishap("no_trade:W5", _W, "W5", "no expiration fits", _NO_ORDER),
            Mishap("no_trade:G1", Level.INFO, "", "a criterion is not met", _NO_ORDER),
            Mishap("refused:reducing", _W, "", "only closing is allowed", _NO_ORDER),
            Mishap("refused:halted", _W, "", "trading is halted", "nothing is sent"),
            Mishap("refused:broker_down", _W, "", "the broker does not answer", _NO_ORDER),
            Mishap("refused:recovering", _W, "", "the account is compared first", _NO_ORDER),
            Mishap("refused:under_way", _W, "", "the same action is under way", _NO_ORDER),
            Mishap("no_trade:E1", _E, "E1", "the legs do not stand as they must", _NO_ORDER),
            Mishap("no_trade:E2", _E, "E2", "the option asked for is not listed", _NO_ORDER),
            Mishap("no_trade:E3", _E, "E3", "no quantity can be computed", _NO_ORDER),
            Mishap("refused:input", _E, "E5", "an input is missing or invalid", "it is not judged"),
            Mishap("refused:symbols", _E, "E4", "enough symbols used today", "that way ends"),
            Mishap("refused:overlap", _E, "E6", "the account has the other side", _NO_ORDER),
            *(
                Mishap(f"rejected:{why}", _E, source, meaning, "no position; its slot is free")
                for why, source, meaning in (
                    (Rejection.OVERLAP, "E6", "the account has the other side"),
                    (Rejection.DAY_TRADING, "E8", "day trading is restricted"),
                    (Rejection.PRICE, "E9", "the price is beyond the strikes' width"),
                    (Rejection.APPROVAL, "E10", "the account may not trade this"),
                    (Rejection.AUTHORIZATION, "E11", "the account must be connected again"),
                    (Rejection.NEVER_ARRIVED, "", "the broker never had the order"),
                )
            ),
            Mishap("rejected", _E, "", "the broker said no", "no position; its slot is free"),
            *(
                Mishap(f"close_rejected:{why}", _E, source, meaning, _STAYS)
                for why, source, meaning in (
                    (Rejection.DUPLICATE_CLOSE, "E7", "a closing order rests already"),
                    (Rejection.NOT_HELD, "E12", "the broker does not hold it"),
                    (Rejection.DAY_TRADING, "E8", "day trading is restricted"),
                    (Rejection.PRICE, "E9", "the price is beyond the strikes' width"),
                    (Rejection.AUTHORIZATION, "E11", "the account must be connected again"),
                    (Rejection.NEVER_ARRIVED, "", "the broker never had the order"),
                )
            ),
            Mishap("close_rejected", _E, "", "the broker said no", _STAYS),
            Mishap("missing", _E, "E12", "the broker does not hold it", "no bot touches it"),
            Mishap("login_lost", _E, "E11", "the account must be connected again", "no order"),
            Mishap("event_loop", _E, "E13", "events bring each other about", "it ends here"),
            Mishap(
                "missed", _W, "", "it came due, but too late to be run", "it is not made up for"
            ),
        )
    }
)


def level_of(code: str) -> Level:
    """Say how a notice of this code is meant; what begins like a known code is of its kind."""
    known = MISHAPS.get(code) or MISHAPS.get(code.partition(":")[0])
    return known.level if known else Level.WARNING


class Trouble(StrEnum):
    """How a run went that did not go well."""

    ERROR = "error"
    WARNING = "warning"


def trouble(ends: Iterable[str]) -> Trouble | None:
    """Say how a run went by all that its ends came to: the worst of it."""
    levels = {_level_of_end(word).value for word in ends}
    return next((one for one in Trouble if one.value in levels), None)


def _level_of_end(word: str) -> Level:
    if word in MISHAPS:
        return MISHAPS[word].level
    return _W if word.partition(":")[0] in _LACKING else Level.INFO


def meaning_of(code: str) -> str:
    """Say what a code means; one that is no mishap is read as it stands."""
    known = MISHAPS.get(code)
    return known.meaning if known else code.rpartition(":")[2].replace("_", " ")


def errors_in(codes: Iterable[str]) -> int:
    """Count those that count toward `ERRORS_MAX`."""
    return sum(level_of(code) is Level.ERROR for code in codes)
