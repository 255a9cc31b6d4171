"""Writes the Grafana boards in deploy/grafana: `python -m tests.boards`.

A board is a list of panels, a panel a title, a unit and its queries; the rest of what Grafana wants
is the same everywhere and is written here once. Tests hold the files current, and ask every query
of a Prometheus that scraped a running fleet.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parents[1] / "deploy/grafana"
WIDTH, HEIGHT, A_ROW = 8, 8, 3
SOURCE = {"type": "prometheus", "uid": "${source}"}


@dataclass(frozen=True, slots=True)
class Panel:
    """One graph: queries by their legend, in a unit of Grafana's."""

    title: str
    unit: str
    queries: dict[str, str]
    about: str = ""


def rate(metric: str, by: str) -> str:
    """Give what a counter gained a second, over twenty minutes, by a label."""
    return f"sum by ({by}) (rate({metric}[20m]))"


BOARDS: dict[str, tuple[Panel, ...]] = {
    "fleet": (
        Panel("Stores that answer", "short", {"{{store}}": "botfleet_up"}, "1 answers, 0 does not"),
        Panel(
            "Seats", "short", {"{{state}}": "botfleet_seats", "unseated": "botfleet_users_unseated"}
        ),
        Panel("Bots", "short", {"{{state}}": "botfleet_bots"}),
        Panel(
            "How late marks are",
            "s",
            {"p50": "botfleet:mark_lag_seconds:p50", "p99": "botfleet:mark_lag_seconds:p99"},
        ),
        Panel("How long a batch takes, p99", "s", {"{{kind}}": "botfleet:batch_seconds:p99"}),
        Panel("What runs came to", "cps", {"{{outcome}}": "botfleet:runs:rate20m"}),
        Panel("Work that is due", "short", {"rows": "botfleet_work_due"}),
        Panel("Age of the oldest due work", "s", {"age": "botfleet_work_due_age_seconds"}),
        Panel("Halts that stand", "short", {"{{scope}} {{mode}}": "botfleet_halts"}),
    ),
    "pod": (
        Panel("Users seated", "short", {"{{instance}}": "botfleet_instance_users"}),
        Panel("Bots that are on", "short", {"{{instance}}": "botfleet_instance_bots"}),
        Panel("Rows of work due", "short", {"{{instance}}": "botfleet_instance_work_due"}),
        Panel("Lag of the last hour, p99", "s", {"{{instance}}": "botfleet_instance_lag_seconds"}),
        Panel("Messages that wait", "short", {"{{queue}}": "botfleet_queue_depth"}),
        Panel("Memory", "bytes", {"{{process}}": "botfleet_process_memory_bytes"}),
        Panel(
            "CPU", "percentunit", {"{{process}}": "rate(botfleet_process_cpu_seconds_total[5m])"}
        ),
        Panel(
            "Deaths in an hour",
            "short",
            {"{{process}}": "increase(botfleet_process_restarts_total[1h])"},
        ),
    ),
    "orders": (
        Panel(
            "Orders by the state they came into", "cps", {"{{state}}": "botfleet:orders:rate20m"}
        ),
        Panel("Orders that have not ended", "short", {"live": "botfleet_orders_live"}),
        Panel("Orders of unknown fate", "short", {"unknown": "botfleet_orders_unknown"}),
        Panel(
            "Age of the oldest unknown order", "s", {"age": "botfleet_orders_unknown_age_seconds"}
        ),
        Panel("Positions that hold capital", "short", {"open": "botfleet_positions_open"}),
        Panel(
            "How messages ended",
            "cps",
            {"{{task}} {{end}}": rate("botfleet_tasks_total", "task, end")},
        ),
    ),
    "capital": (
        Panel("Draws by the pool's answer", "cps", {"{{result}}": "botfleet:draws:rate20m"}),
        Panel(
            "Share of draws that were granted",
            "percentunit",
            {
                "granted": 'sum(botfleet:draws:rate20m{result="granted"})'
                " / clamp_min(sum(botfleet:draws:rate20m), 1e-9)"
            },
        ),
        Panel(
            "Pools reloaded in an hour",
            "short",
            {"pools": 'increase(botfleet_sweeper_recoveries_total{what="pools"}[1h])'},
            "Redis differed from the ledger twice running",
        ),
    ),
    "beat": (
        Panel(
            "How late slots were begun today",
            "s",
            {"{{trigger}} {{quantile}}": "botfleet_lateness_seconds"},
            "market time, by trigger",
        ),
        Panel(
            "Rings that were heard",
            "cps",
            {"rings": 'rate(botfleet_tasks_total{task="botfleet.ring"}[5m])'},
        ),
        Panel(
            "What the sweeper found forgotten",
            "cps",
            {"{{what}}": rate("botfleet_sweeper_recoveries_total", "what")},
        ),
    ),
}


def board(name: str, panels: tuple[Panel, ...]) -> dict[str, Any]:
    """Give a board as Grafana imports it."""
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
        "panels": [_panel(place, panel) for place, panel in enumerate(panels)],
    }


def _panel(place: int, panel: Panel) -> dict[str, Any]:
    row, column = divmod(place, A_ROW)
    return {
        "id": place + 1,
        "type": "timeseries",
        "title": panel.title,
        "description": panel.about,
        "datasource": SOURCE,
        "gridPos": {"x": column * WIDTH, "y": row * HEIGHT, "w": WIDTH, "h": HEIGHT},
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
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
