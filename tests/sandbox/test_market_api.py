"""Market data over HTTP has Tradier's shape, and means what the market said."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path

import pytest
import requests

from botfleet.adapters.market.http import HttpMarket
from botfleet.adapters.market.simulated import SimulatedMarket
from botfleet.domain.eastern import instant
from botfleet.domain.market.instruments import Right, occ
from botfleet.errors import MarketUnavailable
from botfleet.sandbox.app import create
from tests.patience import PATIENCE_S
from tests.sandbox.fakes import EXPIRES, MovingClock, option
from tests.sandbox.running import HOUSE, MARKET, Sandbox, running


def _get(broker: Sandbox, path: str, token: str = MARKET, **query: str) -> requests.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return requests.get(
        f"{broker.url}/v1/markets/{path}", params=query, headers=headers, timeout=PATIENCE_S
    )


def _feed(broker: Sandbox) -> HttpMarket:
    return HttpMarket(f"{broker.url}/v1", MARKET, broker.clock)


def test_one_quote_comes_bare_and_strangers_are_unmatched(broker: Sandbox) -> None:
    one = _get(broker, "quotes", symbols="SPY").json()["quotes"]["quote"]
    assert (one["symbol"], one["bid"], one["ask"], one["prevclose"]) == ("SPY", 99.99, 100.01, 99.9)
    both = _get(broker, "quotes", symbols=f"spy,{occ(option(95))},ZZZZ", greeks="true").json()
    assert [row["symbol"] for row in both["quotes"]["quote"]] == ["SPY", occ(option(95))]
    assert both["quotes"]["quote"][1]["greeks"]["delta"] == -0.31
    assert both["quotes"]["unmatched_symbols"] == {"symbol": "ZZZZ"}
    none = _get(broker, "quotes", symbols="ZZZZ,YYYY").json()
    assert none == {"quotes": {"unmatched_symbols": {"symbol": ["ZZZZ", "YYYY"]}}}


def test_greeks_come_only_where_they_are_asked_for(broker: Sandbox) -> None:
    rows = _get(broker, "options/chains", symbol="SPY", expiration="2026-03-20").json()
    assert all("greeks" not in row for row in rows["options"]["option"])


def test_what_is_not_listed_is_null(broker: Sandbox) -> None:
    gone = _get(broker, "options/chains", symbol="SPY", expiration="2026-03-21").json()
    assert gone == {"options": None}
    assert _get(broker, "options/expirations", symbol="ZZZZ").json() == {"expirations": None}
    assert _get(broker, "history", symbol="ZZZZ").json() == {"history": None}


def test_the_clock_tells_the_session(broker: Sandbox) -> None:
    clock = _get(broker, "clock").json()["clock"]
    assert (clock["state"], clock["next_state"], clock["next_change"]) == (
        "open",
        "postmarket",
        "16:00",
    )


@pytest.mark.parametrize("token", ["", "wrong"])
def test_nobody_reads_without_a_token(broker: Sandbox, token: str) -> None:
    assert _get(broker, "quotes", token, symbols="SPY").status_code == 401


def test_an_account_reads_market_data_too(broker: Sandbox) -> None:
    access = broker.connected().tokens.access
    assert _get(broker, "quotes", access, symbols="SPY").status_code == 200


def test_quotes_are_written_anew_when_the_clock_moves(broker: Sandbox) -> None:
    feed = _feed(broker)
    assert feed.quotes(["SPY"])["SPY"].last == Decimal("100.00")
    broker.market.spot = Decimal(101)
    assert feed.quotes(["SPY"])["SPY"].last == Decimal("100.00")
    broker.clock.at = broker.clock.at.replace(minute=31)
    assert feed.quotes(["SPY"])["SPY"].last == Decimal(101)
    feed.close()


def test_the_feed_reads_back_what_the_market_says(broker: Sandbox) -> None:
    feed, market = _feed(broker), broker.market
    options = [option(strike, right) for strike in (90, 95) for right in Right]
    key = ("SPY", EXPIRES)
    assert feed.quotes(["SPY", "ZZZZ"]) == market.quotes(["SPY"])
    assert feed.option_quotes([*options, option(7)]) == market.option_quotes(options)
    assert feed.expirations(["SPY", "ZZZZ"]) == market.expirations(["SPY"])
    assert feed.chains([key, ("ZZZZ", EXPIRES)]) == market.chains([key])
    assert feed.bars(["SPY", "ZZZZ"], 2) == market.bars(["SPY"], 2)
    assert feed.bars(["SPY"], 1) == market.bars(["SPY"], 1)
    assert feed.minutes(["SPY", "ZZZZ"]) == market.minutes(["SPY"])
    assert not feed.quotes([])
    assert not feed.option_quotes([])
    assert not feed.chains([])
    feed.close()


def test_a_feed_that_refuses_or_is_gone_is_unavailable(broker: Sandbox) -> None:
    for feed in (
        HttpMarket(f"{broker.url}/v1", "wrong", broker.clock),
        HttpMarket(f"{broker.url}/nowhere", MARKET, broker.clock),
        HttpMarket("http://127.0.0.1:9/v1", MARKET, broker.clock),
    ):
        with pytest.raises(MarketUnavailable) as told:
            feed.chains([("SPY", EXPIRES)])
        assert MARKET not in str(told.value)
        feed.close()


def test_the_simulated_market_survives_the_wire(tmp_path: Path) -> None:
    """Every number of a real-sized chain comes back as the simulated market gave it."""
    clock = MovingClock(instant(date(2026, 3, 4), time(10, 15)))
    market = SimulatedMarket(7, clock)
    day = market.expirations(["SPY"])["SPY"][2]
    with running(create(market, clock, tmp_path / "book", HOUSE)) as url:
        feed = HttpMarket(f"{url}/v1", MARKET, clock)
        got, said = feed.chains([("SPY", day)]), market.chains([("SPY", day)])
        assert got == {key: replace(chain, at=got[key].at) for key, chain in said.items()}
        options = [quote.option for quote in said["SPY", day].calls]
        assert feed.option_quotes(options) == market.option_quotes(options)
        assert feed.quotes(["SPY", "QQQ"]) == market.quotes(["SPY", "QQQ"])
        assert feed.bars(["SPY", "QQQ"], 60) == market.bars(["SPY", "QQQ"], 60)
        feed.close()


def test_a_body_is_json_of_one_line(broker: Sandbox) -> None:
    body = _get(broker, "options/chains", symbol="SPY", expiration="2026-03-20", greeks="true")
    rows = json.loads(body.content)["options"]["option"]
    assert len(rows) == 10
    assert {row["expiration_date"] for row in rows} == {"2026-03-20"}
    stamp = datetime.fromtimestamp(rows[0]["bid_date"] / 1000, UTC)
    assert stamp == broker.clock.at
