"""An index by which what changed of a bot's positions is found, however many it has closed."""

from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    """Let the minute watch read no more than what changed."""
    op.create_index("positions_changed", "positions", ["bot_id", "stamp"])
