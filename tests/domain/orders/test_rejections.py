"""Brokers' own words, each as one word of ours (spec 5.3 gives the texts)."""

import pytest

from botfleet.domain.bots.mishaps import MISHAPS, Level, level_of
from botfleet.domain.orders.rejections import Rejection, classify

R = Rejection

#: As users of each broker report them.
TEXTS = [
    ("You cannot sell to open against a long position.", R.OVERLAP),
    ("You already have a closing order for SPY 03/13/26 490 P.", R.DUPLICATE_CLOSE),
    ("Account is set to closing only. Please contact support.", R.APPROVAL),
    ("EC804: Order would create a boxed position", R.OVERLAP),
    ("EC703: long 1 with 1 remaining on sell orders", R.DUPLICATE_CLOSE),
    ("EC501: exceeds day trading margin", R.DAY_TRADING),
    ("Backoffice rejected override of the order. Unexpected SellShortOrder", R.NOT_HELD),
    ("Backoffice rejected override of the order. ShortPositionCrossZero", R.NOT_HELD),
    ("Backoffice rejected override of the order. DayTraderPatternRestriction", R.DAY_TRADING),
    ("CrossedOrder: sell_to_open crosses SPY260313P00490000 of this account.", R.OVERLAP),
    ("PositionNotFound: buy_to_close of 1 SPY260313P00490000 is not covered.", R.NOT_HELD),
    ("The limit price exceeds the strike difference", R.PRICE),
    ("Your options approval level does not allow this strategy", R.APPROVAL),
    ("401: Invalid Authorization", R.AUTHORIZATION),
    ("It never arrived.", R.NEVER_ARRIVED),
    ("Backoffice rejected override of the order.", None),
    ("The broker said no.", None),
    ("", None),
]


@pytest.mark.parametrize(("words", "meaning"), TEXTS)
def test_a_brokers_words_are_known(words: str, meaning: Rejection | None) -> None:
    assert classify(words) is meaning


def test_every_rejection_counts_as_an_error_whatever_it_was_about() -> None:
    for effect in ("rejected", "close_rejected"):
        for kind in ("", *(f":{one}" for one in Rejection)):
            assert level_of(effect + kind) is Level.ERROR


def test_warnings_and_errors_are_told_apart_as_the_reference_does() -> None:
    kinds = {one.source: one.level for one in MISHAPS.values() if one.source}
    assert all(
        (level is Level.WARNING) == source.startswith("W") for source, level in kinds.items()
    )
    assert kinds.keys() >= {"W1", "W2", "W3", "W4", "W5", "E1", "E2", "E6", "E7", "E8", "E9"}
