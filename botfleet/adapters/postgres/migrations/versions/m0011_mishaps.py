"""Bots' errors of a session; bots found by their account."""

from alembic import op

revision = "0011"
down_revision = "0010"

_MISHAPS = """
CREATE TABLE mishaps (
    bot_id      uuid PRIMARY KEY REFERENCES bots ON DELETE CASCADE,
    day         date NOT NULL,              -- the session, Eastern
    errors      int NOT NULL
)
"""


def upgrade() -> None:
    """Count errors; let what an account has be found without reading every bot."""
    op.execute(_MISHAPS)
    op.create_index("bots_of_account", "bots", ["account_id"])
