"""A sealed secret opens in its own place, under its own key, unchanged, or not at all."""

import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botfleet.adapters.vault.envelope import Vault, load_or_create
from botfleet.errors import BadInput, InvariantBroken

KEYS = {"k1": b"1" * 32, "k2": b"2" * 32}
OLD, NEW = Vault({"k1": KEYS["k1"]}, "k1"), Vault(KEYS, "k2")
SEALED = OLD.seal(b"token", "account/1")


@given(st.binary(max_size=300), st.text(max_size=40))
def test_what_is_sealed_opens(plain: bytes, binding: str) -> None:
    assert OLD.open(OLD.seal(plain, binding), binding) == plain


def test_the_same_secret_never_looks_the_same() -> None:
    assert OLD.seal(b"token", "x") != OLD.seal(b"token", "x")
    assert b"token" not in SEALED


@pytest.mark.parametrize("binding", ["account/2", "", "account/1 "])
def test_a_secret_moved_elsewhere_does_not_open(binding: str) -> None:
    with pytest.raises(InvariantBroken):
        OLD.open(SEALED, binding)


@pytest.mark.parametrize("place", range(len(SEALED)))
def test_a_changed_byte_does_not_open(place: int) -> None:
    changed = bytearray(SEALED)
    changed[place] ^= 1
    with pytest.raises(InvariantBroken):
        NEW.open(bytes(changed), "account/1")


@pytest.mark.parametrize("length", range(len(SEALED)))
def test_a_part_does_not_open(length: int) -> None:
    with pytest.raises(InvariantBroken):
        OLD.open(SEALED[:length], "account/1")


def test_keys_rotate() -> None:
    assert NEW.open(SEALED, "account/1") == b"token"
    moved = NEW.reseal(SEALED, "account/1")
    assert Vault({"k2": KEYS["k2"]}, "k2").open(moved, "account/1") == b"token"
    assert NEW.reseal(moved, "account/1") is moved
    with pytest.raises(InvariantBroken, match="no key 'k2'"):
        OLD.open(moved, "account/1")


def test_a_vault_shows_no_key() -> None:
    assert repr(NEW) == "Vault(current='k2', keys=['k1', 'k2'])"
    for keys, current in (({"k1": b"short"}, "k1"), (KEYS, "k3"), ({"": KEYS["k1"]}, "")):
        with pytest.raises(BadInput):
            Vault(keys, current)


def test_the_key_file_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "secrets" / "vault.json"
    with ThreadPoolExecutor(8) as threads:
        vaults = list(threads.map(lambda _: load_or_create(path), range(16)))
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["vault.json"]
    sealed = vaults[0].seal(b"token", "x")
    assert {vault.open(sealed, "x") for vault in vaults} == {b"token"}


def test_a_key_file_others_can_read_or_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "vault.json"
    load_or_create(path)
    path.chmod(0o640)
    with pytest.raises(BadInput, match="0600"):
        load_or_create(path)
    path.chmod(0o600)
    for text in ("", "[]", '{"keys": 1}', '{"current": "k1", "keys": {"k1": "00"}}'):
        path.write_text(text)
        with pytest.raises(BadInput):
            load_or_create(path)


@pytest.fixture
def open_place() -> Iterator[Path]:
    """A directory anybody may pass."""
    with TemporaryDirectory() as place:
        Path(place).chmod(0o711)
        yield Path(place)


ANOTHER = 10_001


def become_another() -> None:
    """Give up root for a user and group of no other right."""
    os.setgroups([])
    os.setgid(ANOTHER)
    os.setuid(ANOTHER)


def keys_shown(path: Path) -> str:
    return repr(load_or_create(path))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another user")
@pytest.mark.parametrize(("mode", "is_taken"), [(0o440, True), (0o444, False), (0o460, False)])
def test_roots_file_may_reach_another_user_by_that_users_own_group(
    open_place: Path, mode: int, *, is_taken: bool
) -> None:
    """As a cluster mounts a secret: root's, for the group the process runs in."""
    path = open_place / "vault.json"
    load_or_create(path)
    os.chown(path, 0, ANOTHER)
    path.chmod(mode)
    with ProcessPoolExecutor(1, get_context("fork"), become_another) as process:
        refusal = process.submit(keys_shown, path).exception()
    assert (refusal is None) is is_taken
    assert is_taken or "may be read by others" in str(refusal)
