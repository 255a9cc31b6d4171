"""Patience: to try again, for a while, what a machine's fault kept from being done.

For whoever starts or ends something alone: a worker gives its row back instead, and whoever serves
people says no. Nothing tells that a server answers again, so it is asked.
"""

import time
from collections.abc import Callable
from typing import TypeVar

from botfleet.errors import Transient

_GLANCE_S = 0.25
#: However slow a machine is, so often is it tried.
_TRIES_MIN = 5

Done = TypeVar("Done")


def patiently(do: Callable[[], Done], within_s: float, tell: Callable[[str], object]) -> Done:
    """Do it, again while that fails transiently; tell each reason for waiting once.

    What is done must bear being done half, and again.

    Raises:
        Transient: the last failure, once `within_s` real seconds are over and five tries made.
    """
    until_s, tries = time.monotonic() + within_s, 0
    told: set[str] = set()
    while True:
        try:
            return do()
        except Transient as error:
            tries += 1
            if time.monotonic() >= until_s and tries >= _TRIES_MIN:
                raise
            if str(error) not in told:
                told.add(str(error))
                tell(str(error))
        time.sleep(_GLANCE_S)
