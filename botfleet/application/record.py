"""Record: word what came of a batch as rows to commit."""

import json
from collections.abc import Mapping

from botfleet.application.batch import Batch, Skipped
from botfleet.application.decide import Decided, Entry
from botfleet.application.ports.batches import Remembering, Results, RunRow
from botfleet.domain.bots.mishaps import trouble
from botfleet.domain.ids import DrawId
from botfleet.domain.trees.facts import BOOK, UNBOUND, Book
from botfleet.domain.trees.memory import Streaks
from botfleet.domain.trees.traces import encode_book, encode_carried, encode_facts, encode_own

#: Which end names a run that has several: the first of these that occurs.
_WEIGHT = (
    *("opening", "closing", "asked", "vetoed", "refused", "no_trade", "no_data"),
    *("exits_set", "remembered", "notified", "already"),
)


def record(batch: Batch) -> Results:
    """Give all that a batch wants committed; a vetoed open is known when its run is written."""

    def runs(vetoed: Mapping[DrawId, str]) -> list[RunRow]:
        skipped = [_row(one, f"skipped:{one.why}", "", "", one.kind) for one in batch.skipped]
        return skipped + [_decided_row(batch, one, vetoed) for one in batch.decided]

    facts = encode_facts(batch.snapshot.facts)
    return Results(
        batch.opens,
        batch.closes,
        batch.notices,
        remembered=_remembered(batch),
        exits=batch.exits,
        asks=batch.asks,
        symbols=batch.used(),
        runs=runs,
        facts=facts,
    )


def _remembered(batch: Batch) -> list[Remembering]:
    return [
        Remembering(
            one.entry.run_id,
            one.entry.state.user_id,
            one.entry.state.bot_id,
            tuple(batch.changes[one.entry.run_id]),
            Streaks(one.entry.automation.keys, one.verdict.streaks),
        )
        for one in batch.decided
        if one.entry.run_id in batch.changes
    ]


def _decided_row(batch: Batch, decided: Decided, vetoed: Mapping[DrawId, str]) -> RunRow:
    ends = [
        (outcome, vetoed.get(draw, word) if draw is not None else word)
        for outcome, word, draw in batch.ends.get(decided.entry.run_id, ())
    ]
    words = sorted((word for _, word in ends), key=_weight)
    detail: dict[str, object] = {}
    if len(ends) > 1:
        detail["ends"] = [[outcome.binding.item, outcome.path, word] for outcome, word in ends]
    own = dict(decided.own)
    if isinstance(book := own.pop(BOOK, None), Book):
        detail["book"] = encode_book(book)
    if own:
        detail["own"] = encode_own(own)
    if decided.entry.given != UNBOUND:
        detail["carried"] = encode_carried(decided.entry.given)
    ration = decided.entry.ration
    if ration is not None and ration.was_denied:
        detail["symbols"] = list(ration.used)
    if agreed_to := batch.work.detail.get("ask"):
        detail["ask"] = agreed_to
    if fed := batch.work.detail.get("inputs"):
        detail["fed"] = fed
    path = ends[0][0].path if len(ends) == 1 else ""
    text = json.dumps(detail, separators=(",", ":")) if detail else ""
    word, kind = words[0] if words else "nothing", decided.entry.automation.kind
    return _row(decided.entry, word, path, text, kind, trouble(words) or "")


def _weight(word: str) -> int:
    ranks = (rank for rank, start in enumerate(_WEIGHT) if word.startswith(start))
    return next(ranks, len(_WEIGHT))


def _row(
    entry: Entry | Skipped, outcome: str, path: str, detail: str, kind: str, level: str = ""
) -> RunRow:
    state = entry.state
    return RunRow(
        entry.run_id,
        state.user_id,
        state.bot_id,
        entry.index,
        state.version,
        outcome,
        path,
        detail,
        kind,
        level,
    )
