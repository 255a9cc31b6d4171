"""What starts an automation, as a bot file has it: read, worded, written, and refused."""

from copy import deepcopy
from typing import Any

import pytest

from botfleet.adapters.botfile import dump, load, parse, plain, read, schema, version, write
from botfleet.domain.bots.bot import SLOTS, Lane
from botfleet.domain.schedules.wording import trigger_words
from botfleet.errors import BadInput
from tests.adapters.botfile.test_faults import GOOD

TRIGGER = "automations[0].trigger"

#: A trigger as it is written canonically, and its words.
GOOD_TRIGGERS: list[tuple[Any, str]] = [
    ("now", "when the bot is turned on"),
    ("market_open", "when the market has opened"),
    ("market_close", "before the market closes"),
    ({"date": "2026-12-18", "at": "10:00"}, "on Friday, 18 December 2026, at 10:00"),
    (
        {"date": "2026-12-25", "at": "10:00", "holiday": "before"},
        "on Friday, 25 December 2026, at 10:00, on a holiday the session before",
    ),
    ({"every": "day", "at": "09:31"}, "every day at 09:31"),
    (
        {"every": "3 days", "at": "15:55", "from": "2026-01-05", "until": "2026-12-31"},
        "every 3 days at 15:55 from 2026-01-05 until 2026-12-31",
    ),
    (
        {"every": "week", "on": ["monday", "wednesday", "friday"], "at": "09:45"},
        "every Monday, Wednesday and Friday at 09:45",
    ),
    (
        {"every": "2 weeks", "on": ["tuesday"], "at": "12:00", "from": "2026-01-06"},
        "every 2 weeks on Tuesday at 12:00 from 2026-01-06",
    ),
    (
        {"every": "month", "on": "third friday", "at": "10:00", "holiday": "before"},
        "every month on the third Friday at 10:00, on a holiday the session before",
    ),
    ({"every": "month", "on": 1, "at": "10:00"}, "every month on day 1 at 10:00"),
    ({"every": "month", "on": "last day", "at": "10:00"}, "every month on the last day at 10:00"),
    (
        {"every": "year", "on": "third friday of march", "at": "10:00", "holiday": "after"},
        "every year on the third Friday of March at 10:00, on a holiday the session after",
    ),
    ({"every": "year", "on": "15 march", "at": "10:00"}, "every year on 15 March at 10:00"),
    (
        {"every": "year", "on": "last day of february", "at": "10:00"},
        "every year on the last day of February at 10:00",
    ),
    ({"position_opened": "any"}, "when a position has opened"),
    ({"position_closed": "iron_condor"}, "when an iron condor has closed"),
    (
        {"position_opened": ["short_put_spread", "short_call_spread"]},
        "when a short put spread or short call spread has opened",
    ),
    ({"webhook": "tradingview-1"}, "when tradingview-1 is called"),
]
WINDOWS: list[tuple[Any, str]] = [
    ({"on": ["monday"]}, "on Monday"),
    ({"between": ["10:00", "14:00"]}, "from 10:00 to 14:00"),
    (
        {"on": ["monday", "friday"], "between": ["10:00", "14:00"], "holiday": "after"},
        "on Monday and Friday from 10:00 to 14:00, on a holiday the session after",
    ),
]


def bot(trigger: object, lane: str = "event", **more: object) -> dict[str, Any]:
    made = deepcopy(GOOD)
    made["automations"] = [
        {"name": "one", "lane": lane, "trigger": trigger, **more, "tree": "nothing"}
    ]
    return made


def faults(data: object) -> dict[str, str]:
    with pytest.raises(BadInput) as caught:
        parse(data)
    return {fault.path: fault.message for fault in caught.value.faults}


@pytest.mark.parametrize(
    ("trigger", "lane", "words"),
    [(trigger, "event", words) for trigger, words in GOOD_TRIGGERS]
    + [(trigger, lane, words) for trigger, words in WINDOWS for lane in ("scanner", "monitor")],
)
def test_a_trigger_is_read_worded_and_written_byte_for_byte(
    trigger: object, lane: str, words: str
) -> None:
    made = parse(bot(trigger, lane))
    assert plain(made)["automations"][0]["trigger"] == trigger
    text = write(made)
    assert read(text) == made
    assert write(read(text)) == text
    assert load(dump(made)) == made
    assert version(load(dump(made))) == version(made)
    started = made.automations[0].trigger
    assert started is not None
    assert trigger_words(started) == words


