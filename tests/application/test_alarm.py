"""What would fire now, told from one look; names, bounds and pages are those of the alert rules."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from botfleet.application.alarm import Alarm, alarms
from botfleet.application.ports.broker_lines import BrokerLine
from botfleet.application.ports.journal import FleetNumbers
from botfleet.application.ports.passes import BreakKind

QUIET = FleetNumbers(9, 0, 10, 5, 4, 3, 2, 0, 60.0, 6, 120.0, beat="host/7")
BROKER = BrokerLine("schwab", 5, 0, 0, 4, 1, 60.0)
BREAKS = dict.fromkeys(BreakKind, 0)
RULES: dict[str, dict[str, Any]] = {
    rule["alert"]: rule
    for group in yaml.safe_load(
        (Path(__file__).parents[2] / "deploy/prometheus/alerts.yml").read_text()
    )["groups"]
    for rule in group["rules"]
}


def told(
    numbers: FleetNumbers = QUIET,
    broker: BrokerLine = BROKER,
    breaks: dict[BreakKind, int] = BREAKS,
    calendar_days: int = 90,
    *,
    is_session: bool = True,
    unsafe: tuple[str, ...] = (),
) -> list[Alarm]:
    days, open_now = calendar_days, is_session
    found = alarms(
        numbers, [broker], breaks, calendar_days=days, is_session=open_now, unsafe=unsafe
    )
    return list(found)


def everything_wrong() -> list[Alarm]:
    """One more than each bound allows."""
    numbers = replace(
        QUIET,
        users=10,
        users_unseated=1,
        seats=9,
        oldest_due_s=120.5,
        switches={"fleet halted": 1},
        beat="stand-in host/9",
        accounts_restored=3,
        brokers_down=("schwab",),
    )
    broker = replace(BROKER, oldest_unknown_s=60.5, logins_lapsing=2, logins_stranded=1)
    unsafe = ("Postgres runs with fsync = off",)
    return told(numbers, broker, {**BREAKS, BreakKind.ORPHAN: 2}, 89, unsafe=unsafe)


def test_at_every_bound_nothing_is_wrong_yet() -> None:
    assert told() == []
    assert told(replace(QUIET, switches={"bot halted": 3})) == []


def test_beyond_every_bound_everything_is() -> None:
    assert [alarm.name for alarm in everything_wrong()] == [
        "StoreUnsafe",
        "FleetHalted",
        "DatabaseRestored",
        "BrokerDown",
        "NobodyBeats",
        "WorkStands",
        "UsersUnseated",
        "SeatsShort",
        "OrdersUnknown",
        "BooksDiffer",
        "LoginsEnded",
        "LoginsEnding",
        "CalendarEnds",
    ]


def test_a_login_that_ends_is_its_owners_matter_until_positions_are_left_alone() -> None:
    """Brokers end logins every week: of many owners one always has to come back."""
    weekly = replace(BROKER, logins_ending=40, logins_ended=9)
    assert told(broker=weekly) == []
    over_positions = replace(weekly, logins_lapsing=1, logins_stranded=1)
    assert len(told(broker=over_positions)) == 2
    assert told(broker=over_positions, is_session=False) == []


def test_names_pages_and_bounds_are_those_of_the_rules() -> None:
    bounds = {
        "WorkStands": "> 120",
        "OrdersUnknown": "> 60",
        "SeatsShort": "> 0.9",
        "CalendarEnds": "< 90",
    }
    for alarm in everything_wrong():
        rule = RULES[alarm.name]
        assert alarm.runbook == rule["annotations"]["runbook"]
        assert bounds.get(alarm.name, "") in rule["expr"]
