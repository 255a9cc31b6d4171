"""How often a row was given back by who had claimed it, because a store or the feed was away."""

from alembic import op

revision = "0037"
down_revision = "0036"


def upgrade() -> None:
    """Let a long outage make work late, and not be taken for a row that kills its claimants."""
    op.execute("ALTER TABLE work ADD COLUMN put_off integer NOT NULL DEFAULT 0")
