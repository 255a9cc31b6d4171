"""A recorded day, read from its files by hand."""

import csv
import io
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from botfleet.domain.market.calendar import Session
from tests.simulation.plain_exits import MINUTE, Sides, contract

D = Decimal


class Tape:
    """A recorded day, read by hand: the last row of each side that had ended by a minute."""

    def __init__(self, root: Path, symbol: str, session: Session) -> None:
        self._session, name = session, symbol.lower()
        stem = f"{session.day:%Y%m%d}"
        self._options = zipfile.ZipFile(
            root / f"option/usa/minute/{name}/{stem}_quote_american.zip"
        )
        self._equity = zipfile.ZipFile(root / f"equity/usa/minute/{name}/{stem}_quote.zip")
        self._trades = zipfile.ZipFile(root / f"equity/usa/minute/{name}/{stem}_trade.zip")
        self._stem = f"{stem}_{name}_minute"
        self._known: dict[str, list[Sides]] = {}

    def sides(self, name: str, minute: int) -> Sides:
        if name not in self._known:
            self._known[name] = self._read(name)
        return self._known[name][minute]

    def spot(self, minute: int) -> Decimal | None:
        last = None
        for row in self._rows(self._trades, f"{self._stem.replace('_quote', '')}_trade.csv"):
            if self._place(row) < minute:
                last = D(row[4]) / 10_000
        return last

    def _read(self, name: str) -> list[Sides]:
        if name[-1].isdigit():
            day, right, strike = contract(name)
            kind = "call" if right == "C" else "put"
            member = f"{self._stem}_quote_american_{kind}_{int(strike * 10_000)}_{day:%Y%m%d}.csv"
            rows = self._rows(self._options, member)
        else:
            rows = self._rows(self._equity, f"{self._stem}_quote.csv")
        told = {self._place(row): (row[4], row[9]) for row in rows}
        bid = ask = None
        found: list[Sides] = [(None, None)]
        for minute in range(391):
            low, high = told.get(minute, ("", ""))
            bid, ask = D(low) / 10_000 if low else bid, D(high) / 10_000 if high else ask
            found.append((bid, ask))
        return found

    def _place(self, row: list[str]) -> int:
        return (int(row[0]) // 1000 - (9 * 60 + 30) * 60) // 60

    def _rows(self, archive: zipfile.ZipFile, member: str) -> Iterator[list[str]]:
        with archive.open(member) as file:
            for row in csv.reader(io.TextIOWrapper(file)):
                if (
                    0
                    <= self._place(row)
                    < int((self._session.closes_at - self._session.opens_at) / MINUTE)
                ):
                    yield row
