"""What the fleet needs of a broker's authorization server."""

from dataclasses import dataclass, field
from typing import Protocol

from botfleet.application.ports.tokens import Tokens


@dataclass(frozen=True, slots=True)
class Departure:
    """Where to send the user's browser, and the proofs to keep here meanwhile."""

    url: str = field(repr=False)
    state: str = field(repr=False)
    verifier: str = field(repr=False)


class Authorization(Protocol):
    """One broker's OAuth 2.0: authorization code with PKCE and state."""

    def depart(self) -> Departure:
        """Begin: fresh proofs, and the broker's own login page."""
        ...

    def arrive(self, callback_url: str, *, state: str, verifier: str) -> Tokens:
        """End: turn the callback's code into tokens.

        Raises:
            BadInput: the callback is forged, foreign or denied, or the grant is not what was asked.
            BrokerUnavailable: the broker gave no definite answer; the user may begin again.
        """
        ...

    def refresh(self, tokens: Tokens) -> Tokens:
        """Turn a refresh token into new tokens.

        Raises:
            BadInput: the broker honours it no longer.
            BrokerUnavailable: no definite answer.
        """
        ...

    def account_numbers(self, tokens: Tokens) -> tuple[str, ...]:
        """List the accounts that were granted; asked once, while connecting, and nothing else.

        Raises:
            BrokerUnavailable: no definite answer.
        """
        ...
