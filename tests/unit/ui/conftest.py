"""A card with a column of every kind, and the words and links the page is tested with."""

from datetime import UTC, datetime

import pytest
from relevo_contract.card import Card, TrainingSet
from relevo_contract.columns import Column
from relevo_ui.links import Links


@pytest.fixture
def card() -> Card:
    return Card(
        problem="animals",
        title="Animals",
        description="Which animal it is.",
        task="multiclass",
        data="real",
        algorithm="xgboost",
        inputs=(
            Column(
                name="Body_Width",
                kind="number",
                description="how wide it is",
                unit="m",
                minimum=0,
                maximum=10,
                typical=(0.5, 4),
                default=2.5,
            ),
            Column(name="Legs", kind="integer", description="Legs", minimum=0, default=4),
            Column(name="Weight", kind="number", description="Weight in all", maximum=1e6),
            Column(name="Age", kind="number", description="Is it old?"),
            Column(
                name="Colour",
                kind="category",
                description="Its colour",
                choices=("r", "g"),
                choice_names={"r": "Red"},
                default="g",
            ),
        ),
        target=Column(
            name="Animal",
            kind="category",
            description="Animal",
            choices=("0", "1"),
            choice_names={"0": "Ant", "1": "Bee"},
        ),
        primary_metric="macro_f1",
        metrics={"macro_f1": 0.5},
        training_set=TrainingSet(name="a", last_collection_id=1, split_rule="hash", rows=9, digest="d", batch="1"),
        decision="train: no model is in production yet",
        code_version="1",
        run_id="a" * 32,
        dag_run_id="manual__1",
        created_at=datetime(2026, 11, 21, tzinfo=UTC),
    )


@pytest.fixture
def links() -> Links:
    return Links("https://air.example", "https://flow.example", "https://models.example")
