"""A small day, written into a real Postgres by hand as the fleet would have.

Ada's founding example opens its three symbols at 09:45; TLT's order is refused by the broker, QQQ
is closed at 11:00. Ben's bot finds nothing, is vetoed once and stands at a limit once.
"""

import json
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from botfleet.adapters.botfile import dump, version
from botfleet.adapters.postgres.database import Database, execute
from botfleet.adapters.postgres.layouts import PostgresLayouts
from botfleet.adapters.postgres.roster import PostgresRoster
from botfleet.adapters.postgres.shapes import write_legs
from botfleet.application.ports.roster import NewBot
from botfleet.cli.demo_people import definitions
from botfleet.domain.bots.bot import Definition
from botfleet.domain.eastern import instant
from botfleet.domain.fleet.seating import Shape
from botfleet.domain.ids import AccountId, BotId, RunId, UserId, derive
from botfleet.domain.market.instruments import Leg, Option, Right
from botfleet.domain.money import Money
from botfleet.domain.trades.opportunities import Opportunity
from botfleet.domain.trades.structures import Structure
from botfleet.domain.trees.facts import Binding, Book, OpportunityOf, Question
from botfleet.domain.trees.nodes import Loop, Open
from botfleet.domain.trees.traces import encode_book, encode_facts
from botfleet.domain.trees.walk import bind

DAY = date(2015, 12, 23)
REAL = datetime.fromisoformat("2026-03-01T18:00:00+00:00")
SYMBOLS = ("SPY", "QQQ", "TLT")
#: Units and cents of each draw: 45 % of $10,000 twice, then what is left.
DRAWN = {"SPY": (9, 445_500), "QQQ": (8, 448_000), "TLT": (2, 102_500)}
RACE = RunId(derive("run", "race"))


def at(hour: int, minute: int = 0, second: int = 0) -> datetime:
    return instant(DAY, time(hour, minute, second))


def legs(symbol: str) -> tuple[Leg, ...]:
    expires = date(2016, 1, 15)
    return tuple(
        Leg(Option(symbol, expires, Right.CALL, Decimal(strike)), ratio)
        for strike, ratio in ((100, 1), (101, -1))
    )


