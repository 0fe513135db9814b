"""What goes wrong in a task is in the audit row, whatever it is."""

import pytest
from relevo_contract.tables import LONGEST_SENTENCE
from relevo_pipeline import audit, task
from relevo_pipeline.run import Run


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
