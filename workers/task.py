"""The one base class of every task: it turns what a verb raises into what Celery should do.

Refusal          acknowledge: it was told to the owner; asking again cannot help.
Transient        acknowledge: the row is still due, and the sweep points at it again.
anything else    fail: logged with its traceback, counted; it would fail again.

Nothing is retried by message (no countdowns, no ETA): due work is a row.
"""

from typing import Any

import celery
import structlog

from botfleet.adapters.postgres.database import statements
from botfleet.errors import Refusal, Transient
from workers.app import meters

log = structlog.get_logger()


class FleetTask(celery.Task):
    """Runs one application verb."""

    acks_late = True
    ignore_result = True

    def __call__(self, *args: Any, **kwargs: Any) -> None:
        """Run the verb, translate what it raises and count how it ended."""
        end = "failed"
        try:
            self.run(*args, **kwargs)
            end = "done"
        except Refusal as refusal:
            end = "refused"
            log.info("refused", task=self.name, why=str(refusal))
        except Transient as transient:
            end = "put_off"
            log.warning("put off", task=self.name, why=str(transient))
        finally:
            meters.tasks.labels(self.name, end).inc()
            meters.statements.inc(statements.taken())
