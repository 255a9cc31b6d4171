"""Orders that were cancelled, by when: their accounts are compared once more soon after."""

from alembic import op

revision = "0042"
down_revision = "0041"


def upgrade() -> None:
    """Let the latest be found."""
    op.execute("""CREATE INDEX order_events_cancelled ON order_events (at_real)
                  WHERE state = 'cancelled'""")
