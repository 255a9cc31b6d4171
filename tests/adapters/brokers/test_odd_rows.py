"""Every field of every broker's order, spoilt in every way: refused, or read as it truly is.

RELIABILITY 7, broker replies: fields missing, negative, of another kind, beyond every bound, an
instant without a zone. Nothing is guessed: what is still read tells the same legs and fills.
"""

import copy
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from botfleet.adapters.brokers.brokers import DIALECTS
from botfleet.adapters.brokers.reading import strictly
from botfleet.adapters.brokers.wire import Reply
from botfleet.domain.market.instruments import occ
from botfleet.domain.orders.order import OrderState, Report
from botfleet.errors import BrokerUnavailable
from botfleet.sandbox.book import BookExecution, BookLeg, BookOrder
from botfleet.sandbox.shape import Sent, Shape, View
from botfleet.sandbox.shapes import SHAPES
from tests.sandbox.fakes import NOON, option

D = Decimal
ASK = Sent(b"", {"includeTags": "true"})
LEGS = (
    BookLeg(occ(option(90)), "buy_to_open", 5),
    BookLeg(occ(option(95)), "sell_to_open", 5),
)
PRICES = ((occ(option(90)), D("3.00")), (occ(option(95)), D("3.92")))
ORDER = BookOrder(
    12,
    "SB00000001",
    "abcdefghijklmnopqrstuvwx",
    "multileg",
    "SPY",
    "credit",
    D("-0.92"),
    5,
    LEGS,
    status="partially_filled",
    created_at=NOON,
    changed_at=NOON + timedelta(seconds=5),
    expires_at=NOON + timedelta(hours=5),
    executed=2,
    average=D("-0.92"),
    last_units=2,
    last_price=D("-0.92"),
)
FILL = BookExecution(7, 12, "SB00000001", 2, D("-0.92"), NOON, PRICES)
VIEW = View(ORDER, (FILL,), (D("-0.92"),))
SPOILT: tuple[Any, ...] = (
    None,
    -1,
    "",
    "x",
    [],
    {},
    True,
    float("inf"),
    10**30,
    "2026-03-04T15:30:00",
    "NaN",
)
GONE = object()
#: What nothing else in the row contradicts: one leg fewer, and a credit's average with its sign.
UNTOLD: dict[str, list[tuple[tuple[Any, ...], object]]] = {
    "tradier": [(("avg_fill_price",), -1)],
    "schwab": [],
    "tradestation": [],
    "tastytrade": [(("legs", 0), GONE)],
    "alpaca": [],
}


def rows_of(shape: Shape) -> Any:
    reply = Reply(200, "application/json", bytes(shape.shown(VIEW, 0, ASK).body))
    return DIALECTS[shape.name].shown(reply)


