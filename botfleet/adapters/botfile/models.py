"""The shape of a bot file: its settings, its automations and the nodes of their trees."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Discriminator, Field, model_validator
from pydantic import Tag as Marked

from botfleet.adapters.botfile.about import AboutModel
from botfleet.adapters.botfile.actions import (
    TAGS_MAX,
    CloseModel,
    CounterModel,
    OpenModel,
    ResetModel,
    SwitchModel,
    TagModel,
    UpdateExitsModel,
)
from botfleet.adapters.botfile.conditions import ConditionModel
from botfleet.adapters.botfile.fields import (
    Allocation,
    Interval,
    Label,
    Message,
    Name,
    Positions,
    Symbol,
    Tag,
    Ticker,
    Version,
)
from botfleet.adapters.botfile.inputs import InputKind, canonical_input
from botfleet.adapters.botfile.trades import Strict, Where, refuse
from botfleet.adapters.botfile.triggers import EVENTS, HookModel, TriggerModel, WindowModel
from botfleet.domain.bots.bot import Lane
from botfleet.domain.trades.structures import Structure
from botfleet.domain.trees.nodes import LOOP_ITEMS_MAX

AUTOMATIONS_MAX, INPUTS_MAX = 50, 50


class Then(Strict):
    """An action; what follows it goes on from there, on the same snapshot."""

    then: "NodeModel | None" = None


class OpenNode(Then):
    """Open a position."""

    open: OpenModel


class CloseNode(Then):
    """Close a position; `close` alone does the loop's, priced as usual."""

    close: CloseModel


class UpdateExitsNode(Then):
    """Give a position other exits."""

    update_exits: UpdateExitsModel


class NotifyNode(Then):
    """Tell the owner; `{name}` stands for the automation's input of that name."""

    notify: Message


class TagNode(Then):
    """Tag the bot, a position or a symbol."""

    tag: TagModel


class UntagNode(Then):
    """Take tags away."""

    untag: TagModel


class ResetTagsNode(Then):
    """Replace all tags."""

    reset_tags: ResetModel


class SwitchNode(Then):
    """Turn a named switch."""

    switch: SwitchModel


class CounterNode(Then):
    """Set a named counter, or add to it."""

    counter: CounterModel


class DecisionNode(Strict):
    """A condition with its two branches."""

    condition: ConditionModel = Field(alias="if")
    yes: "NodeModel"
    no: "NodeModel"


class ConditionalNode(Strict):
    """A condition: walk `do` where it holds, and then go on."""

    condition: ConditionModel = Field(alias="when")
    do: "NodeModel"
    then: "NodeModel"


class SymbolsModel(Strict):
    """Every symbol of a list."""

    symbols: list[Ticker] = Field(min_length=1, max_length=LOOP_ITEMS_MAX)


class FilterModel(Strict):
    """Which of the bot's open positions."""

    symbol: Symbol | None = None
    structure: Structure | None = None
    tags: list[Tag] = Field(default_factory=list, max_length=TAGS_MAX)


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
    """Walk `do` for every item at once, and then go on."""

    loop: LoopModel
    do: "NodeModel"
    then: "NodeModel | None" = None


ACTION_KEYS = (
    *("open", "close", "update_exits", "notify"),
    *("tag", "untag", "reset_tags", "switch", "counter"),
)
NODE_KEYS = ("if", "when", "loop", *ACTION_KEYS)


def mark_node(raw: object) -> str | None:
    """Say which shape a node should have, by its first key that tells."""
    if isinstance(raw, str):
        return f"<just {raw}>" if raw in {"nothing", "close"} else None
    return next((f"<{key}>" for key in NODE_KEYS if isinstance(raw, dict) and key in raw), None)


if TYPE_CHECKING:
    NodeModel = DecisionNode | ConditionalNode | LoopNode | Then | str
else:
    NodeModel = Annotated[
        Annotated[DecisionNode, Marked("<if>")]
        | Annotated[ConditionalNode, Marked("<when>")]
        | Annotated[LoopNode, Marked("<loop>")]
        | Annotated[OpenNode, Marked("<open>")]
        | Annotated[CloseNode, Marked("<close>")]
        | Annotated[UpdateExitsNode, Marked("<update_exits>")]
        | Annotated[NotifyNode, Marked("<notify>")]
        | Annotated[TagNode, Marked("<tag>")]
        | Annotated[UntagNode, Marked("<untag>")]
        | Annotated[ResetTagsNode, Marked("<reset_tags>")]
        | Annotated[SwitchNode, Marked("<switch>")]
        | Annotated[CounterNode, Marked("<counter>")]
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


class InputModel(Strict):
    """A named value; `value` is the active one, `default` what it is while none is set."""

    name: Name
    kind: InputKind
    default: Any
    value: Any = None

    @model_validator(mode="before")
    @classmethod
    def _is_canonical(cls, raw: Any) -> Any:
        return canonical_input(raw)

    @model_validator(mode="after")
    def _has_a_value(self) -> "InputModel":
        if self.default is None:
            refuse([("default", "is missing")])
        return self


class LinkedInputModel(InputModel):
    """An input of an automation; `bot` names the bot's input it follows."""

    bot: Name | None = None


class AutomationModel(Strict):
    """A decision tree, and what starts it. A button has a label, an event its trigger."""

    name: Name
    lane: Lane
    label: Label | None = None
    trigger: TriggerModel | None = None
    inputs: list[LinkedInputModel] = Field(default_factory=list, max_length=INPUTS_MAX)
    tree: NodeModel

    @model_validator(mode="after")
    def _is_labelled(self) -> "AutomationModel":
        if (self.label is not None) != (self.lane is Lane.BUTTON):
            refuse([("label", "is for a button, which needs it")])
        return self

    @model_validator(mode="after")
    def _is_triggered(self) -> "AutomationModel":
        is_window = isinstance(self.trigger, WindowModel)
        if self.lane is Lane.EVENT and (self.trigger is None or is_window):
            refuse([("trigger", EVENTS)])
        if self.lane is Lane.BUTTON and self.trigger is not None:
            refuse([("trigger", "is not for a button")])
        if self.lane in {Lane.SCANNER, Lane.MONITOR} and not (self.trigger is None or is_window):
            refuse(
                [("trigger", "must be on what days, between what times; lane: event has others")]
            )
        refuse(self._unfed())
        return self

    def _unfed(self) -> list[Where]:
        feeds = self.trigger.feeds if isinstance(self.trigger, HookModel) else []
        own = {one.name for one in self.inputs}
        strange = [name for name in feeds if name not in own or feeds.count(name) > 1]
        return [
            (f"trigger.feeds[{feeds.index(name)}]", "must be an input of the automation, once")
            for name in strange
        ]


class BotModel(AboutModel):
    """A bot: automations under three hard limits."""

    botfleet: Version
    name: Name
    limits: LimitsModel
    symbols: list[Ticker] = Field(default_factory=list, max_length=LOOP_ITEMS_MAX)
    interval: Interval = 15
    day_trading: Literal["allowed", "blocked"] = "allowed"
    inputs: list[InputModel] = Field(default_factory=list, max_length=INPUTS_MAX)
    automations: list[AutomationModel] = Field(min_length=1, max_length=AUTOMATIONS_MAX)
