"""This platform as a client of each broker: at the brokers themselves, or all at the sandbox.

Paper and live differ in the URL alone: the same adapters, the same flows, other hosts.
"""

from collections.abc import Mapping

from botfleet.adapters.brokers.oauth import Registration
from botfleet.adapters.brokers.sheets import SHEETS, Hosts


def at_sandbox(
    base_url: str, client_id: str, client_secret: str, callback_url: str
) -> dict[str, Registration]:
    """Give the client of every broker's wire at one sandbox."""
    found = {}
    for name in SHEETS:
        root, back = sandbox_root(base_url, name), redirect_uri(callback_url, name)
        found[name] = Registration(Hosts(root, root, root), client_id, back, client_secret)
    return found


def redirect_uri(callback_url: str, broker: str) -> str:
    """Give the address one broker alone sends users back to: no other's answer is taken there."""
    return f"{callback_url}/{broker}"


def sandbox_root(base_url: str, broker: str) -> str:
    """Say where a sandbox speaks a broker's wire: Tradier's at its root, others' below a name."""
    base = base_url.rstrip("/")
    return base if broker == "tradier" else f"{base}/{broker}"


def at_brokers(
    credentials: Mapping[str, tuple[str, str]], callback_url: str, *, is_paper: bool
) -> dict[str, Registration]:
    """Give the client of each broker that has credentials; on paper, of those that have paper."""
    found = {}
    for name, (client_id, client_secret) in credentials.items():
        hosts = SHEETS[name].paper if is_paper else SHEETS[name].live
        if hosts is not None:
            back = redirect_uri(callback_url, name)
            found[name] = Registration(hosts, client_id, back, client_secret)
    return found
