"""Which rule fires on which evidence, and the sentences that go on record."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from relevo_contract.assessment import Assessment, ColumnDrift, NewCategory, Score, Volume
from relevo_pipeline.drift.measures import evaluate
from relevo_pipeline.steps.decide import Decision, decision_on
from relevo_problems.rules import TRAINING_RULES

RULES = {rule.name: rule for rule in TRAINING_RULES}
COLUMNS = ("Elevation", "Slope", "Aspect", "Soil", "Area", "Noon", "Roads", "Fire", "Water", "Height")


def columns(*indices: float) -> tuple[ColumnDrift, ...]:
    """Ten columns with these indices, significant and drifted from 0.1 on; 0.01 for the others."""
    psi = [*indices, *[0.01] * (len(COLUMNS) - len(indices))]
    return tuple(
        ColumnDrift(column=name, test="ks", statistic=0.1, p=0.0, q=0.0, psi=value, drifted=value >= 0.1)
        for name, value in zip(COLUMNS, psi, strict=True)
    )


def score(value: float, width: float = 0.02, recorded: tuple[float, float] | None = (0.81, 0.85)) -> Score:
    return Score(metric="macro_f1", value=value, low=value - width, high=value + width, recorded=recorded)


QUIET = Assessment(
    version="3",
    volume=Volume(received=500, new=450, batches=4, usual_received=500, usual_new=460),
    reference_rows=4000,
    columns=columns(0.11, 0.02),
    new_categories=(NewCategory(column="Soil", choice="X1", rows=12, share=0.0267),),
    score=score(0.83),
    rows_since_training=450,
    trained_on=4000,
)


def decided(found: Assessment) -> Decision:
    return decision_on(found, [evaluate(rule, found) for rule in TRAINING_RULES])


def but(**changes: object) -> Assessment:
    return QUIET.model_copy(update=changes)


def test_without_a_model_there_is_training_whatever_the_rows() -> None:
    for new in (0, 450):
        found = Assessment(version=None, volume=QUIET.volume.model_copy(update={"new": new}))
        assert decided(found) == Decision("train", "no_production_model", "train: no model is in production yet")


def test_a_skip_says_what_every_rule_saw() -> None:
    assert decided(QUIET) == Decision(
        "skip",
        "no_rule",
        "skip: no rule fired: version 3 is in production"
        " · 1 of 10 columns drifted (Elevation PSI 0.11; the rule needs 2)"
        " · macro F1 0.830 (0.810–0.850) on the new rows, in line with 0.810–0.850 at training"
        " · never seen in training: Soil 'X1' in 12 rows (2.7%) (the rule needs 50 rows)"
        " · 450 new rows, about 315 of them to train on: 8% of the 4,000 that the model was trained on"
        " (the rule needs 50%)",
    )


@pytest.mark.parametrize(
    ("found", "rule", "reason"),
    [
        (
            but(columns=columns(0.11, 2.5, 0.3, 0.2)),
            "drift",
            "4 of 10 columns drifted (Slope PSI 2.50, Aspect PSI 0.30, Soil PSI 0.20 and 1 more; the rule needs 2)",
        ),
        (
            but(score=score(0.71)),
            "score",
            "macro F1 0.710 (0.690–0.730) on the new rows, below 0.810–0.850 at training",
        ),
        (
            but(new_categories=(NewCategory(column="Soil", choice="X1", rows=90, share=0.2),)),
            "new_categories",
            "never seen in training: Soil 'X1' in 90 rows (20.0%) (the rule needs 50 rows)",
        ),
        (
            but(rows_since_training=2900),
            "new_rows",
            "2,900 new rows, about 2,030 of them to train on: 51% of the 4,000 that the model was trained on"
            " (the rule needs 50%)",
        ),
    ],
)
def test_each_rule_fires_on_its_own(found: Assessment, rule: str, reason: str) -> None:
    assert decided(found) == Decision("train", rule, f"train: {reason}")


def test_rows_to_test_on_do_not_count_as_rows_to_train_on() -> None:
    # 2,700 rows are two thirds of 4,000, and 1,890 of them would be trained on.
    assert decided(but(rows_since_training=2700)).action == "skip"


def test_almost_enough_new_rows_do_not_read_as_enough() -> None:
    # 1,993 of 4,000 are 49.8 %.
    decision = decided(but(rows_since_training=2847))
    assert decision.action == "skip"
    assert "49.83% of the 4,000 that the model was trained on (the rule needs 50%)" in decision.reason


def test_several_rules_are_all_said_and_the_first_one_is_named() -> None:
    decision = decided(but(columns=columns(0.3, 0.3), rows_since_training=3000))
    assert decision.rule == "drift"
    assert "2 of 10 columns drifted" in decision.reason
    assert "3,000 new rows" in decision.reason


def test_no_new_rows_are_a_skip_whatever_gathered_before() -> None:
    volume = QUIET.volume.model_copy(update={"new": 0})
    decision = decided(but(volume=volume, columns=(), score=None, rows_since_training=9000))
    assert decision == Decision("skip", "no_new_rows", "skip: none of the 500 rows received is new")


def test_an_answer_that_was_there_before_is_named() -> None:
    found = but(volume=QUIET.volume.model_copy(update={"new": 0}))
    assert decision_on(found, [], same_body_as=7).reason == (
        "skip: none of the 500 rows received is new: the same answer, byte for byte, as collection 7"
    )


def test_a_version_without_a_reference_is_named() -> None:
    decision = decided(but(columns=(), reference_rows=None, score=score(0.5, recorded=None)))
    assert decision.action == "skip"
    assert "version 3 has no reference, so there is nothing to compare the new rows with" in decision.reason
    assert "0.500 (0.480–0.520) on the new rows, and version 3 has no recorded interval" in decision.reason


def test_one_row_is_no_plural() -> None:
    one = NewCategory(column="Soil", choice="X1", rows=1, share=0.002)
    sentence = evaluate(RULES["new_categories"], but(new_categories=(one,))).sentence
    assert sentence == "never seen in training: Soil 'X1' in 1 row (0.2%) (the rule needs 50 rows)"


def test_the_first_batch_speaks_of_no_version() -> None:
    first = but(version=None, reference_rows=None, columns=(), score=None, trained_on=None)
    sentences = [evaluate(RULES[name], first).sentence for name in ("drift", "score")]
    assert sentences == [
        "there is no model in production whose training rows the new ones could be compared with",
        "there is no model in production to score on the new rows",
    ]


def test_the_nearest_column_is_named_when_none_drifted() -> None:
    reason = decided(but(columns=columns(0.02, 0.09))).reason
    assert "0 of 10 columns drifted (the largest PSI is 0.09, of Slope; the rule needs 2)" in reason


@given(st.floats(0, 1), st.floats(0.001, 0.2), st.floats(0, 1), st.floats(0.001, 0.2))
def test_the_score_fires_only_below_the_whole_band(value: float, width: float, at: float, band: float) -> None:
    outcome = evaluate(RULES["score"], but(score=score(value, width, (at - band, at + band))))
    assert outcome.fired == (value + width <= at - band)
    assert ("below" in outcome.sentence) == outcome.fired


def test_thresholds_are_the_problems() -> None:
    assert evaluate(replace(RULES["new_rows"], threshold=0.07), QUIET).fired
    assert evaluate(replace(RULES["new_categories"], threshold=12), QUIET).fired
    assert evaluate(replace(RULES["drift"], threshold=0.1), QUIET).fired
    assert not evaluate(replace(RULES["drift"], threshold=0.11), QUIET).fired
