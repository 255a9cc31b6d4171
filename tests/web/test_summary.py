"""A summary's totals, and its plain JSON form."""

import json
from typing import Any

from botfleet.web.summary import to_json
from tests.web.sample import broken, empty, sample


def _keys(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value) | {key for one in value.values() for key in _keys(one)}
    return {key for one in value for key in _keys(one)} if isinstance(value, list) else set()


def test_json_survives_a_round_trip_unchanged() -> None:
    plain = to_json(sample())
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain


def test_json_writes_instants_prices_and_legs_as_the_field_does() -> None:
    plain = to_json(sample())
    order = plain["orders"][0]
    assert plain["session"]["day"] == "2015-12-24"
    assert plain["session"]["opens_at"] == "2015-12-24T09:30:00-05:00"
    assert isinstance(order["limit"], str)
    assert {leg["ratio"] for leg in order["legs"]} == {1, -1}
    assert all(leg["option"].endswith("000") for leg in order["legs"])
    assert order["effect"] in {"open", "close"}


def test_json_spells_the_featured_tree_out_by_branch() -> None:
    tree = to_json(sample())["featured"]["tree"]
    assert tree["kind"] == "decision"
    assert tree["yes"]["says"] == "For each bot symbol: SPY, QQQ, IWM"
    assert tree["yes"]["each"]["no"]["yes"]["place"] == "ybny"
    assert tree["no"]["yes"]["kind"] == "notify"


def test_amounts_and_times_carry_their_units_in_their_names() -> None:
    named = _keys(to_json(sample()))
    assert not {"realised", "allocation", "granted", "lag", "committed"} & named - {"lag"}
    assert {"realised_cents", "allocation_cents", "lag_p99_ms", "recovered_s"} <= named


def test_a_day_is_sound_only_if_something_was_checked_and_nothing_broke() -> None:
    assert sample().is_sound
    assert not broken().is_sound
    assert not empty().is_sound


def test_totals_add_up() -> None:
    day = sample()
    assert day.runs_total == 14_012 + 610 + 402 + 119 + 84 + 12
    assert day.orders_total == 588 + 19 + 3 + 393 + 9
    assert day.draws_of(is_granted=True) == 1012
    assert day.draws_of(is_granted=False) == 71 + 31 + 17
    assert day.founding is not None
    assert day.founding.granted_cents == 443_700 + 447_000 + 94_200


def test_the_peak_counts_what_orders_hold_too() -> None:
    peak = sample().capital_peak
    assert peak is not None
    used = [p.committed_cents + p.pending_cents for p in sample().capital]
    assert peak.committed_cents + peak.pending_cents == max(used)
    assert empty().capital_peak is None
