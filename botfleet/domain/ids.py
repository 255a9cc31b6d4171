"""Names of things, derived from their causes: a second delivery names the same things.

Source: RELIABILITY 3.1 (ids are derived, not drawn) and R44 (one wire id fits every broker).
"""

from base64 import b32encode
from hashlib import blake2b, sha256
from typing import NewType
from uuid import UUID

UserId = NewType("UserId", UUID)
AccountId = NewType("AccountId", UUID)
BotId = NewType("BotId", UUID)
RunId = NewType("RunId", UUID)
WorkId = NewType("WorkId", UUID)
DrawId = NewType("DrawId", UUID)
PositionId = NewType("PositionId", UUID)
OrderId = NewType("OrderId", UUID)
AskId = NewType("AskId", UUID)


def derive(kind: str, *causes: object) -> UUID:
    """Name the `kind` of thing that `causes` bring about; equal causes give equal names."""
    text = "\x1f".join((kind, *map(str, causes)))
    return UUID(bytes=blake2b(text.encode(), digest_size=16).digest())


def run_id(bot: BotId, automation: int, cause: str) -> RunId:
    """Name the run of one automation (by its index in the bot) that `cause` brings about."""
    return RunId(derive("run", bot, automation, cause))


def wire_id(order: OrderId) -> str:
    """Name an order on the wire: 24 characters of lower-case base32, legal at every broker."""
    return b32encode(sha256(order.bytes).digest()).decode().lower()[:24]
