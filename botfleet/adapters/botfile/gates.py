"""Entry and position criteria in a bot file: gates on an open action."""

from dataclasses import fields
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field, model_validator

from botfleet.adapters.botfile.fields import Chance, Dollars, Positions, Rank, Ratio
from botfleet.adapters.botfile.trades import Strict, refuse
from botfleet.domain.trees.gates import EntryCriteria, Gates, TradeCriteria
from botfleet.domain.trees.grammar import number

Prices = Annotated[list[Dollars], Field(min_length=2, max_length=2)]
Ranks = Annotated[list[Rank], Field(min_length=2, max_length=2)]


class _Rising(Strict):
    @model_validator(mode="after")
    def _rise(self) -> "_Rising":
        pairs = [(name, getattr(self, name)) for name in type(self).model_fields]
        refuse([(n, "must rise") for n, v in pairs if isinstance(v, list) and v[0] > v[1]])
        return self

    def given(self) -> dict[str, Any]:
        """Give the criteria as a domain value takes them."""
        return {
            name: tuple(value) if isinstance(value, list) else value
            for name in type(self).model_fields
            if (value := getattr(self, name)) is not None
        }


class EntryModel(_Rising):
    """What must hold before a trade is looked for."""

    has_capital: bool = False
    open_positions_below: Positions | None = None
    opened_today_below: Positions | None = None
    open_with_symbol_below: Positions | None = None
    no_identical_leg: bool = False
    vix_between: Ranks | None = None
    iv_rank_between: Ranks | None = None


class CriteriaModel(_Rising):
    """What must hold of the trade found."""

    spread_below: Dollars | None = None
    mid_between: Prices | None = None
    width_between: Prices | None = None
    otm_above: Chance | None = None
    before_earnings: bool = False
    before_fomc: bool = False
    before_ex_dividend: bool = False
    alpha_above: Ratio | None = None
    expected_value_above: Dollars | None = None
    reward_risk_above: Ratio | None = None
    is_favorable: bool = False
    profit_chance_above: Chance | None = None
    max_profit_chance_above: Chance | None = None
    max_loss_chance_below: Chance | None = None
    max_profit_above: Dollars | None = None
    max_loss_below: Dollars | None = None


def gates_of(entry: EntryModel, wanted: CriteriaModel) -> Gates:
    """Give the gates of an open action."""
    return Gates(EntryCriteria(**entry.given()), TradeCriteria(**wanted.given()))


def plain_gates(gates: Gates) -> dict[str, Any]:
    """Write gates; what asks nothing is left out."""
    parts = {"entry": _plain(gates.entry), "filter": _plain(gates.trade)}
    return {key: part for key, part in parts.items() if part}


def _plain(criteria: EntryCriteria | TradeCriteria) -> dict[str, Any]:
    values = {one.name: getattr(criteria, one.name) for one in fields(criteria)}
    return {
        name: _value(one) for name, one in values.items() if one is not None and one is not False
    }


def _value(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_value(one) for one in value]
    return number(value) if isinstance(value, Decimal) else value
