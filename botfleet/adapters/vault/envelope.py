"""Envelope encryption: each secret under a data key of its own, that key under a named master key.

A sealed secret is bound to its place (`binding`, such as the row it belongs to): moved elsewhere it
does not open (RELIABILITY 8, T1). Old master keys go on opening; `reseal` moves a secret to the
current one.

    version 1 | length of key id | key id | nonce 12 | wrapped data key 48 | nonce 12 | text
"""

import json
import os
import secrets
import stat
from collections.abc import Collection, Mapping
from pathlib import Path
from threading import Lock

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from botfleet.errors import BadInput, InvariantBroken

_VERSION = 1
_KEY, _NONCE, _TAG = 32, 12, 16
_KEY_ID_MAX = 64
_ONLY_OWNER = 0o600


class Vault:
    """Seals under the `current` of `keys` (AES-256, by id), opens under any of them."""

    def __init__(self, keys: Mapping[str, bytes], current: str) -> None:
        for name, key in keys.items():
            if len(key) != _KEY or not 0 < len(name.encode()) <= _KEY_ID_MAX:
                raise BadInput(f"The vault's key {name!r} is not {_KEY} bytes with a short name.")
        if current not in keys:
            raise BadInput(f"The vault has no key {current!r}.")
        self._keys = {name: AESGCM(key) for name, key in keys.items()}
        self._current = current

    @property
    def names(self) -> frozenset[str]:
        """The names of its keys."""
        return frozenset(self._keys)

    def __repr__(self) -> str:
        return f"Vault(current={self._current!r}, keys={sorted(self._keys)!r})"

    def seal(self, plain: bytes, binding: str) -> bytes:
        """Encrypt `plain` for the place `binding` names."""
        name = self._current.encode()
        head = bytes((_VERSION, len(name))) + name
        bound = head + binding.encode()
        data_key = AESGCM.generate_key(_KEY * 8)
        outer, inner = secrets.token_bytes(_NONCE), secrets.token_bytes(_NONCE)
        wrapped = self._keys[self._current].encrypt(outer, data_key, bound)
        return head + outer + wrapped + inner + AESGCM(data_key).encrypt(inner, plain, bound)

    def open(self, sealed: bytes, binding: str) -> bytes:
        """Decrypt what was sealed for `binding`.

        Raises:
            InvariantBroken: another place's secret, a changed one, or a key this vault has not.
        """
        name, head, rest = _parts(sealed)
        if name not in self._keys:
            raise InvariantBroken(f"The vault has no key {name!r}.")
        bound = head + binding.encode()
        at = _NONCE + _KEY + _TAG
        try:
            data_key = self._keys[name].decrypt(rest[:_NONCE], rest[_NONCE:at], bound)
            inner, text = rest[at : at + _NONCE], rest[at + _NONCE :]
            return AESGCM(data_key).decrypt(inner, text, bound)
        except (InvalidTag, ValueError):
            raise InvariantBroken("A secret does not belong here, or was changed.") from None

    def reseal(self, sealed: bytes, binding: str) -> bytes:
        """Give the same secret under the current key; unchanged where it already is."""
        name, _, _ = _parts(sealed)
        if name == self._current:
            return sealed
        return self.seal(self.open(sealed, binding), binding)


