"""How much waits in the outbox, how long already, and how much room it takes."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from relevo_contract.tables import utc_now

from relevo_inference.journal.entries import decode

# No row when none waits.
_WAITING = """
SELECT coalesce(sum(waiting), 0) FROM
    (SELECT (SELECT max(id) FROM outbox) - id + predictions AS waiting FROM outbox ORDER BY id LIMIT 1)
"""


@dataclass(frozen=True)
class Backlog:
    """`oldest_seconds` is the age of the oldest prediction that waits, 0 when none does.

    `used_bytes` is what counts towards the cap: pages that were freed by shipping do not.
    """

    predictions: int = 0
    rejected: int = 0
    oldest_seconds: float = 0
    used_bytes: int = 0


def measure(outbox: sqlite3.Connection) -> Backlog:
    """Reads the figures from the first and the last of the commits that wait, however many there are.

    Commits of a release that did not number its predictions count as one each, until they are shipped.
    """

    def number(query: str) -> int:
        return int(outbox.execute(query).fetchone()[0])

    used_pages = number("PRAGMA page_count") - number("PRAGMA freelist_count")
    return Backlog(
        predictions=number(_WAITING),
        rejected=number("SELECT count(*) FROM rejected"),
        oldest_seconds=_oldest(outbox),
        used_bytes=used_pages * number("PRAGMA page_size"),
    )


def _oldest(outbox: sqlite3.Connection) -> float:
    query = "SELECT substr(payload, 1, instr(payload, x'0A')) FROM outbox ORDER BY id LIMIT 1"
    first = outbox.execute(query).fetchone()
    rows, _ = decode(first[0].splitlines()) if first else ([], [])
    return seconds_since(rows[0].moment) if rows else 0


def seconds_since(moment: datetime) -> float:
    """Never below 0: the clock may have been set back in between."""
    return max(0.0, (utc_now() - moment).total_seconds())
