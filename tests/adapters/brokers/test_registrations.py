"""Paper and live differ in the URL alone."""

from botfleet.adapters.brokers.registrations import at_brokers, at_sandbox, sandbox_root
from botfleet.adapters.brokers.sheets import SHEETS
from botfleet.config import BROKERS
from botfleet.sandbox.shapes import SHAPES

BACK = "https://botfleet.test/callback"


def test_every_broker_has_a_sheet_a_setting_and_a_wire() -> None:
    assert list(SHEETS) == list(BROKERS) == [shape.name for shape in SHAPES]
    for shape in SHAPES:
        assert sandbox_root("http://127.0.0.1:1/", shape.name) == "http://127.0.0.1:1" + shape.root


def test_only_brokers_with_credentials_are_there_and_on_paper_only_those_that_have_paper() -> None:
    credentials = {"tradier": ("a", "b"), "schwab": ("c", "d")}
    live = at_brokers(credentials, BACK, is_paper=False)
    assert {name: one.hosts.api for name, one in live.items()} == {
        "tradier": "https://api.tradier.com",
        "schwab": "https://api.schwabapi.com",
    }
    paper = at_brokers(credentials, BACK, is_paper=True)
    assert {name: one.hosts.api for name, one in paper.items()} == {
        "tradier": "https://sandbox.tradier.com"
    }


def test_the_sandbox_is_every_broker_at_once() -> None:
    here = at_sandbox("http://127.0.0.1:1", "botfleet", "s", BACK)
    assert list(here) == list(SHEETS)
    assert here["alpaca"].hosts.token == "http://127.0.0.1:1/alpaca"
    assert {one.redirect_uri for one in here.values()} == {f"{BACK}/{name}" for name in SHEETS}


def test_a_sheet_asks_for_no_more_than_it_needs() -> None:
    """Scopes that trade and read orders; none that moves money or writes to an account."""
    asked = {scope for sheet in SHEETS.values() for scope in sheet.login.scopes}
    allowed = {"read", "trade", "api", "openid", "offline_access", "ReadAccount", "Trade"}
    assert asked == allowed | {"trading"}
    for sheet in SHEETS.values():
        assert sheet.own_id_max >= 24 or not sheet.own_id_field
