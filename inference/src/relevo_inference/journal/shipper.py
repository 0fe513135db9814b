"""Takes what is in the outbox to the database, oldest first, and deletes it only after the commit there."""

import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import structlog
from relevo_contract import database
from relevo_contract.tables import predictions
from sqlalchemy import Dialect, Engine
from sqlalchemy.dialects import mysql, sqlite

from relevo_inference.journal import feedback, moves, shadows
from relevo_inference.journal.backlog import Backlog, measure, seconds_since
from relevo_inference.journal.entries import Entry, Unreadable, decode, portions
from relevo_inference.journal.outbox import connect
from relevo_inference.journal.reserve import Reserve
from relevo_inference.journal.scores import Scores
from relevo_inference.journal.turn_lock import TurnLock
from relevo_inference.telemetry import Telemetry

log = structlog.get_logger(__name__)

# After a long outage the outbox holds gigabytes: this much of it is in memory at a time, or one commit.
_BATCH_BYTES = 2 * 2**20
_VERSIONS_SCORED = 10
# Python computes for one thread at a time, and requests wait for this one: after so many rows it stands back.
_ROWS_AT_A_TIME, _BREATH_SECONDS = 100, 0.002
_PAUSE_MAX_SECONDS = 30.0
# A database may accept connections and say nothing.
_DATABASE_SECONDS = 20.0
_CLOSING_SECONDS = 5.0
_NO_DATABASE = "RAW_DB_URL is not set: predictions stay in the outbox"


