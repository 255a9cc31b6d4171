"""The layout in Postgres. Whoever changes it holds the fleet's row, as the router does."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection

from botfleet.adapters.postgres.database import Database, execute, rows
from botfleet.application.ports.layouts import Arranged, Layout
from botfleet.application.ports.work import Pointer
from botfleet.domain.fleet.seating import Seat, Shape, flows, moves, place
from botfleet.domain.ids import UserId, WorkId
from botfleet.errors import NotFound, Refusal

_SIZE = """
INSERT INTO pods (pod, instances, users_max, is_drained)
SELECT pod, %(instances)s, %(most)s, pod = ANY(%(drained)s::int[])
FROM generate_series(1, %(pods)s) AS pod
ON CONFLICT (pod) DO UPDATE SET instances = excluded.instances, users_max = excluded.users_max,
                                is_drained = excluded.is_drained
"""

_SIT = """
INSERT INTO seats (user_id, pod, instance)
SELECT * FROM unnest(%(user)s::uuid[], %(pod)s::int[], %(instance)s::int[])
ON CONFLICT (user_id) DO UPDATE
SET pod = excluded.pod, instance = excluded.instance, epoch = seats.epoch + 1
"""

#: Live rows where nobody may sit any more, spread over the open seats. A claimed one keeps its
#: claimant and its lease: only where it is looked for afterwards changes.
_REHOME = """
WITH open AS (
    SELECT pod, instance, row_number() OVER () - 1 AS place, count(*) OVER () AS places
    FROM unnest(%(pods)s::int[], %(instances)s::int[]) AS o(pod, instance)
), homeless AS (
    SELECT work_id, row_number() OVER (ORDER BY due_at, batch) AS place
    FROM work WHERE state IN ('due', 'claimed')
      AND (pod, instance) NOT IN (SELECT pod, instance FROM open)
)
UPDATE work w SET pod = o.pod, instance = o.instance, told_real = clock_timestamp()
FROM homeless h JOIN open o ON o.place = h.place %% o.places
WHERE w.work_id = h.work_id RETURNING w.work_id, w.pod, w.instance
"""

#: Held while machines come and go, which may take longer than a transaction may be idle otherwise.
_ALONE = """
SELECT pg_try_advisory_xact_lock(54),
       set_config('idle_in_transaction_session_timeout', '1h', true)
"""


class PostgresLayouts:
    """Keeps `botfleet.application.ports.layouts.Layouts`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def layout(self) -> Layout:
        """See the port."""
        with self._database.transaction() as connection:
            return _layout(connection)

    @contextmanager
    def changing(self, version: int) -> Iterator[None]:
        """See the port."""
        with self._database.transaction() as connection:
            if not execute(connection, _ALONE).scalar_one():
                raise Refusal("Somebody is changing the fleet just now; plan again after that.")
            _check_version(_layout(connection), version)
            yield

    def arrange(
        self, shape: Shape, *, version: int | None = None, is_evened: bool = False
    ) -> Arranged:
        """See the port."""
        with self._database.transaction() as connection:
            _hold(connection)
            _check(_layout(connection), shape, version)
            _size(connection, shape)
            evened = _even_out(connection, shape) if is_evened else 0
            placed, unseated = _settle(connection, shape)
            execute(connection, "DELETE FROM pods WHERE pod > %(pods)s", pods=shape.pods)
            execute(
                connection, "UPDATE fleet SET layout = layout + 1, laid_real = clock_timestamp()"
            )
            return Arranged(evened + placed, unseated, _rehome(connection, shape))

    def welcome(self) -> int:
        """See the port."""
        with self._database.transaction() as connection:
            _hold(connection)
            shape = _layout(connection).shape
            return _settle(connection, shape)[1] if shape is not None else 0

    def move(self, user: UserId, seat: Seat) -> None:
        """See the port."""
        with self._database.transaction() as connection:
            _hold(connection)
            layout = _layout(connection)
            _check_seat(layout, seat)
            _sit(connection, {user: seat})


def _hold(connection: Connection) -> None:
    """Change the layout one after another, and never while rows of work are being made."""
    execute(connection, "SELECT FROM fleet FOR UPDATE")


def _check(layout: Layout, shape: Shape, version: int | None) -> None:
    if version is not None:
        _check_version(layout, version)
    seated = sum(layout.taken.values())
    if seated > shape.capacity:
        raise Refusal(f"{seated} users have seats; so small a fleet has {shape.capacity}.")


