"""Which settings that open something each kind of process is told; the others never hear of them.

Broker tokens can be read only where the vault's key is: in the API, where accounts are connected,
and in the orders worker (S42, RELIABILITY 8, T3). The sandbox is a broker: it knows no database.
"""

from collections.abc import Mapping

from botfleet.config import BROKERS, Settings

_STORES = ("database_url", "broker_url", "pool_url")
_CLIENT = ("oauth_client_id", "oauth_client_secret")
_CLIENTS = tuple(f"{broker}_client_{what}" for broker in BROKERS for what in ("id", "secret"))
_BROKERS = ("vault_key_file", *_CLIENT, *_CLIENTS)

_TOLD: Mapping[str, tuple[str, ...]] = {
    "nursery": (),
    "migrate": (*_STORES, "market_token"),
    "sandbox": ("pool_url", "market_token", "sandbox_admin", *_CLIENT),
    "api": (*_STORES, "door_url", "market_token", *_BROKERS),
    "courier": (*_STORES, "vault_key_file"),
    "router": _STORES,
    "orders": (*_STORES, *_BROKERS),
    "beat": _STORES,
    "pod": (*_STORES, "market_token"),
}
_SECRETS = frozenset(name for told in _TOLD.values() for name in told)


def heard_by(kind: str, settings: Settings) -> Settings:
    """Give the settings of a process: of what opens something only what it works with.

    The API that has a login of its own to Postgres never hears of the fleet's (ADR 28).
    """
    told = set(_TOLD[kind])
    if kind == "api" and settings.door_url:
        told -= {"database_url"}
    return settings.model_copy(update=dict.fromkeys(_SECRETS - told))
