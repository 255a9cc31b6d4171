"""How commands tell why a run went as it did: node by node, with the numbers it saw and their age.

A number's age is counted to the instant of the run, not to now.
"""

from collections.abc import Iterable
from datetime import datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from botfleet.application.explain import End, Explanation
from botfleet.domain.trees.explanations import Heard, Step
from botfleet.domain.trees.sightings import Sighting

_ANSWERS = {"yes": "green", "no": "yellow", "no_data": "red"}


def tell_ends(out: Console, explanation: Explanation) -> None:
    """Tell every way the walk took, one a loop item, and what came of it."""
    at = explanation.run.at
    for end in explanation.ends:
        out.print(Text(f"\n{end.item}" if end.item else "", style="bold"))
        for step in end.steps:
            _tell_step(out, step, at)
        _tell_end(out, end)
    if explanation.remark:
        out.print(Text(explanation.remark))


def tell_numbers(out: Console, facts: Iterable[Sighting], at: datetime) -> None:
    """Tell every number that was resolved, and its age."""
    table = Table("asked", "answered", "age", box=None)
    for one in facts:
        table.add_row(Text(one.question), Text(one.answer), Text(age(one, at)))
    out.print(table)


def age(one: Sighting, at: datetime) -> str:
    """Say how old a number was; nothing where it is of no instant."""
    if one.at is None:
        return ""
    seconds = (at - one.at).total_seconds()
    return f"{max(0.0, seconds):.0f} s" if seconds < 600 else f"{seconds / 60:,.0f} min"  # noqa: PLR2004


def _tell_step(out: Console, step: Step, at: datetime) -> None:
    line = Text(f"  {step.sentence}  →  ")
    out.print(line.append(step.answer.replace("_", " "), style=_ANSWERS.get(step.answer, "")))
    for part in step.parts:
        if part.seen or part.numbers:
            out.print(Text(f"      {_heard(part, is_alone=len(step.parts) == 1)}", style="dim"))
        for one in part.numbers:
            out.print(Text(f"        {_number(one, at)}", style="dim"))


def _heard(part: Heard, *, is_alone: bool) -> str:
    """A part that is the whole condition need not be said twice."""
    sentence = "" if is_alone else f"{part.sentence}: "
    return f"{sentence}{part.seen}" if part.seen else f"{sentence}{part.answer}"


def _number(one: Sighting, at: datetime) -> str:
    old = age(one, at)
    return f"{one.question}: {one.answer}" + (f" ({old} old)" if old else "")


def _tell_end(out: Console, end: End) -> None:
    line = Text(f"  {end.action}" if end.action else "  The branch ends here")
    if end.result:
        line.append(f"  →  {result_words(end.result)}", style="bold")
    out.print(line)


def result_words(result: str) -> str:
    """Say in words what came of an end: `refused:no_capital` is `refused, limit no_capital`."""
    kind, _, why = result.partition(":")
    kind = kind.replace("_", " ")
    if not why:
        return kind
    return f"{kind}, limit {why}" if kind in {"refused", "skipped"} else f"{kind} ({why})"
