"""Tend: keep an instance's watchlist true to the store, reading only what changed.

The store stays the truth: a bot that was not watched here the minute before is read anew, for
somebody else may have kept its highs since. What else changed bears a stamp.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from botfleet.application.gather import Gatherer
from botfleet.application.ports.batches import Notice
from botfleet.application.ports.watchlists import Watchlists
from botfleet.application.ports.work import Work
from botfleet.domain.ids import BotId
from botfleet.domain.market.calendar import Session
from botfleet.domain.positions.deadlines import Deadlines, deadlines
from botfleet.domain.positions.watchlist import Tended, Watchlist

_MINUTE = timedelta(minutes=1)


@dataclass(slots=True)
class Kept:
    """What an instance keeps from minute to minute; losing it costs one reading of the store.

    `seen` is when each bot was last watched here, and the stamp from which on it is read.
    """

    watchlist: Watchlist | None = None
    seen: dict[BotId, tuple[datetime, int]] = field(default_factory=dict)

    def of(self, session: Session) -> Watchlist:
        """Give the watchlist of a session; another session's is forgotten."""
        if self.watchlist is None or self.watchlist.session != session:
            self.watchlist, self.seen = Watchlist(session), {}
        return self.watchlist

    def since(self, bots: Sequence[BotId], minute: datetime) -> dict[BotId, int]:
        """Give the stamps of those bots that were watched at `minute`."""
        return {
            bot: self.seen[bot][1]
            for bot in bots
            if bot in self.seen and self.seen[bot][0] == minute
        }

    def keep(self, work: Work, stamp: int) -> None:
        """Remember that these bots were watched at this minute, and it was written down."""
        self.seen.update(dict.fromkeys(work.bots, (work.due_at, stamp)))


@dataclass(frozen=True, slots=True)
class Tending:
    """A watchlist that is up to date for a row's bots, and what their owners must know."""

    watchlist: Watchlist
    stamp: int
    notices: list[Notice]


def tend(
    work: Work, session: Session, *, kept: Kept, watchlists: Watchlists, gatherer: Gatherer
) -> Tending:
    """Bring the watchlist up to date for a row's bots.

    Raises:
        StoreUnavailable: it is as it was, and the row comes back.
    """
    watchlist = kept.of(session)
    known = kept.since(work.bots, work.due_at - _MINUTE)
    fresh = [bot for bot in work.bots if bot not in known]
    tending = Tending(watchlist, 0, [])
    stamps = []
    for bots, since in ((list(known), min(known.values(), default=None)), (fresh, None)):
        if not bots:
            continue
        changes = watchlists.changed(bots, since)
        stamps.append(changes.stamp)
        watchlist.drop(changes.gone, bots if since is None else ())
        due = _deadlines(changes.tended, session, gatherer)
        watchlist.take(changes.tended, due)
        tending.notices.extend(_untold(changes.tended, due, session))
    return replace(tending, stamp=min(stamps, default=0))


def _deadlines(tended: Sequence[Tended], session: Session, gatherer: Gatherer) -> list[Deadlines]:
    """Give the deadlines of each; the calendar is asked once for all."""
    dated = [one.position for one in tended]
    wanted: set[str | None] = {one.symbol for one in dated if one.exits.earnings_days is not None}
    wanted |= {None for one in dated if one.exits.avoid}
    told = gatherer.events(wanted)
    return [
        deadlines(one.position, session, told.get(one.position.symbol), told.get(None))
        for one in tended
    ]


def _untold(
    tended: Sequence[Tended], due: Sequence[Deadlines], session: Session
) -> Iterator[Notice]:
    for one, by in zip(tended, due, strict=True):
        for what in by.unknown:
            message = (
                f"An exit of {one.position.symbol} cannot be judged: no calendar tells {what}."
            )
            cause = f"{one.position.position_id}/{what}/{session.day}"
            yield Notice(one.user_id, one.bot_id, "warning", "exit_unknown", message, cause)
