"""What changed since the previous model, in numbers and in words."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from relevo_contract.columns import Column
from relevo_contract.shapley import Matrix
from relevo_pipeline.explanation import pictures
from relevo_pipeline.explanation.changes import amount, compare, ordinal, table
from support.explanations import explained

COLUMNS = tuple(Column(name=name, kind="number", description=name) for name in ("Height", "Weight", "Age"))


def values(*moved: float, spread: float = 0.0, rows: int = 40) -> Matrix:
    """Two classes: what each column moves, the same in every row but for a spread around it."""
    wave = 1 + spread * np.where(np.arange(rows) % 2, 1, -1)
    columns = np.array(moved) * wave[:, None]
    return np.stack([columns, -columns], axis=2)


def test_magnitude_and_rank_by_hand() -> None:
    before, after = (explained(values(*moved), COLUMNS) for moved in ((0.3, 0.1, 0.2), (0.24, 0.26, 0.2)))
    changes = compare("7", before, after)
    assert [change.column for change in changes.columns] == ["Weight", "Height", "Age"]
    weight, height, age = changes.columns
    assert (weight.rank_before, weight.rank_after, height.rank_before, height.rank_after) == (3, 1, 1, 2)
    assert (weight.before, weight.after, weight.difference) == pytest.approx((0.1, 0.26, 0.16))
    assert not age.is_distinguishable
    assert changes.sentence == (
        "Compared with version 7 on the same 40 test rows, Weight counts more (0.100 → 0.260) and moved from 3rd "
        "to 1st; Height counts less (0.300 → 0.240) and moved from 1st to 2nd."
    )
    assert "| Height | 0.300 | 0.240 | -0.06 |" in table(changes)


def test_the_same_model_did_not_change() -> None:
    model = explained(values(0.3, 0.1, 0.2, spread=0.5), COLUMNS)
    changes = compare("1", model, model)
    assert changes.sentence == (
        "Compared with version 1 on the same 40 test rows, no column counts distinguishably more or less."
    )
    assert {change.interval for change in changes.columns} == {(0, 0)}


def test_the_interval_is_that_of_a_paired_mean() -> None:
    random = np.random.default_rng(3)
    differences = random.normal(0.01, 0.05, 200)
    before = np.full((200, 1, 2), 0.3)
    after = np.repeat((0.3 + differences)[:, None, None], 2, axis=2)
    (change,) = compare("1", explained(before, COLUMNS[:1]), explained(after, COLUMNS[:1])).columns
    margin = 1.96 * differences.std(ddof=1) / np.sqrt(200)
    assert change.interval == pytest.approx((differences.mean() - margin, differences.mean() + margin))


def test_columns_that_come_and_go_are_said_so() -> None:
    before = explained(values(0.3, 0.1), COLUMNS[:2])
    after = explained(values(0.3, 0.2), (COLUMNS[0], COLUMNS[2]))
    changes = compare("1", before, after)
    assert [change.column for change in changes.columns] == ["Height", "Age", "Weight"]
    assert "Age is new (0.200, 2nd)" in changes.sentence
    assert "Weight is no longer there (it was 0.100)" in changes.sentence


def test_only_rows_that_both_models_were_explained_on_are_compared() -> None:
    before, after = values(0.3, 0.1, 0.2, rows=25), values(0.3, 0.1, 0.2)
    after[30:] *= 2
    changes = compare("1", explained(before, COLUMNS), explained(after, COLUMNS))
    assert changes.rows == 25
    assert {change.difference for change in changes.columns} == {0}


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=3, max_size=3))
def test_ranks_are_those_of_the_importances(moved: list[tuple[float, float]]) -> None:
    changes = compare("1", *(explained(values(*side), COLUMNS) for side in zip(*moved, strict=True)))
    assert sorted(change.rank_after or 0 for change in changes.columns) == [1, 2, 3]
    after = [change.after or 0 for change in changes.columns]
    assert after == sorted(after, reverse=True)


@pytest.mark.parametrize(
    ("place", "said"), [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (112, "112th"), (21, "21st")]
)
def test_ranks_in_words(place: int, said: str) -> None:
    assert ordinal(place) == said


@pytest.mark.parametrize(("value", "said"), [(0.03456, "0.035"), (12.34, "12.3"), (45678.9, "45,679"), (None, "–")])
def test_importances_in_words(value: float | None, said: str) -> None:
    assert amount(value) == said


@pytest.mark.parametrize("outputs", [("a", "b"), ("price",), tuple("abcdefghij")])
def test_the_pictures_name_every_column_and_class(outputs: tuple[str, ...]) -> None:
    random = np.random.default_rng(1)
    model = explained(random.normal(size=(25, 3, len(outputs))), COLUMNS, outputs)
    bars = pictures.importance_picture(model, "Title")
    assert {tick.get_text() for tick in bars.axes[0].get_yticklabels()} == {"Height", "Weight", "Age"}
    named = [text.get_text() for legend in bars.legends for text in legend.get_texts()]
    assert named == (list(model.names) if len(outputs) > 1 else [])
    panels = [
        axes
        for axes in pictures.beeswarm_picture(model, "Title").axes
        if axes.collections and axes.yaxis.get_ticklabels()
    ]
    swarms = [axes for axes in panels if len(axes.collections) == 3]
    assert len(swarms) == {2: 1, 1: 1, 10: 10}[len(outputs)]
    assert all(sum(len(dots.get_offsets()) for dots in axes.collections) == 75 for axes in swarms)
    changed = pictures.changes_picture(compare("1", model, model))
    assert len(changed.axes[0].patches) == 6
