# ruff: noqa: E501  the lines of the page
"""docs/faults.md: what becomes of each fault. `python -m tests.faults.page` writes it."""

import re
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "faults.md"
HEAD = """# Faults of a broker, and what becomes of them

The table is written by `python -m tests.faults.page`; `tests/faults/test_page.py` lives through every row again and fails
where one differs. A bot sells four put spreads for 50 cents a share, over real HTTP and OAuth, at the sandbox, which does
wrong as the row says; verbs, Postgres and Valkey are the real ones. At the end the sandbox's own book is the judge: what
it took it took once, what it filled is booked to the cent, what it holds is what the bots hold, and the ledger's entries,
its balance and Redis say the same as what the book's positions can lose.

*Meanwhile* is how the order stood at once after it was sent, and the capital it held. *History* is what `botfleet order
show` tells, each happening once, with the words that came with it; [as an operator reads it](faults_told.md).

"""
TOLD = Path(__file__).parents[2] / "docs" / "faults_told.md"
TOLD_HEAD = """# Faults of a broker, as an operator reads them

Of each fault of [the table](faults.md) what the commands print, at once after the order was sent and at the end: `botfleet
order show ORDER` (without the ids, and what was ordered), and after two passes `botfleet fleet reconcile --wait 0`, the break
report. Written and held with the table; times are of the market the orders traded in.

"""
#: Fields of an order that are the same in all.
LEFT_OUT = ("order", "bot", "what", "written", "position", "run")
COLUMNS = ("fault", "meanwhile", "broker's book", "ledger", "pool", "history")

BAD = """
## Bad input

The rows of RELIABILITY 7 that concern brokers, logins and settings, and the tests that hold them. What comes of each is
an order of unknown fate, an account that may only be left, or a refusal that names its cause: never a guess.

| surface | input | test |
|---|---|---|
"""
_DRIP = (
    "`adapters/brokers/test_tradier.py::test_a_slow_drip_ends` "
    "`adapters/brokers/test_tradier.py::test_headers_that_drip_end_too`"
)
_ODD = "`adapters/brokers/test_odd_rows.py::test_a_spoilt_field_is_refused_or_makes_no_difference`"
_NO_EVIDENCE = (
    "`contracts/test_broker_misbehaviour.py::test_an_odd_answer_to_a_question_is_no_evidence`"
)
_UNHEARD = "`contracts/test_broker_misbehaviour.py::test_no_definite_answer_is_unheard_and_never_sent_again`"
_CALLBACK = "`adapters/brokers/test_oauth.py::test_a_wrong_callback_spends_no_code`"
_GRANT = "`adapters/brokers/test_oauth.py::test_a_silly_grant_is_refused`"
_CELLS = "`conformance/test_conformance.py::test_an_adapter_conforms`"
INPUTS = (
    ("broker's reply", "HTML with 200; truncated JSON; to an order", _UNHEARD),
    ("broker's reply", "HTML with 200; truncated JSON; to a question", _NO_EVIDENCE),
    ("broker's reply", "redirect to another host", _UNHEARD),
    ("broker's reply", "filled more than ordered; another account's order; unknown status", _CELLS),
    (
        "broker's reply",
        "negative price; id as number or text; field missing or of another kind; time without zone",
        _ODD,
    ),
    (
        "broker's reply",
        "more fills than units",
        "`adapters/brokers/test_fills.py::test_more_than_was_ordered_is_odd`",
    ),
    (
        "broker's reply",
        "a name that stands twice; NaN, infinity, 1e999",
        "`adapters/brokers/test_odd_rows.py::test_json_that_two_readers_may_take_for_two_things_is_none`",
    ),
    (
        "broker's reply",
        "a number in quotes beyond measure",
        "`adapters/brokers/test_odd_rows.py::test_digits_in_quotes_that_nobody_could_write_out_end_at_once`",
    ),
    (
        "broker's reply",
        "words with NUL, escapes, half a sign, two lines",
        "`adapters/brokers/test_odd_rows.py::test_a_brokers_words_are_kept_as_a_row_and_a_terminal_can_hold_them`",
    ),
    (
        "broker's reply",
        "a body without end, a slow drip, of headers too",
        _DRIP,
    ),
    (
        "broker's reply",
        "a listing that is short",
        "`adapters/brokers/test_tradier.py::test_a_short_listing_is_no_listing`",
    ),
    (
        "broker's reply",
        "an order of ours that is in no book",
        "`faults/test_restored.py::test_what_nothing_proves_lets_the_account_only_be_left`",
    ),
    (
        "OAuth callback",
        "no, foreign or doubled state; no or doubled code; denied; another host or path",
        _CALLBACK,
    ),
    (
        "OAuth callback",
        "state used before; another user's",
        "`adapters/brokers/test_oauth.py::test_a_callback_counts_once_and_for_who_left`",
    ),
    (
        "OAuth callback",
        "state too old; denied by the user",
        "`adapters/brokers/test_oauth.py::test_a_callback_too_late_or_denied_stores_nothing`",
    ),
    (
        "OAuth callback",
        "code for another broker",
        "`adapters/brokers/test_oauth.py::test_a_code_of_one_broker_is_worth_nothing_at_another`",
    ),
    (
        "OAuth callback",
        "at another broker's address",
        "`api/test_connections.py::test_an_answer_at_another_brokers_address_connects_nothing`",
    ),
    (
        "OAuth callback",
        "scope wider or narrower; token of kind mac, of two lines, without end; lifetime -1, 0, without end, in words",
        _GRANT,
    ),
    (
        "OAuth callback",
        "lifetime as text; no refresh token",
        "`adapters/brokers/test_oauth.py::test_a_life_in_words_and_no_refresh_token_are_taken`",
    ),
    (
        "settings",
        "placeholder for a secret; half of a credential",
        "`cli/test_unsafe_servers.py::test_placeholders_are_no_secrets` `test_config.py::test_a_broker_needs_both_halves_of_a_credential_and_no_placeholder`",
    ),
    (
        "settings",
        "`OAUTHLIB_INSECURE_TRANSPORT`; TLS off",
        "`cli/test_unsafe_servers.py::test_tokens_never_travel_in_the_clear` `adapters/brokers/test_tradier.py::test_plain_http_is_for_neighbours_only`",
    ),
    (
        "settings",
        "`synchronous_commit=off` and its like",
        "`cli/test_unsafe_servers.py::test_a_postgres_that_may_lose_commits_is_refused_and_every_reason_named`",
    ),
    (
        "settings",
        "eviction on",
        "`cli/test_unsafe_servers.py::test_a_pool_that_evicts_is_refused_and_one_that_does_not_is_taken`",
    ),
    (
        "settings",
        "a clock off by 3 s",
        "`cli/test_unsafe_servers.py::test_nothing_starts_whose_clock_is_three_seconds_off` `cli/test_unsafe_servers.py::test_a_pool_whose_clock_is_three_seconds_off_is_refused`",
    ),
    (
        "settings",
        "remote control on; other than JSON taken",
        "`adapters/celery/test_messages.py::test_only_json_is_taken_and_no_remote_control`",
    ),
    (
        "settings",
        "unknown, malformed, out of bounds, contradictory",
        "`test_config.py::test_every_fault_is_named_at_once` `test_config.py::test_a_value_out_of_bounds_is_refused` `test_config.py::test_settings_that_contradict_each_other_are_refused`",
    ),
)


