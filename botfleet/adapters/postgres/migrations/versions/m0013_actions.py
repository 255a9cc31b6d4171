"""Bots that may not day trade; which action of a bot a draw is for."""

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Let what is under way be known by its action."""
    op.execute("ALTER TABLE bots ADD COLUMN may_day_trade boolean NOT NULL DEFAULT true")
    op.execute("ALTER TABLE draws ADD COLUMN action uuid")
    op.execute("CREATE INDEX draws_under_way ON draws (action) WHERE state = 'pending'")
