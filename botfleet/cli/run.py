"""`botfleet run`: what bots decided, and why."""

from typing import Annotated
from uuid import UUID

import typer
from rich.text import Text

from botfleet.application.explain import Explanation, explain_run
from botfleet.application.ports.journal import RunLine, Wanted
from botfleet.cli.connected import connected
from botfleet.cli.listing import First, Last, Limit, console, eastern, gathered, plain, show
from botfleet.cli.options import AsJson, Home, print_json
from botfleet.cli.telling import result_words, tell_ends
from botfleet.domain.bots.bot import RunKind
from botfleet.domain.bots.mishaps import Trouble
from botfleet.domain.eastern import stretch
from botfleet.domain.ids import RunId
from botfleet.errors import Refusal

app = typer.Typer(no_args_is_help=True, help="What bots decided, and why.")

Run = Annotated[UUID, typer.Argument(metavar="RUN", help="The run's id.")]

_COLUMNS = {
    "Eastern": lambda run: run.at,
    "user": lambda run: run.user,
    "bot": lambda run: run.bot,
    "automation": lambda run: run.automation,
    "cause": lambda run: run.cause,
    "outcome": lambda run: run.outcome,
    "": lambda run: run.level,
    "run": lambda run: run.run_id,
}


@app.command(
    "list",
    epilog="Examples:  botfleet run list --bot Scalper --limit 5 --json   ·   "
    "… --from 2026-03-09 --to 2026-03-13 --kind event --level error",
)
def list_(
    *,
    bot: Annotated[str | None, typer.Option(help="Only this bot's, by name or id.")] = None,
    outcome: Annotated[str, typer.Option(help="Only those that came to this.")] = "",
    kind: Annotated[RunKind | None, typer.Option(help="Only those of this kind.")] = None,
    level: Annotated[
        Trouble | None, typer.Option(help="Only those with an error, or with a warning.")
    ] = None,
    first: First = None,
    last: Last = None,
    limit: Limit = 20,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """List runs, newest first. What exits close has no run: `botfleet order list` tells why."""
    journal = connected(home).journal
    bot_id = journal.bot(None, bot).bot_id if bot else None
    since, before = stretch(first and first.date(), last and last.date())
    wanted = Wanted(None, bot_id, outcome, None, since, before, kind, level, limit=limit)
    lines = gathered(journal.runs, wanted)
    show(lines, _COLUMNS, as_json=as_json, none="There are no such runs.")


@app.command("show", epilog="Examples:  botfleet run show 0b8e…")
def show_(run: Run, *, home: Home = None, as_json: AsJson = False) -> None:
    """Show why a run went as it did: every question, what was seen and what was answered."""
    explanation = _explained(run, home)
    if as_json:
        print_json(plain(explanation))
    else:
        _print(explanation)


@app.command(epilog="Examples:  botfleet run replay 0b8e…")
def replay(run: Run, *, home: Home = None, as_json: AsJson = False) -> None:
    """Decide a run again from what it saw then; fails unless it comes to the same."""
    explanation = _explained(run, home)
    if as_json:
        print_json({"run_id": run, "is_same": explanation.is_same, "remark": explanation.remark})
    if explanation.is_same is False:
        raise Refusal(f"Decided again, the run comes to something else. {explanation.remark}")
    if not as_json:
        same = "Decided again, the run comes to the same."
        typer.echo(same if explanation.is_same else explanation.remark)


def _explained(run: UUID, home: Home) -> Explanation:
    wiring = connected(home)
    return explain_run(None, RunId(run), journal=wiring.journal, batches=wiring.batches)


def _print(explanation: Explanation) -> None:
    out, run = console(), explanation.run
    out.print(Text(f"{run.bot} of {run.user}: “{run.automation}”, {eastern(run.at)} ET"))
    out.print(Text(f"{result_words(run.outcome)}, caused by {_cause(run)}", style="bold"))
    tell_ends(out, explanation)
    if explanation.is_same is not None:
        words = "comes to the same" if explanation.is_same else "comes to something else"
        out.print(Text(f"\nDecided again from what it saw, it {words}.", style="dim"))


def _cause(run: RunLine) -> str:
    return run.cause.replace("click/", "click ")
