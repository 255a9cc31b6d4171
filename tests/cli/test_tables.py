"""Tables of commands: numbers stand right, nothing is lost or broken on a narrow screen."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from botfleet.cli.tables import drawn

ORDER = UUID(int=7)
ROWS = [
    {
        "Eastern": "2026-03-13 10:32:15",
        "user": "ann",
        "bot": "Put spreads",
        "": "open",
        "symbol": symbol,
        "filled": "1 of 1",
        "limit": limit,
        "state": "filled",
        "order": str(ORDER),
    }
    for symbol, limit in (("SPY", "-0.45"), ("QQQ", "12.50"))
]


def lines(width: int) -> list[str]:
    return [text.plain for text in drawn(ROWS, width)]


def test_where_there_is_room_a_row_is_a_line() -> None:
    head, first, second = lines(200)
    assert head.split() == [name for name in ROWS[0] if name]
    assert first.endswith(str(ORDER))
    assert first.index("-0.45") == second.index("12.50")


def test_on_80_columns_ids_stay_whole_on_a_line_of_their_own() -> None:
    found = lines(80)
    assert len(found) == 5
    assert found[2] == f"    order {ORDER}"
    assert all(len(line) <= 80 for line in found)
    assert "order" not in found[0]


def test_numbers_stand_right_and_words_left() -> None:
    found = lines(200)
    assert found[0].index("limit") == found[1].index("-0.45")
    rows = [{"a": "9", "b": "x"}, {"a": "1,200 ms", "b": "yy"}, {"a": "", "b": "z"}]
    assert [text.plain for text in drawn(rows, 80)] == [
        "       a  b",
        "       9  x",
        "1,200 ms  yy",
        "          z",
    ]


def test_long_sentences_are_folded_between_words() -> None:
    words = "quotes were bad " * 10
    found = [text.plain for text in drawn([{"over": "fleet", "mode": "halted", "why": words}], 60)]
    assert found[1] == "fleet  halted"
    assert max(map(len, found)) <= 60
    assert " ".join(" ".join(found[2:]).split()) == f"why {words}".strip()


@pytest.mark.parametrize("width", [40, 60, 80, 132])
@given(
    st.lists(
        st.fixed_dictionaries(
            {name: st.text(st.characters(exclude_categories=["C", "Z"]), max_size=40)
             for name in ("one", "two", "three", "four")}
        ),
        min_size=1,
        max_size=4,
    )
)  # fmt: skip
def test_nothing_is_lost_at_any_width(width: int, rows: list[dict[str, str]]) -> None:
    found = "\n".join(text.plain for text in drawn(rows, width))
    for row in rows:
        for value in row.values():
            assert value in found


def test_wide_letters_count_twice() -> None:
    rows = [{"bot": "日本", "state": "on"}, {"bot": "ab", "state": "off"}]
    _, first, second = (text.plain for text in drawn(rows, 80))
    assert cell_len(first[: first.index("on")]) == cell_len(second[: second.index("off")])
