"""Drained pods, and a version of the layout, by which two operators notice each other."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Let pods stand without users; count and date the layout's changes."""
    op.execute("ALTER TABLE pods ADD COLUMN is_drained boolean NOT NULL DEFAULT false")
    op.execute(
        "ALTER TABLE fleet ADD COLUMN layout bigint NOT NULL DEFAULT 0,"
        " ADD COLUMN laid_real timestamptz NOT NULL DEFAULT clock_timestamp()"
    )
