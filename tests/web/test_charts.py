"""Charts: every value is where its axis says, and every instant tells its numbers."""

from datetime import timedelta
from re import findall

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botfleet.web.charts import (
    Plot,
    Series,
    Slice,
    histogram,
    lines,
    split_bar,
    stacked_bars,
    step_areas,
)
from botfleet.web.scales import (
    Scale,
    clock,
    count,
    duration,
    exact_money,
    hours,
    money,
    share,
    short_money,
    ticks,
)
from tests.web.parsing import parse
from tests.web.sample import CLOSES, OPENS

TIMES = [OPENS, OPENS + timedelta(minutes=30), OPENS + timedelta(minutes=90)]


def _plot(top: float = 100) -> Plot:
    return Plot(560, 250, "A <title>", "d & e", ticks(top), count, count, OPENS, CLOSES)


def _tips(svg: str) -> list[str]:
    return [g.attrib["data-tip"] for g in parse(svg).iter("g") if "data-tip" in g.attrib]


@given(st.floats(min_value=1e-3, max_value=1e12), st.booleans())
def test_ticks_rise_evenly_from_zero_to_cover_the_highest(high: float, is_whole: bool) -> None:  # noqa: FBT001
    found = ticks(high, is_whole=is_whole)
    assert found[0] == 0
    assert found[-1] >= high * (1 - 1e-6)
    assert 2 <= len(found) <= 7
    assert found[-2] < high or len(found) == 2
    assert not is_whole or all(value == round(value) for value in found)


def test_ticks_are_round() -> None:
    assert ticks(300) == (0, 100, 200, 300)
    assert ticks(3, is_whole=True) == (0, 1, 2, 3)
    assert ticks(0) == (0, 1)
    assert ticks(11) == (0, 2.5, 5, 7.5, 10, 12.5)


def test_a_scale_is_straight() -> None:
    scale = Scale(0, 10, 200, 0)
    assert (scale.at(0), scale.at(5), scale.at(10)) == (200, 100, 0)
    assert Scale(3, 3, 7, 9).at(3) == 7


def test_time_labels_lie_on_whole_eastern_hours() -> None:
    assert [clock(at) for at in hours(OPENS, CLOSES, 60)] == ["10:00", "11:00", "12:00", "13:00"]
    assert [clock(at) for at in hours(OPENS, OPENS, 30)] == ["09:30"]


def test_steps_hold_their_value_until_the_next_instant_and_to_the_close() -> None:
    """Pixels: x 54..538 over 210 minutes, y 220..14 over 0..100; 50 is y 117."""
    svg = step_areas(_plot(), TIMES, [Series("Open", "held", (0, 50, 100))])
    (path,) = [p.attrib["d"] for p in parse(svg).iter("path") if "area" in p.get("class", "")]
    assert path == "M54.0 220.0H123.1V117.0H261.4V14.0H538.0V220.0H54.0Z"


def test_layers_stack_and_tooltips_give_each_its_own_value() -> None:
    layers = [Series("In", "committed", (1, 2, 3)), Series("Out", "pending", (10, 20, 30))]
    svg = step_areas(_plot(), TIMES, layers, Series("Most", "ceiling", (90, 90, 90)))
    assert _tips(svg)[1] == "10:00 ET\nIn\t2\nOut\t20\nMost\t90"
    assert len(_tips(svg)) == len(TIMES)


def test_bars_stack_from_the_bottom_and_leave_out_what_is_nothing() -> None:
    svg = stacked_bars(_plot(), TIMES, [Series("a", "x", (50, 0, 0)), Series("b", "y", (50, 0, 7))])
    bars = [r for r in parse(svg).iter("rect") if "bar" in r.get("class", "")]
    assert [(bar.attrib["y"], bar.attrib["height"]) for bar in bars[:2]] == [
        ("117", "103"),
        ("14", "103"),
    ]
    assert len(bars) == 3


def test_lines_pass_through_every_value() -> None:
    svg = lines(_plot(), TIMES, [Series("p50", "p50", (0, 50, 100))])
    assert "M54.0 220.0L123.1 117.0L261.4 14.0" in svg


def test_histograms_name_their_ranges() -> None:
    svg = histogram(_plot(), ["≤ 5 ms", "≤ 10 ms"], Series("Batches", "batch", (4, 100)))
    assert _tips(svg) == ["≤ 5 ms\nBatches 4", "≤ 10 ms\nBatches 100"]


@pytest.mark.parametrize("count_of", [0, 1])
def test_charts_of_next_to_nothing_are_still_drawn(count_of: int) -> None:
    times, one = TIMES[:count_of], [Series("a", "b", (1.0,) * count_of)]
    for svg in (
        step_areas(_plot(), times, one, one[0]),
        stacked_bars(_plot(), times, one),
        lines(_plot(), times, one),
        histogram(_plot(), ["x"] * count_of, one[0]),
    ):
        assert parse(svg).attrib["aria-label"] == "A <title>"
        assert not findall("nan|inf", svg)


def test_a_split_bar_shares_its_whole() -> None:
    svg = split_bar("t", [Slice("SPY", "a", 45, "SPY $45"), Slice("IWM", "b", 8, "x" * 40)], 100)
    boxes = [g.find("rect") for g in parse(svg).iter("g")]
    assert [(b.attrib["x"], b.attrib["width"]) for b in boxes if b is not None] == [
        ("0.000%", "45.000%"),
        ("45.000%", "8.000%"),
    ]
    assert [text.text for text in parse(svg).iter("text")] == ["SPY $45", "IWM"]
    assert "0.000%" in split_bar("t", [Slice("SPY", "a", 45)], 0)


def test_numbers_are_worded_for_people() -> None:
    assert money(123_456_789) == "$1,234,568"
    assert money(-5_000) == "\N{MINUS SIGN}$50"
    assert exact_money(-123_456) == "\N{MINUS SIGN}$1,234.56"
    assert [short_money(c) for c in (0, 99_900, 45_000_000, 123_000_000)] == [
        "$0",
        "$999",
        "$450k",
        "$1.23M",
    ]
    assert [duration(ms) for ms in (0, 412.4, 1284, 12_500)] == ["0 ms", "412 ms", "1.3 s", "12 s"]
    assert (share(1, 4), share(1, 0)) == ("25%", "0%")