def places(row: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Name every field, at every depth."""
    parts = (
        row.items() if isinstance(row, dict) else enumerate(row) if isinstance(row, list) else ()
    )
    for name, value in parts:
        yield (*path, name)
        yield from places(value, (*path, name))


def spoilt(row: Any, path: tuple[Any, ...], value: object) -> Any:
    row = copy.deepcopy(row)
    at = row
    for name in path[:-1]:
        at = at[name]
    if value is GONE:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return row


def essence(report: Report) -> tuple[object, ...]:
    """What must not be guessed."""
    fills = [(one.quantity, one.price) for one in report.executions]
    return report.state, report.quantity, report.legs, fills


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_a_spoilt_field_is_refused_or_makes_no_difference(shape: Shape) -> None:
    dialect, row = DIALECTS[shape.name], rows_of(shape)
    truth = essence(dialect.seen(row).report)
    assert truth[0] is OrderState.PARTIAL
    refused = kept = 0
    for path in places(row):
        for value in (GONE, *SPOILT):
            if (path, value) in UNTOLD[shape.name]:
                continue
            wrong = spoilt(row, path, value)
            try:
                told = strictly(lambda wrong=wrong: dialect.seen(wrong))  # type: ignore[misc]
            except BrokerUnavailable:
                refused += 1
                continue
            kept += 1
            assert essence(told.report) == truth, (path, value)
    assert refused > 50
    assert kept > 20


@pytest.mark.parametrize(
    "more",
    [
        '"x": 1, "x": 1',
        '"x": {"deep": {"id": 1, "id": 2}}',
        '"x": NaN',
        '"x": -Infinity',
        '"x": 1e999',
        '"x": 1e9999999999999999999',
        '"x": 0e-999999999',
        pytest.param(f'"x": 0.{"1" * 50}', id="many digits behind the point"),
        pytest.param(f'"x": {"9" * 5_000}', id="many digits"),
    ],
)
@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_json_that_two_readers_may_take_for_two_things_is_none(shape: Shape, more: str) -> None:
    """A name twice, a number that is none or beyond measure: not even of what is not looked at."""
    text = json.dumps(json.loads(bytes(shape.shown(VIEW, 0, ASK).body)))
    dialect = DIALECTS[shape.name]
    whole = text if text.startswith("{") else text[1:-1]

    def told(body: str) -> Report:
        body = body if text.startswith("{") else f"[{body}]"
        reply = Reply(200, "application/json", body.encode())
        return strictly(lambda: dialect.seen(dialect.shown(reply))).report

    assert told(whole).quantity == 5
    with pytest.raises(BrokerUnavailable):
        told(f"{whole[:-1]}, {more}}}")


@pytest.mark.parametrize("huge", ["1e9999999", "9e9999999999", "1e41", "9" * 50, "NaN", "Infinity"])
@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_digits_in_quotes_that_nobody_could_write_out_end_at_once(shape: Shape, huge: str) -> None:
    """An exponent is read before it is multiplied out: that would take hours, and all memory."""
    dialect, row = DIALECTS[shape.name], rows_of(shape)
    truth = essence(dialect.seen(row).report)
    for path in places(row):
        wrong = spoilt(row, path, huge)
        try:
            found = strictly(lambda wrong=wrong: dialect.seen(wrong))  # type: ignore[misc]
        except BrokerUnavailable:
            continue
        assert essence(found.report) == truth, path


WORDS = "Not\x00 \x1b[31menough\ud800 \u202emoney\r\nX: y"


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_a_brokers_words_are_kept_as_a_row_and_a_terminal_can_hold_them(shape: Shape) -> None:
    dialect, row = DIALECTS[shape.name], rows_of(shape)
    names = ("reason_description", "statusDescription", "RejectReason", "reject-reason")
    told = dialect.seen(row | dict.fromkeys(names, WORDS + "!" * 1_000)).report.reason
    assert told.isprintable()
    assert len(told) <= 200
    if shape.name != "alpaca":  # it has no such field
        assert told.startswith("Not   [31menough   money  X: y!")


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b"null", b"7", b'"x"', b"<html>", b'{"data":', b"[" * 100_000, b"\xff"],
)
def test_an_odd_body_is_no_answer_to_anything(shape: Shape, body: bytes) -> None:
    dialect, reply = DIALECTS[shape.name], Reply(200, "text/html", body)
    with pytest.raises(BrokerUnavailable):
        strictly(lambda: dialect.seen(dialect.shown(reply)))
    for read in (
        lambda: dialect.page(reply, ""),
        lambda: dialect.held(reply),
        lambda: dialect.numbers(reply),
    ):
        try:
            found = strictly(read)
        except BrokerUnavailable:
            continue
        assert body in (b"[]", b"{}"), found


def test_a_partial_fill_that_is_shown_smaller_is_not_unfilled() -> None:
    """The truth of the row itself: two of five, at 0.92 received."""
    for shape in SHAPES:
        report = DIALECTS[shape.name].seen(rows_of(shape)).report
        assert essence(report)[1:] == (5, report.legs, [(1, D("-0.92"))] * 2)
        assert report.limit == D("-0.92")
        assert report.entered_at == NOON
        whole = replace(VIEW, order=replace(ORDER, executed=0), fills=())
        reply = Reply(200, "", bytes(shape.shown(whole, 0, ASK).body))
        dialect = DIALECTS[shape.name]
        assert json.loads(reply.body)
        unfilled = strictly(lambda d=dialect, r=reply: d.seen(d.shown(r))).report  # type: ignore[misc]
        assert unfilled.executions == ()
