"""What is kept comes back exactly, and replays and explains the decision it was kept for."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botfleet.domain.capital.sizing import Units
from botfleet.domain.ids import PositionId
from botfleet.domain.market.quotes import Quote
from botfleet.domain.positions.exits import Exits
from botfleet.domain.positions.position import Position, Valuation
from botfleet.domain.trades.opportunities import (
    ByDelta,
    ByOffset,
    ByWidth,
    ExpirationRule,
    NoTrade,
    Opportunity,
    TradeSpec,
)
from botfleet.domain.trades.structures import Structure
from botfleet.domain.trees.conditions import AllOf, AnyOf
from botfleet.domain.trees.explanations import Heard, Step, explain
from botfleet.domain.trees.facts import (
    BOOK,
    Book,
    CloseOf,
    IndicatorOf,
    MarketTime,
    NoData,
    OpportunityOf,
    Question,
    QuoteOf,
    TimeNow,
    ValueOf,
)
from botfleet.domain.trees.nodes import Decision, Nothing, Open
from botfleet.domain.trees.traces import decode_book, decode_facts, encode_book, encode_facts
from botfleet.domain.trees.walk import Verdict, walk
from tests.domain.trees.sample import SPEC, book, opportunity, position, price, quote

decimals = st.decimals(allow_nan=False, allow_infinity=False)
floats = st.floats(allow_nan=False)
texts = st.text(max_size=8)
zones = st.sampled_from((UTC, timezone(timedelta(hours=-5))))
instants = st.datetimes(timezones=zones).map(lambda at: at.replace(fold=0))
ids = st.builds(PositionId, st.uuids())
strikes = st.one_of(
    st.builds(ByDelta, decimals), st.builds(ByOffset, decimals), st.builds(ByWidth, texts, decimals)
)
specs = st.builds(
    TradeSpec,
    symbol=texts,
    structure=st.sampled_from(Structure),
    expiration=st.none() | st.builds(ExpirationRule),
    strikes=st.lists(st.tuples(texts, strikes), max_size=3).map(tuple),
)
quotes = st.builds(Quote, at=instants)
opportunities = st.builds(Opportunity, at=instants, delta=floats, bid=decimals, ask=decimals)
positions = st.builds(Position, opened_at=instants, gain=floats, high_gain=floats, entry=decimals)
books = st.builds(Book, positions=st.lists(positions, max_size=2).map(tuple))
missing = st.builds(NoData)
values = st.builds(Valuation, bid=decimals, ask=decimals, underlying=decimals, at=instants)
times = st.builds(MarketTime, instants, instants, instants)
pairs = st.one_of(
    st.tuples(st.builds(QuoteOf), quotes | missing),
    st.tuples(st.builds(CloseOf), decimals | missing),
    st.tuples(st.builds(IndicatorOf), floats | missing),
    st.tuples(st.builds(OpportunityOf, specs), opportunities | st.builds(NoTrade) | missing),
    st.tuples(st.builds(ValueOf, ids), values | missing),
    st.tuples(st.just(TimeNow()), times | missing),
    st.tuples(st.just(BOOK), books),
)
for kind, strategy in ((Decimal, decimals), (date, st.dates())):
    st.register_type_strategy(kind, strategy)


@given(st.lists(pairs, max_size=6))
def test_facts_come_back_exactly_as_they_were(items: list[tuple[Question, object]]) -> None:
    """Digits, offsets, kinds: repr tells 1.0 from 1.00 and a date from a datetime."""
    facts = dict(items)
    back = decode_facts(encode_facts(facts))
    assert back == facts
    assert {repr(item) for item in back.items()} == {repr(item) for item in facts.items()}


@given(books)
def test_a_book_comes_back_exactly_as_it_was(one: Book) -> None:
    assert decode_book(encode_book(one)) == one


def test_facts_are_kept_the_same_whatever_order_they_came_in() -> None:
    facts: dict[Question, object] = {
        QuoteOf("SPY"): quote("SPY", "101"),
        OpportunityOf(SPEC): opportunity(),
        BOOK: book(replace(position(), exits=Exits(profit=Decimal("0.50")))),
    }
    assert encode_facts(facts) == encode_facts(dict(reversed(facts.items())))


@pytest.mark.parametrize("kept", [b"{}x", b"[1]", b'[[["Nothing"],1]]', b'[[["QuoteOf"],1]]'])
def test_what_is_no_trace_is_refused(kept: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  JSON's own error is one too
        decode_facts(kept)


def test_a_kept_decision_replays_and_explains_itself() -> None:
    either = AnyOf((price("QQQ", "below", "50"), price("TLT", "above", "80")))
    tree = Decision(AllOf((price("SPY", "above", "100"), either)), Open(SPEC, Units(1)), Nothing())
    facts: dict[Question, object] = {
        QuoteOf("SPY"): quote("SPY", "100.25"),
        QuoteOf("QQQ"): NoData("quote of QQQ", "the feed does not know it"),
        QuoteOf("TLT"): quote("TLT", "90"),
        BOOK: book(),
        OpportunityOf(SPEC): opportunity(),
    }
    verdict = walk(tree, facts)
    kept = decode_facts(encode_facts(facts))
    assert walk(tree, kept) == verdict
    assert isinstance(verdict, Verdict)
    assert explain(tree, kept, verdict.outcomes[0]) == (
        Step(
            "",
            "SPY price is above 100 and (QQQ price is below 50 or TLT price is above 80)",
            "yes",
            (
                Heard("SPY price is above 100", "yes", "$100.25"),
                Heard("QQQ price is below 50", "no_data", "the feed does not know it"),
                Heard("TLT price is above 80", "yes", "$90"),
            ),
        ),
    )


def test_an_instant_keeps_its_offset() -> None:
    at = datetime(2026, 11, 18, 10, tzinfo=timezone(timedelta(hours=-5)))
    time = MarketTime(at, at, at)
    assert repr(decode_facts(encode_facts({TimeNow(): time}))[TimeNow()]) == repr(time)
