"""The shape of a trade in a bot file: what a decision asks about and what an action opens (S83)."""

from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from botfleet.adapters.botfile.fields import (
    Count,
    Day,
    Days,
    Delta,
    Offset,
    Premium,
    StrikePrice,
    Symbol,
    Width,
)
from botfleet.domain.market.instruments import Right
from botfleet.domain.trades.opportunities import (
    ByDelta,
    ByDeltaRange,
    ByDeviation,
    ByExpectedMove,
    ByMatch,
    ByOffset,
    ByPosition,
    ByPremium,
    BySame,
    ByStrike,
    ByWidth,
    ExpirationMode,
    ExpirationRule,
    PriceSide,
    Reference,
    StrikeMode,
    StrikeRule,
    TradeSpec,
)
from botfleet.domain.trades.structures import (
    LEVEL,
    ROLES,
    TWO_DAYS,
    WINGED,
    Role,
    Structure,
)

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
    """Which expiration: by calendar days from today, by date, or as a position's; one of these."""

    exactly: Days | None = None
    at_least: Days | None = None
    between: Annotated[list[Days], Field(min_length=2, max_length=2)] | None = None
    on_or_after: Day | None = None
    same_as: Literal["position"] | None = None
    monthly: bool = False

    model_config = ConfigDict(json_schema_extra={"minProperties": 1, "maxProperties": 2})

    @model_validator(mode="after")
    def _is_one(self) -> "Expiration":
        if len(self.model_fields_set - {"monthly"}) != 1:
            names = ", ".join(name for name in type(self).model_fields if name != "monthly")
            refuse([("", f"must give one of {names}")])
        if self.between is not None and self.between[0] > self.between[1]:
            refuse([("between", "must rise")])
        return self

    def rule(self) -> ExpirationRule:
        """Give the rule."""
        mode, days, days_max, on = self._parts()
        return ExpirationRule(mode, days, days_max, on, self.monthly)

    def _parts(self) -> tuple[ExpirationMode, int, int, date | None]:
        if self.between is not None:
            return ExpirationMode.BETWEEN, self.between[0], self.between[1], None
        if self.exactly is not None:
            return ExpirationMode.EXACTLY, self.exactly, 0, None
        if self.on_or_after is not None:
            return ExpirationMode.ON_OR_AFTER, 0, 0, self.on_or_after
        if self.same_as is not None:
            return ExpirationMode.SAME_AS_POSITION, 0, 0, None
        return ExpirationMode.AT_LEAST, self.at_least or 0, 0, None


class Strike(Strict):
    """Which strike: one rule, and what else will do where it is not listed."""

    delta: Delta | None = None
    delta_between: Annotated[list[Delta], Field(min_length=2, max_length=2)] | None = None
    strike: StrikePrice | None = None
    premium: Premium | None = None
    side: PriceSide = PriceSide.MID
    offset: Offset | None = None
    reference: Reference = Field(Reference.LAST, alias="from")
    width: Width | None = None
    of: RoleName | None = None
    deviations: Count | None = None
    expected_moves: Count | None = None
    same_as: RoleName | Literal["position"] | None = None
    match: RoleName | None = None
    mode: StrikeMode = StrikeMode.CLOSEST

    @model_validator(mode="after")
    def _is_one(self) -> "Strike":
        given = self.model_fields_set & set(RULES)
        if len(given) != 1:
            refuse([("", f"must give one of {', '.join(RULES)}")])
        refuse(list(self._strays(next(iter(given)))))
        return self

    def _strays(self, rule: str) -> Iterator[Where]:
        given = self.model_fields_set
        if ("of" in given) != (rule == "width"):
            yield "of", "is for a width, which needs it"
        if "side" in given and rule != "premium":
            yield "side", "is for a premium"
        if "reference" in given and rule != "offset":
            yield "from", "is for an offset"
        if "mode" in given and rule in {"delta_between", "same_as"}:
            yield "mode", f"is not for {rule}"
        if self.delta_between is not None and self.delta_between[0] > self.delta_between[1]:
            yield "delta_between", "must rise"

    @property
    def leg(self) -> str | None:
        """The leg this one leans on."""
        same = None if self.same_as == "position" else self.same_as
        return self.of or same or self.match

    def rule(self) -> StrikeRule:
        """Give the rule."""
        rule = self._of_the_chain() or self._of_a_price() or self._of_a_leg()
        if rule is None:
            raise ValueError("a strike has one rule")
        return rule

    def _of_the_chain(self) -> StrikeRule | None:
        if self.delta is not None:
            return ByDelta(self.delta, self.mode)
        if self.delta_between is not None:
            return ByDeltaRange(*self.delta_between)
        if self.strike is not None:
            return ByStrike(self.strike, self.mode)
        return None if self.premium is None else ByPremium(self.premium, self.side, self.mode)

    def _of_a_price(self) -> StrikeRule | None:
        if self.offset is not None:
            return ByOffset(*self.offset, self.mode, self.reference)
        if self.deviations is not None:
            return ByDeviation(self.deviations, self.mode)
        return (
            None if self.expected_moves is None else ByExpectedMove(self.expected_moves, self.mode)
        )

    def _of_a_leg(self) -> StrikeRule | None:
        if self.width is not None and self.of is not None:
            amount, is_percent = self.width
            return ByWidth(self.of, amount, self.mode, is_percent)
        if self.same_as is not None:
            return ByPosition() if self.same_as == "position" else BySame(self.same_as)
        return None if self.match is None else ByMatch(self.match, self.mode)


