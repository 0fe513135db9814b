"""Explanations beside the run that trained a version, on a real MLflow server."""

from pathlib import Path

import pytest
from relevo_contract.explanation import (
    BEESWARM_FILE,
    BEESWARM_PICTURE,
    CHANGES_FILE,
    CHANGES_PICTURE,
    CHANGES_TABLE,
    FOLDER,
    IMPORTANCE_FILE,
    IMPORTANCE_PICTURE,
    Beeswarm,
    Changes,
    Importance,
)
from relevo_pipeline import audit
from relevo_pipeline.explanation import step
from relevo_pipeline.served_model import ServedModel
from relevo_pipeline.steps.judge import judge
from relevo_pipeline.steps.promote import promote
from relevo_pipeline.steps.train import train
from support.runs import PROBLEM, Stack, finish, rows

OF_EVERY_VERSION = {IMPORTANCE_FILE, IMPORTANCE_PICTURE, BEESWARM_FILE, BEESWARM_PICTURE}
OF_A_PROMOTION = {CHANGES_FILE, CHANGES_PICTURE, CHANGES_TABLE}


def explanation(stack: Stack, version: str, folder: Path) -> Path:
    """The explanation of a version, as the page finds it."""
    run_id = stack.mlflow.get_model_version(PROBLEM.name, version).run_id
    return Path(stack.mlflow.download_artifacts(run_id, FOLDER, str(folder)))


def test_a_version_is_explained_and_a_promotion_says_what_changed(stack: Stack, tmp_path: Path) -> None:
    first = stack.until_decided("first", rows(300, seed=1), batch=1)
    assert finish(first) == "1"
    found = explanation(stack, "1", tmp_path)
    assert {file.name for file in found.iterdir()} == OF_EVERY_VERSION
    assert all((found / name).read_bytes().startswith(b"\x89PNG") for name in OF_EVERY_VERSION if ".png" in name)
    importance = Importance.model_validate_json((found / IMPORTANCE_FILE).read_bytes())
    card = ServedModel.load(first, "models:/covertype/1").card
    assert set(importance.overall) == {column.name for column in PROBLEM.inputs}
    assert set(importance.by_output) == set(card.labels)
    assert importance.background_rows == len(card.background) == 50
    assert sum(importance.base.values()) == pytest.approx(1)
    swarm = Beeswarm.model_validate_json((found / BEESWARM_FILE).read_bytes())
    assert len(swarm.rows) == importance.rows
    evidence = audit.read(first).evidence
    assert evidence["explanation"] == {"importance": importance.overall}

    second = stack.until_decided("second", rows(3000, seed=2), batch=2)
    assert finish(second) == "2"
    (tmp_path / "second").mkdir()
    found = explanation(stack, "2", tmp_path / "second")
    assert {file.name for file in found.iterdir()} == OF_EVERY_VERSION | OF_A_PROMOTION
    changes = Changes.model_validate_json((found / CHANGES_FILE).read_bytes())
    importance = Importance.model_validate_json((found / IMPORTANCE_FILE).read_bytes())
    assert (changes.previous, changes.rows) == ("1", importance.rows)
    assert {change.column: change.after for change in changes.columns} == pytest.approx(importance.overall)
    assert changes.sentence.startswith(f"Compared with version 1 on the same {importance.rows} test rows, ")
    assert changes.sentence in (found / CHANGES_TABLE).read_text()
    assert audit.read(second).evidence["explanation"]["changes"] == changes.sentence
    # What `assess` had found is still there.
    assert "production_on_new_rows" in audit.read(second).evidence


def test_a_model_that_cannot_be_explained_is_promoted_and_explained_later(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object, **__: object) -> None:
        raise MemoryError("no room")

    run = stack.until_decided("only", rows(300, seed=1), batch=1)
    train(run, "logistic_regression")
    assert judge(run).outcome == "promoted"
    with monkeypatch.context() as patched:
        patched.setattr(step, "explain_rows", breaks)
        assert promote(run) == "1"
    assert audit.read(run).evidence["explanation"] == {
        "error": "the challenger could not be explained: MemoryError: no room"
    }
    # Cleared: the version stays, and gets its explanation.
    assert promote(run) == "1"
    assert "importance" in audit.read(run).evidence["explanation"]
    assert {file.name for file in explanation(stack, "1", tmp_path).iterdir()} == OF_EVERY_VERSION
    # Cleared once more: nothing is done twice.
    with monkeypatch.context() as patched:
        patched.setattr(step, "explain_rows", breaks)
        promote(run)
    assert "importance" in audit.read(run).evidence["explanation"]
