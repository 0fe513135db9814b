"""Promotions by people: `python -m relevo_pipeline.operate promote|rollback`, where the pipeline's settings are.

The page asks for the same by a run of the DAG `relevo_operate`.
"""

import argparse
import getpass
import os
import sys

from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException
from relevo_contract.registry import PREVIOUS, TAG_VERDICT_REASON, TAG_VERDICT_RULE
from relevo_problems.definition import DefinitionError
from relevo_problems.registry import UnknownProblemError
from sqlalchemy.exc import SQLAlchemyError

from relevo_pipeline import versions
from relevo_pipeline.errors import StepError
from relevo_pipeline.hand_over import HandOver, hand_over, interrupted
from relevo_pipeline.judgement.verdict import NOT_ELIGIBLE
from relevo_pipeline.run import Run
from relevo_pipeline.served_model import ServedModel, UnservableError
from relevo_pipeline.settings import settings

# In the place of a DAG run's id: what is done here concerns versions that others have made.
BY_HAND = "by-hand"


def promote(run: Run, number: str, by: str, reason: str) -> str:
    """Put a registered version into production, whatever its verdict was, as long as it can be served.

    Returns:
        The sentence that says so.

    Raises:
        StepError: the version does not exist, is in production already, or cannot be served.
    """
    by, reason = _said(by, reason)
    begun = interrupted(run, by, reason)
    if begun is not None and begun.to_version == number:
        return _carry_out(run, begun)
    current = versions.production(run)
    if current is not None and str(current.version) == number:
        raise StepError(f"version {number} of {run.problem.name} is in production already.")
    _check(run, versions.registered(run, number))
    from_version = str(current.version) if current else None
    return _carry_out(run, HandOver(run.problem.name, from_version, number, by, reason))


def rollback(run: Run, by: str, reason: str) -> str:
    """Put the version back into production that was there before; once more undoes it.

    Returns:
        The sentence that says so.

    Raises:
        StepError: there is no such version, or it cannot be served any more.
    """
    by, reason = _said(by, reason)
    if (begun := interrupted(run, by, reason)) is not None:
        return _carry_out(run, begun)
    previous = versions.by_alias(run, PREVIOUS)
    current = versions.production(run)
    in_production = str(current.version) if current else None
    if previous is None or str(previous.version) == in_production:
        raise StepError(
            f"there is no version of {run.problem.name} to go back to: nothing was in production before "
            f"{f'version {in_production}' if current else 'either'}."
        )
    _check(run, previous)
    return _carry_out(run, HandOver(run.problem.name, in_production, str(previous.version), by, reason))


def _said(by: str, reason: str) -> tuple[str, str]:
    if not reason.strip():
        raise StepError('say why, for the record: REASON="…".')
    return by.strip(), reason.strip()


def _check(run: Run, version: ModelVersion) -> None:
    name = f"version {version.version} of {run.problem.name}"
    if version.tags.get(TAG_VERDICT_RULE) == NOT_ELIGIBLE:
        raise StepError(f"{name} may not go into production, {version.tags.get(TAG_VERDICT_REASON)}.")
    try:
        ServedModel.fetch(run, f"models:/{version.name}/{version.version}").check()
    except UnservableError as error:
        raise StepError(f"{name} cannot be served: {error}.") from error


def _carry_out(run: Run, change: HandOver) -> str:
    hand_over(run, change)
    before = f"version {change.from_version} was" if change.from_version else "nothing was"
    return f"Version {change.to_version} of {change.problem} is in production; before, {before}."


class NotDoneError(Exception):
    """Nothing was changed, or not all of it; the sentence says why."""


def change(action: str, problem: str, version: str, by: str, reason: str) -> str:
    """Carry out `promote` or `rollback` on the stores that the settings name. `version` is the one to promote.

    Returns:
        The sentence that says what was done.

    Raises:
        NotDoneError: it was refused, or a store does not answer. Said again in the same words it is finished.
    """
    try:
        run = Run.open(problem, BY_HAND, settings())
    except (UnknownProblemError, DefinitionError) as error:
        raise NotDoneError(str(error)) from error
    try:
        return rollback(run, by, reason) if action == "rollback" else promote(run, version, by, reason)
    except (StepError, MlflowException, SQLAlchemyError) as error:
        raise NotDoneError(str(error)) from error
    finally:
        run.stores.close()


def main(arguments: list[str] | None = None) -> int:
    """The command line. Exit code 1, with a sentence, when nothing was changed."""
    parser = argparse.ArgumentParser(prog="python -m relevo_pipeline.operate", description=__doc__)
    parser.add_argument("action", choices=["promote", "rollback"])
    parser.add_argument("--problem", required=True)
    parser.add_argument("--version")
    parser.add_argument("--reason", required=True)
    options = parser.parse_args(arguments)
    by = os.environ.get("PROMOTED_BY") or getpass.getuser()
    try:
        done = change(options.action, options.problem, options.version or "", by, options.reason)
    except NotDoneError as error:
        sys.stderr.write(f"Not done: {error}\n")
        return 1
    sys.stdout.write(f"{done}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
