"""Call: start what waits for a hook, for whoever can sign with its secret (R41).

A call that is not signed, whose stamp is old, or whose hook there is not, is one refusal, alike to
the letter. A call taken once is not taken again: its id is the sender's, signed with the body, or
else the signature. While the market is closed a call is refused as a click is; nothing waits.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from botfleet.application.ports.batches import Batches
from botfleet.application.ports.clock import Clock
from botfleet.application.ports.hooks import Driven, Hooks, Secret
from botfleet.application.ports.messages import Messages
from botfleet.application.ports.work import Work
from botfleet.application.press import check_market
from botfleet.domain.bots.calls import is_genuine
from botfleet.domain.ids import RunId, WorkId, derive, run_id
from botfleet.domain.schedules.agenda import Kind
from botfleet.errors import BadInput, BotIsOff, Fault, Halted, NotSigned, Refusal, TooOften

#: Signed calls of a hook a real minute.
CALLS_MAX = 60
#: What an unknown hook's calls are checked with, for the same work to be done.
_NOBODYS = Secret(UUID(int=0), None, "", bytes(32))  # type: ignore[arg-type]  # nobody's


@dataclass(frozen=True, slots=True)
class Signed:
    """A call as it came: the hook's id, the two headers, the body to the byte."""

    hook: str
    stamp: str
    signature: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Calling:
    """What taking calls takes; `real_s` is real time, whatever clock the fleet goes by."""

    hooks: Hooks
    batches: Batches
    messages: Messages
    clock: Clock
    real_s: Callable[[], float]

    def hear(self, call: Signed) -> Secret:
        """See who calls; give the hook.

        Raises:
            NotSigned: it is nobody we know, or it is not they.
            TooOften: they called `CALLS_MAX` times this minute.
        """
        found = self.hooks.secret(hook) if (hook := _uuid(call.hook)) else None
        secret = (found or _NOBODYS).secret
        given = (call.stamp, call.body, call.signature)
        is_they = is_genuine(secret, *given, now_s=self.real_s())
        if found is None or not is_they:
            raise NotSigned
        if not self.hooks.count(found.hook_id, CALLS_MAX):
            raise TooOften(f"A hook may be called {CALLS_MAX} times a minute.")
        return found

    def start(self, hook: Secret, call_id: str, inputs: Mapping[str, Any]) -> tuple[RunId, ...]:
        """Start what waits for the hook, `inputs` given to whom they feed; give the runs' ids.

        Raises:
            BadInput: an input feeds nothing, or its value is not of its kind.
            BotIsOff: every bot that waits is off.
            Halted: every other one is halted.
            MarketClosed: with the next opening.
            Refusal: nothing waits for this hook, or nobody has a seat.
        """
        known = self.hooks.runs_of(hook.hook_id, call_id)
        if known is not None:
            return known
        waiting = self.hooks.driven(hook)
        self._check(hook, waiting, inputs)
        now = self.clock.now()
        check_market(now)
        cause = f"hook/{hook.name}/{call_id}"
        awake = [one for one in waiting if one.is_awake]
        works = [_work(hook, call_id, one, inputs, cause, now) for one in awake]
        runs = [run_id(one.bot_id, one.automation, cause) for one in awake]
        pointers = self.hooks.take(hook.hook_id, call_id, works, runs)
        if pointers is None:
            raise Refusal("The bots' owner has no seat in the fleet yet; it needs more room.")
        self.messages.work(pointers)
        return self.hooks.runs_of(hook.hook_id, call_id) or ()

    def _check(self, hook: Secret, waiting: Sequence[Driven], inputs: Mapping[str, Any]) -> None:
        if not waiting:
            raise Refusal(f"No automation waits for {hook.name}.")
        fed = {name for one in waiting for name in one.feeds}
        faults = [Fault(f"inputs.{name}", "feeds nothing") for name in sorted(inputs.keys() - fed)]
        faults += [fault for one in waiting for fault in self._misfits(one, inputs)]
        if faults:
            raise BadInput(faults)
        if not any(one.is_awake for one in waiting):
            raise Halted if any(one.is_on for one in waiting) else BotIsOff

    def _misfits(self, one: Driven, inputs: Mapping[str, Any]) -> Iterator[Fault]:
        """Name the inputs of an automation whose given values are not of their kinds."""
        for name, value in _fed(one, inputs).items():
            try:
                self.batches.fed(one.version, one.automation, {name: value})
            except BadInput:
                own = self.batches.definition(one.version).automations[one.automation].inputs
                kind = next(each.kind for each in own if each.name == name)
                yield Fault(f"inputs.{name}", f"is no {kind}")


def _work(
    hook: Secret,
    call_id: str,
    one: Driven,
    inputs: Mapping[str, Any],
    cause: str,
    now: datetime,
) -> Work:
    named = derive("work", "hook", hook.hook_id, call_id, one.bot_id, one.automation)
    detail: dict[str, Any] = {"automation": one.automation, "cause": cause}
    detail["versions"] = {str(one.bot_id): one.version}
    if mine := _fed(one, inputs):
        detail["inputs"] = mine
    return Work(WorkId(named), Kind.HOOK, now, (one.bot_id,), 0, detail)


def _fed(one: Driven, inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {name: inputs[name] for name in one.feeds if name in inputs}


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
