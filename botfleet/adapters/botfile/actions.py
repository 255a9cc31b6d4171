"""The shape of actions in a bot file, and the actions they stand for."""

from typing import Literal

from pydantic import Field, model_validator

from botfleet.adapters.botfile.fields import (
    Added,
    Final,
    PositionField,
    Profit,
    Risk,
    SetTo,
    Share,
    Stop,
    Symbol,
    Tag,
    Trail,
    TrailFrom,
    Units,
)
from botfleet.adapters.botfile.gates import CriteriaModel, EntryModel, gates_of
from botfleet.adapters.botfile.trades import Strict, Trade, refuse
from botfleet.domain.capital.sizing import Amount, Base, Percent, Size
from botfleet.domain.capital.sizing import Units as Counted
from botfleet.domain.orders.ladder import PricePlan, Speed
from botfleet.domain.positions.position import Exits
from botfleet.domain.trades.opportunities import LOOP_SYMBOL
from botfleet.domain.trades.structures import Structure
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

TAGS_MAX = 10


class SizeModel(Strict):
    """How much: contracts or shares, an amount at risk, or a percentage of a base."""

    contracts: Units | None = None
    shares: Units | None = None
    amount: Risk | None = None
    percent: Share | None = None
    of: Base | None = None

    @model_validator(mode="after")
    def _is_one(self) -> "SizeModel":
        given = self.model_fields_set & {"contracts", "shares", "amount", "percent"}
        if len(given) != 1:
            refuse([("", "must give one of contracts, shares, amount, percent")])
        if (self.of is not None) != ("percent" in given):
            refuse([("of", "is for a percent, which needs it")])
        return self


class PriceModel(Strict):
    """How the price is worked: from the middle towards the far side."""

    speed: Speed = Speed.NORMAL
    final: Final = 100


class ExitsModel(Strict):
    """When the minute watch closes the position."""

    profit: Profit | None = None
    stop: Stop | None = None
    trail_from: TrailFrom | None = None
    trail: Trail | None = None

    @model_validator(mode="after")
    def _are_paired(self) -> "ExitsModel":
        if (self.trail is None) != (self.trail_from is None):
            refuse([("trail" if self.trail is None else "trail_from", "is missing")])
        return self


class OpenModel(Trade):
    """Open the trade."""

    size: SizeModel
    price: PriceModel = PriceModel()
    exits: ExitsModel = ExitsModel()
    entry: EntryModel = EntryModel()
    wanted: CriteriaModel = Field(CriteriaModel(), alias="filter")
    tags: list[Tag] = Field(default_factory=list, max_length=TAGS_MAX)

    @model_validator(mode="after")
    def _is_counted_right(self) -> "OpenModel":
        is_equity = self.structure is Structure.LONG_EQUITY
        if self.size.contracts is not None and is_equity:
            refuse([("size.contracts", "shares are counted in shares")])
        if self.size.shares is not None and not is_equity:
            refuse([("size.shares", "options are counted in contracts")])
        return self


class CloseModel(Strict):
    """How to close; `position` where it is not the loop's."""

    price: PriceModel = PriceModel()
    position: PositionField = None


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
    )


def closed(model: CloseModel) -> Close:
    """Give the close action a model stands for."""
    return Close(priced(model.price), model.position)


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
    return PricePlan(model.speed, model.final)


def exited(model: ExitsModel) -> Exits:
    """Give the exits a model stands for."""
    return Exits(model.profit, model.stop, model.trail_from, model.trail)


def sized(model: SizeModel) -> Size:
    """Give the size a model stands for."""
    if model.amount is not None:
        return Amount(model.amount)
    if model.percent is not None:
        return Percent(model.percent, model.of or Base.AVAILABLE)
    return Counted(model.contracts or model.shares or 1)
