"""One page that tells a played day: self-contained, readable without a network or a script.

Everything a bot's author wrote is escaped by the template or by the drawing. The page may load
nothing and run nothing but its own style sheet and script, named by their hashes.
"""

from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from botfleet.domain.market.instruments import Leg, Option
from botfleet.domain.trees.grammar import render_condition
from botfleet.domain.trees.wording import Sentence, number, structure
from botfleet.web import scales
from botfleet.web.panels import charts, founding_bar, tallies
from botfleet.web.summary import DaySummary
from botfleet.web.tree import tree_svg

_FILTERS: dict[str, Callable[..., str]] = {
    "clock": scales.clock,
    "count": scales.count,
    "duration": scales.duration,
    "exact_money": scales.exact_money,
    "money": scales.money,
    "share": scales.share,
    "short_money": scales.short_money,
    "structure": structure,
}


def write_report(summary: DaySummary, path: Path, worded: Sentence = render_condition) -> None:
    """Write the page of `summary` to `path`; `worded` words the featured tree's conditions."""
    path.write_text(render(summary, worded), encoding="utf-8")


def render(summary: DaySummary, worded: Sentence = render_condition) -> str:
    """Give the page of `summary` as HTML."""
    environment = _environment()
    names = ("colours.css", "report.css", "report.js")
    colours, sheet, script = (environment.get_template(name).render() for name in names)
    style = colours + sheet
    return environment.get_template("report.html.j2").render(
        day=summary,
        verdict=verdict(summary),
        charts=charts(summary),
        tallies=tallies(summary),
        founding_bar=founding_bar(summary.founding) if summary.founding else "",
        tree=_tree(summary, worded),
        style=style,
        script=script,
        policy=_policy(style, script),
    )


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a reader should take away first."""

    is_sound: bool
    words: str


def verdict(summary: DaySummary) -> Verdict:
    """Sum the invariants up in a few words."""
    checked = len(summary.invariants)
    broken = sum(not finding.ok for finding in summary.invariants)
    if not checked:
        return Verdict(False, "No invariant was checked")
    if broken:
        return Verdict(False, f"{broken} of {checked} invariants broken")
    return Verdict(True, f"All {checked} invariants held")


def legs_text(legs: Sequence[Leg]) -> str:
    """Word an order's legs, bought ones `+1 195 put`, then their expirations: `29 Jan 2016`."""
    expirations = sorted({leg.option.expires_on for leg in legs if leg.option})
    days = " / ".join(f"{day.day} {day:%b %Y}" for day in expirations)
    return ", ".join(map(_leg, legs)) + (f" · {days}" if days else "")


def _leg(leg: Leg) -> str:
    sign = "+" if leg.ratio > 0 else scales.MINUS
    return f"{sign}{abs(leg.ratio)} {_contract(leg.option)}"


def _contract(option: Option | None) -> str:
    return f"{number(option.strike)} {option.right.value}" if option else "share"


def net_price(price: Decimal | None) -> str:
    """Word a net price: `1.05 debit` is paid, `0.85 credit` received."""
    if price is None:
        return ""
    return f"{abs(price):.2f} {'credit' if price < 0 else 'debit'}"


def _tree(summary: DaySummary, worded: Sentence) -> str:
    one = summary.featured
    if one is None:
        return ""
    title = f"Decision tree of {one.automation}"
    return tree_svg(one.tree, ends=one.ends, title=title, worded=worded)


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("botfleet.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    more: dict[str, Any] = {"legs": legs_text, "net_price": net_price}
    environment.filters.update(_FILTERS | more)
    return environment


def _policy(style: str, script: str) -> str:
    return f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}"


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
