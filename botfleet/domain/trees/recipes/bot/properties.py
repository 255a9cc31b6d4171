"""The numbers of a bot that recipes compare by name (spec 2.4): capital, results, wins.

Total P/L is what was realised and what is open, on the allocation where in per cent. The day's is
today's total less that of the session before's end. Open gains are those of the last watch.
"""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal

from botfleet.domain.positions.position import Position, floating
from botfleet.domain.trees.facts import Book
from botfleet.domain.trees.history import History
from botfleet.domain.trees.recipes.asking import Number


def _expiring(book: Book, today: date) -> list[Position]:
    return [one for one in book.positions if one.expires_on == today]


def _dollars(cents: int) -> Decimal:
    return Decimal(cents) / 100


def _share(cents: int, book: Book) -> Decimal | None:
    return Decimal(cents) / book.allocation if book.allocation else None


def _day(book: Book, history: History) -> int:
    return history.realised_today + floating(book.positions) - history.earned_before


def _total(book: Book, history: History) -> int:
    return history.realised + floating(book.positions)


_Bot = Callable[[Book, History, date], Number | None]


PROPERTIES: Mapping[str, _Bot] = {
    "allocation": lambda book, _, __: _dollars(book.allocation),
    "available_capital": lambda book, _, __: _dollars(book.available),
    "capital_at_risk": lambda book, _, __: _dollars(book.allocation - book.available),
    "net_liquidation": lambda book, _, __: _dollars(book.net_liquidation),
    "day_pl": lambda book, history, _: _dollars(_day(book, history)),
    "day_pl_pct": lambda book, history, _: _share(_day(book, history), book),
    "open_pl": lambda book, _, __: _dollars(floating(book.positions)),
    "open_pl_pct": lambda book, _, __: _share(floating(book.positions), book),
    "total_pl": lambda book, history, _: _dollars(_total(book, history)),
    "total_pl_pct": lambda book, history, _: _share(_total(book, history), book),
    "zero_dte_pl": lambda book, history, today: _dollars(
        history.expiring_today + floating(_expiring(book, today))
    ),
    "zero_dte_open_pl": lambda book, _, today: _dollars(floating(_expiring(book, today))),
    "zero_dte_closed_pl": lambda _, history, __: _dollars(history.expiring_today),
    "streak": lambda _, history, __: history.streak.length,
    "win_rate": lambda _, history, __: history.win_rate,
}
