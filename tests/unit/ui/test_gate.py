"""The operator's password: what lets in, what does not, and for how long."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from relevo_ui.operation.gate import (
    ADDRESSES,
    SESSION_SECONDS,
    TRIES,
    WINDOW_SECONDS,
    Gate,
    NamelessError,
    NoOperatorError,
    SignedOutError,
    TooManyTriesError,
    WrongPasswordError,
    same,
)

PASSWORD = "correct horse"


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def gate(clock: Clock) -> Gate:
    return Gate(SecretStr(PASSWORD), clock)


def test_the_password_lets_in_for_an_hour(gate: Gate, clock: Clock) -> None:
    operator = gate.enter("  Ana   María ", PASSWORD, "a")
    assert operator.name == "Ana María"
    assert PASSWORD not in repr(operator)
    assert gate.check(operator) is operator
    clock.now += SESSION_SECONDS - 1
    assert gate.left(operator) == pytest.approx(1)
    gate.check(operator)
    clock.now += 2
    with pytest.raises(SignedOutError):
        gate.check(operator)
    with pytest.raises(SignedOutError):
        gate.check(None)


def test_wrong_tries_are_counted_by_address_and_forgotten_after_a_minute(gate: Gate, clock: Clock) -> None:
    for _ in range(TRIES):
        with pytest.raises(WrongPasswordError):
            gate.enter("Ana", "wrong", "a")
    # Not even the right one is looked at now, or trying would go on.
    with pytest.raises(TooManyTriesError) as refused:
        gate.enter("Ana", PASSWORD, "a")
    assert 0 < refused.value.seconds <= WINDOW_SECONDS + 1
    assert gate.enter("Ben", PASSWORD, "b").name == "Ben"
    clock.now += WINDOW_SECONDS
    assert gate.enter("Ana", PASSWORD, "a").name == "Ana"


def test_success_clears_the_count(gate: Gate) -> None:
    for _ in range(3):
        for _ in range(TRIES - 1):
            with pytest.raises(WrongPasswordError):
                gate.enter("Ana", "wrong", "a")
        gate.enter("Ana", PASSWORD, "a")


def test_the_memory_of_addresses_is_bounded(gate: Gate) -> None:
    for number in range(ADDRESSES + 50):
        with pytest.raises(WrongPasswordError):
            gate.enter("Ana", "wrong", str(number))
    assert len(gate._failed) == ADDRESSES


@pytest.mark.parametrize("name", ["", "   ", "x" * 65])
def test_nobody_acts_without_a_name(gate: Gate, name: str) -> None:
    with pytest.raises(NamelessError):
        gate.enter(name, PASSWORD, "a")


def test_without_a_password_nobody_gets_in(clock: Clock) -> None:
    closed = Gate(None, clock)
    assert closed.closed
    with pytest.raises(NoOperatorError):
        closed.enter("Ana", "", "a")


@given(st.text(), st.text())
def test_only_the_same_text_is_the_password(one: str, other: str) -> None:
    assert same(one, SecretStr(one)) or not one.isprintable()
    assert same(one, SecretStr(other)) == (one == other)
