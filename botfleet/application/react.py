"""React: point instances at what an outcome has just started.

The rows were written with their causes: a position that opened or closed, a bot that was turned on.
Here they are only told of. Whoever dies before has the sweep tell.
"""

from botfleet.application.ports.messages import Messages
from botfleet.application.ports.work import WorkBook


def react(work: WorkBook, messages: Messages) -> int:
    """Point at every row nobody was told of yet; give how many.

    Raises:
        StoreUnavailable: the sweep will do it.
    """
    pointers = work.untold()
    messages.work(pointers)
    return len(pointers)
