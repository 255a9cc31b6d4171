"""Reorder: put a bot's scanners, or its monitors, in another order; nothing else changes.

What runs now ends in the order it began with; what was started by hand and has not run is told as
missed. Its owner is told who changed what.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from botfleet.application.enlist import Written
from botfleet.application.ports.batches import Batches, Notice
from botfleet.application.ports.clock import Clock
from botfleet.application.ports.journal import BotLine, Journal
from botfleet.application.ports.roster import Roster
from botfleet.domain.bots.bot import Definition, Lane
from botfleet.domain.bots.mishaps import Level
from botfleet.domain.bots.sequence import reordered, sequence


@dataclass(frozen=True, slots=True)
class Reorder:
    """What reordering takes."""

    roster: Roster
    journal: Journal
    batches: Batches
    clock: Clock
    written: Callable[[Definition], Written]

    def reorder(self, bot: BotLine, lane: Lane, names: Sequence[str], *, by: str) -> BotLine:
        """Put a lane of `bot`, as it was read, in this order; give it as it now stands.

        Raises:
            BadInput: the lane has no order, or these are not its automations, each once.
            Overtaken: somebody changed the bot since it was read.
        """
        before = self.batches.definition(bot.version)
        after = reordered(before, lane, names)
        if after != before:
            kept, now = self.written(after), self.clock.now()
            order = ", ".join(sequence(after, lane))
            words = f"{by} changed the order of the {lane}s to: {order}."
            cause = f"order/{bot.version}/{kept.version}/{now.isoformat()}"
            told = Notice(bot.user_id, bot.bot_id, Level.INFO, "reordered", words, cause)
            self.roster.rewrite(bot.bot_id, bot.version, kept.body, kept.version, told, now)
        return self.journal.bot(bot.user_id, str(bot.bot_id))
