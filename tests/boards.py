"""Writes the Grafana boards in deploy/grafana: `python -m tests.boards`.

A board is a list of panels, a panel a title, a unit and its queries; the rest of what Grafana wants
is the same everywhere and is written here once. Tests hold the files current, and ask every query
of a Prometheus that scraped a running fleet; `tests.board_pictures` draws them.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parents[1] / "deploy/grafana"
#: Grafana's grid is 24 wide.
GRID, STAT_HEIGHT, HEIGHT = 24, 4, 8
SOURCE = {"type": "prometheus", "uid": "${source}"}


@dataclass(frozen=True, slots=True)
class Panel:
    """One graph: queries by their legend, in a unit of Grafana's; stacked where parts add up."""

    title: str
    unit: str
    queries: dict[str, str]
    about: str = ""
    is_stacked: bool = False
    width: int = 8


@dataclass(frozen=True, slots=True)
class Stat:
    """One number as it stands now."""

    title: str
    unit: str
    query: str
    about: str = ""
    width: int = 4

    @property
    def queries(self) -> dict[str, str]:
        """Its only query."""
        return {"": self.query}


def rate(metric: str, by: str) -> str:
    """Give what a counter gained a second, over twenty minutes, by a label."""
    return f"sum by ({by}) (rate({metric}[20m]))"


def each(metric: str, by: str) -> str:
    """Give what a gauge says a label; replicas of the API all tell how the whole fleet stands."""
    return f"max by ({by}) (botfleet_{metric})"


