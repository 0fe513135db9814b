"""Ids that are made on every request."""

from uuid import RFC_4122, UUID

from relevo_inference.ids import uuid


def test_it_is_a_random_uuid_as_python_would_write_it() -> None:
    made = [uuid() for _ in range(500)]
    parsed = [UUID(text) for text in made]
    assert {(one.version, one.variant) for one in parsed} == {(4, RFC_4122)}
    assert [str(one) for one in parsed] == made
    assert len(set(made)) == 500
    assert {text[19] for text in made} == set("89ab")
