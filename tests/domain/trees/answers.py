"""An answer of every further recipe; what it rests on is `wednesday`."""

from datetime import date, time
from decimal import Decimal

from botfleet.domain.market.lookbacks import Lookback
from botfleet.domain.trades.structures import Structure
from botfleet.domain.trees.operands import Lookup
from botfleet.domain.trees.series import Series
from tests.domain.trees.sample import SPEC
from tests.domain.trees.wednesday import IN_30, SERIES

D = Decimal
_ABOVE: dict[str, object] = {"relation": "above"}
_EXACTLY: dict[str, object] = {"relation": "exactly"}
MORE_ANSWERS: list[tuple[str, dict[str, object], str]] = [
    ("stock_property", {"property": "mid", **_EXACTLY, "value": D(102)}, "yes"),
    ("stock_property", {"property": "gap_pct", **_EXACTLY, "value": D("0.01")}, "yes"),
    ("stock_property", {"property": "change_sd", **_ABOVE, "value": D("1.59")}, "yes"),
    ("stock_property", {"property": "iv_rank", **_ABOVE, "value": D(40)}, "no"),
    ("stock_property", {"property": "volatility_ratio", **_EXACTLY, "value": D("1.25")}, "yes"),
    ("stock_property", {"property": "nvrp", **_EXACTLY, "value": D("0.5625")}, "yes"),
    ("stock_property", {"property": "high", **_ABOVE, "value": D(1)}, "no_data"),
    ("stock_property_between", {"property": "iv_rank", "low": D(30), "high": D(40)}, "yes"),
    ("stock_reference", {"price": "last", **_ABOVE, "reference": "open"}, "yes"),
    (
        "stock_change_today",
        {"unit": "dollars", "since": "open", **_EXACTLY, "value": D(1)},
        "yes",
    ),
    (
        "stock_moved",
        {
            "direction": "decreased",
            **_ABOVE,
            "value": D("0.01"),
            "unit": "percent",
            "lookback": 5,
        },
        "no",
    ),
    (
        "stock_moved",  # 85 to 102: 20 %
        {
            "direction": "increased",
            **_EXACTLY,
            "value": D("0.2"),
            "unit": "percent",
            "lookback": Lookback.YEAR_START,
        },
        "yes",
    ),
    (
        "stock_moved",  # 2 % of the 5.7 % that 20 % a year are in 30 days
        {
            "direction": "increased",
            **_ABOVE,
            "value": D("0.348"),
            "unit": "std_devs",
            "lookback": 5,
        },
        "yes",
    ),
    (
        "stock_chance",
        {"side": "above", "level": (D(105), False), "days": 30, **_ABOVE, "percent": D("0.29")},
        "yes",
    ),
    (
        "stock_chance_between",
        {
            "low": (D("-0.05"), True),
            "high": (D("0.05"), True),
            "days": 30,
            **_ABOVE,
            "percent": D("0.6"),
        },
        "no",
    ),
    (
        "stock_expected_move",
        {"expiration": IN_30, **_EXACTLY, "value": D("0.05"), "unit": "percent"},
        "yes",
    ),
    ("stock_beyond_expected_move", {"where": "inside", "expiration": IN_30}, "yes"),
    ("stock_opening_range", {**_ABOVE, "minutes": 30, "bound": "high"}, "yes"),
    (
        "stock_opening_range_size",
        {"minutes": 30, **_EXACTLY, "value": D("0.01"), "unit": "percent"},
        "yes",
    ),
    ("stock_earnings", {"timing": "after_close", **_EXACTLY, "days": 2}, "yes"),
    ("stock_earnings", {"timing": "before_open", "relation": "less", "days": 3}, "no"),
    ("stock_earnings_before_expiration", {"expiration": IN_30}, "yes"),
    ("stock_earnings_before", {"date": date(2026, 11, 19)}, "no"),
    ("stock_ex_dividend", {**_EXACTLY, "days": 30}, "yes"),
    ("stock_kind", {"kind": "etf"}, "yes"),
    ("stock_tags", {"quantifier": "any", "tags": ("hot", "cold")}, "yes"),
    ("indicator_level", {"series": SERIES, **_ABOVE, "value": D(54)}, "yes"),
    ("indicator_level_between", {"series": SERIES, "low": D(50), "high": D(55)}, "yes"),
    (
        "indicator_versus",
        {"series": SERIES, "relation": "below", "other": Series("VIX", price="last")},
        "no",
    ),
    ("indicator_moved", {"series": SERIES, "direction": "increased", "sessions": 5}, "yes"),
    ("indicator_signal", {"indicator": "RSI", "signal": "neutral"}, "yes"),
    (
        "indicator_macd",
        {**_ABOVE, "line": "signal", "fast": 12, "slow": 26, "signal": 9},
        "yes",
    ),
    ("indicator_band", {**_ABOVE, "band": "upper", "period": 20, "deviations": D(2)}, "yes"),
    ("indicator_band", {**_ABOVE, "band": "middle", "period": 20, "deviations": D(2)}, "no"),
    ("indicator_stochastic", {**_ABOVE, "k": 14, "smooth": 3, "d": 3}, "no"),
    (
        "indicator_price_near_average",
        {
            "within": "within",
            "percent": D("0.01"),
            "side": "above",
            "average": "SMA",
            "period": 20,
        },
        "yes",
    ),
    ("indicator_vix", {"index": "VIX", "price": "high", **_ABOVE, "value": D(21)}, "yes"),
    (
        "indicator_vix_between",
        {"index": "VIX", "price": "last", "low": D(21), "high": D(30)},
        "no",
    ),
    (
        "indicator_vix_moved",
        {
            "index": "VIX",
            "direction": "increased",
            **_EXACTLY,
            "value": D("0.25"),
            "unit": "percent",
            "lookback": 1,
        },
        "yes",
    ),
    ("indicator_atr", {**_EXACTLY, "period": 14, "value": D("0.02"), "unit": "percent"}, "yes"),
    ("indicator_volume_average", {**_EXACTLY, "percent": D(1), "sessions": 2}, "yes"),
    # 500 are 83 % of yesterday's 600
    ("indicator_volume_average", {"relation": "below", "percent": D("0.84"), "sessions": 1}, "yes"),
    ("position_property", {"property": "open_pl", **_EXACTLY, "value": D(100)}, "yes"),
    ("position_property", {"property": "delta", **_EXACTLY, "value": D(10)}, "yes"),
    ("position_property", {"property": "risk", **_EXACTLY, "value": D(800)}, "yes"),
    ("position_property", {"property": "reward_risk", **_EXACTLY, "value": D("0.25")}, "yes"),
    ("position_property_between", {"property": "dte", "low": D(30), "high": D(45)}, "yes"),
    (
        "position_versus",
        {
            "property": "return_pct",
            **_ABOVE,
            "other": Lookup("SPY"),
            "other_property": "chance_of_profit",
        },
        "no",
    ),
    (
        "position_leg",
        {
            "side": "short",
            "right": "put",
            "property": "chance_of_itm",
            **_ABOVE,
            "value": D("0.2"),
        },
        "yes",
    ),
    *(
        (
            "position_leg",
            {"side": "short", "right": "put", "property": name, **_EXACTLY, "value": D(value)},
            "yes",
        )
        for name, value in (
            ("open", "0.30"),
            ("high", "0.50"),
            ("low", "0.25"),
            ("close", "0.36"),
            ("change", "0.09"),  # 0.45 - 0.36
            ("change_pct", "0.25"),  # 0.09 / 0.36
            ("slippage", "0.02"),  # 0.44 - 0.42
        )
    ),
    (
        "position_leg",
        {"side": "long", "right": "call", "property": "bid", **_ABOVE, "value": D(0)},
        "no_data",
    ),
    (
        "position_premium",
        {"direction": "decreased", "relation": "at_least", "percent": D("0.5")},
        "yes",
    ),
    ("position_sessions_open", {**_EXACTLY, "sessions": 0}, "yes"),
    ("position_structure", {"structure": Structure.SHORT_PUT_SPREAD}, "yes"),
    ("position_tags", {"quantifier": "all", "tags": ("income", "a")}, "yes"),
    ("position_touch", {"relation": "below", "side": "short", "right": "put"}, "no"),
    (
        "position_past",  # break-even 99, the price 3 above it
        {
            "where": "inside",
            "level": "breakeven",
            **_EXACTLY,
            "value": D(3),
            "unit": "dollars",
        },
        "yes",
    ),
    ("position_itm_by", {**_ABOVE, "value": D(0), "unit": "dollars"}, "no"),
    ("position_otm_by", {**_EXACTLY, "value": D(2), "unit": "dollars"}, "yes"),
    ("position_chance", {"chance": "profit", **_ABOVE, "percent": D("0.69")}, "yes"),
    ("position_exit_attempts", {"reason": "any_option", **_EXACTLY, "count": 2}, "yes"),
    ("position_event_within", {"event": "earnings", "days": 1}, "no"),
    ("position_event_before_expiration", {"event": "ex_dividend"}, "yes"),
    ("position_switch", {"name": "rolled", "state": "on"}, "yes"),
    ("position_counter", {"name": "rolls", **_EXACTLY, "count": 2}, "yes"),
    ("bot_property", {"property": "open_pl", **_EXACTLY, "value": D(100)}, "yes"),
    ("bot_property", {"property": "day_pl", **_EXACTLY, "value": D(90)}, "yes"),
    ("bot_property", {"property": "total_pl", **_EXACTLY, "value": D(300)}, "yes"),
    ("bot_property", {"property": "win_rate", **_EXACTLY, "value": D("0.75")}, "yes"),
    # the position expires in a month: of today there is what was closed, 10 dollars
    ("bot_property", {"property": "zero_dte_pl", **_EXACTLY, "value": D(10)}, "yes"),
    ("bot_property", {"property": "zero_dte_open_pl", **_EXACTLY, "value": D(0)}, "yes"),
    ("bot_property", {"property": "zero_dte_closed_pl", **_EXACTLY, "value": D(10)}, "yes"),
    ("bot_property_between", {"property": "streak", "low": D(2), "high": D(9)}, "yes"),
    (
        "bot_count",
        {
            **_EXACTLY,
            "count": 1,
            "status": "open",
            "structure": Structure.SHORT_PUT_SPREAD,
            "tags": ("income",),
            "expiration": IN_30,
        },
        "yes",
    ),
    ("bot_count", {**_EXACTLY, "count": 6, "status": "closed"}, "yes"),
    ("bot_count", {**_EXACTLY, "count": 4, "status": "closed", "symbol": "SPY"}, "yes"),
    ("bot_count", {**_EXACTLY, "count": 4, "status": "closed", "tags": ("income",)}, "yes"),
    ("bot_count", {**_EXACTLY, "count": 3, "status": "error"}, "yes"),
    (
        "bot_count",
        {**_EXACTLY, "count": 0, "status": "error", "structure": Structure.LONG_CALL},
        "yes",
    ),
    ("bot_traded_today", {"verb": "closed", **_EXACTLY, "count": 1}, "yes"),
    ("bot_has_traded_today", {"verb": "opened", "symbol": "SPY", "tag": "income"}, "yes"),
    ("bot_last_traded", {"verb": "closed", **_EXACTLY, "sessions": 2}, "yes"),
    (
        "bot_last_traded",  # Friday, October 9: five weeks and three days of five, none a holiday
        {"verb": "opened", "symbol": "QQQ", **_EXACTLY, "sessions": 28},
        "yes",
    ),
    ("bot_never_traded", {"verb": "opened", "symbol": "TLT"}, "yes"),
    ("bot_traded_within", {"verb": "opened", "count": 1, "unit": "hours"}, "yes"),
    ("bot_traded_this", {"verb": "closed", "period": "week"}, "yes"),
    ("bot_is_trading", {"verb": "opening"}, "no"),
    ("bot_can_open", {}, "yes"),
    ("bot_tags", {"quantifier": "none", "tags": ("wild",)}, "yes"),
    ("bot_symbols", {**_EXACTLY, "count": 3}, "yes"),
    ("bot_streak", {"results": "losses", "relation": "more", "count": 0}, "no"),
    ("bot_last_result", {"result": "win"}, "yes"),
    ("bot_last_reason", {"reason": "profit"}, "yes"),
    ("bot_delta", {**_EXACTLY, "value": D(10)}, "yes"),
    ("bot_has_leg", {"trade": SPEC}, "yes"),
    ("bot_can_afford", {"trade": SPEC, **_EXACTLY, "count": 6}, "yes"),
    (
        "opportunity_property",
        {"trade": SPEC, "property": "alpha", **_EXACTLY, "value": D("0.03")},
        "yes",
    ),
    (
        "opportunity_property",  # the symbol's, (25 % squared less 20 % squared) over the latter
        {"trade": SPEC, "property": "nvrp", **_EXACTLY, "value": D("0.5625")},
        "yes",
    ),
    (
        "opportunity_property",  # -1.00 now; both legs closed at 0.36, the two at nothing
        {"trade": SPEC, "property": "change", **_EXACTLY, "value": D(-1)},
        "yes",
    ),
    (
        "opportunity_property_between",
        {"trade": SPEC, "property": "gamma", "low": D("0.5"), "high": D(1)},
        "yes",
    ),
    (
        "opportunity_leg",
        {
            "trade": SPEC,
            "side": "long",
            "right": "put",
            "property": "mid",
            **_EXACTLY,
            "value": D("0.42"),
        },
        "yes",
    ),
    (
        "opportunity_chance",
        {"trade": SPEC, "chance": "max_loss", "relation": "below", "percent": D("0.2")},
        "yes",
    ),
    (
        "opportunity_price_between",
        {"trade": SPEC, "price": "mid", "low": D(1), "high": D(2)},
        "yes",
    ),
    ("opportunity_favorable", {"trade": SPEC}, "no"),  # 100 x 0.6 against 400 x 0.4
    ("opportunity_legs", {"trade": SPEC, "match": "conflicts"}, "no"),
    ("general_time_between", {"start": time(9, 45), "end": time(10)}, "yes"),
    ("general_time_at", {"time": time(10)}, "yes"),
    ("general_closes_at", {"time": time(13)}, "no"),
    ("general_closes_early", {**_EXACTLY, "days": 9}, "yes"),  # after Thanksgiving
    ("general_date", {"relation": "before", "date": date(2026, 11, 19)}, "yes"),
    ("general_event", {"event": "cpi", **_EXACTLY, "days": 0}, "yes"),
    ("general_event", {"event": "monthly_expiration", **_EXACTLY, "days": 2}, "yes"),
    ("general_trading_day", {"place": "first", "period": "week"}, "no"),
    ("general_market_day", {"what": "open_yesterday"}, "yes"),
    ("general_switch", {"name": "risk", "state": "on"}, "yes"),
    ("general_counter", {"name": "tries", "relation": "more", "count": 2}, "yes"),
]
