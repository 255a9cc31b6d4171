"""The fleet's status on a screen of any size: what is wrong first, then figures, then processes."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from botfleet.application.ports.broker_lines import BrokerLine, SentLine
from botfleet.application.ports.slots import Lateness
from botfleet.cli.fleet_view import FleetView, ProcessRow, Stores
from botfleet.cli.recovery import unfit
from botfleet.cli.restraint import told
from botfleet.cli.shapes import bar, beside, columns, facts, framed, sparkline, two_sides
from botfleet.domain.eastern import day_of, wall
from botfleet.domain.market.calendar import next_session, session_on
from botfleet.domain.schedules.intervals import marks
from botfleet.web.scales import clock, count, duration, share, short_money

_COLOURS = {"ready": "green", "done": "green", "failed": "bold red", "stopped": "dim"}
#: From this width on, lateness stands beside the processes.
WIDE = 124
_ALARMS_MAX, _LATENESS_MIN, _BROKERS_MAX = 3, 2, 3
_PROCESSES = ("process", "state", "age", "deaths", "memory", "cpu", "users", "bots", "due", "p99")
_LATENESS = ("trigger", "done", "not", "late p50", "p99", "max", "waited p99")


def draw(
    view: FleetView, width: int, height: int | None, before: FleetView | None = None
) -> RenderableType:
    """Draw one look as wide and at most as high as a screen; as high as need be without `height`.

    CPU is since the look `before`, else since a process was born.
    """
    head, figures = [*_head(view), *_alarms(view)], list(_figures(view.stores))
    room = None if height is None else height - len(head) - len(figures) - 4
    bottom = _bottom(view, before, width, room)
    foot = [] if height is None else [Text("q quits", style="dim")]
    return framed([*head, facts(figures), Text(), *bottom, *foot], width=width)


def line(view: FleetView) -> str:
    """Write one look in one line of a log."""
    states = [row.state.state for row in view.processes]
    up = f"{sum(state == 'ready' for state in states)}/{len(states)} processes ready"
    wrong = ", ".join(alarm.name for alarm in view.alarms) or "no alarm"
    if view.stores is None:
        return f"{up} · {wrong}: {view.silent}"
    now = view.stores.numbers
    orders = f"{now.orders_live} orders live, {now.orders_unknown} unknown"
    work = f"{now.due} due, oldest {duration(now.oldest_due_s * 1000)}"
    at = f"{wall(view.stores.market_at):%Y-%m-%d %H:%M:%S} ET"
    return " · ".join((at, up, work, orders, f"{now.positions_open} open", wrong))


def _head(view: FleetView) -> Iterator[RenderableType]:
    colour = "green" if not view.alarms else "red"
    name = Text.assemble(("● ", colour), (view.clock, "bold"))
    if view.stores is None:
        yield two_sides(name, Text("the stores do not answer", style="red"))
        return
    at = view.stores.market_at
    yield two_sides(name, Text(f"{wall(at):%a %d %b %Y %H:%M:%S} ET", style="cyan"))
    yield two_sides(Text(_session(at), style="dim"), Text(_age(view), style="dim"))


def _session(at: datetime) -> str:
    """Say whether the market is open, and what comes next."""
    session = session_on(day_of(at))
    if session is None or at >= session.closes_at:
        opens = wall(next_session(day_of(at)).opens_at)
        return f"market closed, opens {opens:%A %d %B %H:%M} ET"
    if at < session.opens_at:
        return f"market closed, opens at {clock(session.opens_at)}"
    following = next((mark for mark in marks(session) if mark > at), None)
    mark = f", next mark {clock(following)}" if following else ", no mark left"
    early = ", early" if session.is_early_close else ""
    return f"market open, closes {clock(session.closes_at)}{early}{mark}"


def _age(view: FleetView) -> str:
    if not view.started_at:
        return ""
    return f"up {lasted(view.looked_at - datetime.fromisoformat(view.started_at))}"


def lasted(span: timedelta) -> str:
    """Say how long something lasts: `3m20s`, `2h05m`, `4d07h`."""
    minutes, seconds = divmod(int(span.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days}d{hours:02}h"
    return f"{hours}h{minutes:02}m" if hours else f"{minutes}m{seconds:02}s"


def _alarms(view: FleetView) -> Iterator[Text]:
    wrong = [
        Text.assemble(("▲ ", "red"), (alarm.name, "bold red"), f"  {alarm.words}")
        for alarm in view.alarms
    ]
    switches = view.stores.switches if view.stores else ()
    wrong += [Text.assemble((f"■ {one.mode} ", "yellow"), told(one)) for one in switches]
    for words in unfit(view.stores.numbers) if view.stores else ():
        wrong.append(Text.assemble(("■ ", "yellow"), words))
    if not wrong:
        yield Text("✓ no alarm", style="green")
    for text in wrong[:_ALARMS_MAX]:
        text.no_wrap, text.overflow = True, "ellipsis"
        yield text
    rest = len(wrong) - _ALARMS_MAX
    if rest > 0:
        yield Text(f"  … and {rest} more", style="dim")


def _figures(stores: Stores | None) -> Iterator[tuple[str, RenderableType]]:
    """Give the figures, a line each."""
    if stores is None:
        return
    yield "fleet", Text(_fleet(stores))
    yield "marks", Text(_marks(stores.marks_a_minute))
    yield "work", Text(_work(stores))
    yield "capital", _capital(stores)
    for number, words in enumerate(_orders(stores)):
        yield "" if number else "orders", words


def _fleet(stores: Stores) -> str:
    now = stores.numbers
    free = max(0, now.seats - now.users + now.users_unseated)
    return " · ".join(
        (
            f"{count(now.bots_on)} of {count(now.bots)} bots on",
            f"{count(now.users)} users, {count(free)} seats free",
            f"{count(now.positions_open)} positions",
        )
    )


def _marks(values: Sequence[int]) -> str:
    return f"{sparkline(values)}  {values[-1]} this minute, {max(values)} at most in {len(values)}"


def _work(stores: Stores) -> str:
    now, queues = stores.numbers, stores.queues
    waiting = {name: n for name, n in queues.items() if not name.startswith("pod.")}
    pods = sum(queues.values()) - sum(waiting.values())
    told = ", ".join(f"{name} {n}" for name, n in (*waiting.items(), ("pods", pods)))
    return f"{now.due} due, oldest {duration(now.oldest_due_s * 1000)} · queued: {told}"


def _capital(stores: Stores) -> RenderableType:
    parts = stores.numbers.capital
    used, whole = parts["committed"] + parts["pending"], sum(parts.values())
    words = f"{short_money(used)} of {short_money(whole)} ({share(used, whole)})"
    return beside(bar(used, whole, "green", 30), Text(words))


def _orders(stores: Stores) -> Iterator[Text]:
    """Tell of each broker in a line; of many, of the busiest and of all others together."""
    sent = {one.broker: one for one in stores.sent}
    lines = sorted(
        stores.brokers, key=lambda one: (-one.orders_unknown, -one.orders_live, one.broker)
    )
    for one in lines[:_BROKERS_MAX]:
        yield _broker(one, sent.get(one.broker))
    if rest := [one.broker for one in lines[_BROKERS_MAX:]]:
        yield Text(f"… {', '.join(rest)}", style="dim")
    if not lines:
        yield Text("no account is connected", style="dim")


def _broker(one: BrokerLine, sent: SentLine | None) -> Text:
    unknown = (f"{one.orders_unknown} unknown", "red" if one.orders_unknown else "")
    counts = (sent.sent, sent.filled, sent.rejected) if sent else (0, 0, 0)
    today = " · {} sent, {} filled, {} rejected".format(*map(count, counts))
    return Text.assemble(f"{one.broker:<12} {one.orders_live} live, ", unknown, today)


def _bottom(
    view: FleetView, before: FleetView | None, width: int, room: int | None
) -> list[RenderableType]:
    """Give lateness and processes, beside or above one another, in the rows there are."""
    late = sorted(view.stores.lateness if view.stores else (), key=lambda one: -one.late_p99_s)
    if width >= WIDE:
        rows = room and room - 1
        tables = _processes(view, before, rows), _lateness(late, rows)
        return [beside(*(table for table in tables if table is not None))]
    for_late = None if room is None else max(_LATENESS_MIN, room // 4)
    above = _lateness(late, for_late)
    shown = 0 if above is None else 2 + min(len(late), for_late or len(late))
    below = _processes(view, before, room and room - shown - 1)
    parts: list[RenderableType] = [above, Text()] if above is not None else []
    return [*parts, *([below] if below is not None else [])]


def _lateness(late: Sequence[Lateness], rows: int | None) -> Table | None:
    if not late:
        return None
    table = columns(*_LATENESS, numbers=_LATENESS[1:])
    for one in late[:rows]:
        times = (one.late_p50_s, one.late_p99_s, one.late_max_s, one.waited_p99_s)
        cells = (duration(1000 * each) for each in times)
        left = one.skipped + one.missed + one.failed
        counts = count(one.done), count(left) if left else ""
        table.add_row(one.trigger.value.replace("_", " "), *counts, *cells)
    return table


def _processes(view: FleetView, before: FleetView | None, rows: int | None) -> Table | None:
    """Show processes: of more than there is room for, what is not well and the instances first."""
    if not view.processes:
        return None
    spent = {row.state.pid: row for row in before.processes} if before else {}
    table = columns(*_PROCESSES, numbers=_PROCESSES[2:])
    shown = list(view.processes)
    if rows is not None and len(shown) > rows:
        first = sorted(shown, key=_rank)[: max(0, rows - 1)]
        left = len(shown) - len(first)
        shown = [row for row in shown if row in first]
        _fill(table, shown, spent)
        table.add_row(Text(f"… {left} more", style="dim"))
        return table
    _fill(table, shown, spent)
    return table


def _rank(row: ProcessRow) -> tuple[bool, bool]:
    return row.state.state == "ready", row.carries is None


def _fill(table: Table, rows: Sequence[ProcessRow], spent: dict[int | None, ProcessRow]) -> None:
    for row in rows:
        state, one = row.state, row.carries
        words = state.words or ("leads" if row.leads else state.state)
        lag = duration(one.lag_p99_ms) if one and one.lag_p99_ms is not None else ""
        table.add_row(
            state.name,
            Text(words, style=_COLOURS.get(state.state, "yellow")),
            lasted(timedelta(seconds=row.load.uptime_s)) if row.load else "",
            str(state.restarts or ""),
            f"{row.load.memory_bytes / 2**20:.0f} MiB" if row.load else "",
            _cpu(row, spent.get(state.pid)),
            *((str(one.users), str(one.bots_on), str(one.due)) if one else ("", "", "")),
            lag,
        )


def _cpu(row: ProcessRow, before: ProcessRow | None) -> str:
    """Give the share of a core it used since it was last looked at, else since it was born."""
    if row.load is None:
        return ""
    used_s, in_s = row.load.cpu_s, row.load.uptime_s
    if before and before.load and before.load.uptime_s < in_s:
        used_s, in_s = used_s - before.load.cpu_s, in_s - before.load.uptime_s
    return share(used_s, in_s)


def places(view: FleetView) -> Group:
    """Say where a fleet listens and logs."""
    named = {**view.urls, **({"logs": view.logs} if view.logs else {})}
    return Group(*(Text(f"  {name:<8} {place}", no_wrap=True) for name, place in named.items()))
