"""The sentences that go on record."""

import pytest
from relevo_pipeline.steps.decide import rule


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
