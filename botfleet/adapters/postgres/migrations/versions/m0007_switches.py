"""Switches over the fleet, users, accounts and bots; one row a subject and holder."""

from alembic import op

revision = "0007"
down_revision = "0006"

_SWITCHES = """
CREATE TABLE switches (
    scope       text NOT NULL CHECK (scope IN ('fleet', 'user', 'account', 'bot')),
    subject     uuid NOT NULL,              -- of the fleet: all zeros
    held_by     text NOT NULL,
    mode        text NOT NULL CHECK (mode IN ('reducing', 'halted')),
    reason      text NOT NULL,
    set_by      text NOT NULL,
    set_at      timestamptz NOT NULL,
    PRIMARY KEY (subject, held_by)
)
"""


def upgrade() -> None:
    """Give switches their table."""
    op.execute(_SWITCHES)