def line(cells: tuple[str, ...]) -> str:
    """Word a row."""
    return f"| {' | '.join(cells)} |"


def written(rows: list[tuple[str, ...]]) -> str:
    """Word the page."""
    table = [line(COLUMNS), "|---" * len(COLUMNS) + "|", *map(line, rows)]
    return HEAD + "\n".join(table) + "\n" + BAD + "\n".join(map(line, INPUTS)) + "\n"


def told(fault: str, seen: dict[str, str]) -> str:
    """Word what was printed of a fault, under when it was."""
    shown = "\n\n".join(f"{when}:\n\n{block}" for when, block in seen.items())
    return f"## {fault.capitalize()}\n\n{shown}\n"


def quoted(*prints: str) -> str:
    """Quote what commands printed, whole but for `LEFT_OUT`."""
    lines = [line.rstrip() for one in prints for line in [*one.splitlines(), ""]]
    kept = [line for line in lines if line.strip().partition(" ")[0] not in LEFT_OUT]
    return "\n".join(f"    {line}".rstrip() for line in kept).strip("\n")


def sections(page: str) -> dict[str, str]:
    """Read what is told of each fault."""
    parts = page.split("\n## ")[1:]
    return {one.partition("\n")[0]: f"## {one.rstrip()}\n" for one in parts}


def rows_of(page: str) -> dict[str, str]:
    """Read the table: each fault's line."""
    table = page.partition("## Bad input")[0]
    lines = [one for one in table.splitlines() if one.startswith("| ")][1:]
    return {one.split(" | ")[0].removeprefix("| "): one for one in lines}


def tests_named() -> list[str]:
    """Name every test of the second table."""
    return sorted(set(re.findall(r"`([\w/]+\.py::\w+)`", " ".join(test for _, _, test in INPUTS))))


#: The rows that were lived through, in their order.
TAKEN: dict[str, tuple[str, ...]] = {}
#: And what was told of them.
HEARD: dict[str, str] = {}


def main() -> int:
    """Live through everything, and write the page."""
    from tests.faults import page  # noqa: PLC0415  the module the tests know, not this program

    here = Path(__file__).with_name("test_page.py")
    pytest.main(["-q", "-p", "no:cacheprovider", str(here), "-k", "as_the_page_has_it"])
    PAGE.write_text(written(list(page.TAKEN.values())), encoding="utf-8")
    TOLD.write_text(TOLD_HEAD + "\n".join(page.HEARD.values()), encoding="utf-8")
    return 0 if page.TAKEN else 1


if __name__ == "__main__":
    sys.exit(main())
