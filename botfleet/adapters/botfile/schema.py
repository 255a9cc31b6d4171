"""The bot file's JSON Schema, published by `botfleet bot schema`: every field says what it is."""

from collections.abc import Mapping
from typing import Any

from botfleet.adapters.botfile.descriptions import catalogue_version, parameter
from botfleet.adapters.botfile.models import BotModel
from botfleet.domain.trees.recipes.catalogue import CATALOGUE

Mapped = dict[str, Any]

#: What a field is, by its mapping and name, or by its name alone; else what its values say.
_WORDS: Mapping[str, str] = {
    "AllModel.all": "the parts, each of which must hold",
    "AnyModel.any": "the parts, one of which must hold",
    "AutomationModel.name": "the automation's name, unique in the bot",
    "AutomationModel.lane": "where it runs: with the scanners, the monitors, at an event or button",
    "trigger": "what starts an event; of scanners and monitors, at which marks they run",
    "WindowModel.on": "only on these days",
    "WindowModel.between": "only from and up to these times, Eastern",
    "DateModel.date": "the day",
    "every": "how often: day, week, month, year, or 2 weeks and so on, which need from",
    "RepeatingModel.on": "which days of it",
    "RepeatingModel.from": "the first day that may count; every k-th unit is counted from its own",
    "until": "the last day that may count",
    "holiday": "on a day without a session then: the session before, after, or skip it",
    "position_opened": "any, or the structures of it",
    "position_closed": "any, or the structures of it",
    "webhook": "the name it is called by",
    "feeds": "inputs of the automation that the call's payload may give values",
    "label": "the button's label; only for a button",
    "tree": "the decision tree: its root",
    "if": "what is asked: a recipe, or parts under all or any",
    "yes": "what is done where it holds",
    "no": "what is done where it does not",
    "do": "what is walked",
    "then": "what follows",
    "loop": "what is gone through: symbols, bot_symbols or positions",
    "positions": "which of the bot's open positions",
    "symbols": "tickers",
    "notify": "what the owner is told",
    "open": "the trade to open, and how",
    "close": "how to close",
    "FilterModel.symbol": "only positions in this symbol",
    "FilterModel.structure": "only positions of this structure",
    "allocation": "the capital the bot may use, in dollars",
    "daily_positions": "how many positions the bot may open a session day",
    "open_positions": "how many positions the bot may hold at once",
    "BotModel.name": "the bot's name",
    "icon": "a sign it is known by, an emoji",
    "group": "which group of bots it is listed with",
    "notes": "what its owner wrote of it, in lines",
    "BotModel.tags": "the bot's tags, which its trees may ask for and change",
    "alerts": "of what its owner's channels are told: all of these where nothing is said",
    "BotModel.symbols": "the bot's own symbols, for loops over bot_symbols",
    "BotModel.botfleet": "the version of the format: 1",
    "BotModel.limits": "the three hard limits",
    "interval": "minutes between marks: 15, 5 or 1",
    "day_trading": "blocked: nothing is closed on the day it was opened, but for expirations",
    "automations": "decision trees, each with where it runs",
    "symbol": "a ticker, or $symbol for the loop's",
    "structure": "the kind of trade, which says its legs",
    "expiration": "which expiration; none for shares",
    "strikes": "a strike for each leg of the structure",
    "exactly": "an expiration in exactly so many calendar days",
    "at_least": "the nearest expiration in at least so many calendar days",
    "between": "the nearest expiration in so many to so many calendar days",
    "on_or_after": "the expiration on this day, else the next",
    "Expiration.same_as": "the expiration of the position it is about",
    "monthly": "only monthly expirations, those of third Fridays",
    "back": "the later expiration of a calendar or diagonal",
    "delta_between": "the strike whose absolute delta lies within two",
    "strike": "this strike",
    "premium": "the strike whose price is nearest to this",
    "side": "which price a premium is compared with",
    "from": "what an offset is counted from: the last price, or today's open",
    "deviations": "the strike so many 30-day standard deviations from the price",
    "expected_moves": "the strike so many expected moves from the price",
    "same_as": "the strike of that leg, or of the position it is about",
    "match": "the strike that makes this wing as wide as the one of that leg",
    "input": "the name of an input",
    "inputs": "named values, linked wherever they are wanted",
    "default": "what stands there where nothing else is given",
    "value": "what it stands for now",
    "bot": "the bot's input it follows",
    "name": "its name",
    "kind": "what kind of value it is",
    "held_for": "how many minutes it must have held in consecutive runs",
    "when": "what is asked; what stands under do happens where it holds, then the rest goes on",
    "tag": "tags to be given, and whose",
    "switch": "a named switch of the bot or of a position",
    "counter": "a named counter of the bot or of a position: set it, or add to it",
    "set": "what the counter is set to",
    "add": "what is added to the counter",
    "to": "on or off",
    "untag": "tags to be taken away, and whose",
    "reset_tags": "tags that replace all others, and whose",
    "ask": "true: the owner is asked first, and has ten minutes to say yes",
    "update_exits": "other exits for a position, the whole bundle",
    "entry": "what must hold before a trade is looked for",
    "filter": "what must hold of the trade found",
    "has_capital": "there is capital for it",
    "open_positions_below": "the bot holds fewer positions",
    "opened_today_below": "the bot has opened fewer positions today",
    "open_with_symbol_below": "the bot holds fewer positions in this symbol",
    "no_identical_leg": "no position of the bot has one of its legs",
    "vix_between": "the VIX lies within two values",
    "iv_rank_between": "the IV rank lies within two values",
    "spread_below": "the bid/ask spread is less, in dollars",
    "mid_between": "the middle price lies within two, in dollars",
    "width_between": "the widest wing lies within two, in dollars",
    "otm_above": "its sold strikes lie further out of the money",
    "before_earnings": "it expires before the next report",
    "before_fomc": "it expires before the next FOMC meeting",
    "before_ex_dividend": "it expires before the next ex-dividend day",
    "alpha_above": "expected value over max loss is more",
    "expected_value_above": "the expected value of a contract is more, in dollars",
    "reward_risk_above": "max profit over max loss is more",
    "is_favorable": "the reward is fair for the chance of max profit",
    "profit_chance_above": "the chance of profit is more",
    "max_profit_chance_above": "the chance of max profit is more",
    "max_loss_chance_below": "the chance of max loss is less",
    "max_profit_above": "the most a contract can make is more, in dollars",
    "max_loss_below": "the most a contract can lose is less, in dollars",
    "position": "which position; the loop's where it is left out",
    "delta": "the strike whose absolute delta is nearest",
    "offset": "the strike so far from the price",
    "width": "the strike so far from the leg `of`",
    "of": "what it leans on",
    "mode": "what will do where the wanted strike is not listed",
    "size": "how much: one of contracts, shares, amount, percent, same_as, progressive",
    "max": "so many contracts or shares at most",
    "SizeModel.same_as": "as many as this position has",
    "progressive": "more with the results of the bot's closed positions",
    "start": "how many before the first result",
    "end": "how many at most",
    "increment": "how many more after each result counted, or double",
    "on": "which results are counted: all wins or losses, or those in a row",
    "from_mid": "the price may go so far from the middle, in dollars",
    "fixed": "the price may go to this one, in dollars a share",
    "of_entry": "the price may go to this share of what the position was opened at",
    "from_entry": "the price may go so far above or below what the position was opened at",
    "contracts": "so many contracts, or none",
    "shares": "so many shares, or none",
    "amount": "as many as this much risk in dollars allows",
    "percent": "as many as this part of the base `of` allows",
    "SizeModel.of": "what the percentage is of",
    "price": "how the price is worked",
    "speed": "how patiently the price goes from the middle to the final one",
    "final": "how far the price may go",
    "exits": "when the minute watch closes the position",
    "profit": "close at this return on the entry price",
    "stop": "close at this loss on the entry price",
    "trail_from": "the return from which the high is trailed",
    "trail": "close when that much of the high is given back",
    "ExitsModel.price": "close when the middle price reaches this, a share",
    "ExitsModel.avoid": "leave on the session before an event",
    "AvoidModel.events": "which events; those of the economy as an operator's calendar has them",
    "earnings": "so many calendar days before a report, at 31 minutes before the close",
    "ExitsModel.speed": "how patiently a profit is taken",
    "preset": "the name of a preset, whose exits are filled in where the file is taken in",
    "tags": "words the position is found by",
    "recipe": "the recipe's id",
}


def schema() -> Mapped:
    """Give the JSON Schema of a bot file.

    It describes shapes, not the rules that look beyond one mapping (loops, uniqueness, depth).
    """
    document = BotModel.model_json_schema(by_alias=True)
    _describe("BotModel", document)
    for name, shape in document["$defs"].items():
        _describe(name, shape)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **document,
        "title": "botfleet bot file",
        "$comment": f"recipes of the catalogue {catalogue_version()}",
    }


def _describe(model: str, shape: Mapped) -> None:
    """Give every property its description, unless it has one of its own."""
    fields = shape.get("properties", {})
    recipe = CATALOGUE.get(fields.get("recipe", {}).get("const", ""))
    for name, field in fields.items():
        if "description" in field:
            continue
        if recipe is not None and name in recipe.parameters:
            words = parameter(name, recipe.parameters[name])["description"]
        else:
            words = _WORDS.get(f"{model}.{name}") or _WORDS.get(name) or _within(field)
        if words:
            field["description"] = words


def _within(field: Mapped) -> str:
    """Give the description of the first choice that has one."""
    return next((one["description"] for one in field.get("anyOf", ()) if "description" in one), "")
