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
from botfleet.domain.ids import AccountId, UserId
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

    def enlist(
        self,
        user: User,
        bot: Written,
        *,
        is_on: bool | None = None,
        account: AccountId | None = None,
    ) -> BotLine:
        """Take the bot in; give it as it now stands.

        It trades in `account`, for good; in the user's first where none is named.

        Raises:
            NotFound: the user has no such account.
            Refusal: the user has no broker account to trade in, or the bot trades in another.
        """
        if user.account_id is None:
            raise Refusal(
                f"{user.name} has no broker account yet; connect one first,"
                " under Accounts at the desk or by `botfleet broker connect`."
            )
        before = self._before(user, bot.definition.name)
        if before and account not in {None, before.account_id}:
            raise Refusal(f"{before.name} trades in another account for good; clone it to this.")
        if account is not None and before is None:
            account_of(self.journal, user.user_id, account)
        keep = (before is not None and before.is_on) if is_on is None else is_on
        trades_in = account or user.account_id
        new = NewBot(user.user_id, trades_in, bot.definition, bot.body, bot.version, keep)
        (bot_id,) = self.roster.add_bots([new], self.clock.now())
        react(self.work, self.messages)
        return self.journal.bot(user.user_id, str(bot_id))

    def _before(self, user: User, name: str) -> BotLine | None:
        try:
            return self.journal.bot(user.user_id, name)
        except NotFound:
            return None


def account_of(journal: Journal, user: UserId, account: AccountId) -> AccountId:
    """See that a user's new bot may trade in an account; give it.

    Raises:
        NotFound: the user has no such account.
        Refusal: its login has ended.
    """
    for one in journal.accounts(user):
        if one.account_id == account:
            if not one.is_alive:
                where = f"{one.broker} …{one.number_end}"
                raise Refusal(f"The login at {where} has ended; connect the account again first.")
            return account
    raise NotFound("There is no such account of the bot's owner.")
