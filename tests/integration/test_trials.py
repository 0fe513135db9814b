"""Trials as runs of the tracking server."""

from mlflow.entities import ViewType
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID
from relevo_contract.registry import TAG_DAG_RUN, TAG_ERROR
from relevo_pipeline import tracking
from relevo_pipeline.training import trials
from relevo_pipeline.training.candidates import CANDIDATES
from relevo_pipeline.training.fitting import Conditions
from relevo_pipeline.training.search import SearchBudget, Trial, search
from support.runs import Stack
from support.training import dataset

DATA = dataset(rows=300)


def test_trials_can_be_compared_and_go_with_their_candidate(stack: Stack) -> None:
    tracked = stack.run("trials")
    parent = tracking.parent_run(tracked)
    child = tracking.begin_candidate(tracked, parent, "logistic_regression")
    name, conditions, record = "logistic_regression", Conditions(threads=1, seed=5), []
    search(name, DATA, conditions, SearchBudget(1e9, 2), record.append)
    record.append(Trial(2, "pruned", {"C": 3.0}, {"steps": 60, "validation_macro_f1": 0.1}, {"train": 9}, 1.5))
    record.append(Trial(3, "failed", {"C": 4.0}, {}, {"train": 9}, 2.5, MemoryError("no room")))
    for trial in record:
        trials.log(tracked, child, name, trial)

    mlflow = tracking.client(tracked)
    below = f"tags.`{MLFLOW_PARENT_RUN_ID}` = '{child.info.run_id}'"
    found = mlflow.search_runs([child.info.experiment_id], below, order_by=["params.trial ASC"])
    assert [run.info.status for run in found] == ["FINISHED", "FINISHED", "KILLED", "FAILED"]
    outcomes = [run.data.tags[trials.TAG_TRIAL] for run in found]
    assert outcomes == ["complete", "complete", "pruned", "failed"]
    assert [run.info.run_name for run in found] == [f"{name} trial {number}" for number in range(4)]
    first = found[0]
    assert float(first.data.params["C"]) == CANDIDATES["multiclass"][name].defaults["C"]
    assert first.data.params["rows_train"] == str(len(DATA.parts["train"].labels))
    splits = {f"{split}_{metric}" for split in DATA.parts for metric in ("macro_f1", "accuracy", "log_loss")}
    assert splits | {"trial_seconds"} <= set(first.data.metrics)
    assert first.data.metrics["test_macro_f1"] == record[0].metrics["test_macro_f1"]
    assert found[2].data.metrics["steps"] == 60
    assert found[3].data.tags[TAG_ERROR] == "MemoryError: no room"
    assert found[3].info.end_time - found[3].info.start_time == 2500
    assert tracking.trained_candidates(tracked, parent) == []
    assert tracking.parent_run(tracked) == parent

    # Killed and cleared: nothing of the earlier go can be seen any more.
    again = tracking.begin_candidate(tracked, parent, name)
    assert again.info.run_id != child.info.run_id
    of_run = f"tags.`{TAG_DAG_RUN}` = '{tracked.dag_run_id}'"
    visible = mlflow.search_runs([child.info.experiment_id], of_run, run_view_type=ViewType.ACTIVE_ONLY)
    assert {run.info.run_id for run in visible} == {parent, again.info.run_id}
