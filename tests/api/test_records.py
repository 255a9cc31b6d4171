"""Listings by day, kind and trouble, and how instants are told in everything that is answered."""

import re
from datetime import timedelta

import pytest

from botfleet.api import app as api
from botfleet.api.doors import Door as Telling
from tests.api.door import Door
from tests.application.bots import bot, closer, scanner, spread
from tests.application.happenings import event, everything, told
from tests.application.house import MARK

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[^\"]*")
READS = ("bots", "runs", "orders", "positions", "notices", "switches", "connections", "asks")


@pytest.fixture
def lived(door: Door) -> Door:
    """A mark at which one opens and one cannot, an event at 10:00, a click, and the day after."""
    door.house.add(bot(scanner(spread()), closer(), name="Opens", limits="10000, 1, 1"))
    poor = bot(scanner(spread()), name="Poor", limits="250, 1, 1")
    door.house.add(poor)
    door.house.add(bot(event("{every: day, at: '10:00'}", told("ten")), name="Daily"))
    door.house.run(MARK)
    door.house.send()
    door.house.broker.fill("1", 1, "-0.50")
    door.house.look(after_s=6)
    door("POST", "/v1/bots/Test/buttons/go/clicks")
    door.house.run(MARK + timedelta(minutes=15))
    everything(door.house)
    door.house.run(MARK + timedelta(days=1, minutes=15))
    return door


def listed(door: Door, query: str) -> list[tuple[str, str, str]]:
    page = door("GET", f"/v1/runs?limit=2&{query}").json()
    items = page["items"]
    while page["next"]:
        page = door("GET", f"/v1/runs?limit=2&{query}&cursor={page['next']}").json()
        items += page["items"]
    return [(one["bot"], one["kind"], one["outcome"]) for one in items]


def test_runs_are_listed_by_kind_day_and_trouble(lived: Door) -> None:
    every = listed(lived, "")
    assert {kind for _, kind, _ in every} == {"scanner", "monitor", "repeating", "button"}
    assert {kind for _, kind, _ in listed(lived, "kind=monitor")} == {"monitor"}
    events = listed(lived, "kind=event")
    assert events == [("Daily", "repeating", "notified")] * 2
    assert listed(lived, "kind=event&from=2026-03-10&to=2026-03-10") == events[:1]
    assert [kind for _, kind, _ in listed(lived, "kind=button")] == ["button"]
    assert listed(lived, "kind=webhook") == []
    first, second = listed(lived, "to=2026-03-10"), listed(lived, "from=2026-03-11")
    assert second + first == every
    troubled = listed(lived, "level=warning&to=2026-03-10")
    assert {outcome for _, _, outcome in troubled} == {"refused:no_capital"}
    assert {name for name, _, _ in troubled} == {"Poor"}
    assert listed(lived, "level=error") == [("Test", "button", "refused:overlap")]


@pytest.mark.parametrize("query", ["kind=exit", "level=loud", "from=yesterday", "to=2026-02-30"])
def test_a_choice_that_is_none_is_refused(door: Door, query: str) -> None:
    answer = door("GET", f"/v1/runs?{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_input")


def test_days_that_do_not_rise_are_refused_in_one_sentence(door: Door) -> None:
    answer = door("GET", "/v1/orders?from=2026-03-11&to=2026-03-10")
    assert answer.status_code == 422
    assert answer.json()["detail"] == "2026-03-10 lies before 2026-03-11."


def test_every_instant_that_is_answered_bears_the_eastern_offset(lived: Door) -> None:  # S102
    run = lived("GET", "/v1/runs").json()["items"][0]["run_id"]
    order = lived("GET", "/v1/orders").json()["items"][0]["order_id"]
    paths = [*READS, "bots/Opens", f"runs/{run}", f"orders/{order}", f"orders/{order}/history"]
    told_at = {path: _INSTANT.findall(lived("GET", f"/v1/{path}").text) for path in paths}
    assert {path for path, found in told_at.items() if found} >= {
        *("bots", "runs", "orders", "positions", "notices", f"orders/{order}/history")
    }
    told_all = [one for found in told_at.values() for one in found]
    assert len(told_all) > 30
    assert [one for one in told_all if not re.search(r"-0[45]:00$", one)] == []


def test_whatever_is_answered_leaves_by_such_a_door() -> None:
    modules = [one for one in vars(api).values() if hasattr(one, "router")]
    routes = [one for module in modules for one in module.router.routes]
    outside = [one for one in routes if one.path.startswith("/v1")]
    assert len(outside) > 25
    assert [one.path for one in outside if not isinstance(one, Telling)] == []
