"""Data sheets: what each broker's public documentation says of its API, one record a broker.

Read, never called: no line here could be checked against a live service. `docs/brokers.md` says for
each what was read where, and what is second-hand.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Literal

from botfleet.domain.orders.order import OrderClass, Ticket

Call = Literal["order", "question"]
_CENT, _NICKEL = Decimal("0.01"), Decimal("0.05")
_MINUTE, _FIVE_MINUTES = timedelta(minutes=1), timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Hosts:
    """Where a broker is: its login page, its token server, its API."""

    login: str
    token: str
    api: str


@dataclass(frozen=True, slots=True)
class Login:
    """How OAuth 2.0 is spoken. Every login sends state and a PKCE S256 challenge (RFC 9700).

    `access_life` is what a grant without a lifetime means; `consent_life` how long a person's
    consent lasts at most, None for ever. A `renew_path` of None means that nothing is refreshed.
    """

    login_path: str
    grant_path: str
    renew_path: str | None
    scopes: tuple[str, ...]
    client_auth: Literal["basic", "body"]
    access_life: timedelta
    rotates: bool
    sends_json: bool = False
    is_pkce_documented: bool = False
    consent_life: timedelta | None = None
    asked_besides: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `count` calls in `window`."""

    count: int
    window: timedelta


@dataclass(frozen=True, slots=True)
class Sheet:
    """One broker.

    `own_id_field` is where an order carries our id ("" nowhere), of at most `own_id_max`
    characters. `fills` says how fills are shown: each by itself, the last beside the sum, or the
    average alone. Where `replaces_anew`, a replaced order is another order of another number; where
    `net_is_signed`, the net price of several legs is written below zero for a credit. `calls` is
    all the platform ever asks of the broker's API, its login apart: no balances, no personal data
    (S43, S45); `{account}` and `{order}` stand for names.
    """

    name: str
    title: str
    live: Hosts
    paper: Hosts | None
    login: Login
    order_class: OrderClass
    own_id_field: str
    own_id_max: int
    calls: frozenset[str]
    rates: Mapping[Call, Rate]
    fills: Literal["each", "last", "average"]
    replaces_anew: bool
    net_is_signed: bool
    takes_shares_with_options: bool
    legs_max: int = 4
    option_tick: Decimal = _CENT
    option_tick_coarse: Decimal = _NICKEL
    net_tick: Decimal = _CENT

    def refusal(self, ticket: Ticket) -> str:
        """Say why this broker would never take a ticket; empty where it may."""
        kinds = {leg.option is None for leg in ticket.legs}
        if len(ticket.legs) > self.legs_max:
            return f"{self.title} takes no order of more than {self.legs_max} legs."
        if len(kinds) > 1 and not self.takes_shares_with_options:
            return f"{self.title} takes no order of shares and options together."
        if ticket.limit % self.net_tick:
            return f"{self.title} takes prices in steps of {self.net_tick}."
        return ""


_SIGNIN = "https://signin.tradestation.com"

TRADIER = Sheet(
    name="tradier",
    title="Tradier",
    live=Hosts(*["https://api.tradier.com"] * 3),
    paper=Hosts(*["https://sandbox.tradier.com"] * 3),
    login=Login(
        login_path="/v1/oauth/authorize",
        grant_path="/v1/oauth/accesstoken",
        renew_path="/v1/oauth/refreshtoken",
        scopes=("read", "trade"),
        client_auth="basic",
        access_life=timedelta(hours=24),
        rotates=True,
    ),
    order_class=OrderClass.FOUND,
    own_id_field="tag",
    own_id_max=255,
    calls=frozenset(
        {
            "POST /v1/accounts/{account}/orders",
            "GET /v1/accounts/{account}/orders",
            "GET /v1/accounts/{account}/orders/{order}",
            "PUT /v1/accounts/{account}/orders/{order}",
            "DELETE /v1/accounts/{account}/orders/{order}",
            "GET /v1/accounts/{account}/positions",
            "GET /v1/user/profile",
        }
    ),
    rates={"order": Rate(60, _MINUTE), "question": Rate(120, _MINUTE)},
    fills="last",
    replaces_anew=False,
    net_is_signed=False,
    takes_shares_with_options=True,
)

SCHWAB = Sheet(
    name="schwab",
    title="Charles Schwab",
    live=Hosts(*["https://api.schwabapi.com"] * 3),
    paper=None,
    login=Login(
        login_path="/v1/oauth/authorize",
        grant_path="/v1/oauth/token",
        renew_path="/v1/oauth/token",
        scopes=("api",),
        client_auth="basic",
        access_life=timedelta(minutes=30),
        rotates=False,
        consent_life=timedelta(days=7),
    ),
    order_class=OrderClass.BLIND,
    own_id_field="",
    own_id_max=0,
    calls=frozenset(
        {
            "POST /trader/v1/accounts/{account}/orders",
            "GET /trader/v1/accounts/{account}/orders",
            "GET /trader/v1/accounts/{account}/orders/{order}",
            "PUT /trader/v1/accounts/{account}/orders/{order}",
            "DELETE /trader/v1/accounts/{account}/orders/{order}",
            "GET /trader/v1/accounts/{account}",
            "GET /trader/v1/accounts/accountNumbers",
        }
    ),
    rates={"order": Rate(120, _MINUTE), "question": Rate(120, _MINUTE)},
    fills="each",
    replaces_anew=True,
    net_is_signed=False,
    takes_shares_with_options=True,
)

