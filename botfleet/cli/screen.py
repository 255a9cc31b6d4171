"""The demo's live display: a panel where someone watches, one line a mark where a log does."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from rich import box
from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from botfleet.cli.shapes import bar, beside, facts, framed, two_sides
from botfleet.web.report import verdict
from botfleet.web.scales import clock, count, duration, exact_money, money, share, short_money
from botfleet.web.summary import CapitalPoint, DaySummary
from botfleet.web.tree import TEXT_COLUMNS, tree_text

_WIDTH = 84
_NUMBERS = frozenset({"contracts", "asked", "granted", "share", "back after"}) | frozenset(
    {"#", "moved", "first work after", "rows", "p50", "p99", "most"}
)


@dataclass(frozen=True, slots=True)
class DayProgress:
    """Where the day stands. Counts are of the day so far; all may be left out before the open.

    `phase` words what is happening now: `starting Postgres`, `trading`, `checking invariants`.
    """

    phase: str
    market_at: datetime | None = None
    marks_done: int = 0
    marks_total: int = 0
    runs: int = 0
    runs_no_action: int = 0
    draws_granted: int = 0
    draws_refused: int = 0
    orders_working: int = 0
    orders_filled: int = 0
    orders_cancelled: int = 0
    orders_rejected: int = 0
    positions_open: int = 0
    capital_in_use_cents: int = 0
    allocation_cents: int = 0
    lag_p50_ms: float = 0.0
    lag_p99_ms: float = 0.0
    processes_up: int = 0
    processes_total: int = 0
    restarts: int = 0


class DayScreen:
    """Shows a day being played. `update` as often as there is news; nothing waits for the screen.

    Where nobody watches (no terminal) it prints a line when the phase changes and one a mark.
    """

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console()
        self._live = Live(console=self._console, refresh_per_second=8, transient=True)
        self._last = DayProgress("")

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._console.is_terminal:
            self._live.stop()

    def update(self, progress: DayProgress) -> None:
        """Show where the day stands now."""
        if self._console.is_terminal:
            self._live.update(_panel(progress))
        else:
            self._say(progress)
        self._last = progress

    def _say(self, progress: DayProgress) -> None:
        if progress.phase != self._last.phase:
            self._console.print(Text(f"{progress.phase} …"), soft_wrap=True)
        if progress.marks_done > self._last.marks_done:
            self._console.print(Text(mark_line(progress)), soft_wrap=True)


def mark_line(progress: DayProgress) -> str:
    """Write the day so far in one line of a log."""
    return " · ".join(
        (
            f"{_market_time(progress)} mark {progress.marks_done}/{progress.marks_total}",
            f"{count(progress.runs)} runs, {count(progress.runs_no_action)} idle",
            f"draws {_draws(progress)}",
            f"orders {_orders(progress)}",
            f"{count(progress.positions_open)} open",
            f"capital {_capital(progress)}",
            f"lag p50 {duration(progress.lag_p50_ms)} p99 {duration(progress.lag_p99_ms)}",
            f"processes {_processes(progress)}",
        )
    )


def _market_time(progress: DayProgress) -> str:
    return f"{clock(progress.market_at)} ET" if progress.market_at else "before the open"


def _draws(progress: DayProgress) -> str:
    return f"{count(progress.draws_granted)} granted, {count(progress.draws_refused)} refused"


def _orders(progress: DayProgress) -> str:
    return ", ".join(
        (
            f"{count(progress.orders_working)} working",
            f"{count(progress.orders_filled)} filled",
            f"{count(progress.orders_cancelled)} cancelled",
            f"{count(progress.orders_rejected)} rejected",
        )
    )


def _capital(progress: DayProgress) -> str:
    used, most = progress.capital_in_use_cents, progress.allocation_cents
    return f"{short_money(used)} of {short_money(most)} ({share(used, most)})"


def _processes(progress: DayProgress) -> str:
    again = f", {progress.restarts} restarted" if progress.restarts else ""
    if not progress.processes_total:
        return f"stopped{again}"
    return f"{progress.processes_up} of {progress.processes_total} up{again}"


def _panel(progress: DayProgress) -> Panel:
    phase = Text(progress.phase, style="bold")
    head = two_sides(phase, Text(_market_time(progress), style="cyan"))
    parts = (head, facts(_bars(progress)), Text(), facts(_rows(progress)))
    return framed(parts, width=_WIDTH)


def _bars(progress: DayProgress) -> Iterator[tuple[str, Table]]:
    done, total = progress.marks_done, progress.marks_total
    used, most = progress.capital_in_use_cents, progress.allocation_cents
    yield "marks", beside(bar(done, total, "blue"), f"{done} of {total}")
    yield "capital", beside(bar(used, most, "green"), _capital(progress))


def _rows(progress: DayProgress) -> Iterator[tuple[str, str]]:
    yield "runs", f"{count(progress.runs)}, {count(progress.runs_no_action)} needed no action"
    yield "draws", _draws(progress)
    yield "orders", _orders(progress)
    yield "positions", f"{count(progress.positions_open)} open"
    yield "lag", f"p50 {duration(progress.lag_p50_ms)}, p99 {duration(progress.lag_p99_ms)}"
    yield "processes", _processes(progress)


def print_summary(day: DaySummary, console: Console | None = None) -> None:
    """Print a played day as tables, the invariants last."""
    out = console or Console()
    out.print()
    out.print(Text(f"{day.session.day:%A}, {day.session.day.day} {day.session.day:%B %Y}", "bold"))
    out.print(Text(_session_line(day), style="dim"))
    told = (_figures(day), _founding(day), _featured(day, out.width), _incidents(day))
    for part in (*told, _changes(day), _lateness(day), _findings(day)):
        if part is not None:
            out.print()
            out.print(part)
    out.print()
    out.print(_verdict(day))


def _session_line(day: DaySummary) -> str:
    early = ", early close" if day.session.is_early_close else ""
    hours = f"{clock(day.session.opens_at)} to {clock(day.session.closes_at)} Eastern{early}"
    return f"{hours} · {day.market} · played in {day.wall_seconds:.1f} s"


def _table(*names: str, title: str = "") -> Table:
    table = Table(
        box=box.SIMPLE_HEAD, title=title or None, title_justify="left", title_style="bold",
        pad_edge=False, show_header=any(names),
    )  # fmt: skip
    for name in names:
        is_number = name in _NUMBERS
        table.add_column(name, justify="right" if is_number else "left", no_wrap=is_number)
    return table


def _figures(day: DaySummary) -> Table:
    table = _table("", "", title="The day")
    for name, words in _figure_rows(day):
        table.add_row(Text(name, style="dim"), Text(words))
    return table


def _figure_rows(day: DaySummary) -> Iterator[tuple[str, str]]:
    fleet, places = day.fleet, day.positions
    where = f"{fleet.pods} pods with {fleet.instances} instances"
    yield "fleet", f"{count(fleet.bots)} bots of {count(fleet.users)} users on {where}"
    yield "marks", f"{len(day.marks)}, at the busiest {count(day.peak_runs_per_s)} runs a second"
    runs = ", ".join(f"{count(run.count)} {run.outcome}" for run in day.runs)
    yield "runs", f"{count(day.runs_total)}: {runs}"
    yield "draws", f"{count(day.draws_of(is_granted=True))} granted{_refusals(day)}"
    counts = (f"{count(o.count)} {o.effect.value} {o.state.value}" for o in day.order_counts)
    yield "orders", f"{count(day.orders_total)}: {', '.join(counts)}; {count(day.fills)} fills"
    ends = f"{count(places.closed)} closed, {count(places.expired)} expired"
    yield (
        "positions",
        f"{count(places.opened)} opened, {ends}, {exact_money(places.realised_cents)} realised",
    )
    if day.capital_peak:
        yield "capital", _peak(day.capital_peak)
    lag = day.lag
    late = f"p50 {duration(lag.p50_ms)}, p99 {duration(lag.p99_ms)}, most {duration(lag.max_ms)}"
    yield "lag", late


def _refusals(day: DaySummary) -> str:
    refused = [f"{count(d.count)} {d.reason or 'refused'}" for d in day.draws if not d.is_granted]
    return f"; refused: {', '.join(refused)}" if refused else ", none refused"


def _peak(point: CapitalPoint) -> str:
    used = point.committed_cents + point.pending_cents
    most = f"{money(used)} of {money(point.allocation_cents)}"
    return f"at most {most} ({share(used, point.allocation_cents)}), at {clock(point.at)} ET"


def _founding(day: DaySummary) -> Table | None:
    one = day.founding
    if one is None:
        return None
    title = f"The founding example: one pool of {money(one.allocation_cents)}"
    table = _table("symbol", "contracts", "asked", "granted", "share", title=title)
    for draw in one.draws:
        asked, granted = exact_money(draw.asked_cents), exact_money(draw.granted_cents)
        part = f"{100 * draw.granted_cents / one.allocation_cents:.1f}%"
        table.add_row(Text(draw.symbol), count(draw.contracts), asked, granted, part)
    return table


def _featured(day: DaySummary, width: int) -> Group | None:
    one = day.featured
    if one is None:
        return None
    title = f"{one.bot}: “{one.automation}” at {clock(one.at)} ET"
    drawn = tree_text(one.tree, ends=one.ends, columns=min(width, TEXT_COLUMNS))
    return Group(Text(title, style="bold"), Text(), Text(drawn))


def _incidents(day: DaySummary) -> Table | None:
    if not day.incidents:
        return None
    table = _table("Eastern", "process", "what", "back after", title="Incidents")
    for one in day.incidents:
        back = "not back" if one.recovered_s is None else duration(one.recovered_s * 1000)
        table.add_row(clock(one.at), Text(one.process), Text(one.what), back)
    return table


def _changes(day: DaySummary) -> Table | None:
    if not day.changes:
        return None
    title = "The fleet changed while the day went on"
    table = _table("#", "Eastern", "what", "moved", "first work after", title=title)
    for number, one in enumerate(day.changes, start=1):
        first = "" if one.first_work_s is None else duration(one.first_work_s * 1000)
        words = (str(number), clock(one.at), Text(one.what), count(one.users_moved), first)
        table.add_row(*words)
    return table


def _lateness(day: DaySummary) -> Table | None:
    """Tell how late work was hour by hour, where the fleet changed meanwhile."""
    if not day.changes:
        return None
    table = _table("Eastern", "kind", "rows", "p50", "p99", "most", title="How late work was")
    for one in day.lateness:
        late = map(duration, (one.p50_ms, one.p99_ms, one.max_ms))
        table.add_row(clock(one.hour), one.kind, count(one.count), *late)
    return table


def _findings(day: DaySummary) -> Table:
    table = _table("", "", "", "", title="Invariants, proved on the books of the brokers")
    for finding in day.invariants:
        mark = Text("✓", style="bold green") if finding.ok else Text("✗", style="bold red")
        detail = Text(finding.detail, style="dim" if finding.ok else "red")
        table.add_row(mark, Text(finding.code), Text(finding.sentence), detail)
    return table


def _verdict(day: DaySummary) -> Text:
    found = verdict(day)
    return Text(found.words, style="bold green" if found.is_sound else "bold red")
