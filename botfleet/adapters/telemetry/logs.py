"""Logs: one JSON object a line on stdout, from structlog and the standard library alike.

No secret reaches a line: fields by name, and what looks like a token, a password in a URL or an
authorization code anywhere in a text, tracebacks included, are redacted last of all.
"""

import logging
import re
import sys
from collections.abc import Mapping
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

from botfleet.config import Settings

REDACTED = "[redacted]"

#: Libraries that tell every message they carry; what goes wrong with one they tell as a warning.
_TALKATIVE = ("alembic", "amqp", "celery", "kombu", "sqlalchemy", "urllib3", "uvicorn")

_SECRET = re.compile(
    r"authorization|cookie|password|passwd|secret|token|verifier|api_?key|sealed", re.IGNORECASE
)
_PATTERNS = (
    (re.compile(r"\b(bearer|basic)\s+[\w.~+/=-]{8,}", re.IGNORECASE), r"\1 " + REDACTED),
    (re.compile(r"(://[^:/@\s]*):[^@/\s]+@"), r"\1:" + REDACTED + "@"),
    (re.compile(r"([?&](?:code|state)=)[^&\s\"']+"), r"\1" + REDACTED),
    (
        re.compile(
            r"(\b\w*(?:token|secret|password|verifier|api_?key)['\"]?\s*[=:]\s*['\"]?)[^\s'\"&,;)}]+",
            re.IGNORECASE,
        ),
        r"\1" + REDACTED,
    ),
)


def configure(settings: Settings) -> None:
    """Have everything this process logs written as JSON lines; doing it twice does nothing more."""
    shared = _shared(settings)
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            redact,
            structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
        ],
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level)
    _quieten(settings.log_level)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def redact(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Take secrets out of an event, however deep they lie."""
    return {name: _safe(name, value) for name, value in event.items()}


def _shared(settings: Settings) -> list[Processor]:
    place = {"build": settings.build}
    if settings.instance:
        place["instance"] = settings.instance

    def place_it(_logger: Any, _method: str, event: EventDict) -> EventDict:
        event.update(place)
        return event

    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        place_it,
    ]


def _quieten(level: str) -> None:
    loudest = logging.DEBUG if level == "DEBUG" else logging.WARNING
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(loudest, logging.getLevelNamesMapping()[level]))


def _safe(name: str, value: Any) -> Any:
    if _SECRET.search(name) and value:
        return REDACTED
    match value:
        case str():
            return _safe_text(value)
        case Mapping():
            return {key: _safe(str(key), each) for key, each in value.items()}
        case list() | tuple():
            return [_safe("", each) for each in value]
        case bool() | int() | float() | None:
            return value
        case _:
            return _safe_text(str(value))


def _safe_text(text: str) -> str:
    for pattern, instead in _PATTERNS:
        text = pattern.sub(instead, text)
    return text
