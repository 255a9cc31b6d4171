"""What starts automations beside marks and clicks, and when the clock brings it next."""

from alembic import op

revision = "0014"
down_revision = "0013"

_EVENTS = """
CREATE TABLE events (
    user_id     uuid NOT NULL,
    bot_id      uuid NOT NULL REFERENCES bots ON DELETE CASCADE,
    automation  int NOT NULL,               -- its index in the bot
    name        text NOT NULL,              -- the automation's
    kind        text NOT NULL,              -- date, repeating, position_opened ...
    rule        jsonb NOT NULL,
    interval_min int NOT NULL,              -- the bot's: its first scan bounds the market's open
    next_at     timestamptz,                -- NULL: no clock brings it, or never again
    PRIMARY KEY (user_id, bot_id, automation)
)
"""


def upgrade() -> None:
    """Give events their table, found by when they are due; bots the count of a day's reactions."""
    op.execute(_EVENTS)
    op.execute("CREATE INDEX events_due ON events (next_at) WHERE next_at IS NOT NULL")
    op.execute("CREATE INDEX events_of_bot ON events (bot_id)")
    op.execute("CREATE INDEX events_by_hook ON events ((rule->>'hook')) WHERE kind = 'webhook'")
    op.execute(
        "ALTER TABLE bots ADD COLUMN reacted_on date, ADD COLUMN reacted_n int NOT NULL DEFAULT 0"
    )
