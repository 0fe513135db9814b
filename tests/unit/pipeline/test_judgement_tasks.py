"""Who wins a regression and a binary task: the direction, the sentence, the guards and the slices."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from relevo_pipeline.judgement.compare import compare, first_model
from relevo_pipeline.judgement.outcomes import Answered, Outcomes, Paired
from relevo_pipeline.judgement.proposal import proposal
from relevo_pipeline.judgement.verdict import Verdict
from relevo_pipeline.scoring.bootstrap import Estimate
from relevo_problems.problem import Problem
from support.animals import card
from support.tasks import HOUSES, RELAPSE, houses, relapse

PRICED, PEOPLE = houses(1500), relapse(3000)
SOLD = PRICED["Price"].to_numpy()
BACK = (PEOPLE["Back"] == "yes").to_numpy()


def judged(
    problem: Problem, rows: pd.DataFrame, champion: np.ndarray, challenger: np.ndarray, **threshold: float
) -> Verdict:
    said = card(task=problem.task, target=problem.target, **threshold)
    outcomes = Outcomes.between(problem, rows, Answered(said, champion), Answered(said, challenger))
    return compare(problem, rows, outcomes, algorithm="xgboost", champion="3", seed=1)


def priced(spread: float | np.ndarray, seed: int) -> np.ndarray:
    """Prices that are off by a factor of about this spread."""
    return SOLD * np.exp(np.random.default_rng(seed).normal(0, spread, len(SOLD)))


def likely(skill: float | np.ndarray, seed: int) -> np.ndarray:
    """Probabilities that lie this many deviations apart for those who came back and those who did not."""
    score = np.random.default_rng(seed).normal(0, 1, len(BACK)) + skill * BACK
    probability = 1 / (1 + np.exp(-(score - 2.5)))
    return np.column_stack([1 - probability, probability])


def test_a_smaller_error_is_better() -> None:
    verdict = judged(HOUSES, PRICED, priced(0.30, 1), priced(0.15, 2))
    assert (verdict.outcome, verdict.rule, verdict.unit) == ("promoted", "better", "USD")
    interval = r"95 % −\d+,\d{3}…−\d+,\d{3}"
    sentence = rf"promoted: MAE \$\d+,\d{{3}} vs \$\d+,\d{{3}} \(−\d+,\d{{3}}, {interval}\): xgboost is better than"
    assert re.match(sentence, verdict.reason)
    assert verdict.challenger_score < verdict.champion_score
    assert Verdict.of(verdict.document()) == verdict


def test_a_larger_error_is_worse() -> None:
    verdict = judged(HOUSES, PRICED, priced(0.15, 1), priced(0.30, 2))
    assert (verdict.outcome, verdict.rule) == ("rejected", "worse")
    assert re.search(r"\(\+\d+,\d{3}, 95 % \+\d+,\d{3}…\+\d+,\d{3}\): worse than the champion", verdict.reason)


def test_errors_that_are_as_large_are_not_distinguishable() -> None:
    assert judged(HOUSES, PRICED, priced(0.2, 1), priced(0.2, 2)).rule == "not_distinguishable"


def test_a_few_terrible_prices_are_not_made_up_for_by_the_others() -> None:
    terrible = priced(0.05, 2)
    terrible[np.argsort(SOLD)[-40:]] *= 3
    verdict = judged(HOUSES, PRICED, priced(0.45, 1), terrible)
    assert (verdict.outcome, verdict.rule) == ("rejected", "guard")
    assert re.match(r"rejected: RMSE \$\d+,\d{3} vs \$\d+,\d{3} \(tolerance 5 %\)", verdict.reason)
    assert "in spite of MAE $" in verdict.reason


def test_a_town_that_loses_is_named() -> None:
    in_b = (PRICED["Town"] == "b").to_numpy()
    verdict = judged(HOUSES, PRICED, priced(0.3, 1), priced(np.where(in_b, 0.42, 0.02), 2))
    assert (verdict.outcome, verdict.rule) == ("rejected", "guard")
    assert "MAE where Town is b $" in verdict.reason
    assert "(tolerance 10 %)" in verdict.reason
    tolerant = replace(HOUSES, slices=replace(HOUSES.slices, tolerance=1.0))
    assert judged(tolerant, PRICED, priced(0.3, 1), priced(np.where(in_b, 0.42, 0.02), 2)).outcome == "promoted"


def test_the_first_price_model_is_introduced_in_dollars() -> None:
    verdict = first_model(HOUSES, "linear_regression", Estimate(83_120, 81_000, 85_000), 870)
    assert verdict.reason == "promoted: the first model, linear_regression with MAE $83,120 (95 % $81,000…$85,000)"


def test_a_better_ranking_is_better() -> None:
    verdict = judged(RELAPSE, PEOPLE, likely(0.8, 1), likely(2.0, 2))
    assert (verdict.outcome, verdict.rule) == ("promoted", "better")
    assert re.match(r"promoted: AUROC 0\.\d{4} vs 0\.\d{4} \(\+0\.\d{4}, 95 % \+0", verdict.reason)
    assert judged(RELAPSE, PEOPLE, likely(2.0, 1), likely(0.8, 2)).rule == "worse"
    assert judged(RELAPSE, PEOPLE, likely(1.0, 1), likely(1.0, 3)).rule == "not_distinguishable"


def test_a_group_that_is_ranked_worse_is_named() -> None:
    men = (PEOPLE["Sex"] == "m").to_numpy()
    verdict = judged(RELAPSE, PEOPLE, likely(1.0, 1), likely(np.where(men, 0.6, 9.0), 1))
    assert (verdict.outcome, verdict.rule) == ("rejected", "guard")
    assert "AUROC where Sex is m 0." in verdict.reason


def test_probabilities_that_lie_are_named_although_their_order_is_better() -> None:
    better = likely(2.0, 2)
    boasting = np.column_stack([1 - better[:, 1] ** 0.05, better[:, 1] ** 0.05])
    verdict = judged(RELAPSE, PEOPLE, likely(0.8, 1), boasting)
    assert verdict.rule == "guard"
    assert "Brier score 0." in verdict.reason


def test_each_model_is_held_to_its_own_threshold() -> None:
    said = likely(1.5, 1)
    high, low = (card(task="binary", target=RELAPSE.target, threshold=at) for at in (0.9, 0.1))
    verdict = compare(
        RELAPSE,
        PEOPLE,
        Outcomes.between(RELAPSE, PEOPLE, Answered(low, said), Answered(high, said)),
        algorithm="xgboost",
        champion="3",
        seed=1,
    )
    recall = next(guard for guard in verdict.guards if guard.subject == "recall")
    assert recall.paired.champion > recall.paired.challenger
    assert recall.violated


def test_a_person_reads_errors_in_the_targets_unit() -> None:
    said = proposal(judged(HOUSES, PRICED, priced(0.30, 1), priced(0.15, 2)))
    assert re.search(r"\| MAE \| \$[\d,]+ \| \$[\d,]+ \| −[\d,]+ \| −[\d,]+…−[\d,]+ \|  \|", said)
    assert re.search(r"\| RMSE \| \$[\d,]+ \| .* \| 5 % \|", said)
    assert re.search(r"\| R² \| 0\.\d{4} \| .* \| 0.02 \|", said)


def test_judgements_of_earlier_releases_read_as_they_did() -> None:
    old = judged(RELAPSE, PEOPLE, likely(0.8, 1), likely(2.0, 2)).document()
    del old["primary"]["metric"], old["unit"]
    for guard in old["guards"]:
        del guard["paired"]["metric"]
    read = Verdict.of(old)
    assert read.primary == replace(read.primary, metric="")
    assert read.primary.gain.low > 0
    assert Paired(0.5, 0.4, -0.1, -0.2, -0.05, 100).gain.point == pytest.approx(-0.1)
