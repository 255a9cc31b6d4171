"""Passes over broker accounts, and the breaks they found."""

from alembic import op

revision = "0012"
down_revision = "0011"

_PASSES = """
CREATE TABLE passes (
    user_id     uuid NOT NULL,
    account_id  uuid PRIMARY KEY REFERENCES accounts,
    is_recovering boolean NOT NULL DEFAULT false, -- only closes, until a pass has succeeded
    is_wanted   boolean NOT NULL DEFAULT false,
    begun_real  timestamptz NOT NULL DEFAULT 'epoch',
    lease_until timestamptz NOT NULL DEFAULT 'epoch',
    passed_real timestamptz,
    passed_at   timestamptz,
    failure     text NOT NULL DEFAULT '',
    suspects    text[] NOT NULL DEFAULT '{}'  -- what was missing at the last pass
) WITH (fillfactor = 70)
"""

_BREAKS = """
CREATE TABLE breaks (
    user_id     uuid NOT NULL,
    account_id  uuid NOT NULL REFERENCES accounts,
    kind        text NOT NULL,
    subject     text NOT NULL,
    detail      text NOT NULL,
    found_at    timestamptz NOT NULL,
    seen_at     timestamptz NOT NULL,
    cleared_at  timestamptz,
    PRIMARY KEY (account_id, kind, subject)
)
"""

_LIVE = """
CREATE INDEX orders_live_of_account ON orders (account_id)
WHERE state IN ('pending', 'sending', 'unknown', 'working', 'partial')
"""


def upgrade() -> None:
    """Give passes and breaks their tables."""
    op.execute(_PASSES)
    op.execute(_BREAKS)
    op.execute(_LIVE)
    op.execute("CREATE INDEX orders_of_account ON orders (account_id, sent_at)")
