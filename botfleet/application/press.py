"""Press: run the automation behind a bot's button, now (R40).

One click id is one execution: run and row derive from it, so a click sent twice names the same run
and gets the same answer, whatever happened to the market or the bot in between.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botfleet.application.ports.batches import Batches
from botfleet.application.ports.clock import Clock
from botfleet.application.ports.journal import BotLine, Journal
from botfleet.application.ports.messages import Messages
from botfleet.application.ports.work import Work, WorkBook
from botfleet.domain.bots.bot import Lane
from botfleet.domain.bots.safeguards import Mode
from botfleet.domain.eastern import wall
from botfleet.domain.ids import BotId, RunId, UserId, WorkId, derive, run_id
from botfleet.domain.market.calendar import is_open, next_opening
from botfleet.domain.schedules.agenda import Kind
from botfleet.errors import BotIsOff, Halted, MarketClosed, NotFound, Refusal


@dataclass(frozen=True, slots=True)
class Click:
    """One press of the button `label` of `bot` (its name or id) by `user`; None is the operator."""

    user: UserId | None
    bot: str
    label: str
    click_id: str


@dataclass(frozen=True, slots=True)
class Press:
    """What pressing a button takes."""

    journal: Journal
    batches: Batches
    work: WorkBook
    messages: Messages
    clock: Clock

    def press(self, click: Click) -> RunId:
        """Have the button's automation run; give its run's id. Nobody waits for the run.

        Raises:
            NotFound: no such bot of this user, or no such button on it.
            BotIsOff: the bot is off.
            Halted: it is halted.
            MarketClosed: with the next opening.
            Refusal: the bot's owner has no seat in the fleet yet.
        """
        bot = self.journal.bot(click.user, click.bot)
        work_id = WorkId(derive("work", "button", bot.bot_id, click.label, click.click_id))
        known = self.journal.work_detail(work_id)
        if known is not None:
            return _run_of(bot.bot_id, known)
        now = self.clock.now()
        detail = {
            "automation": self._index(bot, click.label),
            "cause": f"click/{click.click_id}",
            "versions": {str(bot.bot_id): bot.version},
        }
        check_open(bot, now)
        self._write(Work(work_id, Kind.BUTTON, now, (bot.bot_id,), 0, detail), bot)
        return _run_of(bot.bot_id, detail)

    def _index(self, bot: BotLine, label: str) -> int:
        buttons = self.batches.definition(bot.version).lane(Lane.BUTTON)
        for index, automation in buttons:
            if automation.label == label:
                return index
        raise NotFound("There is no such button.")

    def _write(self, work: Work, bot: BotLine) -> None:
        pointer = self.work.press(work)
        if pointer is not None:
            self.messages.work([pointer])
        elif self.journal.work_detail(work.work_id) is None:
            raise Refusal(f"{bot.user} has no seat in the fleet yet; the fleet needs more room.")


def check_open(bot: BotLine, now: datetime) -> None:
    """See that a bot may be started by hand just now.

    While it is only reducing it may: what would open is refused there, what closes goes on.

    Raises:
        BotIsOff: it is off.
        Halted: it is halted, alone or with more.
        MarketClosed: with the next opening.
    """
    if not bot.is_on:
        raise BotIsOff
    if bot.mode == Mode.HALTED:
        raise Halted
    check_market(now)


def check_market(now: datetime) -> None:
    """See that the market is open.

    Raises:
        MarketClosed: with the next opening.
    """
    if not is_open(now):
        opens_at = next_opening(now)
        raise MarketClosed(
            f"The market is closed; it opens {wall(opens_at):%A, %d %B %Y, %H:%M} Eastern.",
            opens_at=opens_at,
        )


def _run_of(bot: BotId, detail: Mapping[str, Any]) -> RunId:
    return run_id(bot, int(detail["automation"]), detail["cause"])
