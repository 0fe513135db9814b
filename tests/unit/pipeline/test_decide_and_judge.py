"""The sentences that go on record."""

import pytest
from relevo_pipeline.steps.decide import rule
from relevo_pipeline.steps.judge import compare
from relevo_pipeline.tracking import Candidate
from relevo_problems.registry import load


@pytest.mark.parametrize(
    ("champion", "received", "new", "action", "name", "reason"),
    [
        (None, 5810, 5810, "train", "no_production_model", "train: no model is in production yet"),
        (None, 5810, 0, "train", "no_production_model", "train: no model is in production yet"),
        ("3", 5810, 5223, "train", "new_rows", "train: 5,223 of 5,810 rows are new"),
        ("3", 5810, 0, "skip", "no_new_rows", "skip: all 5,810 rows were known already"),
    ],
)
def test_the_rule_that_fires(champion, received, new, action, name, reason) -> None:
    decision = rule(champion, received, new)
    assert (decision.action, decision.rule, decision.reason) == (action, name, reason)


def challenger(different_labels: float = 0, max_difference: float = 1e-7) -> Candidate:
    metrics = {"parity_different_labels": different_labels, "parity_max_difference": max_difference}
    return Candidate("xgboost", "run", "model", metrics)


@pytest.mark.parametrize(
    ("score", "champion_score", "outcome", "reason"),
    [
        (0.8412, None, "promoted", "promoted: the first model, xgboost with macro F1 0.8412"),
        (
            0.8412,
            0.8123,
            "promoted",
            "promoted: better macro F1, xgboost 0.8412 vs 0.8123 (+0.0289) on the same test rows",
        ),
        (
            0.8123,
            0.8412,
            "rejected",
            "rejected: no better macro F1, xgboost 0.8123 vs 0.8412 (-0.0289) on the same test rows",
        ),
        (
            0.8412,
            0.8412,
            "rejected",
            "rejected: no better macro F1, xgboost 0.8412 vs 0.8412 (+0.0000) on the same test rows",
        ),
    ],
)
def test_the_better_score_wins(score, champion_score, outcome, reason) -> None:
    verdict = compare(load("covertype"), challenger(), score, champion_score)
    assert (verdict.outcome, verdict.reason) == (outcome, reason)


@pytest.mark.parametrize(
    "broken",
    [challenger(different_labels=1), challenger(max_difference=0.2), challenger(max_difference=float("nan"))],
)
def test_a_served_form_that_is_not_the_trained_model_is_never_promoted(broken: Candidate) -> None:
    verdict = compare(load("covertype"), broken, 0.99, None)
    assert verdict.outcome == "rejected"
    assert "the served form of xgboost is not the trained model" in verdict.reason
