"""Tradier's JSON, oddities kept: one of a kind comes bare instead of in a list, none as "null".

Source: documentation.tradier.com/brokerage-api (markets, accounts). Quotes are written by
templates, for a chain of a thousand contracts is the hot path; every text in them is a symbol.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from math import isfinite
from typing import Any

from botfleet.domain.eastern import wall
from botfleet.domain.market.instruments import Kind, Right, occ
from botfleet.domain.market.quotes import Bar, MinuteBar, OptionQuote, Quote
from botfleet.sandbox.book import JOINED, BookLeg, BookOrder, BookPosition


def bare(items: Sequence[Any]) -> Any:
    """Show one item bare, several as a list, none as the text `null`."""
    if not items:
        return "null"
    return items[0] if len(items) == 1 else list(items)


def dump(body: Any) -> bytes:
    """Write a small JSON body."""
    return json.dumps(body, separators=(",", ":")).encode()


def joined(fragments: Sequence[bytes]) -> bytes:
    """Join written objects: one bare, several as a list."""
    return fragments[0] if len(fragments) == 1 else b"[" + b",".join(fragments) + b"]"


def quote_json(quote: Quote) -> bytes:
    """Write an underlying's quote."""
    last, before, ms = quote.last, quote.previous_close, _ms(quote.at)
    change, percent = _change(last, before)
    return (
        f'{{"symbol":"{quote.symbol}","description":"{quote.symbol}","exch":"P",'
        f'"type":"{quote.kind or Kind.STOCK}",'
        f'"last":{_n(last)},"change":{_n(change)},"volume":{quote.volume},"open":{_n(quote.open)},'
        f'"high":{_n(quote.high)},"low":{_n(quote.low)},"close":null,"bid":{_n(quote.bid)},'
        f'"ask":{_n(quote.ask)},"change_percentage":{_n(percent)},"average_volume":0,'
        f'"last_volume":0,"trade_date":{ms},"prevclose":{_n(before)},"week_52_high":0.0,'
        f'"week_52_low":0.0,"bidsize":1,"bidexch":"P","bid_date":{ms},"asksize":1,"askexch":"P",'
        f'"ask_date":{ms},"root_symbols":"{quote.symbol}"}}'
    ).encode()


def option_json(quote: OptionQuote, underlying: str, *, greeks: bool) -> bytes:
    """Write an option's quote."""
    option, ms = quote.option, _ms(quote.at)
    symbol, expires_on = occ(option), option.expires_on.isoformat()
    right = "call" if option.right is Right.CALL else "put"
    strike, (change, percent) = _n(option.strike), _change(quote.last, quote.previous_close)
    tail = _greeks(quote) if greeks else ""
    return (
        f'{{"symbol":"{symbol}","description":"{underlying} {expires_on} ${strike} {right}",'
        f'"exch":"Z","type":"option","last":{_n(quote.last)},"change":{_n(change)},'
        f'"volume":{quote.volume},"open":{_n(quote.open)},"high":{_n(quote.high)},'
        f'"low":{_n(quote.low)},"close":null,"bid":{_n(quote.bid)},'
        f'"ask":{_n(quote.ask)},"underlying":"{underlying}","strike":{strike},'
        f'"change_percentage":{_n(percent)},"average_volume":0,"last_volume":0,"trade_date":{ms},'
        f'"prevclose":{_n(quote.previous_close)},"week_52_high":0.0,"week_52_low":0.0,"bidsize":{quote.bid_size},'
        f'"bidexch":"Z","bid_date":{ms},"asksize":{quote.ask_size},"askexch":"Z","ask_date":{ms},'
        f'"open_interest":{quote.open_interest},"contract_size":100,'
        f'"expiration_date":"{expires_on}","expiration_type":"standard","option_type":"{right}",'
        f'"root_symbol":"{option.root}"{tail}}}'
    ).encode()


def _change(last: Decimal | None, before: Decimal | None) -> tuple[Decimal | None, Decimal | None]:
    """Give the change since the previous close, in dollars and in per cent."""
    if last is None or not before:
        return None, None
    return last - before, round((last - before) / before * 100, 2)


