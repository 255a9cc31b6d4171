"""Hooks: who may call from outside, and which calls were taken."""

from alembic import op

revision = "0019"
down_revision = "0018"

_HOOKS = """
CREATE TABLE hooks (
    hook_id     uuid PRIMARY KEY,
    user_id     uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    name        text NOT NULL,              -- as triggers of the user's bots say it
    sealed      bytea NOT NULL,             -- its secret
    created_at  timestamptz NOT NULL,
    changed_at  timestamptz NOT NULL,       -- when its secret was last made
    minute_real timestamptz NOT NULL DEFAULT '-infinity',
    calls       int NOT NULL DEFAULT 0,     -- signed calls in that minute
    UNIQUE (user_id, name)
)
"""
_CALLS = """
CREATE TABLE hook_calls (
    hook_id     uuid NOT NULL REFERENCES hooks ON DELETE CASCADE,
    call_id     text NOT NULL,
    runs        jsonb NOT NULL,
    made_real   timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (hook_id, call_id)
)
"""


def upgrade() -> None:
    """Give hooks and their calls a table each."""
    op.execute(_HOOKS)
    op.execute(_CALLS)
