"""The search for the most users, against servers of which it is known how many they hold."""

from hypothesis import given
from hypothesis import strategies as st
from relevo_loadtest.capacity.search import most_users

USERS = st.integers(min_value=1, max_value=50_000)
PRECISION = st.floats(min_value=0.001, max_value=0.5)


@given(holds=st.integers(min_value=0, max_value=50_000), start=USERS, limit=USERS, precision=PRECISION)
def test_the_answer_is_within_the_precision_below_the_threshold(
    holds: int, start: int, limit: int, precision: float
) -> None:
    asked: list[int] = []

    def measure(users: int) -> bool:
        asked.append(users)
        return users <= holds

    most = most_users(measure, start, limit, precision)
    assert 0 <= most <= min(holds, limit)
    if most < limit:
        broke = min(users for users in asked if users > holds)
        assert broke - most <= max(1, precision * broke)
    assert all(1 <= users <= limit for users in asked)
    # The climb, the second look, the halves.
    assert len(asked) <= 2 * 17 + 2


@given(holds=USERS, start=USERS, limit=USERS, precision=PRECISION)
def test_what_it_answers_has_been_measured(holds: int, start: int, limit: int, precision: float) -> None:
    held: set[int] = set()

    def measure(users: int) -> bool:
        if users <= holds:
            held.add(users)
        return users <= holds

    most = most_users(measure, start, limit, precision)
    assert most in held or most == 0


def test_one_disturbance_does_not_end_the_climb() -> None:
    asked: list[int] = []

    def measure(users: int) -> bool:
        asked.append(users)
        return users <= 900 and asked.count(users) > 1 if users == 200 else users <= 900

    assert most_users(measure, 100, 10_000, 0.05) >= 850
    assert asked[:4] == [100, 200, 200, 400]


def test_a_server_that_holds_nobody_is_measured_down_to_one_user() -> None:
    asked: list[int] = []

    def measure(users: int) -> bool:
        asked.append(users)
        return False

    assert most_users(measure, 8, 100, 0.05) == 0
    assert asked == [8, 8, 4, 2, 1]
