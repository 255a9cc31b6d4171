"""Trades are worded in a bot file, and what is written is read back the same."""

from typing import Any

import pytest
from pydantic import ValidationError

from botfleet.adapters.botfile.gates import CriteriaModel, EntryModel, gates_of, plain_gates
from botfleet.adapters.botfile.trade_writing import plain_trade
from botfleet.adapters.botfile.trades import Trade

IN_A_MONTH = {"at_least": 30}


def trade(structure: str, strikes: dict[str, Any], **more: Any) -> dict[str, Any]:
    given = {"symbol": "SPY", "structure": structure, "expiration": IN_A_MONTH, **more}
    return {**given, "strikes": strikes}


PUT = "long_put"
TRADES = [
    *(
        trade(PUT, {PUT: strike})
        for strike in (
            {"delta_between": ["0.2", "0.3"]},
            {"strike": 95, "mode": "or_lower"},
            {"premium": "1.25", "side": "bid", "mode": "or_higher"},
            {"offset": "-2%", "from": "open"},
            {"deviations": "-1.5"},
            {"expected_moves": -1},
            {"same_as": "position"},
        )
    ),
    *(
        trade(PUT, {PUT: {"delta": "0.3"}}, expiration=expiration)
        for expiration in (
            {"on_or_after": "2026-12-18"},
            {"same_as": "position"},
            {"between": [20, 40], "monthly": True},
        )
    ),
    trade(
        "iron_butterfly",
        {
            "long_put": {"width": "-5%", "of": "short_put"},
            "short_put": {"offset": 0},
            "short_call": {"same_as": "short_put"},
            "long_call": {"match": "short_call"},
        },
    ),
    trade("cash_secured_put", {"short_put": {"delta": "0.3"}}),
    trade(
        "put_calendar",
        {"short_put": {"offset": 0}, "long_put": {"same_as": "short_put"}},
        back={"at_least": 60},
    ),
]


@pytest.mark.parametrize("plain", TRADES, ids=range(len(TRADES)))
def test_a_trade_comes_back_as_it_was_written(plain: dict[str, Any]) -> None:
    spec = Trade.model_validate(plain).spec()
    written = plain_trade(spec)
    again = Trade.model_validate(written).spec()
    assert again == spec
    assert plain_trade(again) == written
    assert set(written) == set(plain)


@pytest.mark.parametrize(
    "plain",
    [
        trade(PUT, {PUT: {}}),
        trade(PUT, {PUT: {"delta": "0.3", "strike": 95}}),
        trade(PUT, {PUT: {"strike": 95, "side": "bid"}}),
        trade(PUT, {PUT: {"delta_between": ["0.3", "0.2"]}}),
        trade(PUT, {PUT: {"match": "long_put"}}),
        trade(PUT, {PUT: {"same_as": "long_put"}}),
        trade(PUT, {PUT: {"delta": "0.3"}}, back=IN_A_MONTH),
        trade("put_calendar", {"short_put": {"offset": 0}, "long_put": {"same_as": "short_put"}}),
        trade(PUT, {PUT: {"delta": "0.3"}}, expiration={"monthly": True}),
        trade(PUT, {PUT: {"delta": "0.3"}}, expiration={"on_or_after": "soon"}),
    ],
    ids=range(10),
)
def test_what_no_market_could_meet_is_refused(plain: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Trade.model_validate(plain)


def test_gates_come_back_as_they_were_written() -> None:
    plain = {
        "entry": {"open_positions_below": 3, "vix_between": [12, 20], "has_capital": True},
        "filter": {"spread_below": 1, "before_fomc": True, "mid_between": [1, 2]},
    }
    gates = gates_of(
        EntryModel.model_validate(plain["entry"]), CriteriaModel.model_validate(plain["filter"])
    )
    assert plain_gates(gates) == plain
    with pytest.raises(ValidationError):
        EntryModel.model_validate({"vix_between": [20, 12]})
