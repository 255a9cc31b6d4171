"""Bots and their buttons."""

from dataclasses import dataclass, replace
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response
from pydantic import Field

from botfleet.adapters import botfile
from botfleet.adapters.botfile.about import AboutModel
from botfleet.adapters.botfile.fields import Name
from botfleet.api import drafts
from botfleet.api.bodies import JSON, Body, Strict, expect_none, fit, kind_of, parse_json
from botfleet.api.callers import KEY_HEADER, Caller, Changing, Wired, takes
from botfleet.api.doors import doors
from botfleet.api.problems import pointer
from botfleet.application.clone import Wish as CloneWish
from botfleet.application.ports.journal import BotLine
from botfleet.application.press import Click
from botfleet.application.react import react
from botfleet.bootstrap import Wiring
from botfleet.domain.bots.bot import Automation, Definition
from botfleet.domain.bots.description import UNSAID, Description
from botfleet.domain.ids import AccountId, RunId
from botfleet.domain.schedules.wording import trigger_words
from botfleet.errors import BadInput

router = doors("/v1/bots", "bots")

_ENLIST: dict[str, Any] = KEY_HEADER | drafts.FILE_BODY


class Switch(Strict):
    """A bot's automations, on or off; its positions' exits, on or off. What is left out stays."""

    is_on: bool | None = None
    exits_on: bool | None = None
    name: Name | None = None


class Wish(Strict):
    """What a clone is called, and the account it trades in; the first bot's where none is named."""

    name: Name
    account: UUID | None = Field(None, strict=False)


_CHANGE = takes(Switch, AboutModel)


@dataclass(frozen=True, slots=True)
class AutomationShown:
    """An automation; a button's has a label, an event's says in words what starts it."""

    name: str
    lane: str
    label: str
    trigger: str = ""


@dataclass(frozen=True, slots=True)
class BotShown:
    """A bot as it stands, and what it does."""

    bot: BotLine
    automations: list[AutomationShown]


@dataclass(frozen=True, slots=True)
class Idle:
    """What of a bot never runs, and why."""

    pointer: str
    detail: str


@dataclass(frozen=True, slots=True)
class BotTaken(BotShown):
    """A bot as it was taken in, and what of it will not run."""

    warnings: list[Idle]


@dataclass(frozen=True, slots=True)
class BotList:
    """A user's bots, by name."""

    items: list[BotLine]


@dataclass(frozen=True, slots=True)
class Clicked:
    """A click's run; it can be seen at /v1/runs once it has run."""

    run_id: RunId


@router.get("")
def list_bots(
    caller: Caller,
    wiring: Wired,
    group: Annotated[str | None, Query(description="Only this group's.")] = None,
    tag: Annotated[str | None, Query(description="Only those with this tag.")] = None,
) -> BotList:
    """List your bots."""
    mine = wiring.journal.bots(caller.user_id)
    return BotList([one for one in mine if one.is_in(group, tag)])


@router.post("", openapi_extra=_ENLIST)
def enlist_bot(
    request: Request,
    body: Body,
    change: Changing,
    wiring: Wired,
    on: Annotated[bool | None, Query(description="Turn it on or off; else as it was.")] = None,
    account: Annotated[
        UUID | None, Query(description="Where a new bot trades, for good; else in your first.")
    ] = None,
) -> BotTaken:
    """Take a bot file in, new or in place of the bot of its name; every fault of it is named.

    What is allowed but never runs, as what is dated in the past, stands in `warnings`.
    """
    presets = wiring.panels.presets(change.user.user_id)
    definition = drafts.read(request, body, presets)
    written, trades_in = botfile.written(definition), _account(account)
    bot = wiring.enlist.enlist(change.user, written, is_on=on, account=trades_in)
    hours = wiring.hours.of_bot(bot.bot_id)
    idle = botfile.idle(definition, wiring.clock.now(), hours)
    told = [Idle(pointer(one.path), one.message) for one in idle]
    return BotTaken(bot, _shown(bot, definition).automations, told)


@router.get("/{bot}")
def show_bot(bot: str, response: Response, caller: Caller, wiring: Wired) -> BotShown:
    """Show one of your bots, by its name or id; its ETag is its version."""
    return show(wiring, wiring.journal.bot(caller.user_id, bot), response)


