"""One request per run, whatever fails, is cleared or is retried."""

from collections.abc import Callable

import pytest
from relevo_contract.tables import answers as kept_answers
from relevo_contract.tables import collections, utc_now
from relevo_pipeline import answers, audit, delivery, ledger
from relevo_pipeline.batches import delivered
from relevo_pipeline.errors import StepError
from relevo_pipeline.problem_tables import raw_table
from relevo_pipeline.run import Run
from relevo_pipeline.steps.collect import collect
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import OperationalError


def test_stores_the_batch_as_delivered(run: Run, api, rows) -> None:
    rows[0][0] = "  not a number "
    api.delivers(rows, batch=4)
    collection = collect(run)
    assert (collection.batch, collection.rows, collection.data) == ("4", 300, "real")
    assert delivered(run).to_numpy().tolist() == rows
    assert api.run_ids == [run.dag_run_id]
    entry = audit.read(run)
    assert (entry.state, entry.batch, entry.rows_received) == ("running", "4", 300)


def test_rows_as_objects_are_read_by_name(run: Run, api, rows) -> None:
    names = [column.name for column in run.problem.columns]
    api.delivers([dict(reversed(list(zip(names, row, strict=True)))) for row in rows])
    collect(run)
    assert delivered(run).to_numpy().tolist() == rows


def test_a_cleared_task_uses_the_stored_rows(run: Run, api, rows) -> None:
    api.delivers(rows)
    first = collect(run)
    api.delivers([row[:] for row in rows[:5]], batch=2)
    assert collect(run) == first
    assert len(delivered(run)) == 300
    assert len(api.run_ids) == 1


def test_a_request_that_was_killed_in_flight_is_not_sent_again(run: Run, api, rows) -> None:
    with run.stores.raw.begin() as connection:
        connection.execute(
            insert(collections).values(
                problem=run.problem.name, dag_run_id=run.dag_run_id, state="requested", requested_at=utc_now()
            )
        )
    api.delivers(rows)
    with pytest.raises(
        StepError, match=r"already sent its request and did not get to keep the answer; start a new run"
    ):
        collect(run)
    assert api.run_ids == []


def test_the_next_run_asks_again(new_run: Callable[[str], Run], api, rows) -> None:
    api.status, api.body = 503, b"busy"
    with pytest.raises(StepError):
        collect(new_run("one"))
    api.status = 200
    api.delivers(rows)
    assert collect(new_run("two")).rows == 300
    assert api.run_ids == ["one", "two"]


def test_real_and_simulated_rows_are_not_mixed(new_run: Callable[[str], Run], api, rows) -> None:
    api.headers["X-Relevo-Data"] = "simulated"
    api.delivers(rows)
    collect(new_run("one"))
    api.headers["X-Relevo-Data"] = "real"
    with pytest.raises(StepError, match="this batch is real data and those before were simulated; they must not"):
        collect(new_run("two"))
    assert ledger.find(new_run("two")).state == "failed"


def test_rows_that_the_database_refuses_leave_a_sentence(run: Run, api, rows) -> None:
    table = raw_table(run.problem)
    table.create(run.stores.raw)
    full = "BEFORE INSERT ON raw_covertype WHEN NEW.row_no = 200 BEGIN SELECT RAISE(ABORT, 'no room left'); END"
    with run.stores.raw.begin() as connection:
        connection.execute(text(f"CREATE TRIGGER full {full}"))
    api.delivers(rows)
    with pytest.raises(StepError, match=r"^the batch could not be stored: no room left$"):
        collect(run)
    entry = ledger.find(run)
    assert (entry.state, entry.error) == ("failed", "the batch could not be stored: no room left")
    with run.stores.raw.connect() as connection:
        assert connection.execute(select(raw_table(run.problem))).all() == []


def test_a_run_that_was_ended_from_outside_is_closed_by_the_next(new_run: Callable[[str], Run], api, rows) -> None:
    api.delivers(rows)
    collect(new_run("ended by hand"))
    collect(new_run("next"))
    left = audit.read(new_run("ended by hand"))
    assert (left.state, left.error) == ("failed", "the run was ended before it was recorded.")
    assert audit.read(new_run("next")).state == "running"


class KilledError(BaseException):
    """Nothing that a step could catch."""


def killed(*_: object) -> None:
    raise KilledError


def test_a_worker_that_dies_with_the_answer_in_its_hands_loses_nothing(
    run: Run, api, rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sequential data API would never send these rows again."""
    monkeypatch.setattr(answers, "ANSWER_PART_BYTES", 1000)
    api.headers["X-Relevo-Data"] = "simulated"
    api.delivers(rows, batch=4)
    with monkeypatch.context() as patched:
        patched.setattr(ledger, "received", killed)
        with pytest.raises(KilledError):
            collect(run)
    assert ledger.find(run).state == "requested"
    api.delivers([], batch=5)
    collection = collect(run)
    assert (collection.batch, collection.data, collection.rows) == ("4", "simulated", 300)
    assert len(api.run_ids) == 1
    with run.stores.raw.connect() as connection:
        assert connection.execute(select(func.count()).select_from(raw_table(run.problem))).scalar_one() == 300
        assert connection.execute(select(func.count()).select_from(kept_answers)).scalar_one() == 0
    assert collect(run) == collection


def test_a_kept_refusal_is_one_after_a_kill_too(run: Run, api, monkeypatch: pytest.MonkeyPatch) -> None:
    api.status, api.body = 503, b""
    with monkeypatch.context() as patched:
        patched.setattr(delivery, "read", killed)
        with pytest.raises(KilledError):
            collect(run)
    api.status = 200
    with pytest.raises(StepError, match="the data API answered 503 without a word"):
        collect(run)
    assert ledger.find(run).state == "failed"
    assert len(api.run_ids) == 1


def test_a_database_that_goes_away_may_come_back(run: Run, api, rows, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object) -> None:
        raise OperationalError("LOAD DATA", {}, Exception("server has gone away"))

    api.delivers(rows)
    with monkeypatch.context() as patched:
        patched.setattr(ledger, "received", gone)
        with pytest.raises(StepError, match=r"went away .* server has gone away\. .* clear this task"):
            collect(run)
    assert collect(run).rows == 300
    assert len(api.run_ids) == 1


def test_an_answer_waits_for_a_database_that_is_starting(
    run: Run, api, rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    insert, tries = answers._insert, []

    def starting(*arguments: object) -> None:
        tries.append(arguments)
        if len(tries) < 3:
            raise OperationalError("INSERT", {}, Exception("connection refused"))
        insert(*arguments)

    monkeypatch.setattr(answers, "_insert", starting)
    monkeypatch.setattr(answers.time, "sleep", lambda _: None)
    api.delivers(rows)
    assert collect(run).rows == 300
    assert len(tries) == 3
