"""Connect a user's account at a broker: leave for the broker's own login, come back with a code.

The platform never sees a broker password (S41). A callback counts only for the user who left, once,
within `CONSENT_LIFE`; whatever is wrong with it, nothing is stored.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

from botfleet.application.ports.authorizations import Authorization
from botfleet.application.ports.clock import Clock
from botfleet.application.ports.consents import Consent, Consents
from botfleet.application.ports.restraint import LOGIN, Restraint
from botfleet.application.ports.tokens import Connection, TokenStore
from botfleet.domain.ids import AccountId, UserId, derive
from botfleet.errors import BadInput, NotFound

CONSENT_LIFE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Connect:
    """The two halves of connecting; `brokers` are the authorization servers by name."""

    brokers: Mapping[str, Authorization]
    consents: Consents
    tokens: TokenStore
    clock: Clock
    restraint: Restraint

    def depart(self, user: UserId, broker: str) -> str:
        """Give the URL to send the user's browser to.

        Raises:
            NotFound: there is no such broker.
        """
        leaving = self._authorization(broker).depart()
        asked_at = self.clock.now()
        self.consents.keep(Consent(user, broker, asked_at, leaving.state, leaving.verifier))
        return leaving.url

    def arrive(self, user: UserId, callback_url: str) -> Connection:
        """Take the user back, and keep the account that was granted (the first, of several).

        One login is one account: two would rotate the same refresh token under each other.

        Raises:
            BadInput: the callback is not the one this user left for.
            BrokerUnavailable: no definite answer; nothing is kept, the user may begin again.
        """
        consent = self._consent(user, callback_url)
        server = self._authorization(consent.broker)
        tokens = server.arrive(callback_url, state=consent.state, verifier=consent.verifier)
        numbers = server.account_numbers(tokens)
        if not numbers:
            raise BadInput("The broker granted no account.")
        account = account_id(user, consent.broker, numbers[0])
        connection = Connection(account, user, consent.broker, numbers[0], tokens)
        self.tokens.connect(connection)
        self.restraint.release(account, by=LOGIN)
        return connection

    def _authorization(self, broker: str) -> Authorization:
        if broker not in self.brokers:
            raise NotFound(f"There is no such broker; there are {', '.join(self.brokers)}.")
        return self.brokers[broker]

    def _consent(self, user: UserId, callback_url: str) -> Consent:
        states = parse_qs(urlsplit(callback_url).query).get("state", [])
        consent = self.consents.take(states[0]) if len(states) == 1 else None
        if consent is None or consent.user != user:
            raise BadInput("This answer belongs to no login that is under way here.")
        if self.clock.now() - consent.asked_at > CONSENT_LIFE:
            raise BadInput("The login took too long; begin again.")
        return consent


def account_id(user: UserId, broker: str, number: str) -> AccountId:
    """Name a user's connection: connecting again renews it and makes no second one."""
    return AccountId(derive("account", user, broker, number))
