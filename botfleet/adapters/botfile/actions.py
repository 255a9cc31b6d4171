"""The shape of actions in a bot file, and the actions they stand for."""

from dataclasses import replace
from typing import Literal

from pydantic import Field, StrictBool, model_validator

from botfleet.adapters.botfile.exits import OF_OPTIONS, ExitsModel, exited
from botfleet.adapters.botfile.fields import (
    AboutPosition,
    Added,
    Final,
    FromEntry,
    FromMid,
    Increment,
    OfEntry,
    PositionField,
    Premium,
    Risk,
    SetTo,
    Share,
    Symbol,
    Tag,
    Units,
)
from botfleet.adapters.botfile.gates import CriteriaModel, EntryModel, gates_of
from botfleet.adapters.botfile.trades import Strict, Trade, refuse
from botfleet.domain.capital.sizing import Amount, Base, On, Percent, Progressive
from botfleet.domain.capital.sizing import Units as Counted
from botfleet.domain.orders.ladder import PricePlan, Speed
from botfleet.domain.trades.opportunities import LOOP_SYMBOL
from botfleet.domain.trades.structures import ON_SHARES, Structure
from botfleet.domain.trees.memory import Verb
from botfleet.domain.trees.nodes import (
    Close,
    Count,
    Open,
    Scope,
    Switch,
    Tagging,
    UpdateExits,
)
from botfleet.domain.trees.sizes import AnySize

TAGS_MAX = 10


class ProgressiveModel(Strict):
    """A size that grows with the results of the bot's closed positions, from start to end."""

    start: Units
    end: Units
    increment: Increment
    on: On

    @model_validator(mode="after")
    def _rises(self) -> "ProgressiveModel":
        if self.end < self.start:
            refuse([("end", "must not be below start")])
        return self


_BESIDE = frozenset({"of", "max"})


class SizeModel(Strict):
    """How much: contracts or shares, an amount at risk, or a percentage of a base.

    Or as many as a position has, or more with every result. `max` bounds an amount or percentage.
    """

    contracts: Units | None = None
    shares: Units | None = None
    amount: Risk | None = None
    percent: Share | None = None
    of: Base | None = None
    max: Units | None = None
    same_as: AboutPosition = None
    progressive: ProgressiveModel | None = None

    @model_validator(mode="after")
    def _is_one(self) -> "SizeModel":
        given = self.model_fields_set - {"of", "max"}
        if len(given) != 1:
            names = ", ".join(name for name in type(self).model_fields if name not in _BESIDE)
            refuse([("", f"must give one of {names}")])
        if (self.of is not None) != ("percent" in given):
            refuse([("of", "is for a percent, which needs it")])
        if self.max is not None and not given & {"amount", "percent"}:
            refuse([("max", "is for an amount or a percent")])
        return self


class PriceModel(Strict):
    """How the price is worked: from the middle towards a final price, of several the best."""

    speed: Speed = Speed.NORMAL
    final: Final | None = None
    from_mid: FromMid | None = None
    fixed: Premium | None = None


class OpenModel(Trade):
    """Open the trade."""

    size: SizeModel
    price: PriceModel = PriceModel()
    exits: ExitsModel = ExitsModel()
    entry: EntryModel = EntryModel()
    wanted: CriteriaModel = Field(CriteriaModel(), alias="filter")
    tags: list[Tag] = Field(default_factory=list, max_length=TAGS_MAX)
    ask: StrictBool = False

    @model_validator(mode="after")
    def _is_counted_right(self) -> "OpenModel":
        is_equity = self.structure is Structure.LONG_EQUITY
        if self.size.contracts is not None and is_equity:
            refuse([("size.contracts", "shares are counted in shares")])
        if self.size.shares is not None and not is_equity:
            refuse([("size.shares", "options are counted in contracts")])
        if self.structure in ON_SHARES and (self.size.amount or self.size.percent):
            draws = "a call on shares draws no capital: give contracts, same_as or progressive"
            refuse([("size", draws)])
        for name in OF_OPTIONS:
            if is_equity and getattr(self.exits, name) is not None:
                refuse([(f"exits.{name}", "is for options")])
        return self


class ClosePriceModel(PriceModel):
    """How a closing price is worked: it may end by the price the position was opened at."""

    of_entry: OfEntry | None = None
    from_entry: FromEntry | None = None


