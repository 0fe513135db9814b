"""The rules of rotation, for whatever times requests come at."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from relevo_datasource.protocols.protocol import restart
from relevo_datasource.protocols.rotating import PARTS, PORTION, advance, part_rows, sample
from relevo_datasource.state import Progress

waits = st.lists(st.floats(0, 2_000), max_size=40)
rotations = st.floats(0, 1_000)
totals = st.integers(PARTS * PORTION, 600_000)


@settings(deadline=None)
@given(waits, rotations)
def test_a_part_moves_on_at_the_first_request_later_than_the_rotation_time(
    gaps: list[float], rotate_seconds: float
) -> None:
    now, progress = 1_800_000_000.0, Progress()
    for calls, gap in enumerate(gaps, start=1):
        now += gap
        before, progress = progress, advance(progress, now, rotate_seconds)
        assert progress.calls == calls
        if before.part == 0:
            assert (progress.part, progress.part_began) == (1, now)
        elif before.part <= PARTS and now - before.part_began > rotate_seconds:
            assert (progress.part, progress.part_began) == (before.part + 1, now)
        else:
            assert (progress.part, progress.part_began) == (before.part, before.part_began)
        assert 1 <= progress.part <= PARTS + 1


def test_exactly_the_rotation_time_later_is_still_the_same_part() -> None:
    begun = advance(Progress(), 1000.0, 300.0)
    assert advance(begun, 1300.0, 300.0).part == 1
    assert advance(begun, 1300.001, 300.0).part == 2


def test_the_time_counts_from_the_first_request_for_a_part_not_from_the_latest() -> None:
    progress = Progress()
    parts = []
    for now in (0.0, 200.0, 290.0, 400.0, 690.0, 701.0):
        progress = advance(progress, now, 300.0)
        parts.append(progress.part)
    assert parts == [1, 1, 1, 2, 2, 3]


def test_a_clock_that_goes_backwards_never_goes_back_a_part() -> None:
    progress = advance(advance(Progress(), 1000.0, 10.0), 2000.0, 10.0)
    assert advance(progress, 500.0, 10.0).part == 2


@settings(deadline=None)
@given(totals)
def test_parts_are_consecutive_equal_and_disjoint(total: int) -> None:
    parts = [part_rows(part, total) for part in range(1, PARTS + 1)]
    assert {len(part) for part in parts} == {total // PARTS}
    assert parts[0].start == 0
    assert all(one.stop == other.start for one, other in pairwise(parts))
    assert total - PARTS < parts[-1].stop <= total


@settings(deadline=None)
@given(st.integers(1, PARTS), totals, st.text(max_size=20))
def test_a_sample_is_a_tenth_of_its_part_without_repeats(part: int, total: int, draw: str) -> None:
    rows = part_rows(part, total)
    drawn = sample(rows, draw)
    assert len(drawn) == len(set(drawn)) == len(rows) // PORTION
    assert set(drawn) <= set(rows)
    assert drawn == sample(rows, draw)


def test_the_sizes_of_the_full_data() -> None:
    rows = part_rows(10, 581_012)
    assert len(rows) == 58_101
    assert len(sample(rows, "any")) == 5_810


def test_a_restart_goes_back_to_the_first_part_but_not_to_the_same_draws() -> None:
    first = advance(Progress(), 0.0, 300.0)
    again = advance(restart(first), 1.0, 300.0)
    assert (again.part, again.part_began) == (1, 1.0)
    assert again.calls > first.calls
