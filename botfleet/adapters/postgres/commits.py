"""What else a batch commits, statement by statement; `batches` joins them into one transaction."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from botfleet.adapters.postgres.database import columns, execute, rows
from botfleet.adapters.postgres.shapes import read_rungs, write_legs, write_rungs
from botfleet.adapters.postgres.switches import mode_of
from botfleet.application.ports.batches import LeftOut, OrderIntent, Repriced, RunRow
from botfleet.application.ports.work import Work
from botfleet.domain.eastern import day_of
from botfleet.domain.ids import BotId, RunId, wire_id
from botfleet.domain.orders.ladder import repriced as repriced_rungs


def hold_work(connection: Connection, work: Work) -> bool:
    """Hold the row to the end of the transaction, if this claim is still the last one."""
    held = execute(
        connection,
        """SELECT FROM work WHERE work_id = %(work)s AND fence = %(fence)s AND state = 'claimed'
           FOR UPDATE""",
        work=work.work_id,
        fence=work.fence,
    )
    return held.rowcount == 1


def end_work(connection: Connection, work: Work, left_out: Sequence[LeftOut] = ()) -> None:
    """End the row that is held: the last statement, so that it says when all was written.

    The slot ledger reads of it, too, which of its bots ended otherwise.
    """
    told = [[one.end, one.why, one.bots] for one in left_out]
    execute(
        connection,
        """UPDATE work SET state = 'done', ended_real = clock_timestamp(), lease_until = NULL,
               detail = detail || %(told)s::jsonb WHERE work_id = %(work)s""",
        work=work.work_id,
        told=json.dumps({"left_out": told} if told else {}),
    )


def add_orders(connection: Connection, orders: Sequence[OrderIntent], at: datetime) -> None:
    """Write orders as PENDING: provably not sent."""
    execute(
        connection,
        """INSERT INTO orders (order_id, user_id, bot_id, account_id, position_id, run_id, wire_id,
               effect, state, symbol, legs, quantity, rungs, why, created_at, check_at,
               lease_until)
           SELECT o, u, b, a, p, r, w, e, 'pending', s, l::jsonb, q, g::jsonb, y, %(at)s, %(at)s,
                  clock_timestamp()
           FROM unnest(%(order)s::uuid[], %(user)s::uuid[], %(bot)s::uuid[], %(account)s::uuid[],
                       %(position)s::uuid[], %(run)s::uuid[], %(wire)s::text[], %(effect)s::text[],
                       %(symbol)s::text[], %(legs)s::text[], %(quantity)s::int[], %(rungs)s::text[],
                       %(why)s::text[])
                AS v(o, u, b, a, p, r, w, e, s, l, q, g, y)""",
        at=at,
        **columns(
            (
                {
                    "order": one.order_id,
                    "user": one.user_id,
                    "bot": one.bot_id,
                    "account": one.account_id,
                    "position": one.position_id,
                    "run": one.run_id,
                    "wire": wire_id(one.order_id),
                    "effect": one.effect.value,
                    "symbol": one.symbol,
                    "legs": write_legs(one.legs),
                    "quantity": one.quantity,
                    "rungs": write_rungs(one.rungs),
                    "why": one.why,
                }
                for one in orders
            ),
            "order user bot account position run wire effect symbol legs quantity rungs why",
        ),
    )


def reprice(connection: Connection, repriced: Sequence[Repriced], at: datetime) -> None:
    """Have working closes rest at another limit; what is halted or not there stays as it is."""
    limits = {one.position_id: one.limit for one in repriced}
    working = rows(
        connection,
        f"""SELECT order_id, position_id, rungs, rung, sent_at FROM orders o
           WHERE position_id = ANY(%(positions)s::uuid[]) AND effect = 'close'
             AND state IN ('working', 'partial') AND {mode_of("o")} <> 'halted' FOR UPDATE""",
        positions=list(limits),
    )
    for row in working:
        rungs = repriced_rungs(
            read_rungs(row["rungs"]),
            rung=row["rung"],
            age_s=(at - row["sent_at"]).total_seconds(),
            limit=limits[row["position_id"]],
        )
        execute(
            connection,
            """UPDATE orders SET rungs = %(rungs)s::jsonb, check_at = %(at)s
               WHERE order_id = %(order)s""",
            rungs=write_rungs(rungs),
            at=at,
            order=row["order_id"],
        )


def add_runs(
    connection: Connection, work: Work, runs: Sequence[RunRow], at: datetime
) -> set[RunId]:
    """Write runs; one that was already done elsewhere stays as it is (R18). Give those written."""
    made = execute(
        connection,
        """INSERT INTO runs (run_id, user_id, bot_id, work_id, automation, version, at, outcome,
               path, detail, kind, level)
           SELECT r, u, b, %(work)s, a, v, %(at)s, o, p, d, k, l
           FROM unnest(%(run)s::uuid[], %(user)s::uuid[], %(bot)s::uuid[], %(automation)s::int[],
                       %(version)s::text[], %(outcome)s::text[], %(path)s::text[],
                       %(detail)s::text[], %(kind)s::text[], %(level)s::text[])
                AS w(r, u, b, a, v, o, p, d, k, l)
           ON CONFLICT (run_id) DO NOTHING RETURNING run_id""",
        work=work.work_id,
        at=at,
        run=[one.run_id for one in runs],
        user=[one.user_id for one in runs],
        bot=[one.bot_id for one in runs],
        automation=[one.automation for one in runs],
        version=[one.version for one in runs],
        outcome=[one.outcome for one in runs],
        path=[one.path for one in runs],
        detail=[one.detail for one in runs],
        kind=[one.kind for one in runs],
        level=[one.level for one in runs],
    )
    return {RunId(run) for run in made.scalars()}


def add_facts(connection: Connection, work: Work, body: bytes) -> None:
    """Write what the market answered."""
    sql = """INSERT INTO facts (work_id, body) VALUES (%(work)s, %(body)s)
             ON CONFLICT (work_id) DO UPDATE SET body = excluded.body"""
    execute(connection, sql, work=work.work_id, body=body)


def add_symbols(connection: Connection, used: Mapping[BotId, Sequence[str]], at: datetime) -> None:
    """Keep which symbols bots have used in this session, in their order."""
    if not used:
        return
    execute(
        connection,
        """INSERT INTO symbol_uses (bot_id, day, symbols)
           SELECT b, %(day)s, array(SELECT jsonb_array_elements_text(s::jsonb))
           FROM unnest(%(bot)s::uuid[], %(symbols)s::text[]) AS v(b, s)
           WHERE EXISTS (SELECT FROM bots WHERE bot_id = b) ORDER BY 1
           ON CONFLICT (bot_id) DO UPDATE SET day = excluded.day, symbols = excluded.symbols""",
        day=day_of(at),
        bot=list(used),
        symbols=[json.dumps(list(one)) for one in used.values()],
    )
