"""Deliver: carry notices to the channels their owners named, beside the fleet's own work.

A notice goes to a channel at most once: whoever takes it marks it before it leaves, and one whose
carrier died is not sent again. What was not taken at the other end is tried again, later each time.
"""

from botfleet.application.ports.channels import Channels, Notifier

#: Tries of one notice at one channel, and how long after the n-th comes the next.
ATTEMPTS_MAX = 5
_AGAIN_S = 15.0
_TAKEN_MAX = 20


def deliver(*, channels: Channels, notifier: Notifier) -> int:
    """Carry what is due; give how many were carried, or tried to be.

    Raises:
        StoreUnavailable: what was marked stays marked.
    """
    channels.enlist()
    parcels = channels.take(_TAKEN_MAX)
    for parcel in parcels:
        failure = notifier.send(parcel.url, parcel.title, parcel.body)
        again = _AGAIN_S * 4 ** (parcel.attempts - 1) if parcel.attempts < ATTEMPTS_MAX else None
        channels.record(parcel, failure, again)
    return len(parcels)
