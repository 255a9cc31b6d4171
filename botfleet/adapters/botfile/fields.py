"""The small values of a bot file as pydantic fields: each says in one sentence what it takes."""

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import core_schema

from botfleet.domain.capital.sizing import UNITS_MAX
from botfleet.domain.money import Money, dollars
from botfleet.domain.trees.grammar import (
    KINDS,
    canonical,
    read_number,
    read_percent,
    read_symbol,
    read_ticker,
    read_whole,
)
from botfleet.domain.trees.sizes import SameAs

#: Categories of characters no text may hold: controls, format marks, surrogates, unassigned.
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_NUMBER = ["number", "string"]
COUNTER_MAX, HELD_MINUTES_MAX = 1_000_000_000, 525_600


@dataclass(frozen=True, slots=True, eq=False)
class Plain:
    """Marks a field that `read` reads from plain data; `shape` is its JSON Schema."""

    read: Callable[[object], Any]
    shape: Mapping[str, Any]

    def __get_pydantic_core_schema__(
        self, _source: object, _handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(
        self, _schema: core_schema.CoreSchema, _handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return dict(self.shape)


def kind_field(name: str) -> Any:
    """Give the field of a recipe parameter of the kind `name`."""
    return Annotated[Any, Plain(KINDS[name].read, KINDS[name].schema)]


def _read_text(raw: object, *, length_max: int) -> str:
    if not isinstance(raw, str) or not raw.strip():
        raise ValueError("must be text")
    if len(raw) > length_max:
        raise ValueError(f"must have at most {length_max} characters")
    if any(unicodedata.category(character) in _UNSEEN for character in raw):
        raise ValueError("must not hold control or invisible characters")
    return raw.strip()


def _read_optional(raw: object, *, length_max: int, lines: bool) -> str:
    """Read text that may be empty, and where `lines` are allowed have several."""
    if not isinstance(raw, str):
        raise ValueError("must be text")  # noqa: TRY004  pydantic's border
    if not raw.strip():
        return ""
    parts = raw.replace("\r\n", "\n").split("\n") if lines else [raw]
    read = [_read_text(one, length_max=length_max) if one.strip() else "" for one in parts]
    text = "\n".join(read).strip()
    if len(text) > length_max:
        raise ValueError(f"must have at most {length_max} characters")
    return text


def optional_text(length_max: int, *, lines: bool = False) -> Plain:
    """Mark a field that takes text, or none of it (an empty one)."""
    shape = {"type": "string", "maxLength": length_max}
    return Plain(partial(_read_optional, length_max=length_max, lines=lines), shape)


def _text(length_max: int) -> Plain:
    shape = {"type": "string", "minLength": 1, "maxLength": length_max}
    return Plain(partial(_read_text, length_max=length_max), shape)


def whole(low: int, high: int) -> Plain:
    """Mark a field that takes a whole number within bounds."""
    shape = {"type": "integer", "minimum": low, "maximum": high}
    return Plain(partial(read_whole, low=low, high=high), shape)


def percentage(low: str, high: str, text: str) -> Plain:
    """Mark a field that takes a fraction within bounds; `text` says what it is."""
    shape = {"type": _NUMBER, "description": f'{text}; a percentage: "25%", or 0.25 for the same'}
    return Plain(partial(read_percent, low=low, high=high), shape)


def _read_money(raw: object, *, low: str, high: str) -> Money:
    return dollars(read_number(raw, low=Decimal(low), high=Decimal(high), places=2))


def money(low: str, high: str, text: str) -> Plain:
    """Mark a field that takes dollars within bounds; `text` says what they are."""
    shape = {"type": _NUMBER, "description": f"{text}; dollars from {low} to {high}"}
    return Plain(partial(_read_money, low=low, high=high), shape)


def _read_delta(raw: object) -> Decimal:
    return read_number(raw, low=Decimal("0.0001"), high=Decimal("0.9999"), places=8)


def _read_width(raw: object) -> tuple[Decimal, bool]:
    is_percent = isinstance(raw, str) and raw.strip().endswith("%")
    if is_percent:
        width = canonical(read_percent(raw, low="-0.9") * 100)
    else:
        width = read_number(raw, low=Decimal(-10_000), high=Decimal(10_000), places=4)
    if width == 0:
        raise ValueError("must not be zero")
    return width, is_percent


def _read_count(raw: object) -> Decimal:
    return read_number(raw, low=Decimal(-10), high=Decimal(10), places=4)


def _read_strike(raw: object) -> Decimal:
    return read_number(raw, low=Decimal("0.001"), high=Decimal(100_000), places=3)


def _read_premium(raw: object) -> Decimal:
    return read_number(raw, low=Decimal("0.01"), high=Decimal(100_000), places=4)


def _read_dollars(raw: object) -> Decimal:
    return read_number(raw, low=Decimal(-1_000_000), high=Decimal(1_000_000), places=4)


def _read_rank(raw: object) -> Decimal:
    return read_number(raw, low=Decimal(0), high=Decimal(1000), places=4)


def _read_far(raw: object) -> Decimal:
    return read_number(raw, low=Decimal(0), high=Decimal(100_000), places=4)


def _read_day(raw: object) -> date:
    if isinstance(raw, date) and not isinstance(raw, datetime):
        return raw
    if not isinstance(raw, str):
        raise ValueError("must be a date, YYYY-MM-DD")  # noqa: TRY004  pydantic's border
    try:
        return date.fromisoformat(raw.strip())
    except ValueError:
        raise ValueError("must be a date, YYYY-MM-DD") from None


def _read_offset(raw: object) -> tuple[Decimal, bool]:
    if isinstance(raw, str) and raw.strip().endswith("%"):
        return canonical(read_percent(raw, low="-0.9") * 100), True
    return read_number(raw, low=Decimal(-100_000), high=Decimal(100_000), places=4), False


def _read_final(raw: object) -> int:
    share = read_percent(raw, low="0.5", high="1.5")
    if share * 100 != int(share * 100):
        raise ValueError("must be a whole percentage")
    return int(share * 100)


def _read_bps(raw: object) -> int:
    share = read_percent(raw, low="0.0001", high="1")
    if share * 10_000 != int(share * 10_000):
        raise ValueError("must have at most 2 decimal places")
    return int(share * 10_000)


def _read_interval(raw: object) -> int:
    if isinstance(raw, bool) or raw not in (1, 5, 15):
        raise ValueError("must be 1, 5 or 15 (minutes)")
    return int(str(raw))


def _read_version(raw: object) -> int:
    if isinstance(raw, bool) or raw != 1:
        raise ValueError("must be 1, the version of bot files that is read here")
    return 1


def _read_increment(raw: object) -> int:
    """Read how much a size grows: so many units, or `double` (0)."""
    return 0 if raw == "double" else read_whole(raw, low=1, high=UNITS_MAX)


def _read_about(raw: object) -> SameAs:
    return SameAs(None if raw == "position" else KINDS["position"].read(raw))


_ABOUT_SHAPE = {
    "description": "position: the loop's; opened or closed: the trigger's; else a lookup",
    "anyOf": [{"const": "position"}, dict(KINDS["position"].schema)],
}
AboutPosition = Annotated[SameAs | None, Plain(_read_about, _ABOUT_SHAPE)]
Increment = Annotated[
    int,
    Plain(
        _read_increment,
        {"anyOf": [{"type": "integer", "minimum": 1, "maximum": UNITS_MAX}, {"const": "double"}]},
    ),
]
PositionField = Annotated[Any, Plain(KINDS["position"].read, KINDS["position"].schema)]
SetTo = Annotated[int, whole(-COUNTER_MAX, COUNTER_MAX)]
Added = Annotated[int, whole(-COUNTER_MAX, COUNTER_MAX)]
HeldFor = Annotated[int, whole(1, HELD_MINUTES_MAX)]
_TICKER, _SYMBOL = Plain(read_ticker, KINDS["ticker"].schema), KINDS["symbol"].schema

Ticker = Annotated[str, _TICKER]
Symbol = Annotated[str, Plain(read_symbol, _SYMBOL)]
Name = Annotated[str, _text(100)]
Label = Annotated[str, _text(40)]
Tag = Annotated[str, _text(32)]
Message = Annotated[str, _text(500)]
Version = Annotated[int, Plain(_read_version, {"const": 1})]
Interval = Annotated[int, Plain(_read_interval, {"enum": [1, 5, 15]})]
Allocation = Annotated[Money, money("250", "10000000", "the capital the bot may use")]
Risk = Annotated[Money, money("0.01", "10000000", "the most one position may lose")]
Positions = Annotated[int, whole(1, 100)]
Days = Annotated[int, whole(0, 3650)]
Units = Annotated[int, whole(1, UNITS_MAX)]
Delta = Annotated[
    Decimal, Plain(_read_delta, {"type": _NUMBER, "description": "absolute delta, 0 to 1"})
]
Width = Annotated[
    tuple[Decimal, bool],
    Plain(
        _read_width,
        {
            "type": _NUMBER,
            "description": 'above (> 0) or below (< 0) the leg `of`: dollars, or "5%"',
        },
    ),
]
Count = Annotated[
    Decimal,
    Plain(_read_count, {"type": _NUMBER, "description": "how many above (> 0) or below (< 0)"}),
]
StrikePrice = Annotated[
    Decimal, Plain(_read_strike, {"type": _NUMBER, "description": "a strike in dollars"})
]
Premium = Annotated[
    Decimal, Plain(_read_premium, {"type": _NUMBER, "description": "dollars a share"})
]
Dollars = Annotated[Decimal, Plain(_read_dollars, {"type": _NUMBER, "description": "dollars"})]
Rank = Annotated[
    Decimal, Plain(_read_rank, {"type": _NUMBER, "description": "points, from 0 to 1000"})
]
Chance = Annotated[Decimal, percentage("0", "1", "a share")]
Ratio = Annotated[Decimal, percentage("-100", "100", "a ratio")]
Day = Annotated[date, Plain(_read_day, {"type": "string", "format": "date"})]
Offset = Annotated[
    tuple[Decimal, bool],
    Plain(
        _read_offset,
        {
            "type": _NUMBER,
            "description": 'above (> 0) or below (< 0) the last price: dollars, or "-2%"',
        },
    ),
]
Final = Annotated[
    int,
    Plain(
        _read_final,
        {
            "type": _NUMBER,
            "description": 'how far the price may go: "50%" the middle, "100%" the far side',
        },
    ),
]
FromMid = Annotated[
    Decimal,
    Plain(_read_far, {"type": _NUMBER, "description": "at most so many dollars from the middle"}),
]
OfEntry = Annotated[Decimal, percentage("0.01", "100", "to this share of the opening price")]
FromEntry = Annotated[
    Decimal,
    Plain(
        _read_dollars,
        {"type": _NUMBER, "description": "dollars above (> 0) or below (< 0) the opening price"},
    ),
]
Share = Annotated[
    int, Plain(_read_bps, {"type": _NUMBER, "description": '"45%", or 0.45 for the same'})
]
Profit = Annotated[Decimal, percentage("0.01", "10", "close at this return on the entry price")]
Stop = Annotated[Decimal, percentage("0.01", "10", "close at this loss on the entry price")]
TrailFrom = Annotated[Decimal, percentage("0", "10", "the return from which the high is trailed")]
Trail = Annotated[
    Decimal, percentage("0.001", "10", "close when that much of the high is given back")
]
