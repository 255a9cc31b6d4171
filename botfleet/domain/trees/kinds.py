"""Every kind of parameter a recipe may have: what it takes, and how it is said (R5, S82).

`UNITS` says what a number compared to a property counts in, by the property's or the unit's name.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from types import MappingProxyType

from botfleet.domain.market.lookbacks import SESSIONS_MAX, Lookback
from botfleet.domain.trades.opportunities import (
    LOOP_SYMBOL,
    ExpirationMode,
    ExpirationRule,
    TradeSpec,
)
from botfleet.domain.trades.structures import Structure
from botfleet.domain.trees.operands import Carried, Lookup, PositionRef
from botfleet.domain.trees.readers import (
    LIST_MAX,
    TEXT_MAX,
    WEEKDAYS,
    Kind,
    Plain,
    choice,
    dollars,
    number,
    numbers,
    optional,
    percent,
    read_clock,
    read_date,
    read_level,
    read_mapping,
    read_measure,
    read_percent,
    read_symbol,
    read_tags,
    read_text,
    read_ticker,
    read_weekdays,
    read_whole,
    whole,
)
from botfleet.domain.trees.series import (
    AVERAGES,
    INDICATORS,
    PAST_SHAPE,
    SERIES_SHAPE,
    read_past_series,
    read_series,
    say_series,
    write_series,
)
from botfleet.domain.trees.words import SPOKEN, WORDS

RELATIONS = ("above", "below", "at_least", "at_most")
COUNTS = ("more", "fewer", "exactly", "at_least", "at_most")
SPANS = ("more", "less", "exactly", "at_least", "at_most")
CLOCKS = ("before", "after", "at_or_before", "at_or_after")
DATES = ("before", "after", "exactly")
_SPOKEN = {word: f"{word} than" for word in ("more", "fewer", "less")}


def say_symbol(symbol: str) -> str:
    """Name a symbol, the loop's one as what it is."""
    return "the loop's symbol" if symbol == LOOP_SYMBOL else symbol


def say_trade(spec: TradeSpec) -> str:
    """Name a theoretical trade: `SPY short put spread in at least 30 days`."""
    name = f"{say_symbol(spec.symbol)} {spec.structure.replace('_', ' ')}"
    rule = spec.expiration
    if rule is None:
        return name
    if rule.mode is ExpirationMode.BETWEEN:
        return f"{name} in {rule.days} to {rule.days_max} days"
    return f"{name} in {rule.mode.replace('_', ' ')} {rule.days} days"


def say_expiration(rule: ExpirationRule) -> str:
    """Name an expiration: `in 30 to 45 days`."""
    monthly = ", monthly" if rule.is_monthly else ""
    if rule.mode is ExpirationMode.BETWEEN:
        return f"in {rule.days} to {rule.days_max} days{monthly}"
    if rule.mode is ExpirationMode.SAME_AS_POSITION:
        return "same as the position's"
    said = rule.mode.replace("_", " ")
    if rule.on is not None:
        return f"{said} {rule.on}{monthly}"
    return f"in {said} {rule.days} days{monthly}"


def _say_level(level: tuple[Decimal, bool]) -> str:
    amount, is_percent = level
    if not is_percent:
        return f"{amount:f}"
    return f"{percent(abs(amount))} {'above' if amount > 0 else 'below'} its price"


def _write_level(level: tuple[Decimal, bool]) -> Plain:
    return percent(level[0]) if level[1] else number(level[0])


def _read_structure(raw: object) -> Structure:
    if not isinstance(raw, str) or raw not in {one.value for one in Structure}:
        raise ValueError(f"must be one of {', '.join(Structure)}")
    return Structure(raw)


def _read_lookback(raw: object) -> int | Lookback:
    if isinstance(raw, str) and raw in set(Lookback):
        return Lookback(raw)
    try:
        return read_whole(raw, low=1, high=SESSIONS_MAX)
    except ValueError:
        names = ", ".join(Lookback)
        raise ValueError(f"must be sessions, 1 to {SESSIONS_MAX}, or one of {names}") from None


