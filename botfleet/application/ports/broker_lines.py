"""What doors read of brokers: how logins and orders stand at each, and what was sent there."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BrokerLine:
    """What stands at one broker: logins by how they stand, and orders that have not ended.

    `logins_ending` are those that live on for two days at most, `logins_lapsing` those of a day at
    most with positions there, `logins_stranded` those that ended with positions there; the age is
    the market's.
    """

    broker: str
    logins_alive: int
    logins_ending: int
    logins_ended: int
    orders_live: int
    orders_unknown: int
    oldest_unknown_s: float
    logins_lapsing: int = 0
    logins_stranded: int = 0


@dataclass(frozen=True, slots=True)
class SentLine:
    """What was sent to one broker since some instant, and what of it was refused or filled."""

    broker: str
    sent: int
    rejected: int
    filled: int
