"""What a commit objects to in opens that were granted: a switch thrown in between (R38), the same
action still under way (5.4), or a leg that crosses what the account has by now (R36).

Accounts are locked, one after another in their order, from the look until the commit: of two opens
that cross each other, wherever they are committed, one stands.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from botfleet.adapters.postgres.database import execute, rows
from botfleet.adapters.postgres.switches import mode_of
from botfleet.application.ports.batches import Notice, OpenIntent
from botfleet.domain.bots.mishaps import level_of
from botfleet.domain.bots.safeguards import Mode, bars
from botfleet.domain.ids import AccountId, BotId
from botfleet.domain.orders.order import Effect
from botfleet.domain.positions.crossings import crossed, sides_of

_LOCK = """
SELECT pg_advisory_xact_lock(36, hashtext(account::text))
FROM (SELECT account FROM unnest(%(accounts)s::uuid[]) AS v(account)
      ORDER BY hashtext(account::text)) ordered
"""

#: A position being closed takes both sides of its legs.
_TAKEN = """
SELECT DISTINCT b.account_id, l.contract, taken.side
FROM bots b JOIN positions p USING (bot_id)
     CROSS JOIN LATERAL (
         SELECT coalesce(nullif(leg->>0, ''), p.symbol) AS contract,
                sign((leg->>1)::int)::int AS side
         FROM jsonb_array_elements(p.legs) leg) l
     CROSS JOIN LATERAL unnest(
         CASE p.state WHEN 'closing' THEN ARRAY[1, -1] ELSE ARRAY[l.side] END) AS taken(side)
WHERE b.account_id = ANY(%(accounts)s::uuid[]) AND p.state IN ('opening', 'open', 'closing')
  AND l.contract = ANY(%(contracts)s::text[])
"""


@dataclass(frozen=True, slots=True)
class Objection:
    """Why an open may not be: the word its run ends with, and what its owner is told."""

    open: OpenIntent
    word: str
    message: str

    @property
    def notice(self) -> Notice:
        """Tell the owner."""
        order = self.open.order
        cause = f"{order.run_id}/{self.open.ask.draw_id}/{self.word}"
        level = level_of(self.word)
        return Notice(order.user_id, order.bot_id, level, self.word, self.message, cause)


def objections(connection: Connection, opens: Sequence[OpenIntent]) -> list[Objection]:
    """Give what is to be said against `opens`."""
    if not opens:
        return []
    modes = _modes(connection, {one.ask.bot_id for one in opens})
    barred = [
        Objection(one, f"refused:{mode}", f"{one.order.symbol}: trading is {mode}.")
        for one in opens
        if bars(mode := modes[one.ask.bot_id], Effect.OPEN)
    ]
    barred += _repeated(connection, _without(opens, barred))
    return barred + list(_crossing(connection, _without(opens, barred)))


def _without(opens: Sequence[OpenIntent], barred: Sequence[Objection]) -> list[OpenIntent]:
    gone = {one.open.ask.draw_id for one in barred}
    return [one for one in opens if one.ask.draw_id not in gone]


def _repeated(connection: Connection, opens: Sequence[OpenIntent]) -> list[Objection]:
    """Object to what is under way already: the same action of the same bot, not ended yet."""
    sql = """SELECT action FROM draws WHERE action = ANY(%(actions)s::uuid[]) AND state = 'pending'
             AND draw_id <> ALL(%(draws)s::uuid[])"""
    actions, draws = [one.action for one in opens], [one.ask.draw_id for one in opens]
    under_way = set(execute(connection, sql, actions=actions, draws=draws).scalars())
    words = "the order of the run before is still under way."
    return [
        Objection(one, "refused:under_way", f"{one.order.symbol}: {words}")
        for one in opens
        if one.action in under_way
    ]


def _modes(connection: Connection, bots: set[BotId]) -> dict[BotId, Mode]:
    sql = f"SELECT bot_id, {mode_of('b')} AS mode FROM bots b WHERE bot_id = ANY(%(bots)s::uuid[])"
    return {row["bot_id"]: Mode(row["mode"]) for row in rows(connection, sql, bots=list(bots))}


def _crossing(connection: Connection, opens: Sequence[OpenIntent]) -> Iterator[Objection]:
    taken = _taken(connection, opens)
    for one in opens:
        account = taken.setdefault(one.order.account_id, {})
        wanted = sides_of(one.order.symbol, one.order.legs)
        contract = crossed(wanted, account)
        if contract:
            words = f"The account has, or is about to have, the other side of {contract}."
            yield Objection(one, "refused:overlap", words)
        else:
            for name, side in wanted.items():
                account[name] = account.get(name, frozenset()) | {side}


def _taken(
    connection: Connection, opens: Sequence[OpenIntent]
) -> dict[AccountId, dict[str, frozenset[int]]]:
    accounts = list({one.order.account_id for one in opens})
    contracts = {name for one in opens for name in sides_of(one.order.symbol, one.order.legs)}
    execute(connection, _LOCK, accounts=accounts)
    taken: dict[AccountId, dict[str, frozenset[int]]] = {}
    for row in rows(connection, _TAKEN, accounts=accounts, contracts=list(contracts)):
        sides = taken.setdefault(row["account_id"], {})
        sides[row["contract"]] = sides.get(row["contract"], frozenset()) | {row["side"]}
    return taken
