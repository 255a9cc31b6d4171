"""The doctor's look at a fleet that has stores: keys, logins, processes, what would alarm."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from botfleet.adapters.postgres.schema import version
from botfleet.bootstrap import Wiring
from botfleet.cli.findings import Finding, tried
from botfleet.cli.fleet_view import Eye, FleetView
from botfleet.config import Settings
from botfleet.errors import BotfleetError, Transient

_STEADY_DEATHS_MAX = 3


def of_fleet(asked: Settings, known: Settings) -> Iterator[Finding]:
    """Look at the fleet of `asked`, whose settings, as it runs, are `known`."""
    if known.database_url is None:
        return
    with Wiring(known) as wiring:
        fits = _schema(wiring)
        yield fits
        if not fits.is_ok:
            return
        yield from _keys(wiring, known)
    with Eye(asked) as eye:
        try:
            yield from _standing(eye.look())
        except BotfleetError as why:
            yield Finding("fleet", is_ok=False, seen=str(why), remedy="Run `botfleet status`.")


def _schema(wiring: Wiring) -> Finding:
    try:
        found = version(wiring.database)
        found.check()
    except BotfleetError as why:
        remedy = "Run `botfleet db migrate` (`botfleet up` does it by itself)."
        return Finding("schema", is_ok=False, seen=str(why), remedy=remedy)
    return Finding("schema", is_ok=True, seen=f"{found.database}, this build's is {found.build}")


def _keys(wiring: Wiring, known: Settings) -> Iterator[Finding]:
    """See that every key something is sealed under is there."""
    path = known.vault_key_file or known.home / "vault.json"
    try:
        under = Counter(wiring.tokens.sealed_under()) + Counter(wiring.hooks.sealed_under())
    except Transient:
        return
    if not path.exists():
        remedy = f"Bring {path} back from its copy; without it those logins are lost."
        seen = f"missing; {under.total()} secrets are sealed" if under else "made at first use"
        yield Finding("vault key", not under, seen, remedy)
        return
    yield tried("vault key", lambda: _held(wiring, path), "Have the fleet's user own it.")
    lost = sorted(under.keys() - set(_names(wiring)))
    if lost:
        remedy = (
            f"Bring back the {path} that had them; owners whose key is lost must connect again."
        )
        seen = f"{sum(under[name] for name in lost)} secrets are sealed under {', '.join(lost)}"
        yield Finding("vault keys lost", is_ok=False, seen=seen, remedy=remedy)


def _held(wiring: Wiring, path: Path) -> str:
    return f"{len(wiring.vault.keys)} in {path}"


def _names(wiring: Wiring) -> tuple[str, ...]:
    try:
        return wiring.vault.keys
    except (BotfleetError, OSError):
        return ()


def _standing(view: FleetView) -> Iterator[Finding]:
    yield from _processes(view)
    if view.stores is None:
        return
    for one in view.stores.brokers:
        seen = f"{one.logins_alive} alive, {one.logins_ending} of them end within two days"
        remedy = "Have their owners log in again: `botfleet broker list`, `broker connect`."
        yield Finding(
            f"logins {one.broker}",
            not one.logins_ended,
            f"{seen}, {one.logins_ended} ended, {one.logins_stranded} of them over positions",
            remedy,
        )
    for alarm in view.alarms:
        if alarm.name not in _TOLD_ELSEWHERE:
            remedy = f"See docs/runbooks/{alarm.runbook}."
            yield Finding(alarm.name, is_ok=False, seen=alarm.words, remedy=remedy)


#: Alarms which a finding of its own tells of.
_TOLD_ELSEWHERE = frozenset({"LoginsEnded", "LoginsEnding", "CalendarEnds"})


def _processes(view: FleetView) -> Iterator[Finding]:
    if not view.processes:
        return
    states = [row.state for row in view.processes]
    failed = [one.name for one in states if one.state == "failed"]
    dying = [one.name for one in states if one.restarts > _STEADY_DEATHS_MAX]
    seen = f"{len(states)} kept up"
    if failed or dying:
        told = (
            f"{', '.join(failed)} failed" if failed else "",
            *(f"{n} keeps dying" for n in dying),
        )
        seen = "; ".join(filter(None, told))
    remedy = "Read the end of its log, and docs/runbooks/a-process-keeps-dying.md."
    yield Finding("processes", not failed and not dying, seen, remedy)