BOARDS: dict[str, tuple[Panel | Stat, ...]] = {
    "fleet": (
        Stat("Stores that answer", "percentunit", "min(botfleet_up)"),
        Stat("Bots on", "short", 'max(botfleet_bots{state="on"})'),
        Stat("Seats taken", "percentunit", "botfleet:seats:fill"),
        Stat("Positions open", "short", "max(botfleet_positions_open)"),
        Stat("Capital in use", "percentunit", "botfleet:capital:used"),
        Stat("Halts and reductions", "short", "sum(max by (scope, mode) (botfleet_halts))"),
        Panel(
            "How late marks are",
            "s",
            {"p50": "botfleet:mark_lag_seconds:p50", "p99": "botfleet:mark_lag_seconds:p99"},
            "market time from the mark to its beginning",
        ),
        Panel("How long a batch takes, p99", "s", {"{{kind}}": "botfleet:batch_seconds:p99"}),
        Panel(
            "What runs came to", "cps", {"{{outcome}}": "botfleet:runs:rate20m"}, is_stacked=True
        ),
        Panel("Work that is due", "short", {"rows": "max(botfleet_work_due)"}),
        Panel("Age of the oldest due work", "s", {"age": "max(botfleet_work_due_age_seconds)"}),
        Panel(
            "Age of the quotes instances saw",
            "s",
            {"p50": "botfleet:quote_age_seconds:p50", "p99": "botfleet:quote_age_seconds:p99"},
            "by the feed's own stamp; beyond 5 s nothing is decided on it",
        ),
        Panel(
            "Seats",
            "short",
            {"{{state}}": each("seats", "state"), "unseated": "max(botfleet_users_unseated)"},
            is_stacked=True,
        ),
        Panel(
            "How messages ended",
            "cps",
            {"{{task}} {{end}}": rate("botfleet_tasks_total", "task, end")},
            width=16,
        ),
    ),
    "pod": (
        Panel("Users seated", "short", {"{{place}}": each("instance_users", "place")}),
        Panel("Bots that are on", "short", {"{{place}}": each("instance_bots", "place")}),
        Panel("Rows of work due", "short", {"{{place}}": each("instance_work_due", "place")}),
        Panel(
            "Lag of the last hour, p99", "s", {"{{place}}": each("instance_lag_seconds", "place")}
        ),
        Panel("Messages that wait", "short", {"{{queue}}": each("queue_depth", "queue")}),
        Panel(
            "Deaths in an hour",
            "short",
            {"{{process}}": "increase(botfleet_process_restarts_total[1h])"},
        ),
        Panel(
            "Memory",
            "bytes",
            {"{{process}}": "botfleet_process_memory_bytes"},
            is_stacked=True,
            width=12,
        ),
        Panel(
            "CPU, in cores",
            "short",
            {"{{process}}": "rate(botfleet_process_cpu_seconds_total[5m])"},
            is_stacked=True,
            width=12,
        ),
    ),
    "orders": (
        Stat("Orders under way", "short", "sum(max by (broker) (botfleet_orders_live))", width=6),
        Stat("Of unknown fate", "short", "sum(max by (broker) (botfleet_orders_unknown))", width=6),
        Stat(
            "Breaks that stand",
            "short",
            "sum(max by (kind) (botfleet_reconciliation_breaks))",
            width=6,
        ),
        Stat(
            "Logins that leave positions alone",
            "short",
            'sum(max by (broker, state) (botfleet_logins{state=~"lapsing|stranded"}))',
            "ended, or within a day of it, at accounts where positions stand",
            width=6,
        ),
        Panel(
            "Orders by broker and the state they came into",
            "cps",
            {"{{broker}} {{state}}": "botfleet:orders:rate20m"},
            width=12,
        ),
        Panel(
            "Orders that have not ended",
            "short",
            {"{{broker}}": each("orders_live", "broker")},
            width=12,
        ),
        Panel("Share of orders refused", "percentunit", {"{{broker}}": "botfleet:orders:refused"}),
        Panel(
            "Age of the oldest unknown order",
            "s",
            {"{{broker}}": each("orders_unknown_age_seconds", "broker")},
            "market time since it was sent",
        ),
        Panel("Logins", "short", {"{{broker}} {{state}}": each("logins", "broker, state")}),
        Panel(
            "Differences from brokers' books",
            "short",
            {"{{kind}}": each("reconciliation_breaks", "kind")},
        ),
        Panel("Positions that hold capital", "short", {"open": "max(botfleet_positions_open)"}),
        Panel(
            "Orders workers' messages",
            "cps",
            {
                "{{task}} {{end}}": "sum by (task, end) (rate(botfleet_tasks_total"
                '{task=~"botfleet.(submit|resolve|reconcile)"}[20m]))'
            },
        ),
    ),
    "capital": (
        Panel(
            "Capital of all pools",
            "currencyUSD",
            {"{{state}}": each("capital_cents", "state") + " / 100"},
            is_stacked=True,
            width=16,
        ),
        Panel("Share in use", "percentunit", {"in use": "botfleet:capital:used"}),
        Panel("Draws by the pool's answer", "cps", {"{{result}}": "botfleet:draws:rate20m"}),
        Panel(
            "Share of draws that were granted",
            "percentunit",
            {
                "granted": 'sum(botfleet:draws:rate20m{result="granted"})'
                " / (sum(botfleet:draws:rate20m) > 0)"
            },
        ),
        Panel(
            "Pools reloaded in an hour",
            "short",
            {"pools": 'increase(botfleet_sweeper_recoveries_total{what="pools"}[1h])'},
            "Redis differed from the ledger twice running",
        ),
        Panel(
            "By how much those pools were wrong",
            "currencyUSD",
            {"{{side}}": "increase(botfleet_capital_drift_cents_total[1h]) / 100"},
            "generous: Redis had more free than the ledger; strict: less",
            width=24,
        ),
    ),
    "beat": (
        Stat("A metronome leads", "short", "max(botfleet_beat_leader)", width=6),
        Stat("Changes of leader", "short", "max(botfleet_beat_changes)", width=6),
        Stat("Rows due", "short", "max(botfleet_work_due)", width=6),
        Stat("Calendar reaches, days", "short", "min(botfleet_calendar_days)", width=6),
        Panel(
            "How late slots were begun today, p99",
            "s",
            {"{{trigger}}": each('lateness_seconds{quantile="0.99"}', "trigger")},
            "market time, by trigger",
            width=12,
        ),
        Panel(
            "How late slots were begun today, worst",
            "s",
            {"{{trigger}}": each('lateness_seconds{quantile="1"}', "trigger")},
            "market time, by trigger",
            width=12,
        ),
        Panel(
            "Rings given",
            "cps",
            {"{{entry}}": "sum by (entry) (rate(botfleet_beat_rings_total[5m]))"},
        ),
        Panel(
            "Rings that were heard",
            "cps",
            {"rings": 'sum(rate(botfleet_tasks_total{task="botfleet.ring"}[5m]))'},
            "fewer than were given: messages are lost, or the router is behind",
        ),
        Panel(
            "How late rings were given, p99",
            "s",
            {"{{entry}}": "botfleet:beat_late_seconds:p99"},
            "real time since they were due",
        ),
        Panel(
            "Metronomes that lead",
            "short",
            {
                "as they know": "sum(botfleet_beat_leads)",
                "by the lease": "max(botfleet_beat_leader)",
            },
            "one; two for a moment while one is overtaken, and its fence stops it",
        ),
        Panel(
            "Takeovers",
            "short",
            {"since the fleet was begun": "sum(botfleet_beat_takeovers_total)"},
        ),
        Panel(
            "Since a metronome last looked",
            "s",
            {"longest": "time() - min(botfleet_beat_tick_timestamp_seconds)"},
            "those included that wait to lead",
        ),
        Panel(
            "What the sweeper found forgotten",
            "cps",
            {"{{what}}": rate("botfleet_sweeper_recoveries_total", "what")},
        ),
    ),
}


