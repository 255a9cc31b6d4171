"""The fleet's own switch over exits."""

from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Let all exits be turned off at once."""
    op.execute("ALTER TABLE fleet ADD COLUMN exits_on boolean NOT NULL DEFAULT true")
