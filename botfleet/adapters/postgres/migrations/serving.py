"""How a step says whom it leaves behind.

Schemas grow first and shrink later. A step that only adds says nothing: builds before it go on
serving. One that takes something away comes a release after the last build that used it, and says
since which schema builds can live without it.
"""

from alembic import op


def serve_since(schema: str) -> None:
    """Let only builds of this schema and later serve the database from here on."""
    op.execute(f"UPDATE served_schemas SET oldest = greatest(oldest, '{int(schema):04}')")
