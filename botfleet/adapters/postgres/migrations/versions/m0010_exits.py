"""Exits: their switches, what accounts want of them, lows, and what changed since when."""

from alembic import op

revision = "0010"
down_revision = "0009"

#: A position bears the number of the transaction that last changed how it is watched: whoever kept
#: what it read asks for what has a number his snapshot had not finished yet.
_STAMP = """
CREATE FUNCTION stamp_position() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.stamp := pg_current_xact_id();
    RETURN NEW;
END $$
"""
_STAMPED = """
CREATE TRIGGER stamp BEFORE UPDATE OF state, quantity, entry, exits, exits_on, opened_at
ON positions FOR EACH ROW EXECUTE FUNCTION stamp_position()
"""
_PRESETS = """
CREATE TABLE presets (
    user_id     uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    name        text NOT NULL,
    class       text NOT NULL CHECK (class IN ('credit', 'debit', 'equity')),
    exits       jsonb NOT NULL,
    PRIMARY KEY (user_id, name)
)
"""


def upgrade() -> None:
    """Give exits their switches and rules, positions their lows and stamps, users their presets."""
    op.execute("ALTER TABLE bots ADD COLUMN exits_on boolean NOT NULL DEFAULT true")
    op.execute(
        """ALTER TABLE accounts ADD COLUMN exits_begin time NOT NULL DEFAULT '09:31',
           ADD COLUMN exits_end_min int NOT NULL DEFAULT 1,
           ADD COLUMN exit_attempts_max int NOT NULL DEFAULT 0,
           ADD COLUMN at_expiration text NOT NULL DEFAULT 'close'
               CHECK (at_expiration IN ('close', 'market', 'release'))"""
    )
    op.execute(
        """ALTER TABLE positions ADD COLUMN exits_on boolean NOT NULL DEFAULT true,
           ADD COLUMN low_gain double precision NOT NULL DEFAULT 0,
           ADD COLUMN high_at timestamptz, ADD COLUMN low_at timestamptz,
           ADD COLUMN stamp xid8 NOT NULL DEFAULT pg_current_xact_id()"""
    )
    op.execute(_STAMP)
    op.execute(_STAMPED)
    op.execute(_PRESETS)
