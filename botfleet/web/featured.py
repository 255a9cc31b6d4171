"""Two things of a day worth a closer look: the founding example's race, and one whole decision."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from botfleet.application.explain import End as Reached
from botfleet.application.explain import Explanation
from botfleet.application.ports.days import DayBot, DayDraw, DayRun, Days
from botfleet.domain.bots.bot import Automation, Definition
from botfleet.domain.capital.sizing import Amount, Percent
from botfleet.domain.ids import RunId
from botfleet.domain.money import Money
from botfleet.domain.trees.explanations import Step, of_symbol
from botfleet.domain.trees.nodes import Loop, Node, Open, every_node
from botfleet.domain.trees.sizes import AnySize
from botfleet.web.summary import End, Featured, FoundingDraw, FoundingExample

#: How many of the richest decisions are tried before none is shown.
_TRIED_MAX = 5
#: Why a draw was refused, for a reader.
REASONS = {
    "no_capital": "capital is used up",
    "open_positions": "positions at once reached",
    "daily_positions": "daily positions reached",
}
_WORDS = {
    "nothing": "nothing to do",
    "closing": "closing",
    "already_closing": "already closing",
    "no_data": "no data",
    "notified": "told its owner",
    "vetoed": "vetoed at the commit",
}
_ANSWERS = {"yes": "Yes", "no": "No", "no_data": "No data", "not_asked": "Not asked"}


def founding(
    name: str,
    runs: Sequence[DayRun],
    bots: Sequence[DayBot],
    days: Days,
    definition: Callable[[str], Definition],
) -> FoundingExample | None:
    """Tell the first race of the bot called `name`: what each symbol asked, and what it got."""
    run = min((run for run in runs if run.bot == name), key=lambda run: run.at, default=None)
    if run is None:
        return None
    of = {(bot.user, bot.bot): bot.allocation_cents for bot in bots}
    allocation = of.get((run.user, run.bot), 0)
    tree = definition(run.version).automations[run.automation].tree
    asked = next(_asked(tree, allocation), 0)
    got = days.draws(run.run_id)
    lost = [symbol for symbol in _symbols(tree) if symbol not in {draw.symbol for draw in got}]
    won = [FoundingDraw(d.symbol, d.units, asked, d.amount_cents) for d in got]
    return FoundingExample(
        name, allocation, (*won, *(FoundingDraw(symbol, 0, asked, 0) for symbol in lost))
    )


def _asked(tree: Node, allocation: int) -> Iterator[int]:
    for _, node in every_node(tree):
        if isinstance(node, Open):
            yield _cents(node.size, allocation)


def _cents(size: AnySize, allocation: int) -> int:
    """Give what a size asks of a pool nobody has drawn from yet."""
    match size:
        case Percent(bps):
            return allocation * bps // 10_000
        case Amount(amount):
            return amount.cents
        case _:
            return 0


def _symbols(tree: Node) -> tuple[str, ...]:
    loops = [node for _, node in every_node(tree) if isinstance(node, Loop)]
    return loops[0].symbols if loops else ()


def featured(
    runs: Sequence[DayRun],
    days: Days,
    definition: Callable[[str], Definition],
    explain: Callable[[RunId], Explanation],
) -> Featured | None:
    """Show the run that opened something at the end of the longest way through a tree."""

    def automation(run: DayRun) -> Automation:
        return definition(run.version).automations[run.automation]

    richest = sorted(runs, key=lambda run: (_depth(automation(run).tree), run.at))
    for run in richest[:_TRIED_MAX]:
        told = explain(run.run_id)
        if told.is_same:
            return _featured(run, automation(run), told, days.draws(run.run_id))
    return None


def _depth(tree: Node) -> tuple[int, int]:
    """Rank trees: first those with the longest way to an open, then the largest."""
    nodes = list(every_node(tree))
    return -max((len(place) for place, node in nodes if isinstance(node, Open)), default=0), -len(
        nodes
    )


def _featured(
    run: DayRun, automation: Automation, told: Explanation, draws: Sequence[DayDraw]
) -> Featured:
    by_symbol = {draw.symbol: draw for draw in draws}
    ends = tuple(End(end.place, _result(end, by_symbol), end.item) for end in told.ends)
    return Featured(
        run.bot,
        run.user,
        automation.name,
        automation.lane,
        run.at,
        automation.tree,
        ends,
        tuple(dict.fromkeys(_lines(told.ends))),
    )


def _result(end: Reached, draws: Mapping[str, DayDraw]) -> str:
    word, _, reason = end.result.partition(":")
    symbol = end.item.partition("/")[0]
    draw = draws.get(symbol) if symbol else next(iter(draws.values()), None)
    if word == "opening" and draw is not None:
        return f"opening {draw.units:,} for {Money(draw.amount_cents)}"
    if word == "refused":
        return f"refused: {REASONS.get(reason, reason)}"
    return f"no trade ({reason})" if word == "no_trade" else _WORDS.get(word, word)


def _lines(ends: Iterable[Reached]) -> Iterator[str]:
    """Tell every decision on every way; what lies before a loop is told once."""
    for end in ends:
        symbol = end.item.partition("/")[0]
        for step in end.steps:
            if "b" in step.place and symbol:
                yield f"{symbol}: {of_symbol(_line(step), symbol)}"
            else:
                yield _line(step)


def _line(step: Step) -> str:
    answer = _ANSWERS.get(step.answer, step.answer)
    match step.parts:
        case (part,):
            return f"{step.sentence}{f': {part.seen}' if part.seen else ''}. {answer}."
        case parts:
            seen = "; ".join(f"{part.sentence}: {part.seen}" for part in parts if part.seen)
            return f"{step.sentence}. {answer}{f' ({seen})' if seen else ''}."
