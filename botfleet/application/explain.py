"""Explain: decide a past run again from what was kept, and tell why it went as it did.

The tree is the one the bot had then, the facts are what the market answered then, and the walk is
the one code path of live runs; so the same ends must come out, and it is said whether they do.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from botfleet.application.define import CHANGED, INPUT
from botfleet.application.ports.batches import Batches
from botfleet.application.ports.journal import Journal, RunLine, RunRecord
from botfleet.domain.bots.asks import agreed
from botfleet.domain.bots.bot import Definition
from botfleet.domain.bots.mishaps import meaning_of
from botfleet.domain.bots.symbols import TOO_MANY, Ration, Rationed
from botfleet.domain.ids import RunId, UserId
from botfleet.domain.market.calendar import in_force, under
from botfleet.domain.trees.explanations import Step, explain, of_item
from botfleet.domain.trees.facts import BOOK, UNBOUND, Binding, Facts, Lacking
from botfleet.domain.trees.nodes import (
    Close,
    Count,
    Node,
    Nothing,
    Notify,
    Open,
    Switch,
    Tagging,
    UpdateExits,
)
from botfleet.domain.trees.traces import decode_book, decode_carried, decode_facts, decode_own
from botfleet.domain.trees.walk import Outcome, walk
from botfleet.domain.trees.wording import words
from botfleet.errors import InvariantBroken

#: What may have come of each kind of action.
_WORDS: dict[type[object], tuple[str, ...]] = {
    Open: ("opening", "asked", "vetoed", "refused", "no_trade"),
    Close: ("closing", "asked", "refused", "already_closing", "covering", "nothing"),
    Notify: ("notified",),
    Nothing: ("nothing",),
    UpdateExits: ("exits_set",),
    **dict.fromkeys((Tagging, Switch, Count), ("remembered",)),
}

Kept = tuple[str | None, str, str]


@dataclass(frozen=True, slots=True)
class End:
    """One end of the walk, one a loop item: the way there, what stood at its end, what came of it.

    `result` is as it was written down then; empty where nothing was.
    """

    item: str
    place: str
    steps: tuple[Step, ...]
    action: str
    result: str


#: Why runs were skipped that no limit forbade.
_SKIPPED = {
    CHANGED: "the bot was changed just then",
    INPUT: "an input is missing, or not what it must be",
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a run went as it did. `is_same`: did deciding again give the same ends?

    None where there is nothing to decide again: a limit skipped it, or its facts are archived.
    """

    run: RunLine
    ends: tuple[End, ...]
    is_same: bool | None
    remark: str = ""


def explain_run(
    user: UserId | None, run: RunId, *, journal: Journal, batches: Batches
) -> Explanation:
    """Decide a run again and tell why.

    Raises:
        NotFound: there is no such run of this user.
        InvariantBroken: what was kept of it cannot be read.
    """
    record = journal.run(user, run)
    return explain_record(record, lambda: _definition(record, batches))


def _definition(record: RunRecord, batches: Batches) -> Definition:
    """Give the bot of then, its inputs fed as they were."""
    kept = json.loads(record.detail) if record.detail else {}
    fed, ask = kept.get("fed"), kept.get("ask")
    if fed is None:
        definition = batches.definition(record.version)
    else:
        definition = batches.fed(record.version, record.automation, fed)
    return definition if ask is None else agreed(definition, record.automation, ask["path"])


def explain_record(record: RunRecord, definition: Callable[[], Definition]) -> Explanation:
    """Decide what was kept of a run again and tell why; `definition` gives the bot it had then.

    Raises:
        InvariantBroken: what was kept of it cannot be read.
    """
    why = record.line.outcome.removeprefix("skipped:")
    if why != record.line.outcome:
        words = _SKIPPED.get(why) or meaning_of(f"refused:{why}")
        return Explanation(record.line, (), None, f"It was skipped: {words}.")
    if record.facts is None:
        return Explanation(record.line, (), None, "What it saw is no longer kept.")
    tree = definition().automations[record.automation].tree
    with under(in_force().as_of(record.line.at)):
        return _again(record, tree, _facts(record, record.facts), _given(record))


def _facts(record: RunRecord, kept: bytes) -> Facts:
    try:
        facts = decode_facts(kept)
        detail = json.loads(record.detail) if record.detail else {}
        facts |= decode_own(detail.get("own", []))
        book, used = detail.get("book"), detail.get("symbols")
        facts |= {} if book is None else {BOOK: decode_book(book)}
        return facts if used is None else Rationed(facts, Ration(dict.fromkeys(used), len(used)))
    except ValueError as error:
        raise InvariantBroken(f"What run {record.line.run_id} saw cannot be read.") from error


def _given(record: RunRecord) -> Binding:
    carried = json.loads(record.detail).get("carried") if record.detail else None
    try:
        return UNBOUND if carried is None else decode_carried(carried)
    except ValueError as error:
        raise InvariantBroken(f"What run {record.line.run_id} carried cannot be read.") from error


def _again(record: RunRecord, tree: Node, facts: Facts, given: Binding) -> Explanation:
    verdict = walk(tree, facts, given)
    if isinstance(verdict, Lacking):
        asked = ", ".join(sorted(map(str, verdict.questions)))
        return Explanation(record.line, (), is_same=False, remark=f"It now asks for {asked}.")
    kept = _kept(record)
    ends = tuple(_end(tree, facts, outcome, kept) for outcome in verdict.outcomes)
    return Explanation(record.line, ends, is_same=_is_same(verdict.outcomes, kept))


def _kept(record: RunRecord) -> list[Kept]:
    """Read the ends that were written down: item, place and word; a single end has no item."""
    ends = json.loads(record.detail).get("ends") if record.detail else None
    if ends is None:
        return [(None, record.path, record.line.outcome)]
    return [(item, place, word) for item, place, word in ends]


def _end(tree: Node, facts: Facts, outcome: Outcome, kept: Sequence[Kept]) -> End:
    steps = explain(tree, facts, outcome)
    result = _result(outcome, kept)
    return End(outcome.binding.item, outcome.path, steps, _action(outcome), result)


def _result(outcome: Outcome, kept: Sequence[Kept]) -> str:
    here = (word for item, place, word in kept if place == outcome.path and _is_of(outcome, item))
    return next(here, "")


def _is_of(outcome: Outcome, item: str | None) -> bool:
    return item in {None, outcome.binding.item}


def _action(outcome: Outcome) -> str:
    if outcome.missing is not None:
        return f"No data: {outcome.missing.question} ({outcome.missing.why})"
    return of_item(words(outcome.action), outcome.binding) if outcome.action is not None else ""


def _is_same(outcomes: Sequence[Outcome], kept: Sequence[Kept]) -> bool:
    if not outcomes:
        return kept == [(None, "", "nothing")]
    return len(outcomes) == len(kept) and all(
        _fits(outcome, _result(outcome, kept)) for outcome in outcomes
    )


def _fits(outcome: Outcome, word: str) -> bool:
    if outcome.missing is not None:
        return word == ("refused:symbols" if outcome.missing == TOO_MANY else "no_data")
    return word.partition(":")[0] in _WORDS[type(outcome.action)]