def _greeks(quote: OptionQuote) -> str:
    volatility = _f(quote.implied_volatility)
    if quote.delta is None and quote.implied_volatility is None:
        return ',"greeks":null'
    return (
        f',"greeks":{{"delta":{_f(quote.delta)},"gamma":{_f(quote.gamma)},'
        f'"theta":{_f(quote.theta)},"vega":{_f(quote.vega)},"rho":0.0,"phi":0.0,'
        f'"bid_iv":{volatility},"mid_iv":{volatility},"ask_iv":{volatility},'
        f'"smv_vol":{volatility},"updated_at":"{quote.at:%Y-%m-%d %H:%M:%S}"}}'
    )


def _n(value: Decimal | None) -> str:
    return "null" if value is None else f"{value:f}"


def _f(value: float | None) -> str:
    return "null" if value is None or not isfinite(value) else repr(float(value))


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def bar_row(bar: Bar) -> dict[str, object]:
    """Show one day of history."""
    prices = {name: float(getattr(bar, name)) for name in ("open", "high", "low", "close")}
    return {"date": bar.day.isoformat(), **prices, "volume": bar.volume}


def minute_row(bar: MinuteBar) -> dict[str, object]:
    """Show one minute of time and sales; `time` is Eastern, `price` the middle of the range."""
    prices = {name: float(getattr(bar, name)) for name in ("open", "high", "low", "close")}
    middle = float((bar.high + bar.low) / 2)
    return {
        "time": f"{wall(bar.starts_at):%Y-%m-%dT%H:%M:%S}",
        "timestamp": int(bar.starts_at.timestamp()),
        "price": middle,
        **prices,
        "volume": bar.volume,
        "vwap": middle,
    }


def order_row(order: BookOrder, *, tags: bool) -> dict[str, object]:
    """Show an order; one of several legs carries them all."""
    common = _fills(order, order.units, order.executed)
    common["avg_fill_price"] = float(abs(order.average))
    common["last_fill_price"] = float(abs(order.last_price))
    row: dict[str, object] = {
        "id": order.id,
        "type": order.type,
        "symbol": order.symbol,
        "side": order.legs[0].side if order.kind not in JOINED else "buy",
        "quantity": float(order.units),
        **common,
        "class": order.kind,
    }
    if order.limit is not None:
        row["price"] = float(abs(order.limit))
    if order.kind == "option":
        row["option_symbol"] = order.legs[0].symbol
    if order.kind in JOINED:
        legs = [_leg_row(order, number, leg) for number, leg in enumerate(order.legs, 1)]
        row |= {"num_legs": len(legs), "strategy": "unknown", "leg": legs}
    if order.reason:
        row["reason_description"] = order.reason
    if tags and order.tag:
        row["tag"] = order.tag
    return row


def _leg_row(order: BookOrder, number: int, leg: BookLeg) -> dict[str, object]:
    ratio = leg.quantity // order.units
    is_shares = leg.symbol == order.symbol
    row: dict[str, object] = {
        "id": order.id * 10 + number,
        "type": order.type,
        "symbol": order.symbol,
        "side": leg.side,
        "quantity": float(leg.quantity),
        **_fills(order, leg.quantity, order.executed * ratio),
        "class": "equity" if is_shares else "option",
    }
    return row if is_shares else {**row, "option_symbol": leg.symbol}


def _fills(order: BookOrder, quantity: int, executed: int) -> dict[str, object]:
    ratio = quantity // order.units
    return {
        "status": order.status,
        "duration": "day",
        "avg_fill_price": 0.0,
        "exec_quantity": float(executed),
        "last_fill_price": 0.0,
        "last_fill_quantity": float(order.last_units * ratio),
        "remaining_quantity": float(quantity - executed if order.is_live else 0),
        "create_date": instant_text(order.created_at),
        "transaction_date": instant_text(order.changed_at),
    }


def position_row(number: int, position: BookPosition) -> dict[str, object]:
    """Show a holding."""
    return {
        "cost_basis": float(position.cost),
        "date_acquired": instant_text(position.acquired_at),
        "id": number,
        "quantity": float(position.quantity),
        "symbol": position.symbol,
    }


def instant_text(at: datetime) -> str:
    """Write an instant as Tradier does: milliseconds and a Z."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
