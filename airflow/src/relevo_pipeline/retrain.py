"""Train a registered version again from the database: `python -m relevo_pipeline.retrain --problem= --version=`.

It registers nothing and moves nothing. The report goes to standard output as JSON, sentences to standard error.
"""

import argparse
import json
import sys
import time
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass, replace
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed

from mlflow.exceptions import MlflowException
from relevo_contract.card import Card
from relevo_problems.definition import DefinitionError
from relevo_problems.problem import Problem
from relevo_problems.registry import UnknownProblemError
from sqlalchemy.exc import SQLAlchemyError
from threadpoolctl import threadpool_limits

from relevo_pipeline import ledger, tracking, versions
from relevo_pipeline.errors import StepError
from relevo_pipeline.run import Run
from relevo_pipeline.served_model import ServedModel, answered, open_graph
from relevo_pipeline.settings import settings
from relevo_pipeline.training import dataset, export
from relevo_pipeline.training.candidates import candidate, fit, recorded
from relevo_pipeline.training.dataset import Dataset
from relevo_pipeline.training.fitting import Conditions, Parameters

EQUAL, REFUSED, DIFFERENT = 0, 1, 2


@dataclass(frozen=True)
class Report:
    """How a model that was trained again compares with the registered one, both as served, on the test rows.

    `max_difference` is of `answers`: of probabilities, or of values as a share of the value. `packages` and `code`
    hold what is not as it was, then and now.
    """

    problem: str
    version: str
    algorithm: str
    run_id: str
    training_set: str
    rows: dict[str, int]
    seed: int
    threads: int
    parameters: dict[str, int | float]
    packages: dict[str, tuple[str, str]]
    code: tuple[str, str] | None
    seconds: float
    answers: str
    compared_rows: int
    different_labels: int
    max_difference: float
    tolerance: float
    equal: bool
    sentence: str


def retrain(run: Run, number: str) -> Report:
    """Fit once on the training set that the version's card names, with what its MLflow run has on record.

    Args:
        run: any run of the problem; the version's own is taken from its card.

    Raises:
        StepError: the version does not exist, or its rows or parameters are not at hand any more.
    """
    registered = versions.registered(run, number)
    model = ServedModel.load(run, f"models:/{registered.name}/{number}")
    card = model.card
    params = tracking.client(run).get_run(card.run_id).data.params
    data = _rows(replace(run, dag_run_id=card.dag_run_id), card, params)
    parameters = _parameters(card, params)
    conditions = _conditions(run.problem, card, params)
    began = time.monotonic()
    with threadpool_limits(conditions.threads):
        fitted = fit(card.algorithm, data, conditions, parameters)
    seconds = time.monotonic() - began
    session = open_graph(export.to_graph(fitted, len(data.inputs)).SerializeToString())
    test = data.parts["test"]
    again = answered(session, test.features.astype(fitted.precision))
    before = model.answers(test.frame)
    worst = export.compare(before, again).max_difference
    equal = worst <= run.problem.parity_tolerance
    report = Report(
        problem=card.problem,
        version=number,
        algorithm=card.algorithm,
        run_id=card.run_id,
        training_set=card.training_set.name,
        rows={split: len(part.labels) for split, part in data.parts.items()},
        seed=conditions.seed,
        threads=conditions.threads,
        parameters=dict(parameters),
        packages=_changed_packages(card),
        code=_changed_code(card, run.settings.code_version),
        seconds=round(seconds, 2),
        answers="probabilities" if card.labels else "values",
        compared_rows=len(test.labels),
        different_labels=int((card.codes(again) != card.codes(before)).sum()) if card.labels else 0,
        max_difference=worst,
        tolerance=run.problem.parity_tolerance,
        equal=equal,
        sentence="",
    )
    return replace(report, sentence=_sentence(report))


