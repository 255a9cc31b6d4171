"""The curated catalogue (S76, R5): every recipe by its id, six families of them.

`SERVES` says which lines of the specification (K1, N3 …) each recipe stands for; `RULED_OUT` which
none does, for no feed here offers what they need (R6).
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from botfleet.domain.trees.conditions import Recipe
from botfleet.domain.trees.recipes import bot, general, indicator, opportunity, position, stock

SERVES: Mapping[str, str] = MappingProxyType(
    {
        "stock_price": "K1",
        "stock_price_between": "K3",
        "stock_property": "K2 K11 K12 K14 K15 K19 K31 K32",
        "stock_property_between": "K3 K13",
        "stock_reference": "K4",
        "stock_change": "K5",
        "stock_change_today": "K5 K6",
        "stock_change_since": "K7",
        "stock_moved": "K7 K8 K9",
        "stock_price_since": "K10",
        "stock_gap": "K11",
        "stock_volume": "K14",
        "stock_spread": "K15",
        "stock_chance": "K16",
        "stock_chance_between": "K17",
        "stock_expected_move": "K18",
        "stock_beyond_expected_move": "K18",
        "stock_opening_range": "K20",
        "stock_opening_range_size": "K21",
        "stock_earnings": "K23",
        "stock_earnings_before_expiration": "K24",
        "stock_earnings_before": "K24",
        "stock_ex_dividend": "K25",
        "stock_kind": "K26",
        "stock_tags": "K28",
        "stock_is": "K30",
        "indicator_value": "N1",
        "indicator_between": "N1",
        "indicator_level": "N1 N10",
        "indicator_level_between": "N1",
        "indicator_price_average": "N2 N16",
        "indicator_price_near_average": "N3",
        "indicator_averages": "N4",
        "indicator_versus": "N4 N5 N13",
        "indicator_moved": "N6",
        "indicator_signal": "N7",
        "indicator_macd": "N8",
        "indicator_band": "N9",
        "indicator_stochastic": "N10",
        "indicator_vix": "N11 N12",
        "indicator_vix_between": "N11",
        "indicator_vix_moved": "N14",
        "indicator_atr": "N15",
        "indicator_volume_average": "N17",
        "position_property": "P1 P6 P7 P20",
        "position_property_between": "P2",
        "position_versus": "P3",
        "position_leg": "P4 P20",
        "position_premium": "P5",
        "position_return": "P6",
        "position_profit": "P7",
        "position_trails": "P8",
        "position_sessions_open": "P9",
        "position_open_for": "P10",
        "position_expires_in": "P11",
        "position_structure": "P12",
        "position_symbol": "P13",
        "position_touch": "P14",
        "position_past": "P15",
        "position_in_the_money": "P16",
        "position_itm_by": "P17",
        "position_otm_by": "P18",
        "position_chance": "P19",
        "position_tags": "P21",
        "position_exit_attempts": "P22",
        "position_event_within": "P23",
        "position_event_before_expiration": "P23",
        "bot_property": "B1 B23 B24 B26 B27",
        "bot_property_between": "B1",
        "bot_available_capital": "B1",
        "bot_net_liquidation": "B1",
        "bot_can_afford": "B2",
        "bot_positions": "B3 B4",
        "bot_has_position": "B4",
        "bot_count": "B3 B4 B5 B6 B7",
        "bot_opened_today": "B8",
        "bot_traded_today": "B8",
        "bot_has_traded_today": "B9 B10",
        "bot_last_traded": "B11 B12 B13",
        "bot_never_traded": "B14 B15",
        "bot_traded_within": "B16",
        "bot_traded_this": "B17",
        "bot_is_trading": "B18 B19",
        "bot_can_open": "B20",
        "bot_tags": "B21",
        "bot_symbols": "B22",
        "bot_streak": "B23",
        "bot_last_result": "B25",
        "bot_last_reason": "B25",
        "bot_delta": "B28",
        "bot_has_leg": "B29",
        "opportunity_available": "O1",
        "opportunity_property": "O2 O11",
        "opportunity_property_between": "O3",
        "opportunity_leg": "O4",
        "opportunity_return": "O5",
        "opportunity_chance": "O6",
        "opportunity_spread": "O7",
        "opportunity_price_between": "O8",
        "opportunity_premium": "O8",
        "opportunity_max_loss": "O2",
        "opportunity_favorable": "O9",
        "opportunity_legs": "O10",
        "general_time": "G1",
        "general_time_between": "G2",
        "general_time_at": "G3",
        "general_closes_in": "G4",
        "general_closes_at": "G5",
        "general_closes_early": "G6",
        "general_date": "G7",
        "general_weekday": "G8",
        "general_event": "G9 G10",
        "general_switch": "G11",
        "general_trading_day": "G12",
        "general_market_day": "G13",
    }
)
#: Lines that no recipe serves, and what no feed here offers for them (R6).
RULED_OUT: Mapping[str, str] = MappingProxyType(
    {
        "K22": "gamma exposure",
        "K27": "liquidity score",
        "K29": "trade ideas",
        "K33": "max pain",
        "K34": "beta weight",
    }
)
_FAMILIES = (stock, opportunity, indicator, position, bot, general)


def _filed(recipe: Recipe) -> Recipe:
    """Add to a recipe the lines that it stands for."""
    return replace(recipe, serves=tuple(SERVES.get(recipe.recipe_id, "").split()))


CATALOGUE: Mapping[str, Recipe] = MappingProxyType(
    {recipe.recipe_id: _filed(recipe) for family in _FAMILIES for recipe in family.RECIPES}
)
CATEGORIES = tuple(dict.fromkeys(recipe.category for recipe in CATALOGUE.values()))
