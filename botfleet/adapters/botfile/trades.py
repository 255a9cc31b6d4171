"""The shape of a trade in a bot file: what a decision asks about and what an action opens (S83)."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from botfleet.adapters.botfile.fields import Days, Delta, Offset, Symbol, Width
from botfleet.domain.market.instruments import Right
from botfleet.domain.trades.opportunities import (
    ByDelta,
    ByOffset,
    ByWidth,
    ExpirationMode,
    ExpirationRule,
    StrikeMode,
    StrikeRule,
    TradeSpec,
)
from botfleet.domain.trades.structures import ROLES, Role, Structure

Where = tuple[str, str]
RoleName = Literal["long_put", "short_put", "short_call", "long_call"]


class Strict(BaseModel):
    """A mapping of a bot file: unknown keys are faults."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def refuse(faults: list[Where]) -> None:
    """Raise every fault of one mapping: pairs of a place inside it and a message.

    Raises:
        PydanticCustomError: there is one.
    """
    if faults:
        raise PydanticCustomError("faults", "is wrong", {"faults": faults})


class Expiration(Strict):
    """Which expiration, in calendar days from today: one of the three."""

    exactly: Days | None = None
    at_least: Days | None = None
    between: Annotated[list[Days], Field(min_length=2, max_length=2)] | None = None

    model_config = ConfigDict(json_schema_extra={"minProperties": 1, "maxProperties": 1})

    @model_validator(mode="after")
    def _is_one(self) -> "Expiration":
        if len(self.model_fields_set) != 1:
            refuse([("", "must give one of exactly, at_least, between")])
        if self.between is not None and self.between[0] > self.between[1]:
            refuse([("between", "must rise")])
        return self

    def rule(self) -> ExpirationRule:
        """Give the rule."""
        if self.between is not None:
            return ExpirationRule(ExpirationMode.BETWEEN, *self.between)
        if self.exactly is not None:
            return ExpirationRule(ExpirationMode.EXACTLY, self.exactly)
        return ExpirationRule(ExpirationMode.AT_LEAST, self.at_least or 0)


class Strike(Strict):
    """Which strike: by delta, by offset from the last price, or by width from another leg."""

    delta: Delta | None = None
    offset: Offset | None = None
    width: Width | None = None
    of: RoleName | None = None
    mode: StrikeMode = StrikeMode.CLOSEST

    @model_validator(mode="after")
    def _is_one(self) -> "Strike":
        given = self.model_fields_set & {"delta", "offset", "width"}
        if len(given) != 1:
            refuse([("", "must give one of delta, offset, width")])
        if ("of" in self.model_fields_set) != ("width" in given):
            refuse([("of", "is for a width, which needs it")])
        return self

    def rule(self) -> StrikeRule:
        """Give the rule."""
        if self.delta is not None:
            return ByDelta(self.delta, self.mode)
        if self.offset is not None:
            return ByOffset(*self.offset, self.mode)
        if self.width is None or self.of is None:
            raise ValueError("a strike has one rule")
        return ByWidth(self.of, self.width, self.mode)


class Trade(Strict):
    """A theoretical trade: symbol, structure, expiration and a strike for each of its legs."""

    symbol: Symbol
    structure: Structure
    expiration: Expiration | None = None
    strikes: dict[RoleName, Strike] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _is_whole(self) -> "Trade":
        refuse(list(faults_of(self)))
        return self

    def spec(self) -> TradeSpec:
        """Give the trade, its legs in the order of `ROLES`."""
        names = [role.name for role in ROLES[self.structure]]
        rules = {str(name): strike.rule() for name, strike in self.strikes.items()}
        expiration = self.expiration.rule() if self.expiration else None
        strikes = tuple((name, rules[name]) for name in names)
        return TradeSpec(self.symbol, self.structure, expiration, strikes)


def faults_of(trade: Trade) -> Iterator[Where]:
    """Find what makes a trade impossible however the market stands."""
    roles = ROLES[trade.structure]
    names = [role.name for role in roles]
    if roles and trade.expiration is None:
        yield "expiration", "is missing"
    if not roles and trade.expiration is not None:
        yield "expiration", "shares have none"
    for name in names:
        if name not in trade.strikes:
            yield f"strikes.{name}", "is missing"
    for name in trade.strikes:
        if name not in names:
            yield f"strikes.{name}", f"is no leg of a {trade.structure}"
    yield from _leaning(trade, names)
    yield from _reversed(trade, roles)


def _leaning(trade: Trade, names: list[str]) -> Iterator[Where]:
    """Find widths that lean on no leg, in a circle, or to the wrong side."""
    for name, strike in trade.strikes.items():
        if strike.of is None or strike.width is None or name not in names:
            continue
        if strike.of not in names:
            yield f"strikes.{name}.of", f"is no leg of a {trade.structure}"
        elif _leads_nowhere(trade, name):
            yield f"strikes.{name}.of", "leads in a circle"
        elif (names.index(name) > names.index(strike.of)) != (strike.width > 0):
            side = "above" if strike.width < 0 else "below"
            yield f"strikes.{name}.width", f"must lie {side} {strike.of} in a {trade.structure}"


def _leads_nowhere(trade: Trade, name: str) -> bool:
    seen: set[str | None] = set()
    at: str | None = name
    while at is not None and at not in seen:
        seen.add(at)
        strike = next((one for role, one in trade.strikes.items() if role == at), None)
        at = strike.of if strike else None
    return at is not None


def _reversed(trade: Trade, roles: tuple[Role, ...]) -> Iterator[Where]:
    """Find neighbouring legs whose deltas or offsets make their strikes fall."""
    strikes = {str(name): strike for name, strike in trade.strikes.items()}
    for low, high in pairwise(roles):
        first, second = strikes.get(low.name), strikes.get(high.name)
        if first is None or second is None:
            continue
        if low.right is high.right and _falls_by_delta(first, second, low.right):
            yield f"strikes.{high.name}.delta", f"must put its strike above {low.name}"
        if _falls_by_offset(first, second):
            yield f"strikes.{high.name}.offset", f"must lie above the offset of {low.name}"


def _falls_by_delta(low: Strike, high: Strike, right: Right) -> bool:
    """As strikes rise, the absolute delta of calls falls and that of puts rises."""
    if low.delta is None or high.delta is None:
        return False
    return low.delta <= high.delta if right is Right.CALL else low.delta >= high.delta


def _falls_by_offset(low: Strike, high: Strike) -> bool:
    if low.offset is None or high.offset is None or low.offset[1] != high.offset[1]:
        return False
    return low.offset[0] >= high.offset[0]
