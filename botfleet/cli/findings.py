"""What the doctor found: one thing a finding, with one sentence on what to do."""

from collections.abc import Callable
from dataclasses import dataclass

from botfleet.errors import BadInput


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: is it right, what was seen, and what to do when it is not."""

    name: str
    is_ok: bool
    seen: str
    remedy: str = ""


def tried(
    name: str, act: Callable[[], str], remedy: str = "Choose another BOTFLEET_HOME."
) -> Finding:
    """Do something, and find what it gave, or why it could not be done."""
    try:
        return Finding(name, is_ok=True, seen=act())
    except BadInput as fault:
        return Finding(name, is_ok=False, seen=str(fault), remedy=str(fault))
    except OSError as error:
        return Finding(name, is_ok=False, seen=str(error), remedy=remedy)
