"""The reference counts every training row once, and is small."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from relevo_contract.reference import CategoryCounts, NumberCounts
from relevo_pipeline.drift.reference import histogram, reference
from support.training import dataset

values = arrays(np.float64, st.integers(1, 400), elements=st.integers(-500, 500).map(float))


@given(values)
def test_counts_are_those_of_the_distribution_function(sample: np.ndarray) -> None:
    found = histogram(sample)
    at_edges = [(sample <= edge).sum() for edge in found.edges]
    assert np.cumsum(found.counts).tolist() == at_edges
    assert (found.edges[0], found.edges[-1]) == (sample.min(), sample.max())
    assert set(found.edges) <= set(sample.tolist())


def test_many_values_are_cut_at_their_percentiles() -> None:
    found = histogram(np.random.default_rng(1).permutation(10_000).astype(float))
    assert len(found.edges) == 101
    assert found.counts[0] == 1
    assert all(98 <= count <= 101 for count in found.counts[1:])


def test_a_reference_has_every_column_and_stays_small() -> None:
    data = dataset()
    train = data.parts["train"]
    found = reference(data)
    assert list(found.columns) == [*(column.name for column in data.inputs), data.target.name]
    assert found.rows == len(train.labels)
    slope, soil = found.columns["Slope"], found.columns["Soil_Type"]
    assert isinstance(slope, NumberCounts)
    assert dict(zip(slope.edges, slope.counts, strict=True)) == train.frame["Slope"].value_counts().to_dict()
    assert isinstance(soil, CategoryCounts)
    assert soil.counts == train.frame["Soil_Type"].value_counts().to_dict()
    covers = found.columns[data.target.name]
    assert isinstance(covers, CategoryCounts)
    assert covers.counts == train.frame[data.target.name].value_counts().to_dict()
    assert len(found.model_dump_json(indent=2)) < 64 * 1024
