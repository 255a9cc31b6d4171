"""A fleet's home: the lock that keeps a second fleet out, and the record that lets others find it.

`fleet.lock` is held with flock(2) for as long as the fleet lives; the kernel lets go of it however
the fleet dies, so a lock that can be had means that no fleet runs. `fleet.json` says where things
are; it holds secrets, so only its owner may read it, and it is believed only while the lock is
held.
"""

import fcntl
import json
import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from botfleet.adapters.system.places import private, write_privately
from botfleet.adapters.system.supervisor import ProcessState
from botfleet.errors import Refusal

_LOCK, _RECORD, _SHAPE = "fleet.lock", "fleet.json", "shape.json"
_ORDER_S_MAX = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetRecord:
    """A running fleet: its `urls` by what a person looks for, its `settings` by field as text."""

    pid: int
    started_at: str
    control: str
    logs: str
    urls: Mapping[str, str]
    settings: Mapping[str, str] = field(repr=False)
    processes: Sequence[ProcessState] = ()


@contextmanager
def claimed(home: Path) -> Iterator[None]:
    """Be the only fleet in this home.

    Raises:
        Refusal: another one is.
    """
    descriptor = os.open(private(home) / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(descriptor, 32).decode() or "unknown"
        os.close(descriptor)
        raise Refusal(
            f"A fleet already runs in {home} (process {holder}); "
            "`botfleet status` shows it, `botfleet down` stops it."
        ) from None
    try:
        os.ftruncate(descriptor, 0)
        os.write(descriptor, str(os.getpid()).encode())
        yield
    finally:
        (home / _RECORD).unlink(missing_ok=True)
        os.close(descriptor)


def holder(home: Path) -> int | None:
    """The process of the fleet that lives in this home now."""
    try:
        descriptor = os.open(home / _LOCK, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        number = os.read(descriptor, 32)
        return int(number) if number else None
    finally:
        os.close(descriptor)
    return None


def published(home: Path, record: FleetRecord) -> None:
    """Write the record, whole and at once."""
    write_privately(home / _RECORD, json.dumps(asdict(record), indent=1), durable=False)


def found(home: Path) -> FleetRecord | None:
    """The fleet that lives in this home now, as last published."""
    if holder(home) is None:
        return None
    with suppress(FileNotFoundError):
        known = json.loads((home / _RECORD).read_text())
        known["processes"] = [ProcessState(**state) for state in known["processes"]]
        return FleetRecord(**known)
    return None


def shaped(home: Path, shape: Mapping[str, int]) -> None:
    """Keep how large the fleet of this home is, by the names of its settings, for its next life."""
    write_privately(home / _SHAPE, json.dumps(shape))


def shape(home: Path) -> dict[str, int]:
    """How large the fleet of this home was made while it ran; empty when it never was."""
    with suppress(FileNotFoundError):
        kept: dict[str, int] = json.loads((home / _SHAPE).read_text())
        return kept
    return {}


def order(control: str | Path, what: Mapping[str, Any]) -> Any:
    """Give the supervisor behind this socket an order; its answer.

    Raises:
        Refusal: it refuses, or does not answer.
    """
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
            asking.settimeout(_ORDER_S_MAX)
            asking.connect(str(control))
            asking.sendall(json.dumps(what).encode() + b"\n")
            with asking.makefile("rb") as answers:
                answer = json.loads(answers.readline() or b"{}")
    except OSError as error:
        raise Refusal(f"The fleet does not answer ({error}).") from error
    if "refused" in answer or "done" not in answer:
        raise Refusal(answer.get("refused", "The fleet ended while it was asked."))
    return answer["done"]
