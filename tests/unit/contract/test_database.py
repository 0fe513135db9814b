"""Databases by URL."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from relevo_contract.database import use_wal


def test_many_may_switch_a_new_file_to_wal_at_once(tmp_path: Path) -> None:
    """A worker's writer and its shipper, or two workers, open a new outbox at the same moment."""
    together = 8

    def switch(path: Path, start: Barrier) -> str:
        connection = sqlite3.connect(path, timeout=10, isolation_level=None)
        start.wait()
        use_wal(connection)
        connection.execute("CREATE TABLE IF NOT EXISTS t (a)")
        mode: str = connection.execute("PRAGMA journal_mode").fetchone()[0]
        connection.close()
        return mode

    with ThreadPoolExecutor(together) as pool:
        for attempt in range(25):
            start = Barrier(together)
            path = tmp_path / f"{attempt}.db"
            assert set(pool.map(lambda _, p=path, s=start: switch(p, s), range(together))) == {"wal"}
