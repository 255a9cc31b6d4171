"""The fleet a command speaks to: the servers the environment names, else the fleet of the home."""

from datetime import datetime
from pathlib import Path

from botfleet.adapters.system import homes
from botfleet.adapters.system.clock import RealClock
from botfleet.application.consult import consult
from botfleet.application.ports.roster import User
from botfleet.bootstrap import Wiring
from botfleet.cli.options import given
from botfleet.config import Settings
from botfleet.errors import BadInput, NotFound, StoreUnavailable


def connected(home: Path | None = None) -> Wiring:
    """Give the adapters of the fleet; this process goes by its calendar from then on.

    Raises:
        StoreUnavailable: its database does not answer.
        NotFound: the environment names no database, and no fleet runs in the home.
    """
    wiring = Wiring(settings_of(home))
    consult(wiring.changes)
    return wiring


def settings_of(home: Path | None = None) -> Settings:
    """Give the settings of the fleet.

    Raises:
        NotFound: the environment names no database, and no fleet runs in the home.
    """
    settings = Settings.read(**given(home=home))
    if settings.database_url is not None:
        return settings
    record = homes.found(settings.home)
    if record is None:
        raise NotFound(f"No fleet is running under {settings.home}; start one with `botfleet up`.")
    return Settings.read(**record.settings)


def now_of(home: Path | None = None) -> datetime:
    """Give the time of the fleet, and go by its calendar; the real time where none answers."""
    try:
        with connected(home) as wiring:
            return wiring.clock.now()
    except (NotFound, StoreUnavailable):
        return RealClock().now()


def user_named(wiring: Wiring, name: str) -> User:
    """Give the user of this name.

    Raises:
        BadInput: the name is none.
        NotFound: there is none.
    """
    if not name.strip():
        raise BadInput("Say which user; `botfleet user list` shows their names.")
    for user in wiring.roster.users():
        if user.name == name:
            return user
    raise NotFound(f"There is no user {name}; `botfleet user add {name}` adds one.")
