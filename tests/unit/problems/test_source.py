"""How rows become batches: whatever the rows, each is delivered once, in the order of the file."""

from itertools import chain

from hypothesis import given
from hypothesis import strategies as st
from relevo_problems.source import by_rule, in_order

rows = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 9).map(str)), max_size=60)


@given(rows, st.integers(1, 12))
def test_in_order_every_row_is_in_one_batch_of_its_part(given: list[tuple[str, str]], size: int) -> None:
    parts = in_order(size, part=lambda row: row[0])(given)
    assert set(parts) == {row[0] for row in given}
    for part, batches in parts.items():
        found = list(chain.from_iterable(batches))
        assert found == [position for position, row in enumerate(given) if row[0] == part]
        assert all(len(batch) == size for batch in batches[:-1])
        assert 1 <= len(batches[-1]) <= size


@given(rows)
def test_by_rule_a_row_is_in_the_batch_that_the_rule_says_or_in_none(given: list[tuple[str, str]]) -> None:
    def rule(row: tuple[str, ...]) -> int | None:
        return None if row[1] == "9" else int(row[1]) // 3

    (batches,) = by_rule(rule, batches=3)(given).values()
    assert [[given[position] for position in batch] for batch in batches] == [
        [row for row in given if rule(row) == number] for number in range(3)
    ]