def test_a_hook_feeds_inputs_of_its_automation() -> None:
    size = {"name": "size", "kind": "number", "default": 1}
    data = bot({"webhook": "go", "feeds": ["size"]}, inputs=[size])
    assert plain(parse(data))["automations"][0]["trigger"] == {"webhook": "go", "feeds": ["size"]}
    data["automations"][0]["trigger"]["feeds"] = ["size", "risk", "size"]
    assert f"{TRIGGER}.feeds[1]" in faults(data)


def test_what_goes_without_saying_is_not_written() -> None:
    trigger = {"every": "1 day", "at": " 10:00", "holiday": "skip", "from": "2026-01-01"}
    written = plain(parse(bot(trigger)))["automations"][0]["trigger"]
    assert written == {"every": "day", "at": "10:00", "from": "2026-01-01"}


EVERY = {"every": "week", "on": ["monday"], "at": "10:00"}
MONTHLY = {"every": "month", "on": "third friday", "at": "10:00"}
DATE = {"date": "2026-12-18", "at": "10:00"}
WRONG: list[tuple[object, str, str]] = [
    (None, "", "must be now, market_open"),
    ({}, "", "must give one of on, between"),
    ("noon", "", "must be now, market_open"),
    (7, "", "must be now"),
    ({"on": ["monday"]}, "", "must be now"),
    (DATE | {"date": "2026-02-30"}, ".date", "must be a date"),
    (DATE | {"date": "2027-02-29"}, ".date", "must be a date"),
    (DATE | {"date": "9999-01-04"}, ".date", "outside the exchange calendar"),
    (DATE | {"date": "1970-01-05"}, ".date", "outside the exchange calendar"),
    (DATE | {"date": "2026-12-19"}, ".date", "has no session then (Saturday)"),
    (DATE | {"date": "2027-03-26"}, ".date", "has no session then (Good Friday)"),
    (DATE | {"date": "2026-11-27", "at": "14:00"}, ".date", "early close"),
    (DATE | {"holiday": ["before", "after"]}, ".holiday", "must be one of"),
    (DATE | {"holiday": "never"}, ".holiday", "must be one of"),
    (DATE | {"at": "09:30"}, ".at", "from 09:31 to 15:55"),
    (DATE | {"at": "15:56"}, ".at", "from 09:31 to 15:55"),
    (DATE | {"date": "2026-03-08", "at": "02:30"}, ".at", "from 09:31 to 15:55"),
    (DATE | {"date": "2026-11-01", "at": "01:30"}, ".at", "from 09:31 to 15:55"),
    (DATE | {"at": "10:00:30"}, ".at", "must be a time of day"),
    (DATE | {"at": 600}, ".at", "must be a time of day"),
    ({"date": "2026-12-18"}, ".at", "is missing"),
    (DATE | {"zone": "UTC"}, ".zone", "is not known here"),
    (EVERY | {"on": ["saturday"]}, ".on", "no other day has a session"),
    (EVERY | {"on": ["saturday", "sunday"]}, ".on", "no other day has a session"),
    (EVERY | {"on": []}, ".on", "must list"),
    (EVERY | {"on": "third friday"}, ".on", "must list weekdays"),
    ({"every": "week", "at": "10:00"}, ".on", "must list weekdays"),
    (EVERY | {"every": "0 weeks"}, ".every", "must be day, week"),
    (EVERY | {"every": "400 weeks"}, ".every", "must be day, week"),
    (EVERY | {"every": "-2 weeks"}, ".every", "must be day, week"),
    (EVERY | {"every": "second"}, ".every", "must be day, week"),
    (EVERY | {"every": 5}, ".every", "must be day, week"),
    (EVERY | {"every": "2 weeks"}, ".from", "is missing"),
    (EVERY | {"from": "2026-05-01", "until": "2026-04-01"}, ".until", "before the first day"),
    (EVERY | {"from": "2026-05-02", "until": "2026-05-03"}, "", "never comes due"),
    (EVERY | {"until": "9999-12-31"}, ".until", "outside the exchange calendar"),
    (MONTHLY | {"on": "fifth friday"}, ".on", "no month always has a fifth"),
    (MONTHLY | {"on": "third saturday"}, ".on", "no other day has a session"),
    (MONTHLY | {"on": 31}, ".on", "must be 1 to 28, or last day"),
    (MONTHLY | {"on": 0}, ".on", "must be 1 to 28, or last day"),
    (MONTHLY | {"on": True}, ".on", "must list weekdays"),
    (MONTHLY | {"on": "15 march"}, ".on", "must be a day of the month"),
    (MONTHLY | {"every": "year"}, ".on", "must be a day of the year"),
    (MONTHLY | {"every": "year", "on": "30 february"}, ".on", "february has no 30"),
    (MONTHLY | {"every": "year", "on": "29 february"}, ".on", "not every year"),
    (MONTHLY | {"every": "year", "on": "31 april"}, ".on", "april has no 31"),
    (MONTHLY | {"every": "year", "on": "0 april"}, ".on", "april has no 0"),
    (MONTHLY | {"every": "year", "on": "1 brumaire"}, ".on", "must name a month"),
    (MONTHLY | {"every": "year", "on": "25 december"}, "", "never comes due"),
    ({"every": "day", "on": ["monday"], "at": "10:00"}, ".on", "is not for days"),
    ({"position_opened": "straddle"}, ".position_opened", "must be any, or of"),
    ({"position_opened": []}, ".position_opened", "must be any, or of"),
    ({"position_closed": ["long_call", "long_call"]}, ".position_closed", "twice"),
    ({"webhook": "https://x"}, ".webhook", "must be 1 to 40"),
    ({"webhook": ""}, ".webhook", "must be 1 to 40"),
]


