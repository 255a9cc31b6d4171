"""Define: give each bot of a row the definition its runs go by, fed as its call fed it.

A bot that was turned off since its row was written is left out: a row may wait, and its owner has
said since that nothing is to run. A bot whose definition no longer reads, or whose values do not
fit it, has an invalid input (E5): it is left out and its owner told, and the other bots of the row
go on. What an event, a click or a call started of a definition that is another by now, but for its
name, is not run: its places and inputs may mean something else. `versions` of a row are what it was
started of, as much of each as tells them apart.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from botfleet.application.ports.batches import Batches, LeftOut, Notice
from botfleet.application.ports.work import Work
from botfleet.domain.bots.asks import agreed
from botfleet.domain.bots.bot import Definition
from botfleet.domain.bots.mishaps import level_of
from botfleet.domain.bots.state import BotState
from botfleet.domain.ids import BotId
from botfleet.domain.schedules.agenda import OFF, STARTS
from botfleet.errors import BadInput

#: The words of runs that were left out, and the code their owners read.
TURNED_OFF, CHANGED, INPUT = "off", "changed", "input"
_CODES = {TURNED_OFF: "missed", CHANGED: "missed", INPUT: "refused:input"}
#: How the slot ledger words them.
WAS_CHANGED, NO_INPUT = "the bot was changed just then", "missing or invalid input"
_ENDS = {
    TURNED_OFF: ("missed", OFF),
    CHANGED: ("missed", WAS_CHANGED),
    INPUT: ("failed", NO_INPUT),
}
#: A mark that its owner did not want any more is missed by nobody, and nobody is told.
_SAT_OUT = ("skipped", OFF)


@dataclass(slots=True)
class Defined:
    """The definitions of bots, and of those left out why."""

    definitions: dict[BotId, Definition] = field(default_factory=dict)
    left_out: dict[BotId, tuple[str, str]] = field(default_factory=dict)

    def notices(self, work: Work, states: Mapping[BotId, BotState]) -> Iterator[Notice]:
        """Tell the owners of bots that were left out; once a row and bot."""
        for bot, (word, message) in self.left_out.items():
            if self._is_sat_out(work, word):
                continue
            code, cause = _CODES[word], f"{work.work_id}/{bot}/{word}"
            yield Notice(states[bot].user_id, bot, level_of(code), code, message, cause)

    def told(self, work: Work) -> list[LeftOut]:
        """Say for the slot ledger how many were left out, and how that ends."""
        words = Counter(word for word, _ in self.left_out.values())
        return [
            LeftOut(*(_SAT_OUT if self._is_sat_out(work, word) else _ENDS[word]), count)
            for word, count in sorted(words.items())
        ]

    def _is_sat_out(self, work: Work, word: str) -> bool:
        return word == TURNED_OFF and work.kind not in STARTS


def define(work: Work, states: Mapping[BotId, BotState], batches: Batches) -> Defined:
    """Read the definitions of a row's bots.

    Raises:
        StoreUnavailable: nothing was read.
    """
    defined = Defined()
    for bot, state in states.items():
        if not state.is_on:
            defined.left_out[bot] = TURNED_OFF, f"What was started was not run: {OFF}."
            continue
        before = work.detail.get("versions", {}).get(str(bot), "")
        if not batches.does_as(before, state.version):
            defined.left_out[bot] = CHANGED, f"What was started was not run: {WAS_CHANGED}."
            continue
        try:
            defined.definitions[bot] = _definition(work, state.version, batches)
        except BadInput as why:
            defined.left_out[bot] = INPUT, f"Missing or invalid input: {why}."
    return defined


def _definition(work: Work, version: str, batches: Batches) -> Definition:
    """Feed it with the payload of a call; of what its owner agreed to give the one action."""
    inputs, ask = work.detail.get("inputs"), work.detail.get("ask")
    if not inputs:
        definition = batches.definition(version)
    else:
        definition = batches.fed(version, int(work.detail["automation"]), inputs)
    if ask is None:
        return definition
    return agreed(definition, int(work.detail["automation"]), ask["path"])
