"""A made-up day that looks like a played one: the GOOG half day of 24 December 2015."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random

from botfleet.domain.bots.bot import Lane
from botfleet.domain.capital.sizing import Base, Percent
from botfleet.domain.eastern import instant
from botfleet.domain.market.instruments import Leg, Option, Right
from botfleet.domain.orders.order import Effect, OrderState
from botfleet.domain.positions.exits import Exits
from botfleet.domain.trades.opportunities import (
    LOOP_SYMBOL,
    ByDelta,
    ByWidth,
    ExpirationMode,
    ExpirationRule,
    TradeSpec,
)
from botfleet.domain.trades.structures import Structure
from botfleet.domain.trees.conditions import AllOf, Criterion, Recipe
from botfleet.domain.trees.nodes import Decision, Loop, LoopOver, Node, Nothing, Notify, Open
from botfleet.web.summary import (
    BotRow,
    CapitalPoint,
    Change,
    DaySummary,
    DrawCount,
    End,
    Featured,
    Finding,
    Fleet,
    FoundingDraw,
    FoundingExample,
    HourLag,
    Incident,
    Lag,
    LagBucket,
    Mark,
    OrderCount,
    OrderRow,
    Positions,
    PositionsPoint,
    RunCount,
    SeatCount,
    SeatsPoint,
    Session,
)

DAY = date(2015, 12, 24)
OPENS, CLOSES = instant(DAY, time(9, 30)), instant(DAY, time(13))
HOSTILE = "<script>alert('x')</script> & \"Co\""
ALLOCATION = 300 * 1_000_000
NAMES = (
    "Weekly put seller",
    "Iron condor at noon",
    "Dip buyer",
    "Call spread on strength",
    "RSI swing",
    "Founding example",
    HOSTILE,
)


def asks(words: str, **arguments: object) -> Criterion:
    """Ask in just these words; every argument is a trade."""
    kinds = dict.fromkeys(arguments, "trade")
    return Criterion(Recipe("x", "stock", words, kinds, lambda *_: (), lambda *_: True), arguments)


def spread(symbol: str = LOOP_SYMBOL) -> TradeSpec:
    return TradeSpec(
        symbol,
        Structure.SHORT_PUT_SPREAD,
        ExpirationRule(ExpirationMode.AT_LEAST, 30),
        (("short_put", ByDelta(Decimal("0.30"))), ("long_put", ByWidth("short_put", Decimal(-5)))),
    )


def put_seller() -> Node:
    rich = asks("{trade} has a return on risk above 25%", trade=spread())
    sell = Open(
        spread(),
        Percent(4500, Base.NET_LIQUIDATION),
        exits=Exits(profit=Decimal("0.5"), stop=Decimal(2)),
    )
    calm = AllOf((asks("SPY price is above its 50-day SMA"), asks("VIX is below 25")))
    fell = asks("SPY fell more than 2% today")
    tell = Decision(fell, Notify("A sharp fall: no new spreads today"), Nothing())
    held = asks("bot has a position in the loop's symbol")
    busy = Decision(held, Nothing(), Decision(rich, sell, Nothing()))
    return Decision(calm, Loop(LoopOver.BOT_SYMBOLS, busy, ("SPY", "QQQ", "IWM")), tell)


FEATURED = Featured(
    bot="Weekly put seller",
    user="dana",
    automation="Sell spreads where they pay",
    lane=Lane.SCANNER,
    at=OPENS + timedelta(minutes=15),
    tree=put_seller(),
    ends=(
        End("ybny", "opened 9 contracts for $4,437.00", "SPY"),
        End("ybny", "opened 8 contracts for $3,896.00", "IWM"),
        End("ybnn", "return 19.4%, not enough", "QQQ"),
    ),
    explanation=(
        "SPY price is above its 50-day SMA: 205.68 > 204.12. Yes.",
        "VIX is below 25: 15.74 < 25. Yes.",
        "Three bot symbols are walked at once, on the same quotes.",
        "SPY: no position yet. Short put spread 200/195 of 29 January pays 27.4% on its risk.",
        "SPY: 45% of net liquidation is $4,500.00; one contract risks $493.00, nine fit.",
        "QQQ: short put spread 108/103 pays 19.4% on its risk. No.",
        "IWM: short put spread 110/105 pays 31.2%; eight contracts fit.",
    ),
)
FOUNDING = FoundingExample(
    "Founding example",
    1_000_000,
    (
        FoundingDraw("SPY", 9, 450_000, 443_700),
        FoundingDraw("QQQ", 10, 450_000, 447_000),
        FoundingDraw("IWM", 2, 450_000, 94_200),
    ),
)
INVARIANTS = (
    Finding(
        "I1",
        "No bot ever held more capital than its allocation",
        True,
        "1,012 acceptances in 300 accounts",
    ),
    Finding(
        "I2",
        "Every order intent reached the broker at most once",
        True,
        "1,064 intents, 1,012 accepted",
    ),
    Finding("I3", "Every execution was booked once, to one position", True, "981 executions"),
    Finding("I4", "Every due event ended once", True, "8,213 events"),
    Finding("I5", "No bot passed its position limits", True, "300 bots at every prefix of the day"),
    Finding("I7", "Ledger, balance and Redis agree to the cent", True, "300 pools"),
    Finding("I8", "No draw was settled twice", True, "1,131 draws"),
    Finding("I9", "No row crossed from one user to another", True, "21 tables"),
    Finding("I12", "No close was larger than what was open", True, "402 closes"),
    Finding("I15", "Nothing ran outside the session", True, "09:30:00 to 13:00:00 ET"),
)


#: Two instances, then three, of which one is killed, then two again.
CHANGES = (
    Change(OPENS + timedelta(minutes=40), "instances a pod 1 to 2", 4, 1.2),
    Change(OPENS + timedelta(minutes=75), "pod.1.1 killed with kill -9", 0, 0.9, "pod.1.1"),
    Change(OPENS + timedelta(minutes=110), "pod 2 drained", 6, None),
)
SEATS = (
    SeatsPoint(OPENS, (SeatCount("pod.1.1", 5), SeatCount("pod.2.1", 5))),
    *(
        SeatsPoint(
            one.at,
            (SeatCount("pod.1.1", 3), SeatCount("pod.1.2", 3), SeatCount("pod.2.1", 4)),
        )
        for one in CHANGES[:2]
    ),
    SeatsPoint(CHANGES[2].at, (SeatCount("pod.1.1", 10), SeatCount("pod.2.1", 0))),
)


def sample(seed: int = 7) -> DaySummary:
    rng = Random(seed)
    marks = _marks(rng)
    orders = _orders(rng, 160)
    return DaySummary(
        session=Session(DAY, OPENS, CLOSES, is_early_close=True),
        market="recorded GOOG, others simulated with seed 7",
        played_at=datetime(2026, 3, 1, 18, 4, tzinfo=UTC),
        wall_seconds=83.4,
        fleet=Fleet(pods=2, instances=4, users=50, bots=300, automations=1240),
        marks=marks,
        runs=(
            RunCount("no action", 14_012),
            RunCount("opened", 610),
            RunCount("closed", 402),
            RunCount("refused", 119),
            RunCount("notified", 84),
            RunCount("no data", 12),
        ),
        draws=(
            DrawCount(True, 1012),
            DrawCount(False, 71, "capital is used up"),
            DrawCount(False, 31, "daily positions reached"),
            DrawCount(False, 17, "positions at once reached"),
        ),
        order_counts=(
            OrderCount(Effect.OPEN, OrderState.FILLED, 588),
            OrderCount(Effect.OPEN, OrderState.CANCELLED, 19),
            OrderCount(Effect.OPEN, OrderState.REJECTED, 3),
            OrderCount(Effect.CLOSE, OrderState.FILLED, 393),
            OrderCount(Effect.CLOSE, OrderState.CANCELLED, 9),
        ),
        fills=981,
        capital=_capital(rng),
        positions=_positions(rng),
        lag=_lag(rng),
        peak_runs_per_s=2_180.0,
        orders=orders,
        invariants=INVARIANTS,
        bots=_bots(rng),
        incidents=(
            Incident(
                OPENS + timedelta(minutes=62),
                "pod.2.1",
                "killed with SIGKILL while a mark was being worked",
                1.8,
            ),
            Incident(
                OPENS + timedelta(minutes=121),
                "redis",
                "flushed; pools rebuilt from the ledger",
                0.6,
            ),
        ),
        changes=CHANGES,
        seats=SEATS,
        lateness=(HourLag(OPENS, "mark", 52, 96.0, 412.0, 1284.0),),
        founding=FOUNDING,
        featured=FEATURED,
    )


def broken() -> DaySummary:
    bad = Finding(
        "I1",
        "No bot ever held more capital than its allocation",
        False,
        "bot 17 held $10,120.00 of $10,000.00 at 10:15:02",
    )
    return replace(sample(), invariants=(bad, *INVARIANTS[1:]))


def empty() -> DaySummary:
    """A day on which nothing happened at all."""
    full = sample()
    return DaySummary(
        full.session, full.market, full.played_at, 0.0, Fleet(0, 0, 0, 0, 0), (), (), (), (), 0,
        (), Positions(0, 0, 0, 0, ()), Lag(0, 0, 0, ()), 0.0, (), (),
    )  # fmt: skip


def _marks(rng: Random) -> tuple[Mark, ...]:
    made = []
    for index in range(13):
        p50 = rng.uniform(60, 120) + (90 if index == 0 else 0)
        made.append(
            Mark(
                OPENS + timedelta(minutes=15 * (index + 1)),
                1240 - rng.randrange(90),
                max(4, int(rng.gauss(190 / (1 + index * 0.45), 6))),
                int(8 + index * 4 + rng.random() * 9),
                p50,
                p50 * rng.uniform(2.2, 3.6) + (700 if index == 4 else 0),
            )
        )
    return tuple(made)


def _capital(rng: Random) -> tuple[CapitalPoint, ...]:
    made, committed = [], 0.0
    for minute in range(211):
        fresh = minute >= 15 and minute % 15 < 3
        pending = (
            rng.uniform(0.02, 0.05) * ALLOCATION if fresh else rng.uniform(0, 0.004) * ALLOCATION
        )
        committed = min(
            0.8 * ALLOCATION,
            committed + (0.75 * pending if fresh else -0.0009 * ALLOCATION * (committed > 0)),
        )
        made.append(
            CapitalPoint(
                OPENS + timedelta(minutes=minute), max(0, int(committed)), int(pending), ALLOCATION
            )
        )
    return tuple(made)


def _positions(rng: Random) -> Positions:
    held, series = 0, []
    for minute in range(211):
        held += rng.randrange(8, 30) if minute >= 15 and minute % 15 < 3 else -rng.randrange(3)
        series.append(PositionsPoint(OPENS + timedelta(minutes=minute), max(0, held)))
    series[-1] = replace(series[-1], open_count=max(0, held - 61))
    return Positions(588, 393, 61, 1_284_350, tuple(series))


def _lag(rng: Random) -> Lag:
    bounds = (25, 50, 75, 100, 150, 200, 300, 400, 600, 800, 1000, 1500)
    heights = (2, 9, 31, 48, 61, 40, 22, 11, 6, 3, 1, 1)
    buckets = tuple(
        LagBucket(b, h * 4 + rng.randrange(4)) for b, h in zip(bounds, heights, strict=True)
    )
    return Lag(96.0, 412.0, 1284.0, buckets)


def _legs(symbol: str, strike: int) -> tuple[Leg, ...]:
    expires = date(2016, 1, 29)
    return (
        Leg(Option(symbol, expires, Right.PUT, Decimal(strike - 5)), 1),
        Leg(Option(symbol, expires, Right.PUT, Decimal(strike)), -1),
    )


def _orders(rng: Random, count: int) -> tuple[OrderRow, ...]:
    states = [OrderState.FILLED] * 9 + [OrderState.CANCELLED, OrderState.REJECTED]
    made = []
    for index in range(count):
        symbol, strike = rng.choice((("GOOG", 735), ("SPY", 200), ("QQQ", 108), ("IWM", 110)))
        state = rng.choice(states)
        sign = -1 if index % 5 else 1
        limit = sign * Decimal(rng.randrange(60, 210)) / 100
        made.append(
            OrderRow(
                OPENS
                + timedelta(minutes=15 * (1 + index * 13 // count), seconds=rng.randrange(60)),
                f"user{rng.randrange(50):02d}",
                rng.choice(NAMES),
                Effect.OPEN if sign < 0 else Effect.CLOSE,
                Structure.SHORT_PUT_SPREAD,
                symbol,
                _legs(symbol, strike),
                rng.randrange(1, 11),
                limit,
                state,
                limit - Decimal("0.01") if state is OrderState.FILLED else None,
                "not enough buying power" if state is OrderState.REJECTED else "",
            )
        )
    return tuple(sorted(made, key=lambda order: order.at))


def _bots(rng: Random) -> tuple[BotRow, ...]:
    made = []
    for index in range(20):
        opened = rng.randrange(1, 9)
        closed = rng.randrange(opened + 1)
        made.append(
            BotRow(
                f"user{rng.randrange(50):02d}",
                NAMES[index % len(NAMES)],
                52 - index,
                opened,
                closed,
                opened - closed,
                rng.randrange(900_000),
                1_000_000,
                rng.randrange(-40_000, 90_000),
            )
        )
    return tuple(made)
