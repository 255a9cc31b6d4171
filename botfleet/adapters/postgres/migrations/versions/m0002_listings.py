"""Indexes behind the listings of positions and orders; runs and notices have theirs."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Let a bot's newest positions and orders be found without reading them all."""
    op.create_index("positions_of_bot", "positions", ["bot_id", "opened_at"])
    op.create_index("orders_of_bot", "orders", ["bot_id", "created_at"])
