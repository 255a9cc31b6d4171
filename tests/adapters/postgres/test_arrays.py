"""Lists reach Postgres as psycopg itself would send them, only sooner."""

from collections.abc import Iterator
from datetime import date
from typing import Any
from unittest.mock import patch
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.types.array import ListDumper
from sqlalchemy.exc import DataError

from botfleet.adapters.postgres.database import Database, execute

WORD = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
#: A list of one kind, perhaps with nothing among it, and what Postgres takes it for.
LISTS: dict[str, st.SearchStrategy[list[Any]]] = {
    "text": st.lists(WORD),
    "text with null": st.lists(WORD | st.none()),
    "uuid": st.lists(st.uuids()),
    "uuid with null": st.lists(st.uuids() | st.none()),
    "bigint": st.lists(st.integers(-(2**63), 2**63 - 1)),
    "bool": st.lists(st.booleans()),
    "date": st.lists(st.dates(date(1900, 1, 1))),
}


@pytest.fixture(scope="module")
def database(postgres_url: str) -> Iterator[Database]:
    one = Database(postgres_url)
    yield one
    one.close()


@pytest.mark.parametrize("kind", LISTS)
def test_what_is_sent_comes_back(database: Database, kind: str) -> None:
    @given(LISTS[kind])
    def check(values: list[Any]) -> None:
        sql = f"SELECT %(values)s::{kind.partition(' ')[0]}[]"
        with database.transaction() as connection:
            assert execute(connection, sql, values=values).scalar_one() == values

    check()


@pytest.mark.parametrize(
    "words",
    [["NULL"], [""], ["{}", ","], ['"', "\\"], ['\\"', " "], ["\u2003", "é", "😀"], ["a\nb"]],
)
def test_words_that_mean_something_to_an_array_are_words(
    database: Database, words: list[str]
) -> None:
    sql = "SELECT w FROM unnest(%(words)s::text[]) WITH ORDINALITY AS v(w, n) ORDER BY n"
    with database.transaction() as connection:
        assert execute(connection, sql, words=words).scalars().all() == words


@pytest.mark.parametrize("words", [["a\0b"], ["fine", "\0"]])
def test_a_nul_is_refused(database: Database, words: list[str]) -> None:
    with pytest.raises(DataError, match="NUL"), database.transaction() as connection:
        execute(connection, "SELECT %(words)s::text[]", words=words)


@pytest.mark.parametrize(
    ("kind", "values"), [("text", ["a", 'b"']), ("int", [1, -2]), ("uuid", [UUID(int=7)])]
)
def test_plain_lists_are_written_in_one_go(
    database: Database, kind: str, values: list[Any]
) -> None:
    with (
        database.transaction() as connection,
        patch.object(ListDumper, "dump", side_effect=AssertionError),
    ):
        assert execute(connection, f"SELECT %(v)s::{kind}[]", v=values).scalar_one() == values