TRADESTATION = Sheet(
    name="tradestation",
    title="TradeStation",
    live=Hosts(_SIGNIN, _SIGNIN, "https://api.tradestation.com"),
    paper=Hosts(_SIGNIN, _SIGNIN, "https://sim-api.tradestation.com"),
    login=Login(
        login_path="/authorize",
        grant_path="/oauth/token",
        renew_path="/oauth/token",
        scopes=("openid", "offline_access", "ReadAccount", "Trade"),
        client_auth="body",
        access_life=timedelta(minutes=20),
        rotates=False,
        is_pkce_documented=True,
        asked_besides={"audience": "https://api.tradestation.com"},
    ),
    # The id is taken, and documented to prevent a duplicate, but no answer ever shows it again.
    order_class=OrderClass.BLIND,
    own_id_field="OrderConfirmID",
    own_id_max=25,
    calls=frozenset(
        {
            "POST /v3/orderexecution/orders",
            "PUT /v3/orderexecution/orders/{order}",
            "DELETE /v3/orderexecution/orders/{order}",
            "GET /v3/brokerage/accounts/{account}/orders",
            "GET /v3/brokerage/accounts/{account}/orders/{order}",
            "GET /v3/brokerage/accounts/{account}/positions",
            "GET /v3/brokerage/accounts",
        }
    ),
    rates={"order": Rate(250, _FIVE_MINUTES), "question": Rate(250, _FIVE_MINUTES)},
    fills="average",
    replaces_anew=False,
    net_is_signed=True,
    takes_shares_with_options=True,
)

TASTYTRADE = Sheet(
    name="tastytrade",
    title="tastytrade",
    live=Hosts("https://my.tastytrade.com", *["https://api.tastyworks.com"] * 2),
    paper=Hosts("https://cert-my.staging-tasty.works", *["https://api.cert.tastyworks.com"] * 2),
    login=Login(
        login_path="/auth.html",
        grant_path="/oauth/token",
        renew_path="/oauth/token",
        scopes=("read", "trade"),
        client_auth="body",
        access_life=timedelta(minutes=15),
        rotates=False,
        sends_json=True,
    ),
    order_class=OrderClass.FOUND,
    own_id_field="external-identifier",
    own_id_max=24,
    # No figure is published: one a second is ours, and a 429 is obeyed.
    calls=frozenset(
        {
            "POST /accounts/{account}/orders",
            "GET /accounts/{account}/orders/live",
            "GET /accounts/{account}/orders/{order}",
            "PATCH /accounts/{account}/orders/{order}",
            "DELETE /accounts/{account}/orders/{order}",
            "GET /accounts/{account}/positions",
            "GET /customers/me/accounts",
        }
    ),
    rates={"order": Rate(60, _MINUTE), "question": Rate(60, _MINUTE)},
    fills="each",
    replaces_anew=True,
    net_is_signed=False,
    takes_shares_with_options=True,
)

ALPACA = Sheet(
    name="alpaca",
    title="Alpaca",
    live=Hosts("https://app.alpaca.markets", *["https://api.alpaca.markets"] * 2),
    paper=Hosts(
        "https://app.alpaca.markets",
        "https://api.alpaca.markets",
        "https://paper-api.alpaca.markets",
    ),
    login=Login(
        login_path="/oauth/authorize",
        grant_path="/oauth/token",
        renew_path=None,
        scopes=("trading",),
        client_auth="body",
        # A grant names no lifetime and no refresh token: it lasts until it is revoked.
        access_life=timedelta(days=400),
        rotates=False,
    ),
    order_class=OrderClass.FENCED,
    own_id_field="client_order_id",
    own_id_max=128,
    calls=frozenset(
        {
            "POST /v2/orders",
            "GET /v2/orders",
            "GET /v2/orders:by_client_order_id",
            "GET /v2/orders/{order}",
            "PATCH /v2/orders/{order}",
            "DELETE /v2/orders/{order}",
            "GET /v2/positions",
            "GET /v2/account",
        }
    ),
    rates={"order": Rate(200, _MINUTE), "question": Rate(200, _MINUTE)},
    fills="average",
    replaces_anew=True,
    net_is_signed=True,
    takes_shares_with_options=False,
)

SHEETS: Mapping[str, Sheet] = {
    sheet.name: sheet for sheet in (TRADIER, SCHWAB, TRADESTATION, TASTYTRADE, ALPACA)
}