@pytest.mark.parametrize(("trigger", "path", "words"), WRONG, ids=range(len(WRONG)))
def test_a_trigger_that_cannot_be_is_refused_at_its_place(
    trigger: object, path: str, words: str
) -> None:
    found = faults(bot(trigger))
    assert list(found) == [TRIGGER + path]
    assert words in found[TRIGGER + path]


@pytest.mark.parametrize(
    ("lane", "trigger", "path"),
    [
        ("scanner", DATE, TRIGGER),
        ("monitor", "now", TRIGGER),
        ("scanner", {"between": ["14:00", "10:00"]}, f"{TRIGGER}.between"),
        ("scanner", {"between": ["14:00"]}, f"{TRIGGER}.between"),
        ("scanner", {"holiday": "after", "between": ["10:00", "11:00"]}, f"{TRIGGER}.holiday"),
        ("scanner", {"on": ["sunday"]}, f"{TRIGGER}.on"),
    ],
)
def test_a_lane_takes_its_own_triggers_only(lane: str, trigger: object, path: str) -> None:
    assert list(faults(bot(trigger, lane))) == [path]


def test_a_button_takes_none() -> None:
    assert list(faults(bot("now", "button", label="go"))) == [TRIGGER]


SAMPLES: dict[str, dict[str, Any]] = {
    "scanner": {"lane": "scanner"},
    "monitor": {"lane": "monitor"},
    "button": {"lane": "button"},
    "date": {"lane": "event", "trigger": DATE},
    "repeating": {"lane": "event", "trigger": EVERY},
    "webhook": {"lane": "event", "trigger": {"webhook": "go"}},
    **{
        kind: {"lane": "event", "trigger": {kind: "any"}}
        for kind in ("position_opened", "position_closed")
    },
    **{kind: {"lane": "event", "trigger": kind} for kind in ("now", "market_open", "market_close")},
}


@pytest.mark.parametrize("kind", SLOTS)
def test_a_bot_has_so_many_slots_of_a_kind_and_no_more(kind: str) -> None:
    """4.1: five scanners, ten dates, five on opening; the one beyond is named."""
    sample, most = SAMPLES[kind], SLOTS[kind]
    made = deepcopy(GOOD)
    made["automations"] = [
        {**sample, "name": f"{n}", "tree": "nothing"}
        | ({"label": f"{n}"} if kind == "button" else {})
        for n in range(most + 1)
    ]
    assert list(faults(made)) == [f"automations[{most}]"]
    made["automations"].pop()
    assert {one.kind for one in parse(made).automations} == {kind}


def test_only_an_opening_or_closing_trigger_carries_a_position() -> None:
    tags = {"of": "position", "position": "opened", "tags": ["new"]}
    data = bot({"position_opened": "any"})
    data["automations"][0]["tree"] = {"tag": tags}
    assert parse(data).automations[0].lane is Lane.EVENT
    data["automations"][0]["trigger"] = {"position_closed": "any"}
    assert faults(data) == {
        "automations[0].tree.tag.position": "needs a trigger that carries an opened position"
    }


def test_the_schema_describes_every_field_of_a_trigger() -> None:
    shapes = schema()["$defs"]
    for name in ("WindowModel", "DateModel", "RepeatingModel", "OpenedModel", "HookModel"):
        assert all("description" in one for one in shapes[name]["properties"].values()), name
