"""What starts an automation, in a bot file: windows of marks, and events.

What the calendar says (a day without a session, a rule that never comes) is judged where a file is
read, not where a stored bot is loaded: a market that closes unforeseen breaks no bot.
"""

from datetime import date, time, timedelta
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, ValidationInfo, model_validator
from pydantic import Tag as Marked

from botfleet.adapters.botfile.fields import Day, Name
from botfleet.adapters.botfile.trades import Strict, Where, refuse
from botfleet.adapters.botfile.trigger_fields import At, Days, Every, HookName, On, Structures
from botfleet.domain.eastern import instant
from botfleet.domain.market.closures import FIRST_DAY, HORIZON
from botfleet.domain.schedules.events import (
    WORKDAYS,
    Hook,
    Moment,
    Once,
    Repeating,
    Resultant,
    Transition,
    Trigger,
    Window,
    next_at,
)
from botfleet.domain.schedules.holidays import HolidayRule, cause, observed
from botfleet.domain.schedules.recurrences import NthDay, NthWeekday, Recurrence, Unit, Weekdays
from botfleet.domain.schedules.wording import unit_words

FEEDS_MAX = 50
Holiday = Literal["before", "after", "skip"]


class WindowModel(Strict):
    """The marks at which a scanner or a monitor runs."""

    on: Days | None = None
    between: Annotated[list[At], Field(min_length=2, max_length=2)] | None = None
    holiday: Holiday = "skip"

    @model_validator(mode="after")
    def _is_a_window(self) -> "WindowModel":
        faults: list[Where] = []
        if self.on is None and self.between is None:
            faults.append(("", "must give one of on, between"))
        if self.between is not None and self.between[0] > self.between[1]:
            faults.append(("between", "must rise"))
        if self.holiday != "skip" and self.on is None:
            faults.append(("holiday", "is for days given by on"))
        refuse(faults)
        return self

    def trigger(self) -> Window:
        """Give the window."""
        begins, ends = self.between or (time.min, time.max)
        return Window(self.on or WORKDAYS, begins, ends, HolidayRule(self.holiday))


class DateModel(Strict):
    """One day, at a time."""

    date: Day
    at: At
    holiday: Holiday = "skip"

    @model_validator(mode="after")
    def _is_traded(self, info: ValidationInfo) -> "DateModel":
        if info.context:
            refuse(_outside(self.date, "date") or self._untraded())
        return self

    def _untraded(self) -> list[Where]:
        if observed(self.date, self.at, HolidayRule(self.holiday)) is not None:
            return []
        why = cause(self.date, self.at)
        return [("date", f"has no session then ({why}): say holiday: before, or after")]

    def trigger(self) -> Once:
        """Give the event."""
        return Once(self.date, self.at, HolidayRule(self.holiday))


class RepeatingModel(Strict):
    """Every day, week, month or year, at a time."""

    every: Every
    on: On | None = None
    at: At
    first: Day | None = Field(default=None, alias="from")
    until: Day | None = None
    holiday: Holiday = "skip"

    @model_validator(mode="after")
    def _is_a_rule(self, info: ValidationInfo) -> "RepeatingModel":
        refuse([*self._misfits(), *self._misdated()])
        if info.context:
            named = (("from", self.first), ("until", self.until))
            refuse([one for key, day in named if day for one in _outside(day, key)])
            refuse(self._never())
        return self

    def _misfits(self) -> list[Where]:
        unit, given = self.every[0], self.on
        month = getattr(given, "month", None)
        fits = {
            Unit.DAY: given is None,
            Unit.WEEK: isinstance(given, Weekdays),
            Unit.MONTH: isinstance(given, NthWeekday | NthDay) and month is None,
            Unit.YEAR: isinstance(given, NthWeekday | NthDay) and month is not None,
        }
        wants = {
            Unit.DAY: "is not for days",
            Unit.WEEK: "must list weekdays: [monday, friday]",
            Unit.MONTH: "must be a day of the month: third friday, 15, last day",
            Unit.YEAR: "must be a day of the year: third friday of march, 15 march",
        }
        return [] if fits[unit] else [("on", wants[unit])]

    def _misdated(self) -> list[Where]:
        faults: list[Where] = []
        if self.every[1] > 1 and self.first is None:
            faults.append(("from", f"is missing: every {unit_words(*self.every)} from which day?"))
        if self.first is not None and self.until is not None and self.until < self.first:
            faults.append(("until", "must not lie before the first day"))
        return faults

    def _never(self) -> list[Where]:
        since = max(self.first or FIRST_DAY, FIRST_DAY + timedelta(days=30))
        first = next_at(self.trigger(), instant(since, time.min) - timedelta(seconds=1))
        return [] if first else [("", "never comes due")]

    def trigger(self) -> Repeating:
        """Give the event."""
        rule = Recurrence(*self.every, self.on, self.first, self.until)
        return Repeating(rule, self.at, HolidayRule(self.holiday))


