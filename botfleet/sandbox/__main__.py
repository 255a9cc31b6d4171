"""Run the sandbox as a process of the fleet: `python -m botfleet.sandbox`."""

from pydantic import SecretStr

from botfleet.adapters.system.places import private
from botfleet.bootstrap import Wiring
from botfleet.config import BROKERS, Settings
from botfleet.sandbox.app import create, serve
from botfleet.sandbox.doors import House
from botfleet.sandbox.grants import Client
from botfleet.sandbox.hours import Hours
from botfleet.sandbox.matching import PAPER, PLAIN


def main() -> None:
    """Serve until told to stop."""
    settings = Settings.read()
    wiring = Wiring(settings)
    client = Client(
        settings.oauth_client_id or "",
        _secret(settings.oauth_client_secret),
        tuple(f"{wiring.callback_url}/{broker}" for broker in BROKERS),
    )
    realism = PAPER if settings.sandbox_fills == "paper" else PLAIN
    secrets = _secret(settings.market_token), _secret(settings.sandbox_admin)
    late_s = settings.sandbox_latency_s
    house = House(*secrets, (client,), realism, latency_s=late_s)
    book = private(settings.home.absolute()) / "sandbox.sqlite"
    if settings.database_url is not None:
        Hours(wiring.changes).follow()
    app = create(wiring.sandbox_market, wiring.glanced_clock, book, house)
    serve(app, settings.sandbox_host, settings.sandbox_port)


def _secret(value: SecretStr | None) -> str:
    return value.get_secret_value() if value else ""


if __name__ == "__main__":
    main()
