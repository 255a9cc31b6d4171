"""Sign-ins of browsers: ended here, whoever kept a copy of the cookie."""

from alembic import op

from botfleet.adapters.postgres.migrations.fences import fence, lend

revision = "0040"
down_revision = "0039"

#: One lasts no longer than the token it was begun with is its user's.
_SIGNINS = """
CREATE TABLE signins (
    user_id     uuid NOT NULL REFERENCES users,
    key_hash    bytea PRIMARY KEY,
    token_hash  bytea NOT NULL,
    ends_real   timestamptz NOT NULL
)
"""
_WHO = """
CREATE FUNCTION who_signed_in(key bytea, now timestamptz) RETURNS TABLE (user_id uuid, name text,
    pod int, instance int, account_id uuid) LANGUAGE sql STABLE SECURITY DEFINER
BEGIN ATOMIC
    SELECT w.* FROM signins s CROSS JOIN LATERAL who_has(s.token_hash) w
    WHERE s.key_hash = key AND s.ends_real > now;
END
"""


def upgrade() -> None:
    """Keep them, and give the user of one to who brings its key."""
    op.execute(_SIGNINS)
    op.execute("CREATE INDEX signins_of_user ON signins (user_id, ends_real)")
    fence("signins", "SELECT, INSERT, DELETE")
    op.execute(_WHO)
    lend("who_signed_in(bytea, timestamptz)")
