"""Notices to owners about no bot in particular."""

from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    """Let a notice name its owner alone, and be found so."""
    op.execute("ALTER TABLE notices ALTER COLUMN bot_id DROP NOT NULL")
    op.execute("CREATE INDEX notices_of_owner ON notices (user_id, at) WHERE bot_id IS NULL")
    op.execute("CREATE INDEX notices_of_no_bot ON notices (at) WHERE bot_id IS NULL")
