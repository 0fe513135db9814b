"""One request per run, whatever fails, is cleared or is retried."""

import json
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from threading import Event, Thread

import pytest
from httpx import Response
from hypothesis import given
from hypothesis import strategies as st
from relevo_contract.tables import collections, utc_now
from relevo_pipeline import audit, ledger
from relevo_pipeline.batches import delivered
from relevo_pipeline.delivery import DeliveryError, EndOfDataError, read
from relevo_pipeline.errors import ExhaustedError, StepError
from relevo_pipeline.problem_tables import raw_table
from relevo_pipeline.run import Run
from relevo_pipeline.steps.collect import collect
from relevo_problems.registry import load
from sqlalchemy import insert, select, text

END = b'{"detail": "Ya se recolect\xc3\xb3 toda la informaci\xc3\xb3n m\xc3\xadnima necesaria"}'


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


def test_the_end_of_the_data_is_no_failure(run: Run, api) -> None:
    api.status, api.body = 400, END
    for _ in range(2):
        with pytest.raises(ExhaustedError, match="Ya se recolectó"):
            collect(run)
    assert len(api.run_ids) == 1
    assert ledger.find(run).state == "exhausted"


@pytest.mark.parametrize(
    ("status", "body", "sentence"),
    [
        (200, b"<html>", "is not JSON"),
        (200, b'{"data": [["1", ', "is not JSON"),
        (200, b'{"data": ["\xff"]}', "is not JSON"),
        (200, b"[]", "no list called `data`"),
        (200, b'{"data": {}}', "no list called `data`"),
        (200, b'{"data": []}', "empty list"),
        (200, b'{"data": [["1", "2"]]}', "row 0 of the data API's answer is a list of 2, not 13 cells"),
        (200, b'{"data": ["x"]}', "row 0 of the data API's answer is one text or number, not 13 cells"),
        (400, b'{"detail": "N\xc3\xbamero de grupo inv\xc3\xa1lido"}', "answered 400: Número de grupo inválido"),
        (404, b"nothing here", "answered 404: nothing here"),
        (500, b"", "answered 500"),
        (200, b"[" * 100_000, "is not JSON"),
        (200, b'{"batch_number": "' + b"x" * 65 + b'", "data": [[]]}', "batch_number has 65 characters"),
    ],
)
def test_a_useless_answer_fails_with_a_sentence(run: Run, api, status: int, body: bytes, sentence: str) -> None:
    api.status, api.body = status, body
    with pytest.raises(StepError, match=sentence):
        collect(run)
    with pytest.raises(StepError, match=f"{sentence}.*a run never asks again: start a new run"):
        collect(run)
    assert len(api.run_ids) == 1
    entry = ledger.find(run)
    assert (entry.state, entry.http_status) == ("failed", status)


def test_the_end_in_its_older_spelling(run: Run, api) -> None:
    api.status = 400
    api.body = b'{"detail": "Ya se recolecto toda la informacion minima necesaria"}'
    with pytest.raises(ExhaustedError):
        collect(run)


def test_real_and_simulated_rows_are_not_mixed(new_run: Callable[[str], Run], api, rows) -> None:
    api.headers["X-Relevo-Data"] = "simulated"
    api.delivers(rows)
    collect(new_run("one"))
    api.headers["X-Relevo-Data"] = "real"
    with pytest.raises(StepError, match="this batch is real data and those before were simulated; they must not"):
        collect(new_run("two"))
    assert ledger.find(new_run("two")).state == "failed"


def test_an_unknown_kind_of_data(run: Run, api, rows) -> None:
    api.headers["X-Relevo-Data"] = "made up"
    api.delivers(rows)
    with pytest.raises(StepError, match="says in X-Relevo-Data that its data is 'made up'"):
        collect(run)


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


def test_a_body_beyond_the_limit(run: Run, api, rows) -> None:
    api.delivers(rows)
    small = replace(run, settings=run.settings.model_copy(update={"data_api_max_bytes": 1000}))
    with pytest.raises(StepError, match="sent more than 1,000 bytes; raise DATA_API_MAX_BYTES if that is right"):
        collect(small)


def test_an_answer_that_trickles(run: Run) -> None:
    """Each wait is short, all of them together are not."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def trickle() -> None:
            connection, _ = listener.accept()
            with connection, suppress(OSError):
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
                for _ in range(1000):
                    connection.sendall(b" ")
                    stop.wait(0.05)

        stop = Event()
        thread = Thread(target=trickle)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        hasty = {"data_api_url": url, "data_api_timeout_seconds": 0.4}
        with pytest.raises(StepError, match=r"did not finish its answer within 0\.4 s"):
            collect(replace(run, settings=run.settings.model_copy(update=hasty)))
        stop.set()
        thread.join()


def test_an_address_that_is_none(run: Run) -> None:
    with pytest.raises(StepError, match="could not be reached"):
        collect(replace(run, settings=run.settings.model_copy(update={"data_api_url": "http://host:abc"})))


def test_a_run_that_was_ended_from_outside_is_closed_by_the_next(new_run: Callable[[str], Run], api, rows) -> None:
    api.delivers(rows)
    collect(new_run("ended by hand"))
    collect(new_run("next"))
    left = audit.read(new_run("ended by hand"))
    assert (left.state, left.error) == ("failed", "the run was ended before it was recorded.")
    assert audit.read(new_run("next")).state == "running"


def test_a_redirect_is_not_followed(run: Run, api) -> None:
    api.status, api.headers = 302, {"Location": f"{api.url}/data"}
    with pytest.raises(StepError, match="answered 302"):
        collect(run)
    assert len(api.run_ids) == 1


def test_nobody_listens(run: Run) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        nowhere = replace(run, settings=run.settings.model_copy(update={"data_api_url": url}))
        with pytest.raises(StepError, match=f"the data API at {url} could not be reached"):
            collect(nowhere)
    assert ledger.find(run).state == "failed"


def test_an_answer_that_takes_too_long(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        hasty = {"data_api_url": url, "data_api_timeout_seconds": 0.2}
        with pytest.raises(StepError, match=r"did not answer within 0\.2 s"):
            collect(replace(run, settings=run.settings.model_copy(update=hasty)))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(status=st.sampled_from([200, 201, 204, 400, 422, 500]), data=json_values, wrapped=st.booleans())
def test_any_answer_is_a_batch_or_a_sentence(status: int, data: object, wrapped: bool) -> None:
    problem = load("covertype")
    response = Response(status, content=json.dumps({"data": data} if wrapped else data))
    # Anything else that is raised fails the test.
    with suppress(DeliveryError, EndOfDataError):
        delivery = read(response, problem)
        assert delivery.rows
        assert all(len(row) == len(problem.columns) for row in delivery.rows)


@given(content=st.binary())
def test_any_bytes_are_a_batch_or_a_sentence(content: bytes) -> None:
    with pytest.raises(DeliveryError):
        read(Response(200, content=content), load("covertype"))