class OpenedModel(Strict):
    """A position of the bot opened."""

    position_opened: Structures

    def trigger(self) -> Resultant:
        """Give the event."""
        return Resultant(Transition.OPENED, self.position_opened)


class ClosedModel(Strict):
    """A position of the bot closed."""

    position_closed: Structures

    def trigger(self) -> Resultant:
        """Give the event."""
        return Resultant(Transition.CLOSED, self.position_closed)


class HookModel(Strict):
    """A call from outside; its payload may give the inputs `feeds` their values."""

    webhook: HookName
    feeds: list[Name] = Field(default_factory=list, max_length=FEEDS_MAX)

    def trigger(self) -> Hook:
        """Give the event."""
        return Hook(self.webhook, tuple(self.feeds))


MOMENTS = tuple(one.value for one in Moment)
EVENT_KEYS = ("date", "every", "position_opened", "position_closed", "webhook")
EVENTS = f"must be {', '.join(MOMENTS)}, or a mapping with one of {', '.join(EVENT_KEYS)}"


def mark_trigger(raw: object) -> str | None:
    """Say which shape a trigger should have, by its first key that tells."""
    if isinstance(raw, str):
        return "<moment>" if raw in MOMENTS else None
    if not isinstance(raw, dict):
        return None
    return next((f"<{key}>" for key in EVENT_KEYS if key in raw), "<window>")


TriggerModel = Annotated[
    Annotated[Literal["now", "market_open", "market_close"], Marked("<moment>")]
    | Annotated[DateModel, Marked("<date>")]
    | Annotated[RepeatingModel, Marked("<every>")]
    | Annotated[OpenedModel, Marked("<position_opened>")]
    | Annotated[ClosedModel, Marked("<position_closed>")]
    | Annotated[HookModel, Marked("<webhook>")]
    | Annotated[WindowModel, Marked("<window>")],
    Discriminator(
        mark_trigger,
        custom_error_type="trigger",
        custom_error_message=f"{EVENTS}, on, between",
    ),
]


def triggered(model: Any) -> Trigger | None:
    """Give the trigger of a model; None for none."""
    if model is None or isinstance(model, str):
        return Moment(model) if model else None
    trigger: Trigger = model.trigger()
    return trigger


def kind_of(automation: object) -> str:
    """Name the slot an automation's plain data takes, empty where that cannot be told."""
    raw = automation if isinstance(automation, dict) else {}
    if raw.get("lane") != "event":
        return str(raw.get("lane"))
    trigger = raw.get("trigger")
    mark = (mark_trigger(trigger) or "").strip("<>")
    return {"moment": str(trigger), "every": "repeating", "window": ""}.get(mark, mark)


def _outside(day: date, key: str) -> list[Where]:
    if FIRST_DAY <= day <= HORIZON:
        return []
    return [(key, f"lies outside the exchange calendar, {FIRST_DAY} to {HORIZON}")]
