"""Rotate: seal every secret under a new key while the fleet runs, and forget keys nobody needs.

A new key is added and becomes the current one; whoever seals from then on seals under it, and the
old keys go on opening. Secrets are moved in batches, each row locked for its own moment only; a
refresh that came first is waited for. A rotation that was killed half-way is ended by the next.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

BATCH = 100
Reseal = Callable[[bytes, str], bytes]


class Keys(Protocol):
    """The vault's keys, the current one last."""

    @property
    def keys(self) -> tuple[str, ...]:
        """Their names."""
        ...

    def turn(self) -> str:
        """Add a key, make it the current one and name it."""
        ...

    def retire(self, names: Collection[str]) -> None:
        """Forget keys."""
        ...

    def reseal(self, sealed: bytes, binding: str) -> bytes:
        """Give the same secret under the current key."""
        ...


class SealedStore(Protocol):
    """Where sealed secrets are kept. Raises `StoreUnavailable` when it does not answer."""

    def reseal_some(self, after: UUID | None, most: int, reseal: Reseal) -> tuple[int, UUID | None]:
        """Move the next secrets; give how many were moved and the last one looked at, or None."""
        ...

    def sealed_under(self) -> Mapping[str, int]:
        """Count secrets by the key they are sealed under."""
        ...


@dataclass(frozen=True, slots=True)
class Rotated:
    """The new key, how many secrets were moved to it, and the keys that were forgotten."""

    key: str
    moved: int
    retired: tuple[str, ...]


def rotate(keys: Keys, *stores: SealedStore) -> Rotated:
    """Turn the key, move every secret to it, and forget keys that seal nothing any more.

    The key before the new one is kept until the next rotation: a secret may be on its way under it.
    """
    before, new = keys.keys[-1], keys.turn()
    moved = sum(_moved(store, keys) for store in stores)
    used = {name for store in stores for name in store.sealed_under()} | {new, before}
    idle = tuple(name for name in keys.keys if name not in used)
    if idle:
        keys.retire(idle)
    return Rotated(new, moved, idle)


def _moved(store: SealedStore, keys: Keys) -> int:
    moved, after = 0, None
    while True:
        count, after = store.reseal_some(after, BATCH, keys.reseal)
        moved += count
        if after is None:
            return moved
