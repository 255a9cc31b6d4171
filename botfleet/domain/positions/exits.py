"""When the minute watch closes a position: profit, stop, trailing stop, on the mid price."""

from botfleet.domain.positions.position import Exits, Position, Valuation, return_on_entry


def gains(position: Position, now: Valuation) -> tuple[float, float]:
    """Give the return now, and the highest so far."""
    gain = return_on_entry(position.entry, now.mid)
    return gain, max(gain, position.high_gain)


def exit_of(exits: Exits, gain: float, high_gain: float) -> str:
    """Name the exit that fires, empty when none does."""
    if exits.profit is not None and gain >= float(exits.profit):
        return "profit"
    if exits.stop is not None and gain <= -float(exits.stop):
        return "stop"
    if exits.trail is None or exits.trail_from is None:
        return ""
    given_back = high_gain - gain
    has_trailed = high_gain >= float(exits.trail_from) and given_back >= float(exits.trail)
    return "trail" if has_trailed else ""
