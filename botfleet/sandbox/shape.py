"""What one broker's wire looks like from behind the counter: forms read, answers written.

The book is one; a shape only speaks. Source of each: the public documentation named in its module.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol, runtime_checkable
from urllib.parse import parse_qsl

from starlette.responses import Response

from botfleet.sandbox.book import BookExecution, BookOrder, BookPosition
from botfleet.sandbox.orders import BadOrderError, Wanted


@dataclass(frozen=True, slots=True)
class Door:
    """A request; `verb` is place, list, show, find, change, cancel, hold or accounts."""

    method: str
    path: str
    verb: str


@dataclass(frozen=True, slots=True)
class LoginDoors:
    """How this broker authorizes; `refresh_life_s` None is for ever.

    A token lives `life_s` (None: until it is revoked; then nothing is refreshed).
    """

    authorize: str
    grant: tuple[str, ...]
    scopes: tuple[str, ...]
    life_s: int | None
    rotates: bool
    refresh_life_s: int | None = None
    is_basic: bool = False
    reads_json: bool = False


@dataclass(frozen=True, slots=True)
class Sent:
    """What came in, read once."""

    body: bytes
    query: Mapping[str, str]
    path: Mapping[str, str] = field(default_factory=dict)

    def form(self) -> dict[str, str]:
        """Read a url-encoded form; the last of a repeated field wins."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    def json(self) -> dict[str, Any]:
        """Read a JSON object, decimals exact.

        Raises:
            BadOrderError: it is none.
        """
        try:
            found = json.loads(self.body, parse_float=Decimal)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise BadOrderError("The body is not a JSON object.")
        return found

    def number(self, name: str, default: int) -> int:
        """Read a count out of the query."""
        text = self.query.get(name, "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else default  # noqa: PLR2004


@dataclass(frozen=True, slots=True)
class View:
    """An order to be shown: its fills, and every limit it had, the last one now's."""

    order: BookOrder
    fills: tuple[BookExecution, ...]
    limits: tuple[Decimal | None, ...]

    @property
    def revisions(self) -> int:
        """How often it was given another limit."""
        return len(self.limits) - 1


class Shape(Protocol):
    """One broker's wire. Numbers are the book's, and how often the order was replaced by then."""

    @property
    def name(self) -> str:
        """The broker's name, also before its grants."""
        ...

    @property
    def root(self) -> str:
        """What stands before every path."""
        ...

    @property
    def doors(self) -> Sequence[Door]:
        """The doors of trading."""
        ...

    @property
    def login(self) -> LoginDoors:
        """The doors of authorization."""
        ...

    @property
    def replaces_anew(self) -> bool:
        """Whether a replaced order is another order; one that filled in part then stays."""
        ...

    def number(self, text: str) -> tuple[int, int] | None:
        """Read an order's number on the wire: the book's, and the revision."""
        ...

    def read(self, sent: Sent) -> Wanted:
        """Read an order.

        Raises:
            BadOrderError: it is none.
        """
        ...

    def limit(self, sent: Sent, order: BookOrder) -> Decimal:
        """Read the limit an order is to have, > 0 paid.

        Raises:
            BadOrderError: there is none.
        """
        ...

    def placed(self, view: View) -> Response:
        """Say that an order was taken."""
        ...

    def refused(self, reason: str, number: int) -> Response:
        """Say that the book objects."""
        ...

    def shown(self, view: View, revision: int, sent: Sent) -> Response:
        """Show one order, as it was numbered at a revision."""
        ...

    def listed(self, views: Sequence[View], sent: Sent, uncounted: int) -> Response:
        """Show a page of orders; `uncounted` more are counted than are there."""
        ...

    def changed(self, view: View, verb: str) -> Response:
        """Say that a change or a cancel was taken."""
        ...

    def ended(self, number: int) -> Response:
        """Say that an order can be changed no more."""
        ...

    def held(self, account: str, positions: Sequence[BookPosition]) -> Response:
        """Show holdings."""
        ...

    def accounts(self, account: str) -> Response:
        """Show which account was granted."""
        ...

    def trouble(self, status: int, words: str) -> Response:
        """Say that something is wrong with the request, or with us."""
        ...


@runtime_checkable
class Fencing(Protocol):
    """A shape whose broker takes each own id once."""

    def duplicate(self, number: int) -> Response:
        """Say that an order of this own id is there already."""
        ...


@runtime_checkable
class Finding(Protocol):
    """A shape whose broker finds an order by its own id."""

    def own_id(self, sent: Sent) -> str:
        """Read the own id that is asked for."""
        ...
