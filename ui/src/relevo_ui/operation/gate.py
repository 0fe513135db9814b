"""Who may operate the stack from the page: the operator's password, and what keeps others from trying it."""

import hashlib
import hmac
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from pydantic import SecretStr
from relevo_contract.tables import NAME

TRIES, WINDOW_SECONDS = 5, 60.0
SESSION_SECONDS = 3600.0
# Addresses whose failed tries are remembered; beyond it the oldest is forgotten.
ADDRESSES = 10_000


@dataclass(frozen=True)
class Operator:
    """Somebody who has given the password; `until` is on the gate's own clock."""

    name: str
    until: float


class NotAllowedError(Exception):
    """The one who asked may not do it."""


class NoOperatorError(NotAllowedError):
    """The page has no operator's password, so nobody may."""


class NamelessError(NotAllowedError):
    """The password may be right, but a change without a name is not made."""


class WrongPasswordError(NotAllowedError):
    """It is not the password."""


class TooManyTriesError(NotAllowedError):
    """Too many wrong ones from this address; the next is looked at in so many `seconds`."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"wait {seconds} s")
        self.seconds = seconds


class SignedOutError(NotAllowedError):
    """Not signed in, or not any more."""


class Gate:
    """Compares in constant time, remembers failed tries by address, and keeps no password in an `Operator`."""

    def __init__(self, password: SecretStr | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._password = password
        self._clock = clock
        self._failed: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    @property
    def closed(self) -> bool:
        """Whether nobody can get in."""
        return self._password is None

    def enter(self, name: str, password: str, address: str) -> Operator:
        """Sign in. Raises a `NotAllowedError` that says why not."""
        if self._password is None:
            raise NoOperatorError
        name = " ".join(name.split())
        if not name or len(name) > NAME:
            raise NamelessError
        with self._lock:
            now = self._clock()
            failed = self._failed.setdefault(address, deque(maxlen=TRIES))
            if len(failed) == TRIES and (left := failed[0] + WINDOW_SECONDS - now) > 0:
                raise TooManyTriesError(int(left) + 1)
            if not same(password, self._password):
                failed.append(now)
                while len(self._failed) > ADDRESSES:
                    self._failed.pop(next(iter(self._failed)))
                raise WrongPasswordError
            del self._failed[address]
            return Operator(name, now + SESSION_SECONDS)

    def left(self, operator: Operator) -> float:
        """Seconds until the operator has to sign in again."""
        return max(0.0, operator.until - self._clock())

    def check(self, operator: Operator | None) -> Operator:
        """The operator, if there is one and the hour is not over."""
        if operator is None or operator.until < self._clock():
            raise SignedOutError
        return operator


def same(given: str, password: SecretStr) -> bool:
    """Whether it is the password, in a time that says nothing about it."""
    digests = (hashlib.sha256(text.encode()).digest() for text in (given, password.get_secret_value()))
    return hmac.compare_digest(*digests)
