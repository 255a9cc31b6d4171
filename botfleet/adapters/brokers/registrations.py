"""This platform as a client of each broker: at the brokers themselves, or all at the sandbox.

Paper and live differ in the URL alone: the same adapters, the same flows, other hosts.
"""

from collections.abc import Mapping

from botfleet.adapters.brokers.oauth import Registration
from botfleet.adapters.brokers.sheets import SHEETS, Hosts


def at_sandbox(
    base_url: str, client_id: str, client_secret: str, redirect_uri: str
) -> dict[str, Registration]:
    """Give the client of every broker's wire at one sandbox."""
    return {
        name: Registration(
            Hosts(*[sandbox_root(base_url, name)] * 3), client_id, redirect_uri, client_secret
        )
        for name in SHEETS
    }


def sandbox_root(base_url: str, broker: str) -> str:
    """Say where a sandbox speaks a broker's wire: Tradier's at its root, others' below a name."""
    base = base_url.rstrip("/")
    return base if broker == "tradier" else f"{base}/{broker}"


def at_brokers(
    credentials: Mapping[str, tuple[str, str]], redirect_uri: str, *, is_paper: bool
) -> dict[str, Registration]:
    """Give the client of each broker that has credentials; on paper, of those that have paper."""
    found = {}
    for name, (client_id, client_secret) in credentials.items():
        hosts = SHEETS[name].paper if is_paper else SHEETS[name].live
        if hosts is not None:
            found[name] = Registration(hosts, client_id, redirect_uri, client_secret)
    return found
