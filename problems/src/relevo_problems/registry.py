"""Finds the problems: those of installed packages, and those that are a file in a folder of the user's.

Any package may announce problems by the entry point group `relevo.problems`. A file `<name>.py` in the folder
`problems/own`, or the one that the variable `PROBLEMS_DIR` names, needs no package: it defines `PROBLEM`.
"""

import importlib.util
import os
import sys
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from relevo_problems.definition import NAME, DefinitionError
from relevo_problems.problem import Problem

GROUP = "relevo.problems"
FOLDER, OWN = "PROBLEMS_DIR", "problems/own"
ATTRIBUTE = "PROBLEM"


class UnknownProblemError(LookupError):
    """There is no problem of that name."""


@cache
def load(name: str) -> Problem:
    """The problem called `name`.

    Raises:
        UnknownProblemError: there is none; the sentence names those there are.
        DefinitionError: there is one and it cannot be used; the sentence says where it stands and what is wrong.
    """
    packages = {entry.value: entry for entry in entry_points(group=GROUP, name=name)}
    file = _files().get(name)
    places = [*packages, *([str(file)] if file else [])]
    if not places:
        raise UnknownProblemError(f"there is no problem called {name!r}; there are: {', '.join(names())}")
    if len(places) > 1:
        raise DefinitionError(
            f"more than one problem is called {name!r}: {' and '.join(places)}; rename one of them"
        )
    (place,) = places
    try:
        problem = _defined(name, file) if file else packages[place].load()
    except Exception as error:
        raise DefinitionError(f"{place}: {_sentence(error, place)}") from error
    if not isinstance(problem, Problem):
        raise DefinitionError(f"{place}: this is {type(problem).__name__}, not a Problem")
    if problem.name != name:
        raise DefinitionError(f"{place}: name: the problem is called {problem.name!r} here and {name!r} outside")
    return problem


def names() -> list[str]:
    """The names of all problems there are, sorted."""
    return sorted({entry.name for entry in entry_points(group=GROUP)} | _files().keys())


def _files() -> dict[str, Path]:
    """The files of the user's folder that may be problems, by name; one that begins with _ is not."""
    folder = Path(os.environ.get(FOLDER) or OWN)
    return {file.stem: file for file in sorted(folder.glob("*.py")) if not file.stem.startswith("_")}


def _defined(name: str, file: Path) -> Any:
    if not NAME.fullmatch(name):
        raise DefinitionError("name: the file is called as its problem: at most 40 small letters, digits and _")
    # The functions of a problem are looked up by the name of their module.
    called = f"relevo_own_problem_{name}"
    spec = importlib.util.spec_from_file_location(called, file.resolve())
    if spec is None or spec.loader is None:
        raise DefinitionError("this is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[called] = module
    try:
        spec.loader.exec_module(module)
        return getattr(module, ATTRIBUTE)
    except BaseException:
        del sys.modules[called]
        raise


def _sentence(error: Exception, place: str) -> str:
    """What is wrong, and in which line of the file."""
    if isinstance(error, SyntaxError):
        return f"line {error.lineno}: {error.msg}"
    line, trace = "", error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(Path(place).resolve()):
            line = f"line {trace.tb_lineno}: "
        trace = trace.tb_next
    match error:
        case DefinitionError():
            return f"{line}{error}"
        case ValidationError():
            faults = error.errors(include_url=False)
            said = (f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}".removeprefix(": ") for fault in faults)
            return f"{line}{error.title}: {'; '.join(said)}"
        case _:
            return f"{line}{type(error).__name__}: {error}"
