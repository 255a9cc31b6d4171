"""The signature of a call, against another library's; what a stamp is worth."""

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from hypothesis import given
from hypothesis import strategies as st

from botfleet.domain.bots.calls import WINDOW_S, is_genuine, sign

NOW = 1_773_150_300
SECRETS = st.binary(min_size=1, max_size=80)


@given(secret=SECRETS, stamp=st.integers(1, 10**11), body=st.binary(max_size=300))
def test_a_signature_is_hmac_sha256_of_stamp_and_body(
    secret: bytes, stamp: int, body: bytes
) -> None:
    theirs = HMAC(secret, SHA256())
    theirs.update(str(stamp).encode() + b"." + body)
    assert sign(secret, str(stamp), body) == "v1=" + theirs.finalize().hex()


@given(secret=SECRETS, body=st.binary(max_size=300), late=st.integers(-900, 900))
def test_a_stamp_is_good_for_five_minutes_either_way(secret: bytes, body: bytes, late: int) -> None:
    stamp = str(NOW - late)
    signed = sign(secret, stamp, body)
    assert is_genuine(secret, stamp, body, signed, now_s=NOW) is (abs(late) <= WINDOW_S)


@given(body=st.binary(max_size=50), other=st.binary(max_size=50), guess=st.text(max_size=70))
def test_nothing_else_is_genuine(body: bytes, other: bytes, guess: str) -> None:
    stamp = str(NOW)
    signed = sign(b"secret", stamp, body)
    assert is_genuine(b"secret", stamp, other, signed, now_s=NOW) is (other == body)
    assert not is_genuine(b"secret", stamp, body, guess, now_s=NOW)
    assert not is_genuine(b"other", stamp, body, signed, now_s=NOW)
    assert not is_genuine(
        b"secret", f"0{stamp}", body, sign(b"secret", f"0{stamp}", body), now_s=NOW
    )
