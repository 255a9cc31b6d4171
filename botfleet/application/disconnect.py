"""Disconnect: forget an account's tokens; its bots open and close nothing until it is back.

Nothing is told to the broker: some end every user's grants when one is revoked (RELIABILITY 8, T7).
"""

from botfleet.application.ports.restraint import LOGIN, Restraint
from botfleet.application.ports.tokens import TokenStore
from botfleet.domain.ids import AccountId


def disconnect(account: AccountId, *, tokens: TokenStore, restraint: Restraint) -> None:
    """Bar the account's opens, then forget its tokens; one that was left before is no error."""
    restraint.reduce(account, "The account was disconnected.", by=LOGIN)
    tokens.disconnect(account)
