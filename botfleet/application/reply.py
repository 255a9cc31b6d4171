"""Reply: answer an ask (R42). One answer each; a yes starts the action, with every check again."""

from dataclasses import dataclass
from datetime import datetime

from botfleet.application.ports.asks import AskLine, Asks
from botfleet.application.ports.batches import Batches
from botfleet.application.ports.clock import Clock
from botfleet.application.ports.journal import Journal
from botfleet.application.ports.messages import Messages
from botfleet.application.ports.work import Work
from botfleet.application.press import check_open
from botfleet.domain.eastern import wall
from botfleet.domain.ids import AskId, RunId, UserId, WorkId, derive, run_id
from botfleet.domain.schedules.agenda import Kind
from botfleet.errors import Refusal


@dataclass(frozen=True, slots=True)
class Reply:
    """What replying takes."""

    asks: Asks
    journal: Journal
    batches: Batches
    messages: Messages
    clock: Clock

    def reply(self, user: UserId | None, ask_id: AskId, *, yes: bool) -> RunId | None:
        """Answer an ask; give the run that a yes starts. The same answer again is the same run.

        Raises:
            NotFound: there is no such ask of this user.
            BotIsOff: the bot is off.
            Halted: it is halted; the ask goes on waiting.
            MarketClosed: with the next opening.
            Refusal: it has lapsed, was answered otherwise, or its bot was changed since.
        """
        ask, now = self.asks.ask(user, ask_id), self.clock.now()
        answer = "yes" if yes else "no"
        if ask.answer:
            return self._again(ask, answer)
        _check_time(ask, now)
        work = self._work(ask, now) if yes else None
        took, pointer = self.asks.answer(ask_id, answer, now, work)
        if not took:
            return self._again(self.asks.ask(user, ask_id), answer)
        if pointer is not None:
            self.messages.work([pointer])
        return _run(ask) if yes else None

    def _again(self, ask: AskLine, answer: str) -> RunId | None:
        if ask.answer != answer:
            raise Refusal(f"It was answered {ask.answer or 'too late'} already.")
        return _run(ask) if answer == "yes" else None

    def _work(self, ask: AskLine, now: datetime) -> Work:
        bot = self.journal.bot(None, str(ask.bot_id))
        check_open(bot, now)
        if not self.batches.does_as(ask.version, bot.version):
            raise Refusal("The bot was changed since it asked.")
        versions = {str(ask.bot_id): bot.version}
        detail = {**ask.start, "cause": f"ask/{ask.ask_id}", "versions": versions}
        work_id = WorkId(derive("work", "ask", ask.ask_id))
        return Work(work_id, Kind.BUTTON, now, (ask.bot_id,), 0, detail)


def _check_time(ask: AskLine, now: datetime) -> None:
    if now >= ask.lapses_at:
        raise Refusal(f"It lapsed at {wall(ask.lapses_at):%H:%M} Eastern.")


def _run(ask: AskLine) -> RunId:
    return run_id(ask.bot_id, int(ask.start["automation"]), f"ask/{ask.ask_id}")