class Writer:
    """Writes the day as the fleet would have."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.ada, self.ben = (UserId(derive("user", name)) for name in ("Ada", "Ben"))
        self.account = AccountId(derive("account", self.ada))

    def insert(self, table: str, **columns: Any) -> None:
        names = ", ".join(columns)
        values = ", ".join(f"%({name})s" for name in columns)
        with self.database.transaction() as connection:
            execute(connection, f"INSERT INTO {table} ({names}) VALUES ({values})", **columns)

    def write(self) -> None:
        roster = PostgresRoster(self.database)
        roster.add_users(["Ada", "Ben"], at(9))
        for user in (self.ada, self.ben):
            self.insert(
                "accounts",
                account_id=derive("account", user),
                user_id=user,
                broker="tradier",
                number=f"SB{user.int % 1000}",
                sealed=b"",
                expires_at=REAL,
            )
        founding, other, *_ = definitions(recorded=False)
        race = self._bot(roster, self.ada, founding)
        idle = self._bot(roster, self.ben, other)
        self.insert("fleet", begun_at=at(9, 30), routed_at=at(10), market_at=at(10))
        PostgresLayouts(self.database).arrange(Shape(2, 2, 10))
        self._work()
        self._runs(race, idle, founding, version(other))
        for seq, symbol in enumerate(SYMBOLS, start=1):
            self._draw(race, symbol, seq)
        self._close(race)
        self._pool(race)

    def _bot(self, roster: PostgresRoster, user: UserId, definition: Definition) -> BotId:
        account = AccountId(derive("account", user))
        body, named = dump(definition), version(definition)
        new = NewBot(user, account, definition, body, named, is_on=True)
        return roster.add_bots([new], at(9))[0]

    def _work(self) -> None:
        """Two batches of 09:45, the second pointed at again five seconds later; 10:00 is due."""
        lags = {0: (0, 120), 1: (5_000, 5_200)}
        for batch, (rung_ms, ended_ms) in lags.items():
            self._row(
                f"mark {batch}",
                batch=batch,
                state="done",
                rung_real=REAL + timedelta(milliseconds=rung_ms),
                ended_real=REAL + timedelta(milliseconds=ended_ms),
            )
        self._row("next", due_at=at(10), state="due")
        self._row("watch", kind="watch", due_at=at(9, 50), state="missed", ended_real=REAL)

    def _row(self, name: str, **given: Any) -> None:
        common = {"kind": "mark", "due_at": at(9, 45), "pod": 1, "instance": 1, "batch": 0}
        self.insert("work", work_id=derive("work", name), bots=[], **(common | given))

    def _runs(self, race: BotId, idle: BotId, founding: Definition, other: str) -> None:
        loop = founding.automations[0].tree
        assert isinstance(loop, Loop)
        assert isinstance(loop.body, Open)
        ends = [[symbol, "b", "opening"] for symbol in SYMBOLS]
        book = Book((), 1_000_000, 1_000_000, 1_000_000, 0)
        detail = json.dumps({"ends": ends, "book": encode_book(book)})
        self._run(RACE, self.ada, race, version(founding), "opening", detail)
        for outcome in ("nothing", "vetoed", "skipped:daily_positions"):
            run_id = RunId(derive("run", outcome))
            self._run(run_id, self.ben, idle, other, outcome, "", batch=1)
        facts: dict[Question, object] = {
            OpportunityOf(bind(loop.body.spec, Binding(symbol))): _opportunity(symbol)
            for symbol in SYMBOLS
        }
        self.insert("facts", work_id=derive("work", "mark 0"), body=encode_facts(facts))
        for index in range(3):
            self.insert(
                "notices",
                notice_id=derive("notice", index),
                user_id=self.ada,
                bot_id=race,
                at=at(10),
                level="warning",
                code="notify" if index == 2 else "refused:no_capital",
                message="",
            )

    def _run(
        self,
        run_id: RunId,
        user: UserId,
        bot: BotId,
        named: str,
        outcome: str,
        detail: str,
        *,
        batch: int = 0,
    ) -> None:
        self.insert(
            "runs",
            run_id=run_id,
            user_id=user,
            bot_id=bot,
            work_id=derive("work", f"mark {batch}"),
            automation=0,
            version=named,
            at=at(9, 45),
            outcome=outcome,
            path="",
            detail=detail,
        )

    def _draw(self, bot: BotId, symbol: str, seq: int) -> None:
        units, amount = DRAWN[symbol]
        draw, is_lost = derive("draw", symbol), symbol == "TLT"
        owner = {"user_id": self.ada, "bot_id": bot}
        state = {"SPY": "posted", "QQQ": "released", "TLT": "void"}[symbol]
        self.insert(
            "draws",
            draw_id=draw,
            run_id=RACE,
            epoch=1,
            seq=seq,
            state=state,
            amount=amount,
            units=units,
            posted=0 if is_lost else amount,
            day=DAY,
            **owner,
        )
        entries = [("pend", amount, at(9, 45)), ("final", -amount, at(9, 45, 10))]
        entries += [] if is_lost else [("post", amount, at(9, 45, 10))]
        entries += [("close", -amount, at(11))] if symbol == "QQQ" else []
        for kind, cents, when in entries:
            self.insert("entries", draw_id=draw, kind=kind, ref="", amount=cents, at=when, **owner)
        self.insert(
            "positions",
            position_id=derive("position", symbol),
            draw_id=draw,
            state={"SPY": "open", "QQQ": "closed", "TLT": "error"}[symbol],
            symbol=symbol,
            structure="long_call_spread",
            legs=write_legs(legs(symbol)),
            quantity=units,
            entry=Decimal("0.50"),
            exits="{}",
            tags=[],
            opened_at=at(9, 45, 10),
            closed_at=at(11) if symbol == "QQQ" else None,
            realised=1_234 if symbol == "QQQ" else 0,
            **owner,
        )
        self._order(bot, symbol, "open", "rejected" if is_lost else "filled", at(9, 45))

    def _order(self, bot: BotId, symbol: str, effect: str, state: str, when: datetime) -> None:
        units, is_filled = DRAWN[symbol][0], state == "filled"
        limit = "0.50" if effect == "open" else "-0.60"
        self.insert(
            "orders",
            order_id=derive("order", symbol, effect),
            user_id=self.ada,
            bot_id=bot,
            account_id=self.account,
            position_id=derive("position", symbol),
            run_id=RACE,
            wire_id=f"{symbol}-{effect}",
            effect=effect,
            state=state,
            symbol=symbol,
            legs=write_legs(legs(symbol)),
            quantity=units,
            rungs=json.dumps([["0.40", 10], [limit, 120]]),
            rung=1,
            filled=units if is_filled else 0,
            paid=Decimal(limit) * units if is_filled else 0,
            reason="" if is_filled else "no",
            created_at=when,
            sent_at=when,
        )

    def _close(self, bot: BotId) -> None:
        self._order(bot, "QQQ", "close", "filled", at(11))

    def _pool(self, bot: BotId) -> None:
        with self.database.transaction() as connection:
            execute(
                connection,
                """UPDATE pools SET committed = 445500, gains = 1234, open_n = 1, day_n = 2
                   WHERE bot_id = %(bot)s""",
                bot=bot,
            )


def _opportunity(symbol: str) -> Opportunity:
    return Opportunity(
        symbol,
        Structure.LONG_CALL_SPREAD,
        legs(symbol),
        date(2016, 1, 15),
        Decimal(100),
        Decimal("0.48"),
        Decimal("0.50"),
        Money(5_000),
        Money(5_000),
        20.0,
        at(9, 45),
    )
