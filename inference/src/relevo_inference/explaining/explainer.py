"""A pool for explanations alone, so that predictions do not wait for them."""

import asyncio
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from relevo_inference.background import stand_back
from relevo_inference.explaining.explanation import NoBackgroundError, TooSlowError, explain
from relevo_inference.explaining.telemetry import ExplainingTelemetry
from relevo_inference.problem_details import ProblemError
from relevo_inference.serving.model import LoadedModel


class Explainer:
    """Explains in `threads` threads, each request within `seconds`; `waiting` more may wait for their turn.

    The graph computes without Python's lock and in the thread that calls it, so a thread is enough.
    """

    def __init__(self, *, threads: int, waiting: int, seconds: float, telemetry: ExplainingTelemetry) -> None:
        self._pool = ThreadPoolExecutor(threads, "explain", initializer=stand_back)
        self._most = threads + waiting
        self._seconds = seconds
        self._telemetry = telemetry
        self._asked = 0

    async def explain(self, model: LoadedModel, row: Mapping[str, Any], vary: int) -> dict[str, Any]:
        """The explanation of a checked row. 503 when too many wait, 504 when it takes too long, 409 without
        background rows."""
        name, began = model.version.name, time.monotonic()
        outcome = "failed"
        if self._asked >= self._most:
            self._telemetry.asked.labels(name, "refused").inc()
            retry = max(1, round(self._seconds))
            raise ProblemError(503, f"{self._asked} explanations wait already; ask again", retry_after=retry)
        self._asked += 1
        try:
            work = (model, row, vary, began + self._seconds)
            explanation = await asyncio.get_running_loop().run_in_executor(self._pool, explain, *work)
            outcome = "answered"
        except TooSlowError:
            outcome = "late"
            raise ProblemError(504, self._why_late(model)) from None
        except NoBackgroundError:
            reason = (
                f"the card of version {model.version.version} of {name} has no background rows to explain against"
            )
            raise ProblemError(409, f"{reason}; a version that is trained now has them") from None
        finally:
            self._asked -= 1
            self._telemetry.asked.labels(name, outcome).inc()
        self._telemetry.seconds.labels(name).observe(time.monotonic() - began)
        return explanation

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _why_late(self, model: LoadedModel) -> str:
        return (
            f"version {model.version.version} of {model.version.name} could not be explained within "
            f"{self._seconds:g} s: the server is busy, or the model too slow for it (EXPLAIN_REQUEST_SECONDS)"
        )
