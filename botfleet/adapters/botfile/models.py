"""The shape of a bot file: its settings, its automations and the nodes of their trees."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Discriminator, Field, model_validator
from pydantic import Tag as Marked

from botfleet.adapters.botfile.conditions import ConditionModel
from botfleet.adapters.botfile.fields import (
    Allocation,
    Final,
    Interval,
    Label,
    Message,
    Name,
    Positions,
    Profit,
    Risk,
    Share,
    Stop,
    Symbol,
    Tag,
    Ticker,
    Trail,
    TrailFrom,
    Units,
    Version,
)
from botfleet.adapters.botfile.trades import Strict, Trade, refuse
from botfleet.domain.bots.bot import Lane
from botfleet.domain.capital.sizing import Base
from botfleet.domain.orders.ladder import Speed
from botfleet.domain.trades.structures import Structure
from botfleet.domain.trees.nodes import LOOP_ITEMS_MAX

AUTOMATIONS_MAX, TAGS_MAX = 50, 10


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
    tags: list[Tag] = Field(default_factory=list, max_length=TAGS_MAX)

    @model_validator(mode="after")
    def _is_counted_right(self) -> "OpenModel":
        is_equity = self.structure is Structure.LONG_EQUITY
        if self.size.contracts is not None and is_equity:
            refuse([("size.contracts", "shares are counted in shares")])
        if self.size.shares is not None and not is_equity:
            refuse([("size.shares", "options are counted in contracts")])
        return self


class OpenNode(Strict):
    """Leaf: open a position."""

    open: OpenModel


class CloseModel(Strict):
    """How to close."""

    price: PriceModel = PriceModel()


class CloseNode(Strict):
    """Leaf: close the loop's position; `close` alone does, priced as usual."""

    close: CloseModel


class NotifyNode(Strict):
    """Leaf: tell the owner."""

    notify: Message


class DecisionNode(Strict):
    """A condition with its two branches."""

    condition: ConditionModel = Field(alias="if")
    yes: "NodeModel"
    no: "NodeModel"


class SymbolsModel(Strict):
    """Every symbol of a list."""

    symbols: list[Ticker] = Field(min_length=1, max_length=LOOP_ITEMS_MAX)


class FilterModel(Strict):
    """Which of the bot's open positions."""

    symbol: Symbol | None = None
    structure: Structure | None = None


class PositionsModel(Strict):
    """The bot's open positions, oldest first."""

    positions: FilterModel


def mark_loop(raw: object) -> str | None:
    """Say which shape a loop's items should have."""
    if isinstance(raw, str):
        return f"<{raw}>" if raw in {"bot_symbols", "positions"} else None
    keys: list[object] = list(raw) if isinstance(raw, dict) else []
    return next((f"<of {key}>" for key in ("symbols", "positions") if key in keys), None)


LoopModel = Annotated[
    Annotated[Literal["bot_symbols"], Marked("<bot_symbols>")]
    | Annotated[Literal["positions"], Marked("<positions>")]
    | Annotated[SymbolsModel, Marked("<of symbols>")]
    | Annotated[PositionsModel, Marked("<of positions>")],
    Discriminator(
        mark_loop,
        custom_error_type="loop",
        custom_error_message="must be bot_symbols, positions, or a mapping with one of "
        "symbols, positions",
    ),
]


class LoopNode(Strict):
    """Walk `do` for every item at once."""

    loop: LoopModel
    do: "NodeModel"


NODE_KEYS = ("if", "loop", "open", "close", "notify")


def mark_node(raw: object) -> str | None:
    """Say which shape a node should have, by its first key that tells."""
    if isinstance(raw, str):
        return f"<just {raw}>" if raw in {"nothing", "close"} else None
    return next((f"<{key}>" for key in NODE_KEYS if isinstance(raw, dict) and key in raw), None)


if TYPE_CHECKING:
    NodeModel = DecisionNode | LoopNode | OpenNode | CloseNode | NotifyNode | str
else:
    NodeModel = Annotated[
        Annotated[DecisionNode, Marked("<if>")]
        | Annotated[LoopNode, Marked("<loop>")]
        | Annotated[OpenNode, Marked("<open>")]
        | Annotated[CloseNode, Marked("<close>")]
        | Annotated[NotifyNode, Marked("<notify>")]
        | Annotated[Literal["nothing"], Marked("<just nothing>")]
        | Annotated[Literal["close"], Marked("<just close>")],
        Discriminator(
            mark_node,
            custom_error_type="node",
            custom_error_message="must be nothing, close, or a mapping with one of "
            + ", ".join(NODE_KEYS),
        ),
    ]


class LimitsModel(Strict):
    """The three global controls; a bot without all three is refused."""

    allocation: Allocation
    daily_positions: Positions
    open_positions: Positions


class AutomationModel(Strict):
    """A decision tree, and the lane it runs in. A button has a label."""

    name: Name
    lane: Lane
    label: Label | None = None
    tree: NodeModel

    @model_validator(mode="after")
    def _is_labelled(self) -> "AutomationModel":
        if (self.label is not None) != (self.lane is Lane.BUTTON):
            refuse([("label", "is for a button, which needs it")])
        return self


class BotModel(Strict):
    """A bot: automations under three hard limits."""

    botfleet: Version
    name: Name
    limits: LimitsModel
    symbols: list[Ticker] = Field(default_factory=list, max_length=LOOP_ITEMS_MAX)
    interval: Interval = 15
    automations: list[AutomationModel] = Field(min_length=1, max_length=AUTOMATIONS_MAX)
