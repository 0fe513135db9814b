"""Ids that are made on every request."""

import time
from uuid import RFC_4122, UUID

from relevo_inference.ids import uuid


def test_it_is_a_uuid_of_its_moment_as_python_would_write_it() -> None:
    before = time.time_ns() // 1_000_000
    made = [uuid() for _ in range(500)]
    after = time.time_ns() // 1_000_000
    parsed = [UUID(text) for text in made]
    assert {(one.version, one.variant) for one in parsed} == {(7, RFC_4122)}
    assert [str(one) for one in parsed] == made
    assert len(set(made)) == 500
    assert {text[19] for text in made} == set("89ab")
    moments = [one.int >> 80 for one in parsed]
    assert moments == sorted(moments)
    assert before <= moments[0] <= moments[-1] <= after


def test_its_random_bits_are_all_in_use() -> None:
    """74 of them: all but the moment, the version and the variant."""
    ones = zeros = 0
    for _ in range(200):
        ones |= UUID(uuid()).int
        zeros |= ~UUID(uuid()).int
    assert (ones & zeros & (2**80 - 1)).bit_count() == 74
