"""What can be learnt about an alias."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """One registered version.

    `source` and `created_ms` tell apart two versions of the same number: a registry that was set up
    anew counts from 1 again, and what is on our disk must not be taken for it.
    """

    name: str
    version: str
    run_id: str
    source: str
    created_ms: int


@dataclass(frozen=True, slots=True)
class Found:
    """The alias points to this version."""

    version: ModelVersion


@dataclass(frozen=True, slots=True)
class Missing:
    """The registry answered, and there is no such alias."""

    reason: str


@dataclass(frozen=True, slots=True)
class Failed:
    """The registry did not answer, or not with anything that can be believed."""

    reason: str


Outcome = Found | Missing | Failed


class LoadError(Exception):
    """A version cannot be served; the message says why."""
