"""Clone: make another bot that does what one does, and has done nothing yet.

What a bot trades in was settled when it was made, so this is how it comes to another account. The
clone is off, under another name, with a pool, counters and a memory of its own, and holds nothing.
Its allocation, group, tags and the switch of its exits are as of a new bot; hooks it names go on
starting it (spec 5.1).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from uuid import UUID

from botfleet.application.enlist import Written, account_of
from botfleet.application.ports.batches import Batches
from botfleet.application.ports.clock import Clock
from botfleet.application.ports.journal import BotLine, Journal
from botfleet.application.ports.roster import NewBot, Roster
from botfleet.domain.bots.bot import Definition
from botfleet.domain.ids import AccountId, UserId, derive
from botfleet.domain.money import dollars

#: What every clone may use, until its owner says otherwise.
ALLOCATION = dollars(1_000)


@dataclass(frozen=True, slots=True)
class Wish:
    """Which bot, what the other is called, and where it trades: None is where the first does.

    `key` names the request: made twice, it is one clone.
    """

    bot: str
    name: str
    key: str
    account: AccountId | None = None


@dataclass(frozen=True, slots=True)
class Clone:
    """What cloning takes."""

    roster: Roster
    journal: Journal
    batches: Batches
    clock: Clock
    written: Callable[[Definition], Written]

    def clone(self, user: UserId | None, wish: Wish) -> BotLine:
        """Make the clone; give it as it stands.

        Raises:
            NotFound: the user has no such bot, or no such account.
            Refusal: there is a bot of that name, or the account's login has ended.
        """
        source = self.journal.bot(user, wish.bot)
        owner = source.user_id
        account = account_of(self.journal, owner, wish.account or source.account_id)
        definition = self._definition(source, wish.name)
        kept = self.written(definition)
        new = NewBot(owner, account, definition, kept.body, kept.version, is_on=False)
        made_by = self._made_by(source, wish)
        bot = self.roster.add_clone(new, made_by, self.clock.now())
        return self.journal.bot(owner, str(bot))

    def _definition(self, source: BotLine, name: str) -> Definition:
        first = self.batches.definition(source.version)
        limits = replace(first.limits, allocation=ALLOCATION)
        said = replace(source.description, group=None, tags=None)
        return replace(first, name=name, limits=limits, description=said)

    def _made_by(self, source: BotLine, wish: Wish) -> UUID:
        return derive("clone", source.bot_id, wish.name, wish.account, wish.key)
