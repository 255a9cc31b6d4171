"""Which events were in force when, and what of them is done; when what never began was given up."""

from alembic import op

from botfleet.adapters.postgres.migrations.fences import fence

revision = "0028"
down_revision = "0027"

_STINTS = """
CREATE TABLE stints (
    user_id     uuid NOT NULL,
    bot_id      uuid NOT NULL REFERENCES bots ON DELETE CASCADE,
    automation  int NOT NULL,               -- its index in the bot, as it was defined then
    kind        text NOT NULL,              -- date, repeating, market_open ...
    rule        jsonb NOT NULL,
    interval_min int NOT NULL,
    begun_at    timestamptz NOT NULL,       -- market time; what is due then was the one before's
    ended_at    timestamptz                 -- up to and including; NULL: in force
)
"""
#: What was in force before is known from now on.
_IN_FORCE = """
INSERT INTO stints (user_id, bot_id, automation, kind, rule, interval_min, begun_at)
SELECT e.user_id, e.bot_id, e.automation, e.kind, e.rule, e.interval_min, f.routed_at
FROM events e JOIN bots b USING (bot_id) CROSS JOIN fleet f
WHERE b.is_on AND e.kind IN ('date', 'repeating', 'market_open', 'market_close')
"""
#: Which triggers a row joins was not written down until now: those of events that are still there.
_TRIGGERS = """
UPDATE work w SET detail = w.detail || jsonb_build_object('triggers', coalesce((
    SELECT jsonb_agg(DISTINCT e.kind) FROM events e
    WHERE e.bot_id = ANY (w.bots)
      AND w.detail->'automations'->(e.bot_id::text) @> to_jsonb(e.automation)), '["date"]'))
WHERE w.kind = 'event'
"""


def upgrade() -> None:
    """Let what should have happened be computed from what was in force."""
    op.execute(_STINTS)
    op.execute("CREATE INDEX stints_of_bot ON stints (bot_id, automation, ended_at)")
    op.execute("CREATE INDEX stints_in_force ON stints (bot_id) WHERE ended_at IS NULL")
    fence("stints", "SELECT, INSERT, UPDATE")
    op.execute(
        "ALTER TABLE events ADD COLUMN next_on date,"  # the day that `next_at` is of, by its rule
        " ADD COLUMN done_on date"  # that of the last one that came due
    )
    op.execute("ALTER TABLE work ADD COLUMN given_up_at timestamptz")  # market time, never begun
    op.execute("UPDATE events SET next_on = (next_at AT TIME ZONE 'America/New_York')::date")
    op.execute(_IN_FORCE)
    op.execute(_TRIGGERS)
