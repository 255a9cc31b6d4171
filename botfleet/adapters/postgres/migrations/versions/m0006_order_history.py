"""What happened to each order, in its order, and when its last fill was booked."""

from alembic import op

revision = "0006"
down_revision = "0005"

_EVENTS = """
CREATE TABLE order_events (
    user_id     uuid NOT NULL,
    bot_id      uuid NOT NULL REFERENCES bots ON DELETE CASCADE,
    order_id    uuid NOT NULL REFERENCES orders ON DELETE CASCADE,
    n           bigint GENERATED ALWAYS AS IDENTITY,
    at          timestamptz NOT NULL,
    at_real     timestamptz NOT NULL DEFAULT clock_timestamp(),
    happening   text NOT NULL,
    state       text NOT NULL,              -- after it
    detail      text NOT NULL,              -- the broker's words, or why
    price       numeric,                    -- the limit it stands on
    filled      int NOT NULL,
    PRIMARY KEY (order_id, n)
)
"""


def upgrade() -> None:
    """Give orders a history."""
    op.execute(_EVENTS)
    op.execute("CREATE INDEX order_events_of_bot ON order_events (bot_id)")
    op.execute("ALTER TABLE orders ADD COLUMN filled_at timestamptz")