def _check_version(layout: Layout, version: int) -> None:
    if layout.version != version:
        raise Refusal("Somebody changed the fleet since that plan was made; plan again.")


def _check_seat(layout: Layout, seat: Seat) -> None:
    shape = layout.shape
    if shape is None or seat not in shape.everywhere:
        raise NotFound(f"There is no instance {seat}; `botfleet pod list` shows what there is.")
    if seat.pod in shape.drained:
        raise Refusal(f"Pod {seat.pod} is drained: nobody sits there.")
    if layout.taken.get(seat, 0) >= shape.users_per_instance:
        raise Refusal(f"{seat} is full: {shape.users_per_instance} users sit there.")


def _layout(connection: Connection) -> Layout:
    fleet = rows(connection, "SELECT layout, laid_real FROM fleet")
    if not fleet:
        raise NotFound("No fleet was begun in this database; `botfleet up` begins one.")
    taken = rows(connection, "SELECT pod, instance, count(*)::int AS n FROM seats GROUP BY 1, 2")
    sql = "SELECT count(*) FROM users LEFT JOIN seats s USING (user_id) WHERE s.user_id IS NULL"
    return Layout(
        fleet[0]["layout"],
        fleet[0]["laid_real"],
        _shape(connection),
        {Seat(row["pod"], row["instance"]): row["n"] for row in taken},
        execute(connection, sql).scalar_one(),
    )


def _shape(connection: Connection) -> Shape | None:
    pods = rows(connection, "SELECT pod, instances, users_max, is_drained FROM pods ORDER BY pod")
    if not pods:
        return None
    instances = pods[0]["instances"]
    drained = frozenset(pod["pod"] for pod in pods if pod["is_drained"])
    return Shape(len(pods), instances, pods[0]["users_max"] // instances, drained)


def _size(connection: Connection, shape: Shape) -> None:
    execute(
        connection,
        _SIZE,
        pods=shape.pods,
        instances=shape.instances,
        most=shape.users_per_instance * shape.instances,
        drained=sorted(shape.drained),
    )


def _settle(connection: Connection, shape: Shape) -> tuple[int, int]:
    """Seat whoever has no open seat, in the order they came; give how many, and who found none."""
    homeless = [
        UserId(user)
        for user in execute(
            connection,
            """SELECT u.user_id FROM users u LEFT JOIN seats s USING (user_id)
               WHERE s.user_id IS NULL OR (s.pod, s.instance) NOT IN
                   (SELECT * FROM unnest(%(pods)s::int[], %(instances)s::int[]))
               ORDER BY u.created_at, u.name""",
            **_places(shape.open_seats),
        ).scalars()
    ]
    taken = _layout(connection).taken
    placed = place(len(homeless), taken, shape.open_seats, users_max=shape.users_per_instance)
    _sit(connection, dict(zip(homeless, placed, strict=False)))
    left = homeless[len(placed) :]
    execute(connection, "DELETE FROM seats WHERE user_id = ANY(%(left)s::uuid[])", left=left)
    return len(placed), len(left)


def _even_out(connection: Connection, shape: Shape) -> int:
    """Move as few of those seated as must until the load is even and every seat an open one."""
    wanted = flows(_layout(connection).taken, shape.open_seats)
    givers = sorted({flow.source for flow in wanted})
    seated = rows(
        connection,
        """SELECT user_id, pod, instance FROM seats WHERE (pod, instance) IN
               (SELECT * FROM unnest(%(pods)s::int[], %(instances)s::int[])) ORDER BY user_id""",
        **_places(givers),
    )
    chosen = moves(
        {UserId(row["user_id"]): Seat(row["pod"], row["instance"]) for row in seated}, wanted
    )
    _sit(connection, chosen)
    return len(chosen)


def _sit(connection: Connection, seated: Mapping[UserId, Seat]) -> None:
    execute(
        connection,
        _SIT,
        user=list(seated),
        pod=[seat.pod for seat in seated.values()],
        instance=[seat.instance for seat in seated.values()],
    )


def _rehome(connection: Connection, shape: Shape) -> list[Pointer]:
    found = rows(connection, _REHOME, **_places(shape.open_seats))
    return [Pointer(WorkId(row["work_id"]), row["pod"], row["instance"]) for row in found]


def _places(seats: Sequence[Seat]) -> dict[str, list[int]]:
    return {
        "pods": [seat.pod for seat in seats],
        "instances": [seat.instance for seat in seats],
    }
