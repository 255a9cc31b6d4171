"""Whether the last minute's watch saw what a position is worth, so that its gain is one of now."""

from alembic import op

revision = "0043"
down_revision = "0042"


def upgrade() -> None:
    """Let a gain that is not known be told from one of nothing."""
    op.execute("ALTER TABLE positions ADD COLUMN is_valued boolean NOT NULL DEFAULT false")
