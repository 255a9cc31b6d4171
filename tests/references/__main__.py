"""`python -m tests.references` makes the page."""

from tests.references.page import page

print(page(), end="")  # noqa: T201  a page on standard output
