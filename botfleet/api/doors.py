"""What every door of the API shares: whatever leaves by it tells instants on an Eastern clock."""

from collections.abc import Callable
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any

from fastapi import APIRouter
from fastapi.routing import APIRoute

from botfleet.domain.eastern import told


class Door(APIRoute):
    """A route whose answer's instants bear the Eastern offset (S102)."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **given: Any) -> None:
        super().__init__(path, _telling(endpoint), **given)


def doors(prefix: str, tag: str) -> APIRouter:
    """Give a router of doors."""
    return APIRouter(prefix=prefix, tags=[tag], route_class=Door)


def _telling(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap an endpoint, once; the stream tells each of its events itself."""
    if iscoroutinefunction(endpoint) or hasattr(endpoint, "__wrapped__"):
        return (
            endpoint  # a stream, which tells each event itself; or a door that was put in a house
        )

    @wraps(endpoint)
    def tell(*args: Any, **given: Any) -> Any:
        return told(endpoint(*args, **given))

    return tell
