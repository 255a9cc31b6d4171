"""Accounts and brokers that cannot be traded on just now, for a person and for a program."""

from collections.abc import Iterator
from typing import Any

from botfleet.application.ports.journal import FleetNumbers
from botfleet.cli.listing import plain


def recovery_of(now: FleetNumbers) -> dict[str, Any]:
    """Give what a program reads of accounts that are to be compared, and of brokers."""
    return {
        "accounts_recovering": now.accounts_recovering,
        "accounts_restored": now.accounts_restored,
        "restored_at": plain(now.restored_at),
        "brokers_down": list(now.brokers_down),
    }


def unfit(now: FleetNumbers) -> Iterator[str]:
    """Say which accounts and brokers cannot be traded on just now."""
    if now.accounts_restored:
        yield (
            f"the database was restored: {now.accounts_restored} accounts send nothing until each"
            " was compared with its broker"
        )
    if now.accounts_recovering:
        yield f"{now.accounts_recovering} accounts open nothing until each was compared"
    for broker in now.brokers_down:
        yield f"{broker} does not answer: nothing is opened there, closes wait"