class KeyFile:
    """A vault whose keys are in a file, read again whenever the file was changed.

    So keys are turned while the fleet runs: whoever meets a secret under a new key finds the key.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read: tuple[tuple[int, ...], Vault] | None = None
        self._lock = Lock()

    def __repr__(self) -> str:
        return "KeyFile(…)"

    @property
    def _vault(self) -> Vault:
        with self._lock:
            stamp = _stamp(self._path)
            if self._read is None or self._read[0] != stamp:
                vault = load_or_create(self._path)
                self._read = (stamp or _stamp(self._path)), vault
            return self._read[1]

    def seal(self, plain: bytes, binding: str) -> bytes:
        """See `Vault`."""
        return self._vault.seal(plain, binding)

    def open(self, sealed: bytes, binding: str) -> bytes:
        """See `Vault`."""
        if self.key_of(sealed) not in self._vault.names:  # a file's time is coarse
            self._read = None
        return self._vault.open(sealed, binding)

    def reseal(self, sealed: bytes, binding: str) -> bytes:
        """See `Vault`."""
        return self._vault.reseal(sealed, binding)

    def key_of(self, sealed: bytes) -> str:
        """Name the key a secret is sealed under."""
        return _parts(sealed)[0]

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys' names, the current one last."""
        current, keys = self._found()
        return (*sorted(keys.keys() - {current}), current)

    def _found(self) -> tuple[str, dict[str, str]]:
        load_or_create(self._path)
        return _kept(self._path)

    def turn(self) -> str:
        """Add a key and make it the current one; the older ones go on opening. Give its name."""
        _, keys = self._found()
        count = 1 + max((int(name[1:]) for name in keys if name[1:].isdigit()), default=0)
        _replace(self._path, f"k{count}", {**keys, f"k{count}": secrets.token_hex(_KEY)})
        return f"k{count}"

    def retire(self, names: Collection[str]) -> None:
        """Forget keys; what is still sealed under one is lost.

        Raises:
            BadInput: the current key is among them.
        """
        current, keys = self._found()
        if current in names:
            raise BadInput("The current key cannot be retired; turn it first.")
        _replace(self._path, current, {n: key for n, key in keys.items() if n not in names})


def _stamp(path: Path) -> tuple[int, ...]:
    """Give what changes whenever another file is put in place; nothing while there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return ()
    return found.st_mtime_ns, found.st_ino, found.st_size


def _parts(sealed: bytes) -> tuple[str, bytes, bytes]:
    if len(sealed) <= 1 or sealed[0] != _VERSION:
        raise InvariantBroken("These bytes are no sealed secret.")
    end = 2 + sealed[1]
    return sealed[2:end].decode(errors="replace"), sealed[:end], sealed[end:]


def load_or_create(path: Path) -> Vault:
    """Read the vault's keys from a file nobody else may read; make it with one key if missing.

    The file is JSON: `{"current": "k1", "keys": {"k1": "<64 hexadecimal digits>"}}`.

    Raises:
        BadInput: others may read it, or it is not such a file.
    """
    if not path.exists():
        _create(path)
    current, keys = _kept(path)
    return Vault({name: bytes.fromhex(key) for name, key in keys.items()}, current)


def _kept(path: Path) -> tuple[str, dict[str, str]]:
    """Read the file: the current key's name, and every key as hexadecimal digits."""
    if path.stat().st_mode & 0o077 & ~_lent(path):
        raise BadInput(f"{path} may be read by others; make it mode 0600.")
    try:
        kept = json.loads(path.read_text())
        keys = {str(name): bytes.fromhex(key).hex() for name, key in kept["keys"].items()}
        return str(kept["current"]), keys
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BadInput(f"{path} is not a file of vault keys.") from None


def _lent(path: Path) -> int:
    """Say what a group may: read root's file that reaches us by our group, as a cluster's do."""
    found = path.stat()
    is_lent = found.st_uid == 0 != os.geteuid() and found.st_gid == os.getegid()
    return stat.S_IRGRP if is_lent else 0


def _create(path: Path) -> None:
    """Link the file in place: of two makers, one wins wholly."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = _draft(path, "k1", {"k1": secrets.token_hex(_KEY)})
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _replace(path: Path, current: str, keys: Mapping[str, str]) -> None:
    """Put another file in place, wholly."""
    _draft(path, current, keys).replace(path)


def _draft(path: Path, current: str, keys: Mapping[str, str]) -> Path:
    """Write a file of keys under another name, durable before it counts."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    text = json.dumps({"current": current, "keys": keys})
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _ONLY_OWNER)
    with os.fdopen(handle, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return draft
