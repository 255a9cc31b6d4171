# ruff: noqa: E501  the lines of the page
"""docs/crashes.md: where a process may die, and what shows that it harms nothing. `python -m tests.faults.crashes` writes it."""

import re
import sys
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "crashes.md"
HEAD = """# Where a process may die, and what shows that it harms nothing

Forty places on the way from a ring of the metronome to a booked fill at which a process can be killed, or the answer to what
it did be lost; their numbers are those of the tests' comments. Each is lived through by the tests beside it: over the real
Postgres, Valkey and queue, over real HTTP where a broker is in it, with the bytes cut off on the wire where an answer is
what gets lost. Tests are named from `tests/` on. The table is written by `python -m tests.faults.crashes`; `faults/test_crashes.py` sees that every
point has its tests and that each of them is there. All forty at once, in random order and with everything else that goes
wrong: `simulation/test_schedules.py`; whole processes of a fleet at work, killed by the clock: `journeys/test_whole_day.py`.

"""
COLUMNS = ("", "dies, or is not heard of", "what holds", "who repairs it", "tests")

_WORK = "application/test_crashes_of_work.py::test_"
_CAPITAL = "application/test_crashes_of_capital.py::test_"
_ORDERS = "application/test_crashes_of_orders.py::test_"
_FILLS = "application/test_crashes_of_fills.py::test_"
_BROKER = "faults/test_crashes_at_the_broker.py::test_"
_HAPPENED = "application/test_faults_of_"

_ROUTER = f"{_WORK}a_router_killed_at_its_commit_leaves_each_row_made_once"
_QUEUE = f"{_WORK}a_message_its_queue_lost_is_given_again"
_NEVER_WAS = f"{_WORK}who_dies_before_its_commit_never_was_and_the_next_does_it_whole"
_ASKS_THE_ROW = f"{_WORK}whoever_does_not_hear_of_its_commit_asks_the_row"
_RESERVED = f"{_CAPITAL}a_reservation_nobody_heard_of_is_the_same_when_it_is_asked_again"
_BURIED = f"{_CAPITAL}a_hold_that_was_buried_and_not_freed_stops_its_late_worker"
_MARKED = f"{_ORDERS}who_does_not_hear_that_an_order_was_marked_does_not_send_it"
_WORD = f"{_ORDERS}who_does_not_hear_that_the_brokers_word_was_written_down_sends_nothing_again"
_FILL = f"{_FILLS}a_fill_is_booked_once_wherever_its_booker_dies_and_starts_what_waits_for_it"
_LIMIT = f"{_ORDERS}killed_after_it_moved_a_limit_moves_it_to_the_same_place"

