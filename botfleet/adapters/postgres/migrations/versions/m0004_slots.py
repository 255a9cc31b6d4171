"""How each due slot ended and how late, who beats, and what the operator says of the calendar."""

from alembic import op

revision = "0004"
down_revision = "0003"

_STATES = "'due', 'claimed', 'done', 'skipped', 'missed', 'failed'"

#: Append-only: the newest change of a day holds, and all of them are the record of who did what.
_CALENDAR = """
CREATE TABLE calendar_changes (
    version     int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    day         date NOT NULL,
    act         text NOT NULL CHECK (act IN ('close', 'early', 'undo')),
    closes      time,                       -- Eastern; of an early close
    cause       text NOT NULL,
    who         text NOT NULL,
    at          timestamptz NOT NULL,       -- market time
    made_real   timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK ((act = 'early') = (closes IS NOT NULL))
)
"""


def upgrade() -> None:
    """Give work its other ends and its lateness, the fleet its beat, the calendar its changes."""
    op.execute("ALTER TABLE work DROP CONSTRAINT work_state_check")
    op.execute(f"ALTER TABLE work ADD CONSTRAINT work_state_check CHECK (state IN ({_STATES}))")
    op.execute(
        "ALTER TABLE work ADD COLUMN why text NOT NULL DEFAULT '',"  # it did not run, or failed
        " ADD COLUMN begun_at timestamptz"  # market time of its last claim
    )
    op.execute("CREATE INDEX work_of_day ON work (due_at, kind)")
    op.execute("ALTER TABLE fleet ADD COLUMN begun_at timestamptz")  # nothing was due before
    op.execute("UPDATE fleet SET begun_at = routed_at")
    op.execute(
        "ALTER TABLE fleet ALTER COLUMN begun_at SET NOT NULL,"
        " ADD COLUMN beat text NOT NULL DEFAULT '',"  # whose the lease is
        " ADD COLUMN beat_fence int NOT NULL DEFAULT 0,"  # counts who had it
        " ADD COLUMN beat_until timestamptz NOT NULL DEFAULT '-infinity'"  # real time
    )
    op.execute(_CALENDAR)
