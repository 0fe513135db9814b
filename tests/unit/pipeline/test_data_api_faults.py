"""Everything the data API can do wrong: one request, one state in the ledger, one sentence in the audit row.

docs/data-api.md is the same list for operators.
"""

import gzip
import json
import socket
import tracemalloc
from collections.abc import Callable
from dataclasses import replace

import pytest
from relevo_contract.data_api import END_OF_DATA
from relevo_pipeline import audit, ledger, task
from relevo_pipeline.errors import ExhaustedError, StepError
from relevo_pipeline.problem_tables import raw_table
from relevo_pipeline.run import Run
from relevo_pipeline.steps.collect import collect
from relevo_pipeline.steps.validate import validate_batch
from sqlalchemy import func, select
from support.api_faults import CELLS, FAULTS, GZIP, MAX_BYTES, data
from support.data_api import ScriptedApi, scripted_api

AGAIN = " (Cleared or retried, a run never asks again: start a new run.)"


@pytest.fixture
def hurried(run: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The run with limits a test can wait for, also where a task opens it itself."""
    limits = {"data_api_timeout_seconds": 2, "data_api_max_bytes": MAX_BYTES}
    run = replace(run, settings=run.settings.model_copy(update=limits))
    monkeypatch.setattr(task, "settings", lambda: run.settings)
    return run


def perform(run: Run, name: str, step: Callable[[Run], object]) -> object:
    """As Airflow's task does: what goes wrong lands in the audit row."""
    return task.perform(name, step, run.problem.name, run.dag_run_id)


def refused(run: Run, name: str = "collect", step: Callable[[Run], object] = collect) -> str:
    """The sentence that the step ends with, which is the one in the audit row."""
    with pytest.raises(StepError) as ending:
        perform(run, name, step)
    entry = audit.read(run)
    assert (entry.failed_task, entry.error) == (name, str(ending.value))
    return str(ending.value)


def raw_rows(run: Run) -> int:
    with run.stores.raw.connect() as connection:
        return int(connection.scalar(select(func.count()).select_from(raw_table(run.problem))) or 0)


@pytest.mark.parametrize("name", FAULTS)
def test_one_request_and_a_sentence(hurried: Run, api: ScriptedApi, name: str) -> None:
    fault = FAULTS[name]
    api.status, api.body, api.manner = fault.status or 0, fault.body, fault.manner
    api.headers.update(fault.headers)
    sentence = fault.sentence.replace("{url}", api.url)

    assert refused(hurried) == sentence
    entry = ledger.find(hurried)
    assert (entry.state, entry.http_status, entry.error) == ("failed", fault.status, sentence)

    # Cleared, when all is well again: what counts is that this run has asked.
    api.status, api.body, api.manner = 200, data(CELLS), None
    api.headers.clear()
    assert refused(hurried) == sentence + AGAIN
    assert ledger.find(hurried) == entry
    assert api.run_ids == [hurried.dag_run_id]
    assert raw_rows(hurried) == 0


def test_nobody_listens(hurried: Run) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        away = hurried.settings.model_copy(update={"data_api_url": f"http://user:secret@127.0.0.1:{port}/"})
        lost = replace(hurried, settings=away)
        with pytest.raises(StepError) as ending:
            collect(lost)
    # The password is nobody's business.
    sentence = f"the data API at http://127.0.0.1:{port} could not be reached: Connection refused"
    assert str(ending.value) == sentence
    entry = ledger.find(lost)
    assert (entry.state, entry.http_status, entry.error) == ("failed", None, sentence)
    with scripted_api(port) as back, pytest.raises(StepError) as ending:
        collect(lost)
    assert str(ending.value) == sentence + AGAIN
    assert back.run_ids == []


@pytest.mark.parametrize(
    ("url", "cause"),
    [
        ("http://nobody.invalid", "Name or service not known"),
        ("http://host:abc", "Invalid port: 'abc'"),
        ("no-scheme", "Request URL is missing an 'http://' or 'https://' protocol."),
    ],
)
def test_an_address_that_is_none(run: Run, url: str, cause: str) -> None:
    settings = run.settings.model_copy(update={"data_api_url": url})
    with pytest.raises(StepError) as ending:
        collect(replace(run, settings=settings))
    assert str(ending.value).startswith(f"the data API at {url} could not be reached: ")
    assert cause in str(ending.value)


def test_a_zip_bomb_is_not_unpacked(hurried: Run, api: ScriptedApi) -> None:
    api.body, api.headers = gzip.compress(bytes(200 * 2**20), compresslevel=1), dict(GZIP)
    tracemalloc.start()
    try:
        refused(hurried)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 16 * MAX_BYTES


@pytest.mark.parametrize(
    "detail",
    [
        END_OF_DATA,
        "Ya se recolecto toda la informacion minima necesaria",
        "Ya se recolecto\u0301 toda la informacio\u0301n mi\u0301nima necesaria para el grupo 7",
    ],
)
def test_the_end_of_the_data_is_no_failure(hurried: Run, api: ScriptedApi, rows, detail: str) -> None:
    api.status, api.body = 400, json.dumps({"detail": detail}).encode()
    for _ in range(2):
        with pytest.raises(ExhaustedError) as ending:
            perform(hurried, "collect", collect)
        assert str(ending.value) == detail
        api.status = 200
        api.delivers(rows)
    entry = ledger.find(hurried)
    assert (entry.state, entry.http_status, entry.error) == ("exhausted", 400, detail)
    assert (audit.read(hurried).failed_task, audit.read(hurried).error) == (None, None)
    assert api.run_ids == [hurried.dag_run_id]


def test_the_end_of_the_data_is_the_end_only_with_its_status(hurried: Run, api: ScriptedApi) -> None:
    api.status, api.body = (
        503,
        b'{"detail": "Ya se recolect\xc3\xb3 toda la informaci\xc3\xb3n m\xc3\xadnima necesaria"}',
    )
    assert refused(hurried).startswith("the data API answered 503: Ya se")


def test_a_compressed_batch_is_a_batch(hurried: Run, api: ScriptedApi, rows) -> None:
    api.delivers(rows)
    plain = api.body
    api.body, api.headers = gzip.compress(plain), dict(GZIP)
    assert collect(hurried).rows == 300
    assert ledger.find(hurried).size == len(plain)


@pytest.mark.parametrize("content_type", ["text/html", "text/plain; charset=utf-8", "application/octet-stream"])
def test_a_batch_under_a_wrong_content_type_is_not_thrown_away(
    hurried: Run, api: ScriptedApi, rows, content_type: str
) -> None:
    api.delivers(rows)
    api.headers["Content-Type"] = content_type
    for _ in range(2):
        perform(hurried, "collect", collect)
    assert ledger.find(hurried).state == "received"
    assert audit.read(hurried).evidence["content_type"] == content_type.partition(";")[0]
    assert len(api.run_ids) == 1


def test_a_content_type_that_is_json_or_absent_is_no_finding(new_run, api: ScriptedApi, rows) -> None:
    for number, content_type in enumerate(["application/json", "application/problem+json; charset=utf-8", None]):
        api.headers = {"Content-Type": content_type} if content_type else {}
        api.delivers(rows, batch=number)
        run = new_run(str(number))
        collect(run)
        validate_batch(run)
        assert "content_type" not in audit.read(run).evidence
