"""What a broker's no means: its words, which differ from broker to broker, as one word of ours.

Sources: the texts that users of tastytrade, TradeStation and Tradier report (spec 5.3), and the
sandbox's own. Words nobody knows are a rejection all the same, of no kind we can name.
"""

import re
from enum import StrEnum


class Rejection(StrEnum):
    """Why brokers turn orders away."""

    OVERLAP = "overlap"
    DUPLICATE_CLOSE = "duplicate_close"
    NOT_HELD = "not_held"
    DAY_TRADING = "day_trading"
    PRICE = "price"
    APPROVAL = "approval"
    AUTHORIZATION = "authorization"
    NEVER_ARRIVED = "never_arrived"


#: The first that is found in the broker's words tells.
_WORDS = tuple(
    (re.compile(pattern, re.IGNORECASE), rejection)
    for pattern, rejection in (
        (r"cannot (sell|buy) to open against a (long|short) position", Rejection.OVERLAP),
        (r"\bEC804\b|\bboxed\b|\bCrossedOrder\b", Rejection.OVERLAP),
        (r"already have a closing order|\bEC703\b", Rejection.DUPLICATE_CLOSE),
        (r"SellShortOrder|ShortPositionCrossZero|PositionNotFound", Rejection.NOT_HELD),
        (r"\bEC501\b|DayTraderPattern|pattern day trad|day.trading", Rejection.DAY_TRADING),
        (r"(price|limit).*(exceeds|above|greater than).*(width|difference)", Rejection.PRICE),
        (r"closing only|approval level|options? level|not approved", Rejection.APPROVAL),
        (
            r"invalid.authorization|invalid_grant|unauthori[sz]ed|must consent",
            Rejection.AUTHORIZATION,
        ),
        (r"never arrived", Rejection.NEVER_ARRIVED),
    )
)


def classify(words: str) -> Rejection | None:
    """Name what a broker's words mean; None for words that are not known."""
    return next((rejection for pattern, rejection in _WORDS if pattern.search(words)), None)