class Shipper:
    """A thread that drains the outbox. Of several processes on one outbox the holder of its lock ships.

    When that process dies, however it does, another one takes over; what is wrong each of them can say.
    `happened` asks the registry about an announced move; `saw` is told of the rows that have just arrived, and once
    more, of none, when there are no others.
    """

    def __init__(
        self,
        outbox: Path,
        database_url: str | None,
        telemetry: Telemetry,
        *,
        interval: float,
        happened: moves.Happened = lambda move, latest: False,  # noqa: ARG005
        saw: Callable[[Sequence[Entry]], None] = lambda rows: None,  # noqa: ARG005
    ) -> None:
        self._path = outbox
        self._telemetry = telemetry
        self._interval = interval
        self._happened = happened
        self._saw = saw
        self._engine: Engine | None = None
        if database_url:
            self._engine = database.connect(database_url, timeout_seconds=_DATABASE_SECONDS)
            self._insertion = _insertion(self._engine.dialect)
        self._outbox: sqlite3.Connection | None = None
        self._lock = TurnLock(outbox.with_suffix(".lock"))
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="shipper", daemon=True)
        self._reserve = Reserve(outbox.with_suffix(".reserve"))
        self._backlog = Backlog()
        self._scores = Scores()
        self._since_breath = 0
        self.error = self._usual

    @property
    def backlog(self) -> int:
        """How many predictions are not in the database, as of the last turn."""
        return self._backlog.predictions

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Ships once more what can be shipped in a few seconds, then stops. What is left stays in the outbox."""
        self._stop.set()
        self._thread.join(_CLOSING_SECONDS)
        if self._thread.is_alive():
            # It ends with the process; nothing leaves the outbox before the database has it.
            log.warning("stopped before all was shipped: predictions wait in the outbox")

    def _run(self) -> None:
        pause = self._interval
        try:
            stopping = False
            while not stopping:
                stopping = self._stop.wait(pause)
                pause = self._interval if self.turn() else min(pause * 2, _PAUSE_MAX_SECONDS)
        finally:
            self.release()

    def release(self) -> None:
        """Lets go of the files and the database. The thread does it when it ends."""
        if self._outbox is not None:
            self._outbox.close()
        if self._engine is not None:
            self._engine.dispose()
        self._lock.release()

    def turn(self) -> bool:
        """Ships all there is, when it is on us to ship. False when it did not work: `error` says why."""
        failure: Exception | None = None
        try:
            if self._outbox is None:
                self._outbox = connect(self._path)
            failure = self._ship_all(self._outbox)
            self._backlog = measure(self._outbox)
        except Exception as error:  # whatever it is, the thread must go on and say it
            failure = failure or error
        self._telemetry.journal.backlog(self._backlog)
        self._report(failure)
        return failure is None

    def _ship_all(self, outbox: sqlite3.Connection) -> Exception | None:
        failure: Exception | None = None
        try:
            # First and by itself: the log must not grow with the outbox while the database is away.
            outbox.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        except sqlite3.Error as error:
            failure = error
        try:
            if self._engine is not None and self._lock.hold():
                while self._ship_batch(outbox, self._engine):
                    pass
                self._ship_feedback(outbox, self._engine)
                shadows.ship(outbox, self._engine)
                moves.ship(outbox, self._engine, self._happened)
                self._reserve.keep(outbox)
        except Exception as error:
            failure = failure or error
        return failure

    @property
    def _usual(self) -> str | None:
        """What there is to say though nothing has failed just now."""
        if self._engine is None:
            return _NO_DATABASE
        if count := self._backlog.rejected:
            return f"{count} unreadable predictions are set aside in the table `rejected` of {self._path}"
        return None

    def _report(self, failure: Exception | None) -> None:
        if failure is None:
            self.error = self._usual or self._lock.said()
            self._lock.say(self.error)
            return
        self._telemetry.journal.failures.inc()
        cause = getattr(failure, "orig", None) or failure
        reason = f"{type(cause).__name__}: {cause}"[:300]
        if reason != self.error:
            log.warning("predictions wait in the outbox", reason=reason)
        self.error = reason
        self._lock.say(reason)

    def _ship_batch(self, outbox: sqlite3.Connection, engine: Engine) -> bool:
        """Ships the oldest commits; False when there are none."""
        payloads = []
        last = size = 0
        with closing(outbox.execute("SELECT id, payload FROM outbox ORDER BY id")) as commits:
            for number, payload in commits:
                payloads.append(payload)
                last = number
                size += len(payload)
                if size >= _BATCH_BYTES:
                    break
        if not last:
            self._saw(())
            return False
        rows: list[Entry] = []
        unreadable: list[Unreadable] = []
        moments = []
        for lines in portions(payloads, _ROWS_AT_A_TIME):
            read, not_read = decode(lines)
            rows += read
            unreadable += not_read
            moments += [row.moment for row in read[:1]]
            self._stand_back(len(read))
        self._insert(engine, rows)
        try:
            _done(outbox, last, unreadable)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_FULL or not self._reserve.give_up():
                raise
            _done(outbox, last, unreadable)
        for entry in unreadable:
            log.error("a prediction cannot be read and is set aside", reason=entry.reason, outbox=str(self._path))
        self._telemetry.journal.shipped(len(rows), [seconds_since(moment) for moment in moments])
        self._saw(rows)
        return True

    def _ship_feedback(self, outbox: sqlite3.Connection, engine: Engine) -> None:
        shipped = 0
        for rows in feedback.ship(outbox, engine):
            self._scores.add(rows)
            shipped += len(rows)
        if counting := self._scores.due:
            self._scores.count(engine)
        if counting or shipped:
            self._telemetry.feedback.scored(self._scores.newest(_VERSIONS_SCORED))

    def _insert(self, engine: Engine, rows: Sequence[Entry]) -> None:
        # A batch may be sent twice: what is there already is left alone.
        with engine.begin() as connection:
            for start in range(0, len(rows), _ROWS_AT_A_TIME):
                part = rows[start : start + _ROWS_AT_A_TIME]
                # Not by way of SQLAlchemy's types, whose work for a row took longer than the database's.
                connection.exec_driver_sql(self._insertion, list(part))
                self._stand_back(len(part))

    def _stand_back(self, rows: int) -> None:
        """Lets requests go first, now and then; not while the server stops."""
        self._since_breath += rows
        if self._since_breath >= _ROWS_AT_A_TIME:
            self._since_breath = 0
            self._stop.wait(_BREATH_SECONDS)


def _insertion(dialect: Dialect) -> str:
    """The INSERT with parameters in the order of an entry: by name, PyMySQL's default, each row would be a dict."""
    ordered = sqlite.dialect() if dialect.name == "sqlite" else mysql.dialect(paramstyle="format")
    insert = database.insert_or_ignore(predictions, ordered)
    return str(insert.compile(dialect=ordered, column_keys=Entry._fields))


def _done(outbox: sqlite3.Connection, last: int, unreadable: list[Unreadable]) -> None:
    """Deletes the commits up to `last`, which are in the database now."""
    with outbox:
        outbox.execute("BEGIN IMMEDIATE")
        aside = [(entry.line, entry.reason) for entry in unreadable]
        outbox.executemany("INSERT INTO rejected (entry, reason) VALUES (?, ?)", aside)
        # Ids grow with commits, and a later commit cannot have a smaller one: nothing unshipped is deleted.
        outbox.execute("DELETE FROM outbox WHERE id <= ?", (last,))
