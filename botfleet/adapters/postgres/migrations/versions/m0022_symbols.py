"""Which symbols bots used in a session."""

from alembic import op

revision = "0022"
down_revision = "0021"

_USES = """
CREATE TABLE symbol_uses (
    bot_id      uuid PRIMARY KEY REFERENCES bots ON DELETE CASCADE,
    day         date NOT NULL,              -- the session, Eastern
    symbols     text[] NOT NULL
)
"""


def upgrade() -> None:
    """Count symbols."""
    op.execute(_USES)
