"""Actions that wait for their owner's yes."""

from alembic import op

revision = "0018"
down_revision = "0017"

_ASKS = """
CREATE TABLE asks (
    ask_id      uuid PRIMARY KEY,
    action      uuid NOT NULL,
    user_id     uuid NOT NULL,
    bot_id      uuid NOT NULL REFERENCES bots ON DELETE CASCADE,
    run_id      uuid NOT NULL,              -- the run that asked
    version     text NOT NULL,
    words       text NOT NULL,
    start       jsonb NOT NULL,             -- what a run of the action is to be given
    asked_at    timestamptz NOT NULL,
    lapses_at   timestamptz NOT NULL,
    answer      text NOT NULL DEFAULT '' CHECK (answer IN ('', 'yes', 'no')),
    answered_at timestamptz
)
"""


def upgrade() -> None:
    """Give asks their table."""
    op.execute(_ASKS)
    op.create_index("asks_of_user", "asks", ["user_id", "asked_at"])
    op.create_index("asks_waiting", "asks", ["action"], postgresql_where="answer = ''")
