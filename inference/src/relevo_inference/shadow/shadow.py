"""Asks the challenger what production was asked, in a thread of its own, and writes down how the two compare."""

import queue
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
from relevo_contract.tables import utc_now

from relevo_inference.background import stand_back
from relevo_inference.journal import shadows
from relevo_inference.journal.outbox import connect, limit
from relevo_inference.problem_details import ProblemError
from relevo_inference.serving.answer import Answer
from relevo_inference.serving.model import LoadedModel
from relevo_inference.shadow.comparison import Comparison, NotComparableError, compare
from relevo_inference.shadow.telemetry import ShadowTelemetry

log = structlog.get_logger(__name__)

# Each commit takes the file's lock, which predictions need as well: few commits, and small ones.
_COMMIT_ROWS = 500
_COMMIT_SECONDS = 0.25
_CLOSING_SECONDS = 5.0

Row = Mapping[str, Any]
# The loaded challenger of a problem, if there is one.
Challenger = Callable[[str], LoadedModel | None]


@dataclass(frozen=True, slots=True)
class _Sample:
    challenger: LoadedModel
    row: Row
    answer: Answer


class Shadow:
    """Takes the share `share` of the answered rows, while at most `waiting` wait for their turn.

    What it writes down may take half of the `most_bytes` of the outbox: the rest belongs to predictions.
    """

    def __init__(
        self,
        challenger: Challenger,
        outbox: Path,
        *,
        share: float,
        waiting: int,
        most_bytes: int,
        telemetry: ShadowTelemetry,
    ) -> None:
        self._challenger = challenger
        self._outbox = outbox
        self._share = share
        self._most = waiting
        self._most_bytes = most_bytes // 2
        self._telemetry = telemetry
        self._queue: queue.SimpleQueue[_Sample | None] = queue.SimpleQueue()
        self._connection: sqlite3.Connection | None = None
        self._random = random.Random()  # noqa: S311 - a sample, not a secret
        self._thread = threading.Thread(target=self._run, name="shadow", daemon=True)
        if share:
            self._thread.start()

    def offer(self, model: LoadedModel, rows: Sequence[Row], answers: Sequence[Answer]) -> None:
        """Samples what `model` has just answered. Never waits."""
        if not self._share:
            return
        challenger = self._challenger(model.version.name)
        if challenger is None or challenger.version == model.version:
            return
        for row, answer in zip(rows, answers, strict=True):
            if self._random.random() >= self._share:
                continue
            if self._queue.qsize() >= self._most:
                self._drop(challenger)
            else:
                self._queue.put(_Sample(challenger, row, answer))

    def close(self) -> None:
        """Compares what waits, if that takes no more than seconds."""
        if self._share:
            self._queue.put(None)
            self._thread.join(_CLOSING_SECONDS)

    def _run(self) -> None:
        stand_back()
        going_on = True
        while going_on:
            samples, going_on = self._gather()
            found = [(sample, line) for sample in samples if (line := self._line(sample)) is not None]
            if found and not self._write(b"".join(line for _, line in found)):
                for sample, _ in found:
                    self._drop(sample.challenger)
        if self._connection is not None:
            self._connection.close()

    def _gather(self) -> tuple[list[_Sample], bool]:
        """What comes within a moment of the first; False when there is no more to come."""
        samples: list[_Sample] = []
        until = None
        while len(samples) < _COMMIT_ROWS:
            try:
                sample = self._queue.get(timeout=None if until is None else max(0.0, until - time.monotonic()))
            except queue.Empty:
                break
            if sample is None:
                return samples, False
            samples.append(sample)
            until = until or time.monotonic() + _COMMIT_SECONDS
        return samples, True

    def _line(self, sample: _Sample) -> bytes | None:
        version = sample.challenger.version
        began = time.perf_counter()
        try:
            output = sample.challenger.predict_one(sample.challenger.contract.one(dict(sample.row)))
            seconds = time.perf_counter() - began
            found = compare(sample.answer.output, output)
        except (ProblemError, NotComparableError):
            self._count(sample, "unfit")
            return None
        except Exception as error:  # the thread must go on, whatever a version does
            log.warning("the challenger failed", problem=version.name, version=version.version, reason=str(error))
            self._count(sample, "failed")
            return None
        self._count(sample, _outcome(found))
        self._telemetry.seconds.labels(version.name, version.version).observe(seconds)
        return shadows.encode(
            {
                "prediction_id": sample.answer.prediction_id,
                "version": version.version,
                "output": output,
                "agrees": None if found.agrees is None else int(found.agrees),
                "difference": found.difference,
                "duration_ms": round(seconds * 1000, 3),
                "predicted_at": utc_now().isoformat(),
            }
        )

    def _write(self, payload: bytes) -> bool:
        try:
            if self._connection is None:
                self._connection = connect(self._outbox)
                limit(self._connection, self._most_bytes)
            shadows.keep(self._connection, payload)
        except sqlite3.Error as error:
            log.warning("the challenger's answers cannot be written down", reason=str(error))
            return False
        return True

    def _count(self, sample: _Sample, outcome: str) -> None:
        version = sample.challenger.version
        self._telemetry.predictions.labels(version.name, version.version, outcome).inc()

    def _drop(self, challenger: LoadedModel) -> None:
        self._telemetry.dropped.labels(challenger.version.name, challenger.version.version).inc()


def _outcome(found: Comparison) -> str:
    return {True: "agrees", False: "differs", None: "compared"}[found.agrees]