#: The rules a strike may give, one of them.
RULES = (
    *("delta", "delta_between", "strike", "premium", "offset"),
    *("width", "deviations", "expected_moves", "same_as", "match"),
)


class Trade(Strict):
    """A theoretical trade: symbol, structure, expiration and a strike for each of its legs."""

    symbol: Symbol
    structure: Structure
    expiration: Expiration | None = None
    back: Expiration | None = None
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
        back = self.back.rule() if self.back else None
        strikes = tuple((name, rules[name]) for name in names)
        return TradeSpec(self.symbol, self.structure, expiration, strikes, back)


def faults_of(trade: Trade) -> Iterator[Where]:
    """Find what makes a trade impossible however the market stands."""
    roles = ROLES[trade.structure]
    names = [role.name for role in roles]
    if roles and trade.expiration is None:
        yield "expiration", "is missing"
    if not roles and trade.expiration is not None:
        yield "expiration", "shares have none"
    if (trade.back is None) == (trade.structure in TWO_DAYS):
        yield "back", "is the later expiration of a calendar or diagonal, which needs it"
    for name in names:
        if name not in trade.strikes:
            yield f"strikes.{name}", "is missing"
    for name in trade.strikes:
        if name not in names:
            yield f"strikes.{name}", f"is no leg of a {trade.structure}"
    yield from _leaning(trade, names)
    yield from _reversed(trade, roles)


def _leaning(trade: Trade, names: list[str]) -> Iterator[Where]:
    """Find rules that lean on no leg, in a circle, or to the wrong side."""
    for name, strike in trade.strikes.items():
        if strike.leg is None or name not in names:
            continue
        key = "of" if strike.of else "match" if strike.match else "same_as"
        if strike.leg not in names:
            yield f"strikes.{name}.{key}", f"is no leg of a {trade.structure}"
        elif strike.match is not None and trade.structure not in WINGED:
            yield f"strikes.{name}.match", "is for a condor or butterfly"
        elif _leads_nowhere(trade, name):
            yield f"strikes.{name}.{key}", "leads in a circle"
        elif strike.width is not None and not _lies_rightly(strike, name, names):
            side = "above" if strike.width[0] < 0 else "below"
            yield f"strikes.{name}.width", f"must lie {side} {strike.of} in a {trade.structure}"


def _lies_rightly(strike: Strike, name: str, names: list[str]) -> bool:
    is_above = strike.width is not None and strike.width[0] > 0
    return (names.index(name) > names.index(str(strike.of))) == is_above


def _leads_nowhere(trade: Trade, name: str) -> bool:
    """Say whether the legs this one leans on lean, at last, on itself."""
    seen: set[str] = set()
    waiting = _leans_on(trade, name)
    while waiting:
        at = waiting.pop()
        if at == name:
            return True
        if at not in seen:
            seen.add(at)
            waiting |= _leans_on(trade, at)
    return False


def _leans_on(trade: Trade, name: str) -> set[str]:
    strike = {str(role): one for role, one in trade.strikes.items()}.get(name)
    if strike is None or strike.leg is None:
        return set()
    if strike.match is None:
        return {strike.leg}
    return {role.name for role in ROLES[trade.structure]} - {name}


def _reversed(trade: Trade, roles: tuple[Role, ...]) -> Iterator[Where]:
    """Find neighbouring legs whose deltas or offsets make their strikes fall."""
    strikes = {str(name): strike for name, strike in trade.strikes.items()}
    level = LEVEL.get(trade.structure)
    for at, (low, high) in enumerate(pairwise(roles)):
        first, second = strikes.get(low.name), strikes.get(high.name)
        if first is None or second is None or at == level:
            continue
        is_one_day = low.is_back == high.is_back
        if low.right is high.right and is_one_day and _falls_by_delta(first, second, low.right):
            yield f"strikes.{high.name}.delta", f"must put its strike above {low.name}"
        if _falls_by_offset(first, second):
            yield f"strikes.{high.name}.offset", f"must lie above the offset of {low.name}"


def _falls_by_delta(low: Strike, high: Strike, right: Right) -> bool:
    """As strikes rise, the absolute delta of calls falls and that of puts rises."""
    if low.delta is None or high.delta is None:
        return False
    return low.delta <= high.delta if right is Right.CALL else low.delta >= high.delta


def _falls_by_offset(low: Strike, high: Strike) -> bool:
    if low.offset is None or high.offset is None or low.reference is not high.reference:
        return False
    if low.offset[1] != high.offset[1]:
        return False
    return low.offset[0] >= high.offset[0]
