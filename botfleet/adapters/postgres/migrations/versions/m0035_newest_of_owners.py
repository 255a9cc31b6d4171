"""A bot's newest lines, found as its owner asks for them; runs in trouble have an index of theirs.

Whoever asks at the door is held to one user's rows. An index that does not know the user made
Postgres expect few lines, and read a bot's whole history to sort it.
"""

from alembic import op

revision = "0035"
down_revision = "0034"

_NEWEST = {"runs": "at", "notices": "at", "positions": "opened_at", "orders": "created_at"}


def upgrade() -> None:
    """Let a page cost what a page has, however long ago a bot began."""
    for table, at in _NEWEST.items():
        op.drop_index(f"{table}_of_bot")
        op.create_index(f"{table}_of_bot", table, ["bot_id", "user_id", at])
    op.execute("CREATE INDEX runs_in_trouble ON runs (bot_id, user_id, at) WHERE level <> ''")
