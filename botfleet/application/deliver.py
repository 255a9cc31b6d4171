"""Deliver: carry notices to the channels their owners named, beside the fleet's own work.

Whoever takes a notice marks it before it leaves, for a while. What the other end took is never sent
to that channel again. What it did not take is tried again, later each time; so is what nobody heard
of again, because its carrier died: there it may come twice, if the carrier died between the other
end's word and writing it down. In all a notice is tried at most `ATTEMPTS_MAX` times at a channel.
"""

from botfleet.application.ports.channels import Channels, Notifier

#: Tries of one notice at one channel, and how long after the n-th comes the next.
ATTEMPTS_MAX = 5
_AGAIN_S = 15.0
_TAKEN_MAX = 20
#: How long a parcel is its carrier's: far beyond what the slowest end is waited for.
LEASE_S = 120.0


def deliver(*, channels: Channels, notifier: Notifier) -> int:
    """Carry what is due; give how many were carried, or tried to be.

    Raises:
        StoreUnavailable: what was marked comes back when its time is over.
    """
    channels.enlist()
    parcels = channels.take(_TAKEN_MAX, LEASE_S, ATTEMPTS_MAX)
    for parcel in parcels:
        if not channels.hold(parcel, LEASE_S):
            continue
        failure = notifier.send(parcel.url, parcel.title, parcel.body)
        again = _AGAIN_S * 4 ** (parcel.attempts - 1) if parcel.attempts < ATTEMPTS_MAX else None
        channels.record(parcel, failure, again)
    return len(parcels)
