"""What a prediction costs on its way from the outbox into the database, by the kind of its id. Prints JSON.

    python bench/shipping.py [--rows 400000] [--database mysql+pymysql://user:password@host/database]

Once with ids that begin with their moment (UUIDs of version 7, as the server makes them) and once with random ones
(version 4), each into an empty table: the first and the last 20,000 rows, in microseconds of this process's
processor time and by the clock. Without a database it uses SQLite files. The database is emptied.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from peers import trees
from relevo_contract.database import connect
from relevo_contract.tables import raw_metadata
from relevo_inference.ids import uuid
from relevo_inference.journal.entries import Answered, encode
from relevo_inference.journal.outbox import APPEND
from relevo_inference.journal.outbox import connect as connect_outbox
from relevo_inference.journal.shipper import Shipper
from relevo_inference.serving.answer import Answer
from relevo_inference.telemetry import Telemetry

AT_A_TIME, A_COMMIT = 20_000, 10
ANSWERED = Answered("r" * 32, "covertype", "3", "a" * 32, stale=False, duration_ms=0.512)
OUTPUT = {"label": "0", "label_name": "Spruce/Fir", "probabilities": {str(n): 0.1423 + n / 1000 for n in range(7)}}


def shipped(folder: Path, url: str, rows: int, make_id: Callable[[], str]) -> dict[str, dict[str, float]]:
    """Microseconds a row: of the processor and by the clock."""
    engine = connect(url)
    raw_metadata.drop_all(engine)
    raw_metadata.create_all(engine)
    shipper = Shipper(folder / "outbox.db", url, Telemetry(), interval=1)
    outbox = connect_outbox(folder / "outbox.db")
    sent = trees.rows(A_COMMIT, seed=8)
    took = []
    for _ in range(0, rows, AT_A_TIME):
        for _ in range(AT_A_TIME // A_COMMIT):
            payload = encode(ANSWERED, sent, [Answer(OUTPUT, make_id()) for _ in sent])
            outbox.execute(APPEND, (A_COMMIT, payload))
        cpu, clock = time.process_time(), time.perf_counter()
        if not shipper.turn():
            sys.exit(f"not shipped: {shipper.error}")
        took.append((time.process_time() - cpu, time.perf_counter() - clock))
    outbox.close()
    shipper.release()
    raw_metadata.drop_all(engine)
    engine.dispose()
    return {
        name: {kind: round(1e6 * s / AT_A_TIME, 1) for kind, s in zip(("cpu", "clock"), seconds, strict=True)}
        for name, seconds in {"first_20000": took[0], "last_20000": took[-1]}.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=400_000)
    parser.add_argument("--database", help="a database's URL; it is emptied")
    arguments = parser.parse_args()
    found = {}
    for name, make_id in {"version_7": uuid, "random": lambda: str(uuid4())}.items():
        with TemporaryDirectory() as folder:
            url = arguments.database or f"sqlite:///{folder}/raw.db"
            found[name] = shipped(Path(folder), url, arguments.rows, make_id)
    database = (arguments.database or "sqlite").partition(":")[0]
    result = {"benchmark": "shipping", "database": database, "rows": arguments.rows, "microseconds_a_row": found}
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
