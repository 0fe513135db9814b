"""What goes wrong in a task is in the audit row, whatever it is."""

import pytest
from relevo_contract.tables import LONGEST_SENTENCE
from relevo_pipeline import audit, task
from relevo_pipeline.run import Run
from sqlalchemy.exc import OperationalError


def test_a_sentence_is_cut_to_what_every_database_takes(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(task, "settings", lambda: run.settings)

    def step(_: Run) -> None:
        raise RuntimeError("🌲" * LONGEST_SENTENCE)

    audit.begin(run)
    with pytest.raises(RuntimeError):
        task.perform("train", step, run.problem.name, run.dag_run_id)
    entry = audit.read(run)
    assert (entry.failed_task, entry.error[:15]) == ("train", "RuntimeError: 🌲")
    assert len(entry.error.encode()) < 2**16


def test_the_seconds_of_each_task_are_noted_beside_what_it_found(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(task, "settings", lambda: run.settings)
    names = (run.problem.name, run.dag_run_id)
    audit.begin(run)
    task.perform("clean", lambda run: audit.add_evidence(run, excluded={"dead": 2}), *names)
    for candidate in ("forest", "linear"):
        assert task.perform("train", lambda _: 7, *names, candidate) == 7
    task.perform("clean", lambda _: None, *names)
    evidence = audit.read(run).evidence
    assert evidence["excluded"] == {"dead": 2}
    assert list(evidence["seconds"]) == ["clean", "train forest", "train linear"]
    assert all(0 <= seconds < 60 for seconds in evidence["seconds"].values())


def test_a_step_that_is_done_stays_done_when_its_seconds_cannot_be_noted(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> None:
        raise OperationalError("UPDATE runs", None, Exception("gone away"))

    monkeypatch.setattr(task, "settings", lambda: run.settings)
    monkeypatch.setattr(audit, "took", gone)
    audit.begin(run)
    assert task.perform("collect", lambda _: 7, run.problem.name, run.dag_run_id) == 7
    assert audit.read(run).error is None
