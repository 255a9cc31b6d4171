"""What happened: runs, positions, orders and notices, newest first, page by page."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Annotated, Generic, TypeVar
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from botfleet.api.callers import Caller, Wired
from botfleet.api.doors import doors
from botfleet.api.problems import Problem
from botfleet.application.explain import Explanation, explain_run
from botfleet.application.ports.journal import (
    PAGE_MAX,
    Cursor,
    Journal,
    NoticeLine,
    OrderLine,
    OrderRecord,
    Page,
    PositionLine,
    RunLine,
    Wanted,
)
from botfleet.application.ports.roster import User
from botfleet.domain.bots.bot import RunKind
from botfleet.domain.bots.mishaps import Trouble
from botfleet.domain.eastern import stretch
from botfleet.domain.ids import OrderId, RunId

router = doors("/v1", "records")
Item = TypeVar("Item")


class Listing(BaseModel):
    """Which lines: of one bot (name or id), how many, and after which page."""

    model_config = ConfigDict(extra="forbid")

    bot: str = ""
    first: date | None = Field(None, alias="from", description="The first Eastern day.")
    last: date | None = Field(None, alias="to", description="The last Eastern day.")
    limit: int = Field(50, ge=1, le=PAGE_MAX)
    cursor: str = Field("", max_length=200, description="`next` of the page before.")

    def wanted(self, user: User, journal: Journal, state: str = "") -> Wanted:
        """Say it to the journal."""
        bot_id = journal.bot(user.user_id, self.bot).bot_id if self.bot else None
        span = stretch(self.first, self.last)
        after = _cursor(self.cursor)
        return Wanted(user.user_id, bot_id, state, None, *span, after=after, limit=self.limit)


class Runs(Listing):
    """Runs by what they came to, what kind they are of, and what went wrong."""

    outcome: str = Field("", max_length=64)
    kind: RunKind | None = None
    level: Trouble | None = None

    def wanted(self, user: User, journal: Journal, state: str = "") -> Wanted:
        """Say it to the journal."""
        of_all = Listing.wanted(self, user, journal, state or self.outcome)
        return replace(of_all, kind=self.kind, trouble=self.level)


class States(Listing):
    """Positions or orders by their state."""

    state: str = Field("", max_length=64)


class Levels(Listing):
    """Notices by their level."""

    level: str = Field("", max_length=64)


@dataclass(frozen=True, slots=True)
class Lines(Generic[Item]):
    """A page; `next` is the cursor of the one after it, null on the last."""

    items: list[Item]
    next: str | None


@router.get("/runs")
def list_runs(query: Annotated[Runs, Query()], caller: Caller, wiring: Wired) -> Lines[RunLine]:
    """List your bots' runs."""
    return _page(wiring.journal.runs, query.wanted(caller, wiring.journal))


@router.get("/runs/{run}")
def show_run(run: UUID, caller: Caller, wiring: Wired) -> Explanation:
    """Show a run with every question it asked, what it saw and what it answered."""
    journal, batches = wiring.journal, wiring.batches
    return explain_run(caller.user_id, RunId(run), journal=journal, batches=batches)


@router.get("/positions")
def list_positions(
    query: Annotated[States, Query()], caller: Caller, wiring: Wired
) -> Lines[PositionLine]:
    """List what your bots hold and held."""
    return _page(wiring.journal.positions, query.wanted(caller, wiring.journal, query.state))


@router.get("/orders")
def list_orders(
    query: Annotated[States, Query()], caller: Caller, wiring: Wired
) -> Lines[OrderLine]:
    """List your bots' orders."""
    return _page(wiring.journal.orders, query.wanted(caller, wiring.journal, query.state))


@router.get("/orders/{order}")
def show_order(order: UUID, caller: Caller, wiring: Wired) -> OrderLine:
    """Show an order."""
    return wiring.journal.order(caller.user_id, OrderId(order))


@router.get("/orders/{order}/history")
def show_history(order: UUID, caller: Caller, wiring: Wired) -> OrderRecord:
    """Show an order with all that happened to it, oldest first."""
    return wiring.journal.order_record(caller.user_id, OrderId(order))


@router.get("/notices")
def list_notices(
    query: Annotated[Levels, Query()], caller: Caller, wiring: Wired
) -> Lines[NoticeLine]:
    """List what your bots had to tell you."""
    return _page(wiring.journal.notices, query.wanted(caller, wiring.journal, query.level))


def _page(listing: Callable[[Wanted], Page[Item]], wanted: Wanted) -> Lines[Item]:
    page = listing(wanted)
    following = _written(page.following) if page.following else None
    return Lines(items=list(page.lines), next=following)


def _written(cursor: Cursor) -> str:
    return urlsafe_b64encode(f"{cursor.at.isoformat()} {cursor.line_id}".encode()).decode()


def _cursor(text: str) -> Cursor | None:
    if not text:
        return None
    try:
        at, _, line_id = urlsafe_b64decode(text).decode().partition(" ")
        cursor = Cursor(datetime.fromisoformat(at), UUID(line_id))
    except (ValueError, NotBase64):
        raise _unknown_cursor() from None
    if cursor.at.utcoffset() != timedelta():
        raise _unknown_cursor()
    return cursor


def _unknown_cursor() -> Problem:
    return Problem(422, "bad_input", "The cursor is none that was given here.")