class CloseModel(Strict):
    """How to close; `position` where it is not the loop's."""

    price: ClosePriceModel = ClosePriceModel()
    position: PositionField = None
    ask: StrictBool = False


class UpdateExitsModel(Strict):
    """Other exits for a position, the whole bundle."""

    exits: ExitsModel
    position: PositionField = None


class Owned(Strict):
    """Whose memory an action changes: the bot's, a position's or a symbol's."""

    of: Scope = Scope.BOT
    position: PositionField = None

    @model_validator(mode="after")
    def _is_its_own(self) -> "Owned":
        if self.position is not None and self.of is not Scope.POSITION:
            refuse([("position", "is for of: position")])
        return self


class TagModel(Owned):
    """Tags, and whose; of a symbol the loop's, where it is not given."""

    tags: list[Tag] = Field(min_length=1, max_length=TAGS_MAX)
    symbol: Symbol | None = None

    @model_validator(mode="after")
    def _is_of_symbol(self) -> "TagModel":
        if self.symbol is not None and self.of is not Scope.SYMBOL:
            refuse([("symbol", "is for of: symbol")])
        return self

    def tagging(self, verb: Verb) -> Tagging:
        """Give the action."""
        symbol = self.symbol or LOOP_SYMBOL if self.of is Scope.SYMBOL else None
        return Tagging(verb, self.of, tuple(dict.fromkeys(self.tags)), symbol, self.position)


class ResetModel(TagModel):
    """The tags that replace all others; none at all clears them."""

    tags: list[Tag] = Field(max_length=TAGS_MAX)


class SwitchModel(Owned):
    """A named switch of the bot or of a position, and what it is turned to."""

    name: Tag
    to: Literal["on", "off"]

    @model_validator(mode="after")
    def _has_no_symbol(self) -> "SwitchModel":
        _check_scope(self)
        return self


class CounterModel(Owned):
    """A named counter of the bot or of a position: set it, or add to it."""

    name: Tag
    set: SetTo | None = None
    add: Added | None = None

    @model_validator(mode="after")
    def _is_one(self) -> "CounterModel":
        if (self.set is None) == (self.add is None):
            refuse([("", "must give one of set, add")])
        _check_scope(self)
        return self


def _check_scope(one: Owned) -> None:
    if one.of is Scope.SYMBOL:
        refuse([("of", "must be bot or position")])


def opened(model: OpenModel) -> Open:
    """Give the open action a model stands for."""
    return Open(
        model.spec(),
        sized(model.size),
        priced(model.price),
        exited(model.exits),
        tuple(model.tags),
        gates_of(model.entry, model.wanted),
        model.ask,
    )


def closed(model: CloseModel) -> Close:
    """Give the close action a model stands for."""
    return Close(priced(model.price), model.position, model.ask)


def re_exited(model: UpdateExitsModel) -> UpdateExits:
    """Give the action that sets other exits."""
    return UpdateExits(exited(model.exits), model.position)


def switched(model: SwitchModel) -> Switch:
    """Give the action that turns a switch."""
    return Switch(model.name, model.to == "on", model.of, model.position)


def counted(model: CounterModel) -> Count:
    """Give the action that counts."""
    verb = Verb.ADD if model.set is None else Verb.SET
    number = model.set if model.set is not None else model.add or 0
    return Count(model.name, verb, number, model.of, model.position)


def priced(model: PriceModel) -> PricePlan:
    """Give the price plan a model stands for."""
    plan = PricePlan(model.speed, model.final, model.from_mid, model.fixed)
    if isinstance(model, ClosePriceModel):
        plan = replace(plan, of_entry=model.of_entry, from_entry=model.from_entry)
    return plan


def sized(model: SizeModel) -> AnySize:
    """Give the size a model stands for."""
    if model.amount is not None:
        return Amount(model.amount, model.max)
    if model.percent is not None:
        return Percent(model.percent, model.of or Base.AVAILABLE, model.max)
    if model.progressive is not None:
        grows = model.progressive
        return Progressive(grows.start, grows.end, grows.increment or None, grows.on)
    if model.same_as is not None:
        return model.same_as
    return Counted(model.contracts or model.shares or 1)