def _say_lookback(since: int | Lookback) -> str:
    if isinstance(since, int):
        return f"{since} session{'' if since == 1 else 's'} ago"
    if since in {Lookback.PREVIOUS_CLOSE, Lookback.YESTERDAY}:
        return "the previous close"
    words = since.replace("_", " ")
    return f"the {words.replace(' start', '')}'s start" if "start" in since else f"{words} ago"


def read_position(raw: object) -> PositionRef:
    """Read which position is meant: `opened`, `closed`, or a filter to look one up with.

    Raises:
        ValueError: it is neither.
    """
    if isinstance(raw, str) and raw in set(Carried):
        return Carried(raw)
    if not isinstance(raw, dict):
        message = "must be opened, closed, or a filter to look a position up with"
        raise ValueError(message)  # noqa: TRY004  what the author wrote is wrong
    given = read_mapping(
        raw, {"symbol": read_symbol, "structure": _read_structure, "tags": read_tags}
    )
    return Lookup(**given)


def write_position(ref: PositionRef) -> Plain:
    """Write which position is meant; None for the loop's."""
    if not isinstance(ref, Lookup):
        return None if ref is None else str(ref)
    given = {"symbol": ref.symbol, "structure": ref.structure and str(ref.structure)}
    written: dict[str, object] = {key: value for key, value in given.items() if value}
    return written | ({"tags": list(ref.tags)} if ref.tags else {})


def say_position(ref: PositionRef) -> str:
    """Name which position is meant: `the first SPY short put spread`."""
    if not isinstance(ref, Lookup):
        return f"{ref} position" if ref else "position"
    symbol = f" {say_symbol(ref.symbol)}" if ref.symbol else ""
    what = ref.structure.replace("_", " ") if ref.structure else "position"
    tags = f" tagged {' and '.join(ref.tags)}" if ref.tags else ""
    return f"the first{symbol} {what}{tags}"


_TICKER = "[A-Z][A-Z0-9]{0,5}([./][A-Z]{1,2})?"
_SYMBOL_SHAPE: dict[str, object] = {"type": "string", "pattern": rf"^({_TICKER}|\$symbol)$"}
_PERCENT_SHAPE: dict[str, object] = {
    "type": ["string", "number"],
    "description": '"25%", or 0.25 for the same; from -1000% to 1000%',
}

_TAGS_SHAPE: dict[str, object] = {
    "type": "array",
    "items": {"type": "string", "minLength": 1, "maxLength": TEXT_MAX},
    "minItems": 1,
    "maxItems": LIST_MAX,
}
_TEXT_SHAPE: dict[str, object] = {"type": "string", "minLength": 1, "maxLength": TEXT_MAX}
_POSITION_SHAPE: dict[str, object] = {
    "description": "the loop's where left out; opened or closed: the trigger's; else a lookup",
    "oneOf": [
        {"enum": ["opened", "closed"]},
        {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "symbol": _SYMBOL_SHAPE,
                "structure": {"enum": list(Structure)},
                "tags": _TAGS_SHAPE,
            },
        },
    ],
}


def _any_of(kind: Kind, said: str) -> Kind:
    """Let a kind be left out; `said` says it with its place, `{}`."""

    def say(value: object) -> str:
        return "" if value is None else said.format(kind.say(value))

    def write(value: object) -> Plain:
        return None if value is None else kind.write(value)

    return Kind(optional(kind.read), write, say, kind.schema, is_optional=True)


