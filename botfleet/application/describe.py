"""Describe: change what stands beside a bot's trees, and its name; what it does stays as it is."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from botfleet.application.enlist import Written
from botfleet.application.ports.batches import Batches
from botfleet.application.ports.journal import BotLine, Journal
from botfleet.application.ports.roster import Roster
from botfleet.domain.bots.bot import Definition
from botfleet.domain.bots.description import Description


@dataclass(frozen=True, slots=True)
class Describe:
    """What describing takes."""

    roster: Roster
    journal: Journal
    batches: Batches
    written: Callable[[Definition], Written]

    def describe(self, bot: BotLine, said: Description, name: str | None = None) -> BotLine:
        """Write what is said, and the name if one is given; give the bot as it now stands.

        A bot's name stands in its file, so another name is another version, of the same trees.

        Raises:
            NotFound: the bot is gone.
            Refusal: its owner has a bot of that name.
        """
        if name is not None and name != bot.name:
            renamed = replace(self.batches.definition(bot.version), name=name)
            kept = self.written(renamed)
            self.roster.rename(bot.bot_id, name, kept.body, kept.version)
        if said:
            self.roster.describe(bot.bot_id, said)
        return self.journal.bot(bot.user_id, str(bot.bot_id))