BOARDS["api"] = (
    Stat("Requests a second", "cps", "sum(botfleet:api_requests:rate5m)", width=6),
    Stat("Faults of ours", "percentunit", "botfleet:api:failed", width=6),
    Stat("Beginning of an answer, p99", "s", "botfleet:api_answer_seconds:p99", width=6),
    Stat("Streams listened to", "short", "sum(botfleet_api_streams)", width=6),
    Panel(
        "Requests by how they were answered",
        "cps",
        {"{{status}}": "botfleet:api_requests:rate5m"},
        "what asks for health left out",
        is_stacked=True,
    ),
    Panel(
        "Requests by route, the eight most asked",
        "cps",
        {
            "{{method}} {{route}}": "topk(8, sum by (method, route)"
            " (rate(botfleet_api_requests_total[5m])))"
        },
    ),
    Panel(
        "Told no, by the problem's code",
        "cps",
        {"{{code}}": "sum by (code) (rate(botfleet_api_problems_total[5m]))"},
        "too_often: beyond a user's rate",
    ),
    Panel("How soon answers begin, p99", "s", {"all": "botfleet:api_answer_seconds:p99"}),
    Panel(
        "How soon answers begin, p99, the five slowest routes",
        "s",
        {
            "{{route}}": "topk(5, histogram_quantile(0.99, sum by (le, route)"
            " (rate(botfleet_api_answer_seconds_bucket[20m]))))"
        },
    ),
    Panel("Streams listened to", "short", {"streams": "sum(botfleet_api_streams)"}),
)


def board(name: str, panels: tuple[Panel | Stat, ...]) -> dict[str, Any]:
    """Give a board as Grafana imports it."""
    placed = zip(panels, _places(panels), strict=True)
    return {
        "uid": f"botfleet-{name}",
        "title": f"botfleet: {name}",
        "tags": ["botfleet"],
        "schemaVersion": 39,
        "version": 1,
        "editable": True,
        "refresh": "15s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {
            "list": [
                {
                    "name": "source",
                    "label": "Prometheus",
                    "type": "datasource",
                    "query": "prometheus",
                }
            ]
        },
        "panels": [_panel(number, panel, place) for number, (panel, place) in enumerate(placed, 1)],
    }


def _places(panels: tuple[Panel | Stat, ...]) -> Iterator[dict[str, int]]:
    """Set panels side by side, row after row; a row is as high as its highest."""
    x = y = row = 0
    for panel in panels:
        height = STAT_HEIGHT if isinstance(panel, Stat) else HEIGHT
        if x + panel.width > GRID:
            x, y, row = 0, y + row, 0
        yield {"x": x, "y": y, "w": panel.width, "h": height}
        x, row = x + panel.width, max(row, height)


def _panel(number: int, panel: Panel | Stat, place: dict[str, int]) -> dict[str, Any]:
    is_stacked = isinstance(panel, Panel) and panel.is_stacked
    custom = {"stacking": {"mode": "normal"}, "fillOpacity": 40} if is_stacked else {}
    return {
        "id": number,
        "type": "stat" if isinstance(panel, Stat) else "timeseries",
        "title": panel.title,
        "description": panel.about,
        "datasource": SOURCE,
        "gridPos": place,
        "fieldConfig": {
            "defaults": {"unit": panel.unit, "min": 0, "custom": custom},
            "overrides": [],
        },
        "targets": [
            {
                "refId": chr(ord("A") + number),
                "expr": query,
                "legendFormat": legend,
                "datasource": SOURCE,
            }
            for number, (legend, query) in enumerate(panel.queries.items())
        ],
    }


def written() -> dict[str, str]:
    """Give every board's text by its file name."""
    return {
        f"{name}.json": json.dumps(board(name, panels), indent=1) + "\n"
        for name, panels in BOARDS.items()
    }


if __name__ == "__main__":
    for file, text in written().items():
        (HERE / file).write_text(text)
