"""The words a recipe's parameter may be one of, by the name of its kind, and what they count in."""

from collections.abc import Mapping
from types import MappingProxyType

from botfleet.domain.positions.exits import REASONS

STOCK_PROPERTIES = (
    *("last", "bid", "ask", "mid", "spread", "open", "high", "low", "close", "volume"),
    *("change", "change_pct", "change_sd", "gap", "gap_pct", "range", "range_pct"),
    *("iv_rank", "nvrp", "std_dev", "volatility_ratio"),
)
POSITION_PROPERTIES = (
    *("alpha", "open_pl", "pl_per_contract", "return_pct", "return_on_risk", "high_return_pct"),
    *("ask", "bid", "spread", "mid", "market_value", "trade_price", "underlying_price"),
    *("delta", "gamma", "theta", "vega", "ev", "ev_per_contract", "chance_of_profit"),
    *("chance_of_max_profit", "chance_of_max_loss", "reward_risk", "risk", "quantity"),
    *("days_open", "dte", "spread_width", "maintenance"),
)
LEG_PROPERTIES = (
    *("bid", "ask", "mid", "spread", "delta", "gamma", "theta", "vega", "open_interest"),
    *("volume", "intrinsic", "extrinsic", "otm_amount", "chance_of_itm", "strike"),
    *("open", "high", "low", "close", "change", "change_pct", "slippage"),
)
OPPORTUNITY_PROPERTIES = (
    *("alpha", "reward_risk", "ev", "chance_of_profit", "chance_of_max_profit"),
    *("chance_of_max_loss", "bid", "ask", "mid", "spread", "premium", "max_loss", "max_profit"),
    *("delta", "gamma", "theta", "vega", "change", "nvrp"),
)
BOT_PROPERTIES = (
    *("allocation", "available_capital", "capital_at_risk", "net_liquidation"),
    *("day_pl", "day_pl_pct", "open_pl", "open_pl_pct", "total_pl", "total_pl_pct"),
    *("zero_dte_pl", "zero_dte_open_pl", "zero_dte_closed_pl", "streak", "win_rate"),
)
OCCASIONS = (
    *("fomc_meeting", "cpi", "ppi", "pce", "nonfarm_payrolls"),
    *("triple_witching", "monthly_expiration", "end_of_month", "end_of_quarter", "first_weekly"),
    "full_moon",
)
#: Why an exit was tried; `any` is all of them, `any_option` those the minute watch makes.
EXIT_REASONS = ("any", "any_option", *REASONS)

WORDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "stock_property": STOCK_PROPERTIES,
        "position_property": POSITION_PROPERTIES,
        "leg_property": LEG_PROPERTIES,
        "traded_leg": tuple(name for name in LEG_PROPERTIES if name != "chance_of_itm"),
        "opportunity_property": OPPORTUNITY_PROPERTIES,
        "bot_property": BOT_PROPERTIES,
        "price_reference": ("last", "bid", "ask", "mid", "open", "high", "low", "previous_close"),
        "quoted_price": ("mid", "bid", "ask"),
        "since": ("previous_close", "open"),
        "direction": ("increased", "decreased"),
        "unit": ("percent", "dollars", "std_devs"),
        "size_unit": ("percent", "dollars"),
        "point_unit": ("percent", "points"),
        "time_unit": ("minutes", "hours", "days"),
        "side": ("above", "below"),
        "where": ("inside", "beyond"),
        "within": ("within", "beyond"),
        "bound": ("high", "low"),
        "chance": ("profit", "in_the_money", "max_profit", "max_loss"),
        "timing": ("before_open", "after_close"),
        "symbol_kind": ("stock", "etf", "index"),
        "quantifier": ("any", "all", "none"),
        "signal": ("buy", "neutral", "sell"),
        "signalled": ("RSI", "STOCH", "STOCHRSI", "CCI", "CMO", "MFI", "WILLR", "MACD", "BOP"),
        "macd_line": ("signal", "zero"),
        "band": ("upper", "middle", "lower"),
        "vix": ("VIX", "VIX1D", "VIX9D", "VIX3M", "VIX6M", "VVIX"),
        "price_field": ("last", "open", "high", "low", "previous_close"),
        "status": ("any", "open", "opening", "closing", "closed", "error"),
        "leg_side": ("short", "long"),
        "right": ("call", "put"),
        "level_of": ("breakeven", "short_strike", "long_strike"),
        "exit_reason": EXIT_REASONS,
        "occasion": OCCASIONS,
        "company_event": ("earnings", "ex_dividend"),
        "traded": ("opened", "closed"),
        "trading": ("opening", "closing"),
        "period_now": ("week", "month", "quarter"),
        "result": ("win", "loss"),
        "results": ("wins", "losses"),
        "switched": ("on", "off"),
        "day_place": ("first", "last"),
        "day_period": ("week", "month"),
        "market_day": ("open_yesterday", "holiday_tomorrow"),
        "legs_match": ("matches", "conflicts"),
    }
)

#: How a word is said where its letters are no words; no word where the number says it already.
SPOKEN: Mapping[str, str] = MappingProxyType(
    {
        **{f"{name}_pl": f"{said} P/L" for name, said in (("open", "open"), ("day", "day"))},
        **{f"{name}_pl_pct": f"{name} P/L %" for name in ("open", "day", "total")},
        **{
            name: name.upper()
            for name in ("ev", "nvrp", "dte", "fomc_meeting", "cpi", "ppi", "pce")
        },
        "total_pl": "total P/L",
        "pl_per_contract": "P/L per contract",
        "ev_per_contract": "EV per contract",
        "zero_dte_pl": "0DTE P/L",
        "zero_dte_open_pl": "0DTE open P/L",
        "zero_dte_closed_pl": "0DTE closed P/L",
        "fomc_meeting": "FOMC meeting",
        "iv_rank": "IV rank",
        "change_pct": "change %",
        "gap_pct": "gap %",
        "range_pct": "range %",
        "return_pct": "return %",
        "high_return_pct": "high return %",
        "change_sd": "change in standard deviations",
        "std_dev": "standard deviation",
        "chance_of_itm": "chance of ending in the money",
        "otm_amount": "amount out of the money",
        "std_devs": "standard deviations",
    }
)

_PERCENT = (
    *("change_pct", "gap_pct", "range_pct", "std_dev", "return_pct", "return_on_risk"),
    *("high_return_pct", "chance_of_profit", "chance_of_max_profit", "chance_of_max_loss"),
    *("chance_of_itm", "reward_risk", "alpha", "day_pl_pct", "open_pl_pct", "total_pl_pct"),
    *("win_rate", "percent"),
)
_DOLLARS = (
    *("last", "bid", "ask", "mid", "spread", "open", "high", "low", "close", "change", "gap"),
    *("range", "open_pl", "pl_per_contract", "market_value", "trade_price", "underlying_price"),
    *("ev", "ev_per_contract", "risk", "spread_width", "maintenance", "intrinsic", "extrinsic"),
    *("slippage", "otm_amount", "premium", "max_loss", "max_profit", "allocation"),
    *("available_capital", "capital_at_risk", "net_liquidation", "day_pl", "total_pl"),
    *("zero_dte_pl", "zero_dte_open_pl", "zero_dte_closed_pl", "dollars", "strike"),
)
#: What a number counts in, by the property or unit it is compared as; a plain number elsewhere.
UNITS: Mapping[str, str] = MappingProxyType(
    dict.fromkeys(_PERCENT, "percent") | dict.fromkeys(_DOLLARS, "dollars")
)
