"""What people promote, take back, approve and reject."""

import getpass
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from subprocess import CompletedProcess, run
from threading import Barrier

import pytest
from relevo_contract.registry import (
    CARD_PATH,
    PREVIOUS,
    PRODUCTION,
    VERDICT_FILE,
)
from relevo_contract.tables import promotions
from relevo_pipeline import audit
from relevo_pipeline.errors import StepError
from relevo_pipeline.hand_over import HandOver, hand_over
from relevo_pipeline.judgement.verdict import Verdict
from relevo_pipeline.operate import BY_HAND, promote, rollback
from relevo_pipeline.run import Run
from relevo_pipeline.steps.answer import answer
from relevo_pipeline.steps.judge import judge
from relevo_pipeline.steps.promote import promote as promote_challenger
from relevo_pipeline.steps.record import record
from relevo_pipeline.steps.reject import reject
from relevo_pipeline.steps.train import train
from sqlalchemy import select
from support.processes import Service
from support.runs import PROBLEM, Stack, finish, graph_of, rows
from support.serving import FRESH, raw_url, serving

from mlflow import MlflowClient

ROW = {column.name: column.default for column in PROBLEM.inputs}


@pytest.fixture
def by_hand(stack: Stack) -> Run:
    return stack.run(BY_HAND)


@pytest.fixture
def two(stack: Stack) -> Stack:
    """Version 1 in production and version 2, its like, rejected."""
    finish(stack.until_decided("first", rows(300, seed=1), batch=1))
    second = stack.until_decided("second", rows(60, seed=2), batch=2)
    train(second, "logistic_regression")
    assert judge(second).outcome == "rejected"
    reject(second)
    record(second, [])
    return stack


def recorded(stack: Stack) -> list[tuple[str | None, str, str, str]]:
    query = select(
        promotions.c.from_version, promotions.c.to_version, promotions.c.promoted_by, promotions.c.reason
    ).order_by(promotions.c.id)
    with stack.stores.raw.connect() as connection:
        return [tuple(row) for row in connection.execute(query)]


def test_every_number_of_the_verdict_is_on_record(two: Stack) -> None:
    entry = audit.read(two.run("second"))
    verdict = Verdict.of(entry.judgement)
    assert (verdict.outcome, verdict.reason) == (entry.verdict, entry.verdict_reason)
    assert verdict.primary.challenger == entry.challenger_score
    assert verdict.primary.low <= verdict.primary.difference <= verdict.primary.high
    assert verdict.champion_version == "1"
    (examined,) = verdict.examined
    assert 0 < examined.latency_ms < PROBLEM.budget.latency_ms
    assert 0 < examined.size_mb < PROBLEM.budget.size_mb
    logged = two.mlflow.download_artifacts(entry.mlflow_run_id, VERDICT_FILE)
    assert Verdict.of(json.loads(Path(logged).read_text())) == verdict


def test_promote_and_roll_back_by_hand_reach_the_next_prediction(two: Stack, by_hand: Run, tmp_path: Path) -> None:
    with serving(tmp_path, two.settings.mlflow_tracking_uri, DEFAULT_PROBLEM=PROBLEM.name) as server:

        def answers() -> str:
            answer = server.http.post("/predict", json=ROW, headers=FRESH).raise_for_status()
            return str(answer.json()["model"]["version"])

        assert answers() == "1"
        said = promote(by_hand, "2", "ana", "smaller")
        assert said == "Version 2 of covertype is in production; before, version 1 was."
        assert answers() == "2"
        assert (two.alias(PRODUCTION), two.alias(PREVIOUS)) == ("2", "1")
        rollback(by_hand, "ben", "calls everything pine")
        assert answers() == "1"
        assert (two.alias(PRODUCTION), two.alias(PREVIOUS)) == ("1", "2")
    assert recorded(two)[1:] == [("1", "2", "ana", "smaller"), ("2", "1", "ben", "calls everything pine")]
    two.mlflow.delete_registered_model_alias(PROBLEM.name, PRODUCTION)
    assert rollback(by_hand, "ana", "gone") == "Version 2 of covertype is in production; before, nothing was."


def test_what_cannot_be_promoted_is_a_sentence(two: Stack, by_hand: Run, mlflow: Service) -> None:
    for number, reason, words in (
        ("9", "why", r"there is no version '9' of covertype; there are: 1, 2\."),
        ("x y", "why", "there is no version 'x y'"),
        ("1", "why", "version 1 of covertype is in production already"),
        ("2", "  ", "say why, for the record"),
    ):
        with pytest.raises(StepError, match=words):
            promote(by_hand, number, "ana", reason)
    with pytest.raises(StepError, match="no version of covertype to go back to: nothing was in production before"):
        rollback(by_hand, "ana", "why")
    graph_of(two, mlflow, two.mlflow.get_model_version(PROBLEM.name, "2").run_id).write_bytes(b"")
    with pytest.raises(StepError, match="version 2 of covertype cannot be served: its graph cannot be opened"):
        promote(by_hand, "2", "ana", "why")
    assert two.promotions() == [(None, "1")]
    assert two.alias(PRODUCTION) == "1"


