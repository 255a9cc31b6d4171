"""How much work each bot's mark can be: batches are bounded by it."""

from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Take every bot that is there already for one of usual size; the next import says better."""
    op.execute("ALTER TABLE bots ADD COLUMN burden int NOT NULL DEFAULT 20 CHECK (burden > 0)")
