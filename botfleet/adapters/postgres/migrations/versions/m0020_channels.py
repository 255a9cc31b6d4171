"""Channels of owners, and what went to each."""

from alembic import op

revision = "0020"
down_revision = "0019"

_CHANNELS = """
CREATE TABLE channels (
    channel_id  uuid PRIMARY KEY,
    user_id     uuid NOT NULL REFERENCES users,
    name        text NOT NULL,
    scheme      text NOT NULL,              -- all that is shown of its address
    sealed      bytea NOT NULL,             -- the address, AES-GCM, bound to the channel
    levels      jsonb NOT NULL,
    created_at  timestamptz NOT NULL,
    tx          xid8 NOT NULL,              -- notices of earlier transactions are enlisted
    UNIQUE (user_id, name)
)
"""
_DELIVERIES = """
CREATE TABLE deliveries (
    channel_id  uuid NOT NULL REFERENCES channels ON DELETE CASCADE,
    notice_id   uuid NOT NULL,
    state       text NOT NULL DEFAULT 'due'
                CHECK (state IN ('due', 'sending', 'sent', 'failed')),
    attempts    int NOT NULL DEFAULT 0,
    next_real   timestamptz NOT NULL DEFAULT clock_timestamp(),
    why         text NOT NULL DEFAULT '',
    PRIMARY KEY (channel_id, notice_id)
)
"""


def upgrade() -> None:
    """Give channels and deliveries their tables."""
    op.execute(_CHANNELS)
    op.execute(_DELIVERIES)
    op.execute("CREATE INDEX deliveries_due ON deliveries (next_real) WHERE state = 'due'")