@pytest.mark.parametrize("alias", [PREVIOUS, PRODUCTION, None])
def test_a_change_by_hand_that_was_interrupted_is_finished(
    two: Stack, by_hand: Run, monkeypatch: pytest.MonkeyPatch, alias: str | None
) -> None:
    """Killed before an alias moved, or (None) before the tag that says that all is done."""
    promote(by_hand, "2", "ana", "smaller")
    move, tag = MlflowClient.set_registered_model_alias, MlflowClient.set_model_version_tag

    def moved(client: MlflowClient, name: str, moving: str, version: str) -> None:
        if moving == alias:
            raise KeyboardInterrupt
        move(client, name, moving, version)

    def tagged(client: MlflowClient, *arguments: str) -> None:
        if alias is None:
            raise KeyboardInterrupt
        tag(client, *arguments)

    with monkeypatch.context() as patched:
        patched.setattr(MlflowClient, "set_registered_model_alias", moved)
        patched.setattr(MlflowClient, "set_model_version_tag", tagged)
        with pytest.raises(KeyboardInterrupt):
            rollback(by_hand, "ana", "worse")
    assert "Version 1 of covertype is in production" in rollback(by_hand, "ana", "worse")
    assert (two.alias(PRODUCTION), two.alias(PREVIOUS)) == ("1", "2")
    assert two.promotions() == [(None, "1"), ("1", "2"), ("2", "1")]
    # Done is done: the same words once more are a change of their own, forth again.
    rollback(by_hand, "ana", "worse")
    assert (two.alias(PRODUCTION), len(two.promotions())) == ("2", 4)


def test_the_command_says_what_it_did_and_who_did_it(two: Stack, tmp_path: Path) -> None:
    def operate(*arguments: str) -> CompletedProcess[str]:
        environment = {
            "PATH": "/usr/bin:/bin",
            "RAW_DB_URL": raw_url(tmp_path),
            "CLEAN_DB_URL": f"sqlite:///{tmp_path}/clean.db",
            "MLFLOW_TRACKING_URI": two.settings.mlflow_tracking_uri,
        }
        command = [sys.executable, "-m", "relevo_pipeline.operate", *arguments]
        return run(command, env=environment, capture_output=True, text=True, check=False)

    done = operate("promote", "--problem=covertype", "--version=2", "--reason=smaller")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "Version 2 of covertype is in production; before, version 1 was.\n"
    assert recorded(two)[-1] == ("1", "2", getpass.getuser(), "smaller")
    refused = operate("promote", "--problem=covertype", "--version=2", "--reason=again")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == "Not done: version 2 of covertype is in production already.\n"
    assert "there is no problem called 'weather'" in operate("rollback", "--problem=weather", "--reason=r").stderr


def test_a_person_has_the_last_word(stack: Stack) -> None:
    run = stack.until_decided("only", rows(300, seed=1), batch=1)
    train(run, "logistic_regression")
    found = judge(run).reason.removeprefix("promoted: ")
    said = answer(run, approved=False, by="ana", why="not on a Friday")
    assert said.reason == f"rejected: by ana, who said: not on a Friday; judged was {found}"
    # A cleared run keeps what was said.
    assert judge(run) == answer(run, approved=True, by="ben", why="") == said
    assert reject(run) == "1"
    entry = audit.read(run)
    assert (entry.verdict, entry.verdict_reason) == ("rejected", said.reason)
    assert stack.mlflow.get_model_version(PROBLEM.name, "1").tags["relevo.verdict"] == "rejected"
    assert stack.promotions() == []


def test_an_approved_promotion_names_who_approved(stack: Stack) -> None:
    run = stack.until_decided("only", rows(300, seed=1), batch=1)
    train(run, "logistic_regression")
    judge(run)
    said = answer(run, approved=True, by="ana", why="")
    assert said.reason.endswith("; approved by ana, who gave no reason")
    assert promote_challenger(run) == "1"
    assert recorded(stack) == [(None, "1", "ana", said.reason)]


def test_a_champion_that_was_registered_by_hand_is_named(two: Stack, mlflow: Service) -> None:
    third = two.until_decided("third", rows(60, seed=3), batch=3)
    train(third, "logistic_regression")
    run_id = two.mlflow.get_model_version(PROBLEM.name, "1").run_id
    (graph_of(two, mlflow, run_id).parent / CARD_PATH).unlink()
    with pytest.raises(
        StepError, match=r"models:/covertype/1 cannot be served: it has no extra_files/card\.json\. If"
    ):
        judge(third)


def test_of_two_changes_at_once_one_is_made_and_one_is_refused(two: Stack, by_hand: Run) -> None:
    """Each has seen version 1 in production before either begins to move anything."""
    third = two.until_decided("third", rows(60, seed=3), batch=3)
    train(third, "logistic_regression")
    judge(third)
    reject(third)
    changes = [HandOver(PROBLEM.name, "1", number, "ana", f"to {number}") for number in ("2", "3")]
    together = Barrier(2)

    def change(wanted: HandOver) -> str:
        together.wait()
        try:
            hand_over(by_hand, wanted)
        except StepError as error:
            return str(error)
        return "made"

    with ThreadPoolExecutor(2) as pool:
        said = sorted(pool.map(change, changes), key=len)
    assert said[0] == "made"
    in_production = two.alias(PRODUCTION)
    assert said[1] == (
        f"version {in_production} of covertype is in production, and version 1 was to be replaced: somebody moved "
        "the alias in between. Nothing was changed; a run has to be started anew."
    )
    assert two.promotions() == [(None, "1"), ("1", in_production)]
