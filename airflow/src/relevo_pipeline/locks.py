"""One at a time, whatever the process or machine: a lock that the database holds, or a file beside SQLite's."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, text

from relevo_pipeline.errors import StepError

SECONDS = 60
_POLL_SECONDS = 0.05
# MySQL takes no longer name.
_LONGEST = 64


@contextmanager
def alone(engine: Engine, name: str, seconds: float = SECONDS) -> Iterator[None]:
    """Hold the lock `name`; it is released with the process that holds it, however that ends.

    Raises:
        StepError: somebody else held it for all of `seconds`.
    """
    if engine.dialect.name == "sqlite":
        with _of_a_file(Path(f"{engine.url.database}.{name}.lock"), name, seconds):
            yield
        return
    key = f"relevo.{name}"[:_LONGEST]
    with engine.connect() as connection:
        # https://dev.mysql.com/doc/refman/9.7/en/locking-functions.html#function_get-lock
        taken = connection.execute(text("SELECT GET_LOCK(:key, :seconds)"), {"key": key, "seconds": seconds})
        if taken.scalar_one() != 1:
            raise _busy(name, seconds)
        try:
            yield
        finally:
            connection.execute(text("SELECT RELEASE_LOCK(:key)"), {"key": key})


@contextmanager
def _of_a_file(path: Path, name: str, seconds: float) -> Iterator[None]:
    with path.open("w") as file:
        end = time.monotonic() + seconds
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > end:
                    raise _busy(name, seconds) from None
                time.sleep(_POLL_SECONDS)
        # Not deleted: another one may wait for this very file.
        yield


def _busy(name: str, seconds: float) -> StepError:
    return StepError(f"something else has held the lock {name} for {seconds:g} s; nothing was changed. Try again.")
