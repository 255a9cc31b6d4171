"""What bots remember, why they tried to leave, and what positions had gained the day before."""

from alembic import op

revision = "0003"
down_revision = "0002"

_MEMORIES = """
CREATE TABLE memories (
    user_id     uuid NOT NULL,
    bot_id      uuid NOT NULL REFERENCES bots ON DELETE CASCADE,
    mark        text NOT NULL CHECK (mark IN ('tag', 'switch', 'counter', 'streak')),
    subject     text NOT NULL,              -- bot, symbol:SPY, position:ID; of a streak its item
    name        text NOT NULL,              -- of a streak the held condition's key
    number      bigint NOT NULL DEFAULT 1,
    since       timestamptz,                -- of a streak: its first run's mark
    PRIMARY KEY (user_id, bot_id, mark, subject, name)
)
"""


def upgrade() -> None:
    """Give memory its table, closing orders their reason, positions yesterday's gain."""
    op.execute(_MEMORIES)
    op.execute("CREATE INDEX memories_of_bot ON memories (bot_id)")
    op.execute("ALTER TABLE orders ADD COLUMN why text NOT NULL DEFAULT ''")
    op.execute(
        "ALTER TABLE positions ADD COLUMN prior_gain double precision NOT NULL DEFAULT 0,"
        " ADD COLUMN watched_on date"
    )