#: Where, what holds, who repairs, and the tests.
POINTS: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    (
        "a ring was heard, its rows are not written",
        "the stretch of time since the last ring is still to be routed; whoever routes it names its rows alike",
        "the next ring, anybody's",
        (_ROUTER, f"{_HAPPENED}work.py::test_routing_twice_makes_the_rows_once"),
    ),
    (
        "the rows are written, nobody is told",
        "the row is due",
        "the sweep",
        (_ROUTER, f"{_HAPPENED}work.py::test_a_lost_message_is_found_by_the_sweep"),
    ),
    ("the queue is flushed", "the row is due", "the sweep", (_QUEUE,)),
    (
        "a message is taken from the queue and noted nowhere",
        "the message is gone, the row is due",
        "the sweep",
        (_QUEUE,),
    ),
    (
        "a message comes twice",
        "one claim counts: a fence and a lease",
        "nobody needs to",
        (
            f"{_WORK}of_many_to_whom_one_row_is_given_at_once_one_does_it",
            f"{_HAPPENED}work.py::test_a_message_delivered_twice_runs_once",
            f"{_HAPPENED}work.py::test_a_claimant_that_was_overtaken_commits_nothing",
        ),
    ),
    (
        "a row is claimed, its bots not read",
        "nothing was done; the next claim has a higher fence",
        "the sweep, when the lease is over",
        (_NEVER_WAS,),
    ),
    (
        "a tree is walked half way",
        "nothing was done; the next walk may see other prices",
        "the next claimant",
        (_NEVER_WAS, f"{_HAPPENED}work.py::test_a_worker_that_dies_before_its_commit_never_was"),
    ),
    (
        "a decision is committed, its orders not handed over",
        "it is not decided again, though it would be otherwise by then",
        "the sweep hands them over",
        (f"{_WORK}a_step_that_was_committed_is_not_decided_again",),
    ),
    (
        "a reservation did not reach Redis",
        "nothing is held",
        "asked again under the same name",
        (_RESERVED,),
    ),
    (
        "a reservation was made, its answer lost",
        "asked again it is the same: amount and place",
        "the client's one retry, or the next claimant",
        (_RESERVED,),
    ),
    (
        "capital is reserved, nothing committed",
        "there is a hold and no order",
        "the next claimant takes the hold over, or the sweep buries it",
        (
            _NEVER_WAS,
            f"{_HAPPENED}work.py::test_a_worker_that_dies_before_its_commit_never_was",
            f"{_HAPPENED}work.py::test_a_hold_nobody_committed_is_buried_and_its_late_worker_stopped",
        ),
    ),
    (
        "a hold is buried in Postgres, not yet freed in Redis",
        "its late worker finds it void and opens nothing; Redis is too strict",
        "the sweep frees it when it comes again",
        (_BURIED,),
    ),
    ("inside the commit", "it is undone whole", "the next claimant", (_ASKS_THE_ROW,)),
    (
        "the commit is made, its answer lost",
        "its row has ended: whoever asks finds it done",
        "the sweep hands its orders over",
        (_ASKS_THE_ROW,),
    ),
    (
        "an order is written, not marked",
        "it was not sent, provably",
        "the sweep has it sent while its prices hold, else it is withdrawn",
        (
            _MARKED,
            f"{_HAPPENED}orders.py::test_an_order_whose_message_is_lost_is_pointed_at_again",
            f"{_HAPPENED}orders.py::test_an_order_to_open_that_waited_too_long_is_withdrawn",
        ),
    ),
    (
        "an order is marked, not sent, or nobody heard that it was marked",
        "it may have left: nobody sends it, and its capital is kept",
        "whoever looks, when its sender's lease is over",
        (
            _MARKED,
            f"{_HAPPENED}orders.py::test_killed_between_marking_and_sending_is_asked_about_not_sent",
        ),
    ),
    (
        "the request is cut off before its last byte",
        "as above",
        "full lists that do not show it",
        (
            f"{_BROKER}a_request_cut_off_before_its_last_byte_is_looked_for_and_not_sent_again",
            f"{_HAPPENED}orders.py::test_what_never_arrived_keeps_its_capital_until_every_bound_has_passed",
        ),
    ),
    (
        "the broker refused, its answer lost",
        "unknown, and its capital kept, until a list shows the refusal",
        "whoever looks",
        (f"{_BROKER}a_refusal_nobody_heard_is_found_in_the_list", _WORD),
    ),
    (
        "the broker took it, its answer lost",
        "one order is there; its capital is kept",
        "whoever looks finds it by its own name; a pass adopts it",
        (
            "faults/test_broker_faults.py::test_accepted_and_the_answer_lost",
            f"{_HAPPENED}orders.py::test_accepted_but_not_heard_is_found_by_its_name_and_never_sent_again",
            "application/test_reconcile.py::test_an_order_nobody_heard_of_is_adopted_by_its_own_id",
        ),
    ),
    (
        "the request arrives after nobody waits for its answer",
        "its capital is held as long as it can come up; what comes up later still is cancelled, and what fills of it is charged",
        "whoever looks, then the passes of the next day",
        (
            f"{_BROKER}a_request_that_arrives_late_is_one_order_whose_capital_was_kept",
            "application/test_reconcile.py::test_an_order_given_up_that_works_after_all_is_cancelled_and_told_of",
            f"{_HAPPENED}orders.py::test_at_a_strict_broker_what_no_list_shows_keeps_its_capital_to_the_close",
        ),
    ),
    (
        "the broker's word is heard, not written down",
        "it is there once, and found there",
        "whoever looks, when its sender's lease is over",
        (f"{_ORDERS}killed_with_the_brokers_word_in_its_hand", _WORD),
    ),
    (
        "it is written down, its message not acknowledged",
        "the message comes again and finds nothing to send",
        "nobody needs to",
        (
            _WORD,
            f"{_HAPPENED}orders.py::test_orders_are_sent_once_however_often_they_are_pointed_at",
        ),
    ),
    (
        "it works, and all who knew are gone",
        "its row says when to look at it",
        "any worker",
        (
            f"{_ORDERS}an_order_that_works_is_watched_by_its_row_and_not_by_its_sender",
            "journeys/test_resume.py::test_the_state_before_is_the_state_after",
        ),
    ),
    (
        "it filled, and nobody has looked",
        "the next look books it once",
        "the name of each execution",
        (_FILL, f"{_HAPPENED}fills.py::test_a_fill_reported_twice_is_booked_once"),
    ),
    (
        "a fill is booked, the answer lost",
        "looked at again, it is booked already",
        "the name of each execution",
        (_FILL, f"{_HAPPENED}fills.py::test_an_end_reported_twice_is_booked_once"),
    ),
    (
        "a fill is booked, Redis not told",
        "Redis is too strict, never too generous",
        "the sweep compares the two",
        (_FILL, f"{_HAPPENED}capital.py::test_drift_is_mended_when_it_is_seen_twice"),
    ),
    (
        "a part filled",
        "all of it is held until the order ends; then the part is charged and the rest free",
        "whoever looks",
        (
            f"{_FILLS}a_part_that_filled_is_charged_and_the_rest_is_held_until_it_ends",
            f"{_HAPPENED}fills.py::test_the_rest_of_a_partial_fill_that_comes_after_the_end_is_added",
        ),
    ),
    (
        "a cancel is asked for, and a fill races it",
        "what filled is booked, whichever is heard of first",
        "whoever looks; a pass a minute after the end",
        (
            f"{_ORDERS}killed_after_it_asked_for_a_cancel_that_raced_a_fill",
            f"{_HAPPENED}fills.py::test_a_fill_that_races_a_cancel_wins",
        ),
    ),
    (
        "a new limit is asked for, not written down",
        "there is one order, and its capital covers either limit",
        "whoever looks asks for the same limit again; where it became another order, its chain is followed",
        (_LIMIT, f"{_BROKER}a_new_limit_nobody_heard_of_leaves_one_order"),
    ),
    (
        "a position's close is decided",
        "it has one living close; no more is closed than is open",
        "the close is sent, or looked for, as any order",
        (
            f"{_FILLS}a_position_has_one_close_wherever_its_closer_dies",
            f"{_FILLS}of_two_that_want_to_close_at_once_one_does",
        ),
    ),
    (
        "a close is booked, Redis not told",
        "Redis is too strict",
        "the sweep compares the two",
        (
            f"{_FILLS}a_close_frees_its_capital_once_wherever_its_booker_dies",
            f"{_HAPPENED}capital.py::test_a_release_redis_was_not_told_of_is_mended",
        ),
    ),
    (
        "the allocation is cut while capital is drawn, or held for a commit to come",
        "what was drawn stands; what is not committed yet is refused",
        "nobody needs to",
        (
            f"{_CAPITAL}a_cut_between_a_reservation_and_its_commit_is_seen_by_the_commit",
            f"{_HAPPENED}capital.py::test_lowering_the_allocation_closes_nothing_and_refuses_more",
        ),
    ),
    (
        "a day begins with yesterday's order still out",
        "it counts for the day it was committed on, and its end gives no slot of today",
        "the first reservation of the day",
        (
            f"{_CAPITAL}what_was_drawn_yesterday_and_ends_today_gives_no_slot_of_today",
            "contracts/test_pools.py::test_a_new_day_counts_from_nothing_and_a_past_day_is_refused",
        ),
    ),
    (
        "a pool's new epoch has begun, Redis is not loaded",
        "Redis grants nothing, and no hold of the old epoch commits",
        "whoever reserves next",
        (
            f"{_CAPITAL}a_rebuild_that_died_between_its_stores_is_done_by_whoever_comes_next",
            f"{_HAPPENED}capital.py::test_a_pool_rebuilt_meanwhile_refuses_the_holds_it_does_not_know",
        ),
    ),
    (
        "two rebuild a pool at once",
        "the later epoch stays",
        "nobody needs to",
        (
            f"{_CAPITAL}of_two_rebuilds_the_later_stays_whichever_is_loaded_last",
            "contracts/test_pools.py::test_an_older_epoch_never_replaces_a_newer_one",
        ),
    ),
    (
        "an account is compared half way",
        "each step is whole, and says nothing new when it is said again",
        "the next pass",
        (f"{_FILLS}a_pass_that_died_half_way_is_made_again_and_changes_nothing_twice",),
    ),
    (
        "a refresh token is spent, the new one not stored",
        "one retry, no loop; the account may not open, and its owner is told",
        "the owner connects again",
        (
            "contracts/test_tokens.py::test_a_rotation_whose_answer_is_lost_ends_in_one_retry_and_a_word_to_the_owner",
        ),
    ),
    (
        "a switch is thrown while orders are being sent",
        "what was marked before may arrive; nothing leaves after",
        "what works is cancelled; a halt names what it has no word of",
        (
            f"{_ORDERS}a_halt_waits_for_who_is_marking_an_order_and_then_knows_of_it",
            "application/test_switches.py::test_an_order_that_was_written_before_the_halt_is_not_sent_after_it",
            "application/test_switches.py::test_who_sleeps_while_about_to_send_loses_its_turn",
            "application/test_halt_on_the_wire.py::test_who_sleeps_between_each_look_and_leaving_sends_nothing",
            "application/test_halt_on_the_wire.py::test_a_halt_waits_for_an_order_that_its_broker_takes_late",
        ),
    ),
    (
        "a fill starts what waits for it",
        "the row of what it starts is there exactly when the fill is",
        "the sweep tells of it",
        (_FILL,),
    ),
    (
        "a click is taken, the answer lost",
        "the same click is the same run",
        "the caller clicks again, or the sweep goes on without",
        (
            f"{_FILLS}a_click_whose_answer_was_lost_is_the_same_when_it_is_clicked_again",
            "application/test_press.py::test_a_click_sent_twice_is_one_row_and_one_answer",
        ),
    ),
)


def line(cells: tuple[str, ...]) -> str:
    """Word a row."""
    return f"| {' | '.join(cells)} |"


def written() -> str:
    """Word the page."""
    rows = [
        (str(n), where, holds, repairs, " ".join(f"`{one}`" for one in tests))
        for n, (where, holds, repairs, tests) in enumerate(POINTS, 1)
    ]
    table = [line(COLUMNS), "|---" * len(COLUMNS) + "|", *map(line, rows)]
    return HEAD + "\n".join(table) + "\n"


def tests_named() -> list[str]:
    """Name every test and module of the page."""
    return sorted(set(re.findall(r"`([\w/]+\.py(?:::\w+)?)`", written())))


if __name__ == "__main__":
    PAGE.write_text(written(), encoding="utf-8")
    sys.exit(0)