@router.patch("/{bot}", openapi_extra=_CHANGE)
def change_bot(bot: str, request: Request, body: Body, change: Changing, wiring: Wired) -> BotShown:
    """Turn a bot's automations on or off, and its exits; say what stands beside its trees.

    What is left out stays. The trees stay, and what they have begun.
    """
    kind_of(request, *JSON)
    switch, said = _change(parse_json(body))
    line = wiring.journal.bot(change.user.user_id, bot)
    line = wiring.describe.describe(line, said, switch.name)
    if switch.is_on is not None:
        wiring.roster.switch(line.bot_id, is_on=switch.is_on, now=wiring.clock.now())
        react(wiring.work, wiring.messages)
    if switch.exits_on is not None:
        wiring.panels.switch_bot(line.bot_id, is_on=switch.exits_on)
    return _show(wiring, wiring.journal.bot(change.user.user_id, str(line.bot_id)))


@router.get("/{bot}/file", response_class=Response)
def export_bot(bot: str, request: Request, caller: Caller, wiring: Wired) -> Response:
    """Give a bot as a bot file: YAML, or JSON where that is what you accept."""
    line = wiring.journal.bot(caller.user_id, bot)
    return drafts.file(request, replace(_definition(wiring, line), description=line.description))


@router.get("/{bot}/drawing", response_class=Response)
def draw_bot(bot: str, caller: Caller, wiring: Wired) -> Response:
    """Draw a bot's trees as SVG: root on top, Yes left, No right (S74)."""
    return drafts.drawing(_definition(wiring, wiring.journal.bot(caller.user_id, bot)))


@router.post("/{bot}/clones", status_code=201, openapi_extra=takes(Wish))
def clone_bot(bot: str, request: Request, body: Body, change: Changing, wiring: Wired) -> BotShown:
    """Make another bot that does the same, off, with nothing of its own yet, maybe elsewhere.

    Its allocation is 1,000 dollars, its group and tags are empty; hooks it names start it too. The
    same key again names the same clone.
    """
    kind_of(request, *JSON)
    wish = fit(Wish, parse_json(body))
    given = CloneWish(bot, wish.name, change.key, _account(wish.account))
    return _show(wiring, wiring.clone.clone(change.user.user_id, given))


@router.post("/{bot}/buttons/{label}/clicks", status_code=202, openapi_extra=KEY_HEADER)
def click_button(
    bot: str, label: str, response: Response, body: Body, change: Changing, wiring: Wired
) -> Clicked:
    """Run the automation behind a button, now; the same key again names the same run."""
    expect_none(body)
    run_id = wiring.press.press(Click(change.user.user_id, bot, label, change.key))
    response.headers["Location"] = f"/v1/runs/{run_id}"
    return Clicked(run_id)


def _account(given: UUID | None) -> AccountId | None:
    return None if given is None else AccountId(given)


def _change(data: object) -> tuple[Switch, Description]:
    """Part what is to be switched or named from what is said."""
    if not isinstance(data, dict):
        return fit(Switch, data), UNSAID
    own = {key: value for key, value in data.items() if key in Switch.model_fields}
    switch, said = fit(Switch, own), botfile.read_about({k: data[k] for k in data.keys() - own})
    if not (said or switch.model_dump(exclude_none=True)):
        raise BadInput("say what is to change: is_on, exits_on, name, icon, group, notes …")
    return switch, said


def _definition(wiring: Wiring, bot: BotLine) -> Definition:
    return wiring.batches.definition(bot.version)


def show(wiring: Wiring, bot: BotLine, response: Response) -> BotShown:
    """Show a bot, and name its version."""
    response.headers["ETag"] = f'"{bot.version}"'
    return _show(wiring, bot)


def _show(wiring: Wiring, bot: BotLine) -> BotShown:
    return _shown(bot, _definition(wiring, bot))


def _shown(bot: BotLine, definition: Definition) -> BotShown:
    return BotShown(bot, [_automation(one) for one in definition.automations])


def _automation(one: Automation) -> AutomationShown:
    words = "" if one.trigger is None else trigger_words(one.trigger)
    return AutomationShown(one.name, str(one.lane), one.label, words)
