"""What any adapter must do, one scenario a public function: it asserts, and words what came of it.

The judge is the sandbox's own book, never the adapter's word. What stands here must hold for every
broker; where brokers differ by their nature (class, pages, replacing) the words tell, and the table
in docs/conformance.md holds them. A scenario's name in words is its row.
"""

from collections.abc import Callable
from inspect import isfunction

from tests.conformance.bench import Bench
from tests.conformance.scenarios import day, fills, ids, odd_answers, refusals, silence, tokens

Scenario = Callable[[Bench], str]
SCENARIOS: dict[str, Scenario] = {
    name: run
    for subject in (day, ids, refusals, silence, fills, odd_answers, tokens)
    for name, run in vars(subject).items()
    if isfunction(run) and run.__module__ == subject.__name__ and not name.startswith("_")
}
