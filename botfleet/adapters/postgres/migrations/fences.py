"""How a table is fenced by user: the fleet sees all, a door its user's rows, and it is forced.

Every new table is fenced in the migration that makes it; `tests/contracts/test_fences.py` names the
one that is not.
"""

from alembic import op

#: The role of workers and operators, and the role of whatever speaks for one user at a time.
FLEET, DOOR = "botfleet_fleet", "botfleet_door"
#: The user a door's transaction speaks for; nobody, where none was said.
WHO = "(SELECT nullif(current_setting('botfleet.user', true), '')::uuid)"
OWN = f"user_id = {WHO}"


def fence(table: str, verbs: str = "SELECT", *, own: str = OWN, check: str | None = None) -> None:
    """Fence a table: a door may do `verbs` to the rows that are `own`, and make such as `check`."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY fleet ON {table} TO {FLEET} USING (true) WITH CHECK (true)")
    op.execute(f"CREATE POLICY door ON {table} TO {DOOR} USING ({own}) WITH CHECK ({check or own})")
    share(table, verbs)


def share(table: str, verbs: str = "SELECT") -> None:
    """Let a door do `verbs` to a table that is nobody's, and the fleet everything."""
    op.execute(f"GRANT {verbs} ON {table} TO {DOOR}")
    op.execute(f"GRANT ALL ON {table} TO {FLEET}")


def lend(function: str) -> None:
    """Let fleet and door, and nobody else, call a function that runs with its owner's rights."""
    op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO {FLEET}, {DOOR}")
