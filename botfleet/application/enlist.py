"""Enlist: take a written bot into a user's hands, new or in place of the one of the same name.

Whoever enlists the same bot twice has it once. Positions, and whether the bot is on, stay as they
were unless the latter is said; a new bot is off.
"""

from dataclasses import dataclass

from botfleet.application.ports.clock import Clock
from botfleet.application.ports.journal import BotLine, Journal
from botfleet.application.ports.messages import Messages
from botfleet.application.ports.roster import NewBot, Roster, User
from botfleet.application.ports.work import WorkBook
from botfleet.application.react import react
from botfleet.domain.bots.bot import Definition
from botfleet.errors import NotFound, Refusal


@dataclass(frozen=True, slots=True)
class Written:
    """A bot as it is kept: its definition, its stored form and the name of this exact bot."""

    definition: Definition
    body: str
    version: str


@dataclass(frozen=True, slots=True)
class Enlist:
    """What enlisting takes."""

    roster: Roster
    journal: Journal
    clock: Clock
    work: WorkBook
    messages: Messages

    def enlist(self, user: User, bot: Written, *, is_on: bool | None = None) -> BotLine:
        """Take the bot in; give it as it now stands.

        Raises:
            Refusal: the user has no broker account to trade in.
        """
        if user.account_id is None:
            raise Refusal(f"{user.name} has no broker account yet; connect one first.")
        name = bot.definition.name
        keep = self._was_on(user, name) if is_on is None else is_on
        new = NewBot(user.user_id, user.account_id, bot.definition, bot.body, bot.version, keep)
        (bot_id,) = self.roster.add_bots([new], self.clock.now())
        react(self.work, self.messages)
        return self.journal.bot(user.user_id, str(bot_id))

    def _was_on(self, user: User, name: str) -> bool:
        try:
            return self.journal.bot(user.user_id, name).is_on
        except NotFound:
            return False
