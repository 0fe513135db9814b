"""Finds the installed problems. They may live in any package that announces the entry point."""

from functools import cache
from importlib.metadata import entry_points

from relevo_problems.problem import Problem

GROUP = "relevo.problems"


class UnknownProblemError(LookupError):
    """No installed package announces a problem of that name."""


@cache
def load(name: str) -> Problem:
    """The problem called `name`; `UnknownProblemError` names those there are."""
    for entry in entry_points(group=GROUP, name=name):
        problem = entry.load()
        if not isinstance(problem, Problem):
            raise TypeError(f"the entry point {name!r} of {GROUP} is {type(problem).__name__}, not a Problem")
        return problem
    raise UnknownProblemError(f"there is no problem called {name!r}; there are: {', '.join(names())}")


def names() -> list[str]:
    """The names of all installed problems, sorted."""
    return sorted({entry.name for entry in entry_points(group=GROUP)})
