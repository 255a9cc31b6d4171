"""What a walk saw, in words: a question, its answer, and of when the answer is.

Questions and answers are worded from their own fields, so that a new kind is shown at once; the
few that read badly that way have words of their own.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from botfleet.domain.eastern import wall
from botfleet.domain.figures import counted, share
from botfleet.domain.market.instruments import MULTIPLIER, Leg
from botfleet.domain.money import Money
from botfleet.domain.trades.opportunities import NoTrade, Opportunity
from botfleet.domain.trees.facts import (
    Book,
    BookOf,
    CloseOf,
    Facts,
    IndicatorOf,
    MarketTime,
    NoData,
    OpportunityOf,
    Question,
    QuoteOf,
    TimeNow,
    ValueOf,
)
from botfleet.domain.trees.wording import number, trade

#: Fields that a person looking for a number does not miss.
_HIDDEN = frozenset({"at", "symbol", "position_id", "structure", "leg_quotes", "spec"})
#: Fields whose numbers are shares.
_SHARES = frozenset(
    {"alpha", "profit", "max_profit", "max_loss", "in_the_money", "sd30", "daily_sd", "iv30"}
)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Sighting:
    """One answer as it was seen; `at` is the instant it is of, None where it is of no instant."""

    question: str
    answer: str
    at: datetime | None = None


def sight(question: Question, answer: object) -> Sighting:
    """Word a question and its answer."""
    at = getattr(answer, "at", None)
    return Sighting(asked(question), _answered(answer), at if isinstance(at, datetime) else None)


def sightings(facts: Facts) -> tuple[Sighting, ...]:
    """Word all facts, in the order of their questions' words."""
    seen = (sight(question, answer) for question, answer in facts.items())
    return tuple(sorted(seen, key=lambda one: one.question))


def asked(question: Question) -> str:
    """Name a question in words: `SPY quote`."""
    match question:
        case QuoteOf(symbol):
            return f"{symbol} quote"
        case CloseOf():
            return _close(question)
        case IndicatorOf():
            return _indicator(question)
        case OpportunityOf(spec):
            return trade(spec)
        case ValueOf(position_id):
            return f"value of position {position_id}"
        case TimeNow():
            return "market time"
        case BookOf():
            return "the bot's book"
        case _:
            return _named(question)


def _close(question: CloseOf) -> str:
    if question.since is not None:
        return f"{question.symbol} close, {question.since.replace('_', ' ')}"
    many = "s" if question.sessions_ago > 1 else ""
    return f"{question.symbol} close {question.sessions_ago} session{many} ago"


def _indicator(question: IndicatorOf) -> str:
    shown = [_plain(value) for value in _given(question).values()]
    return f"{question.symbol} {question.name}({', '.join(shown)})"


def _given(question: IndicatorOf) -> dict[str, object]:
    """Give what an indicator was asked with, beyond its usual."""
    every = {one.name: getattr(question, one.name) for one in fields(question)}
    return {
        name: value
        for name, value in every.items()
        if name not in {"symbol", "name"} and value not in ("", (), False, 0)
    }


def _named(question: object) -> str:
    """Word a question by its class and fields: `ChanceOf("SPY", days=5)` is `chance of SPY, 5`."""
    name = _CAMEL.sub(" ", type(question).__name__).lower()
    every = (getattr(question, one.name) for one in fields(question))  # type: ignore[arg-type]
    shown = ", ".join(_plain(value) for value in every if value not in (None, "", ()))
    return f"{name} {shown}".strip()


def _answered(answer: object) -> str:
    match answer:
        case NoData(_, why):
            return f"no data: {why}"
        case NoTrade(_, message):
            return message
        case MarketTime(at=at, closes_at=closes_at):
            return f"{wall(at):%a %H:%M:%S}, closes {wall(closes_at):%H:%M} Eastern"
        case Opportunity(legs=legs):
            return f"{legs_words(legs)}; {_listed(answer)}"
        case Book():
            return _book(answer)
        case _:
            return _plain(answer)


def _book(book: Book) -> str:
    cents = {
        "allocation": book.allocation,
        "available": book.available,
        "net liquidation": book.net_liquidation,
    }
    money = ", ".join(f"{name} {Money(amount)}" for name, amount in cents.items())
    held = f"{counted(len(book.positions), 'position')}, {book.opened_today} opened today"
    return f"{money}, {held}" + (f", at its limit {book.refusal}" if book.refusal else "")


def _listed(value: object) -> str:
    shown = {
        one.name: getattr(value, one.name)
        for one in fields(value)  # type: ignore[arg-type]
        if one.name not in _HIDDEN
    }
    return ", ".join(
        f"{name.replace('_', ' ')} {_part(name, part)}"
        for name, part in shown.items()
        if part is not None and not isinstance(part, tuple)
    )


def _part(name: str, part: object) -> str:
    return share(part) if name in _SHARES and isinstance(part, float | Decimal) else _plain(part)


def legs_words(legs: tuple[Leg, ...]) -> str:
    """Word legs: `+1 485 put, -1 490 put, 17 Jul 2026`."""
    expirations = sorted({leg.option.expires_on for leg in legs if leg.option})
    days = [f"{day.day} {day:%b %Y}" for day in expirations]
    return ", ".join([*(_leg(leg, each=MULTIPLIER if days else 1) for leg in legs), *days])


def _leg(leg: Leg, *, each: int) -> str:
    """Word a leg; beside options shares count by the hundred."""
    if leg.option is None:
        count = leg.ratio * each
        return f"{count:+d} share{'' if abs(count) == 1 else 's'}"
    return f"{leg.ratio:+d} {_decimal(leg.option.strike)} {leg.option.right.value}"


def _number(value: float) -> str:
    return f"{value:.6g}"


def _decimal(value: Decimal) -> str:
    return number(value) if value.is_finite() else str(value)


_PLAIN: Mapping[type[object], Callable[..., str]] = {
    float: _number,
    Decimal: _decimal,
    bool: lambda value: "yes" if value else "no",
    Money: str,
    datetime: lambda value: f"{wall(value):%Y-%m-%d %H:%M}",
    date: date.isoformat,
}


def _plain(value: object) -> str:
    if type(value) in _PLAIN:
        return _PLAIN[type(value)](value)
    if isinstance(value, StrEnum):
        return value.value.replace("_", " ")
    if isinstance(value, tuple):
        return ", ".join(map(_plain, value))
    return _listed(value) if is_dataclass(value) else str(value)
