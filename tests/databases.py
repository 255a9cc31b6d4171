"""Databases of a test's own on the tests' Postgres: nobody else's name, and gone afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import psycopg


@contextmanager
def fresh(postgres_url: str, owner: str = "botfleet") -> Iterator[str]:
    """Give the URL of a new, empty database, as its `owner` logs in; drop it afterwards.

    `postgres_url` is the server's, as SQLAlchemy takes it and as its superuser logs in.
    """
    name = f"own_{uuid4().hex}"
    with psycopg.connect(plain(postgres_url), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} OWNER {owner}")
    try:
        yield postgres_url.replace("//botfleet@/postgres?", f"//{owner}@/{name}?")
    finally:
        with psycopg.connect(plain(postgres_url), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def plain(url: str) -> str:
    """Give a URL as psycopg takes it."""
    return url.replace("+psycopg", "", 1)