_TEXT = Kind(read_text, str, lambda text: f"“{text}”", _TEXT_SHAPE)
_TAGS = Kind(read_tags, list, ", ".join, _TAGS_SHAPE)
_STRUCTURE = Kind(
    _read_structure, str, lambda one: one.replace("_", " "), {"enum": list(Structure)}
)
_DATE = Kind(read_date, date.isoformat, date.isoformat, {"type": "string", "format": "date"})
_EXPIRATION = Kind(lambda raw: raw, lambda rule: rule, say_expiration, {"type": "object"})
_BASIC: dict[str, Kind] = {
    "symbol": Kind(read_symbol, str, say_symbol, _SYMBOL_SHAPE),
    "ticker": Kind(read_ticker, str, str, {"type": "string", "pattern": f"^{_TICKER}$"}),
    "symbol_or_any": Kind(
        optional(read_symbol),
        lambda symbol: symbol,
        lambda symbol: f" in {say_symbol(symbol)}" if symbol else "",
        _SYMBOL_SHAPE,
        is_optional=True,
    ),
    "relation": choice(RELATIONS, _SPOKEN),
    "count_relation": choice(COUNTS, _SPOKEN),
    "span_relation": choice(SPANS, _SPOKEN),
    "clock_relation": choice(CLOCKS, _SPOKEN),
    "price": numbers("0.0001", "1000000", 4, lambda value: f"{value:f}"),
    "amount": numbers("0.01", "10000000", 2, dollars),
    "profit": numbers("-10000000", "10000000", 2, dollars),
    "number": numbers("-1000000000", "1000000000", 8, lambda value: f"{value:f}"),
    "percent": Kind(read_percent, percent, percent, _PERCENT_SHAPE),
    "sessions": whole(1, 365),
    "days": whole(0, 3650),
    "minutes": whole(0, 525_600),
    "count": whole(0, 1_000_000_000),
    "period": whole(2, 200),
    "indicator": choice(INDICATORS),
    "average": choice(AVERAGES),
    "clock": Kind(
        read_clock,
        lambda clock: f"{clock:%H:%M}",
        lambda clock: f"{clock:%H:%M}",
        {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"},
    ),
    "weekdays": Kind(
        read_weekdays,
        list,
        lambda days: " or ".join(day.capitalize() for day in days),
        {"type": "array", "items": {"enum": list(WEEKDAYS)}, "minItems": 1},
    ),
    "trade": Kind(lambda raw: raw, lambda spec: spec, say_trade, {"type": "object"}),
    "expiration": _EXPIRATION,
    "expiration_or_any": _any_of(_EXPIRATION, " expiring {}"),
    "date": _DATE,
    "date_relation": choice(DATES, {"exactly": "on"}),
    "series": Kind(read_series, write_series, say_series, SERIES_SHAPE),
    "past_series": Kind(read_past_series, write_series, say_series, PAST_SHAPE),
    "position": Kind(
        optional(read_position), write_position, say_position, _POSITION_SHAPE, is_optional=True
    ),
    "structure": _STRUCTURE,
    "structure_or_any": _any_of(_STRUCTURE, " {}"),
    "name": _TEXT,
    "tags": _TAGS,
    "tags_or_any": _any_of(_TAGS, " tagged {}"),
    "tag_or_any": _any_of(_TEXT, " tagged {}"),
    "measure": Kind(
        read_measure,
        number,
        lambda value: f"{value:f}",
        {"type": ["number", "string"], "description": 'a number; "25%" is 0.25'},
    ),
    "level": Kind(
        read_level,
        _write_level,
        _say_level,
        {"type": ["number", "string"], "description": 'a price, or "2%" above the last one'},
    ),
    "lookback": Kind(
        _read_lookback,
        lambda since: since if isinstance(since, int) else str(since),
        _say_lookback,
        {
            "anyOf": [
                {"type": "integer", "minimum": 1, "maximum": SESSIONS_MAX},
                {"enum": [str(one) for one in Lookback]},
            ],
            "description": "trading days back, from 1 to 1260, or a day by its name",
        },
    ),
    "sessions_back": whole(0, 365),
    "year_days": whole(0, 365),
    "market_days": whole(0, 90),
    "deviations": numbers("0.1", "10", 2, lambda value: f"{value:f}"),
}
_CHOICES: dict[str, Kind] = {name: choice(words, SPOKEN) for name, words in WORDS.items()}
#: A number in per cent or dollars says its unit itself.
_CHOICES["unit"] = choice(
    WORDS["unit"], {"percent": "", "dollars": "", "std_devs": " standard deviations"}
)
_OPTIONAL: dict[str, Kind] = {
    "timing_or_any": _any_of(_CHOICES["timing"], " {}"),
    "right_or_any": _any_of(_CHOICES["right"], " {}"),
}

#: Every kind by its name. What a `trade` and an `expiration` look like is the bot file's.
KINDS: Mapping[str, Kind] = MappingProxyType(_BASIC | _CHOICES | _OPTIONAL)