def _rows(run: Run, card: Card, params: dict[str, str]) -> Dataset:
    """The training set of the card; `run` is the one that trained it."""
    entry = ledger.find(run)
    named = card.training_set
    if entry is None or entry.id != named.last_collection_id:
        raise StepError(
            f"the batch that it was trained after (collection {named.last_collection_id}, run {card.dag_run_id}) "
            "is not in this database. Is this the database of the pipeline that registered it?"
        )
    data = dataset.read(run)
    if data.training_set.split_rule != named.split_rule:
        raise StepError(
            f"its rows were split by {named.split_rule}, and this Relevo splits by {data.training_set.split_rule}; "
            f"use the code that trained it, version {card.code_version}."
        )
    then = {split: int(params[f"rows_{split}"]) for split in data.parts if f"rows_{split}" in params}
    now = {split: len(part.labels) for split, part in data.parts.items()}
    if changed := [
        f"{split}: {then[split]:,} then, {now[split]:,} now" for split in then if then[split] != now[split]
    ]:
        raise StepError(f"the rows it was trained and judged on are not what they were ({'; '.join(changed)}).")
    if data.training_set.digest != named.digest:
        raise StepError(
            f"as many rows as it was trained on are there ({named.rows:,}), but not the same ones: their digest is "
            f"{data.training_set.digest[:12]}…, and that of its card {named.digest[:12]}…."
        )
    if (data.inputs, data.target) != (card.inputs, card.target):
        raise StepError(
            "the problem's columns are described differently now; use the code that trained it, "
            f"version {card.code_version}."
        )
    return data


def _parameters(card: Card, params: dict[str, str]) -> Parameters:
    wanted = {*candidate(card.algorithm, card.task).defaults, "seed", "threads"}
    if missing := sorted(wanted - set(params)):
        raise StepError(
            f"its MLflow run {card.run_id} does not say with which {', '.join(missing)} it was trained: it is of "
            f"Relevo {card.code_version}, and has to be trained again with that."
        )
    return recorded(card.algorithm, card.task, params)


_CONDITIONS = {
    "derived": "with other derived columns",
    "statistics": "with other statistics",
    "target_scale": "on another scale of the target",
}


def _conditions(problem: Problem, card: Card, params: dict[str, str]) -> Conditions:
    conditions = Conditions.of(problem, int(params["threads"]), int(params["seed"]))
    for name, words in _CONDITIONS.items():
        now = conditions.logged.get(name, "")
        if (then := params.get(name, now)) != now:
            raise StepError(
                f"it was trained {words} than the problem has now: {then}; use the code that "
                f"trained it, version {card.code_version}."
            )
    return replace(conditions, metric=card.primary_metric)


def _changed_packages(card: Card) -> dict[str, tuple[str, str]]:
    now = {package: _installed(package) for package in card.packages}
    return {package: (then, now[package]) for package, then in card.packages.items() if then != now[package]}


def _changed_code(card: Card, now: str) -> tuple[str, str] | None:
    return None if card.code_version == now else (card.code_version, now)


def _installed(package: str) -> str:
    try:
        return installed(package)
    except PackageNotFoundError:
        return "not installed"


def _sentence(report: Report) -> str:
    name = f"version {report.version} of {report.problem}, trained again"
    if report.max_difference == 0:
        rows, answers = f"all {report.compared_rows:,} test rows", f"the same {report.answers}"
        return f"Equal: {name}, answers {rows} with {answers} to the bit."
    how = f"{report.answers} differ by up to {report.max_difference:.2g} (tolerance {report.tolerance:.0e})"
    if report.answers == "probabilities":
        how += f", {report.different_labels:,} of {report.compared_rows:,} labels"
    if report.equal:
        return f"Equal within tolerance: {name}: {how}."
    changed = [f"{package} {now} instead of {then}" for package, (then, now) in report.packages.items()]
    if report.code:
        changed.append(f"Relevo {report.code[1]} instead of {report.code[0]}")
    cause = f" It was done with {', '.join(changed)}." if changed else ""
    return f"Different: {name}: {how}.{cause}"


def main(arguments: list[str] | None = None) -> int:
    """The command line. Exit code 0: equal within tolerance; 1: could not be done; 2: different."""
    parser = argparse.ArgumentParser(prog="python -m relevo_pipeline.retrain", description=__doc__)
    parser.add_argument("--problem", required=True)
    parser.add_argument("--version", required=True)
    options = parser.parse_args(arguments)
    try:
        run = Run.open(options.problem, "retrain", settings())
    except (UnknownProblemError, DefinitionError) as error:
        return _refused(error)
    try:
        with redirect_stdout(sys.stderr):
            report = retrain(run, options.version)
    except (StepError, MlflowException, SQLAlchemyError) as error:
        return _refused(error)
    finally:
        run.stores.close()
    sys.stdout.write(json.dumps(asdict(report)) + "\n")
    return EQUAL if report.equal else DIFFERENT


def _refused(error: Exception) -> int:
    sys.stderr.write(f"Not trained again: {error}\n")
    return REFUSED


if __name__ == "__main__":
    sys.exit(main())
