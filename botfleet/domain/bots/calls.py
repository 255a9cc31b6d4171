"""Calls from outside: how one is signed, and how long its stamp is good (R41).

The signature is HMAC-SHA256, with the hook's secret, over the stamp, a full stop and the body as it
was sent; a stamp is Unix seconds, real time.
"""

import hmac
import re
from hashlib import sha256

#: How far a call's stamp may lie from now, either way.
WINDOW_S = 300
SCHEME = "v1="
_STAMP = re.compile(r"[1-9][0-9]{0,11}")


def sign(secret: bytes, stamp: str, body: bytes) -> str:
    """Give the signature of a call as its header has it: `v1=` and 64 hexadecimal digits."""
    return SCHEME + hmac.new(secret, stamp.encode() + b"." + body, sha256).hexdigest()


def is_genuine(secret: bytes, stamp: str, body: bytes, signature: str, *, now_s: float) -> bool:
    """Say whether a call is signed with the secret and its stamp is of now.

    It takes as long for a wrong signature as for a right one.
    """
    is_signed = hmac.compare_digest(sign(secret, stamp, body).encode(), signature.encode())
    is_stamped = _STAMP.fullmatch(stamp) is not None
    return is_signed and is_stamped and abs(now_s - int(stamp)) <= WINDOW_S
