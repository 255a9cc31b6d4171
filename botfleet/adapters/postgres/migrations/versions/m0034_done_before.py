"""What of an event had been when a stint of it began: it is not owed again."""

from alembic import op

revision = "0034"
down_revision = "0033"


def upgrade() -> None:
    """Let a bot that was off and on owe nothing twice."""
    op.execute("ALTER TABLE stints ADD COLUMN done_on date")  # by its rule, up to and including
