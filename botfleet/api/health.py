"""Is this process alive, and can it do its work?"""

from collections.abc import Callable, Mapping

import redis
from fastapi import APIRouter
from fastapi.responses import JSONResponse

from botfleet.adapters.celery.queues import answers
from botfleet.api.callers import Wired
from botfleet.bootstrap import Wiring
from botfleet.errors import StoreUnavailable

router = APIRouter(tags=["health"])


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """Say that the process is alive; nothing else is asked."""
    return {"status": "alive"}


@router.get("/readyz")
def readyz(wiring: Wired) -> JSONResponse:
    """Ask Postgres, Redis and the queue; 503 says which of them does not answer."""
    heard = {name: _is_answered(asked) for name, asked in _askings(wiring).items()}
    is_ready = all(heard.values())
    words = {name: "answers" if is_heard else "silent" for name, is_heard in heard.items()}
    body = {"status": "ready" if is_ready else "not ready", **words}
    return JSONResponse(body, 200 if is_ready else 503)


def _askings(wiring: Wiring) -> Mapping[str, Callable[[], object]]:
    return {
        "postgres": lambda: _ask_postgres(wiring),
        "redis": wiring.redis.ping,
        "queue": lambda: answers(wiring.app),
    }


def _is_answered(asked: Callable[[], object]) -> bool:
    try:
        asked()
    except (StoreUnavailable, redis.RedisError):
        return False
    return True


def _ask_postgres(wiring: Wiring) -> None:
    with wiring.database.transaction() as connection:
        connection.exec_driver_sql("SELECT 1")
