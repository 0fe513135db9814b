"""Counts what became of one run, by SQL and from the registry. Prints JSON.

Runs where the pipeline's own settings are: python faults/count.py PROBLEM DAG_RUN_ID
"""

import hashlib
import json
import sys
from typing import Any

from relevo_contract.registry import PRODUCTION, TAG_DAG_RUN
from relevo_contract.tables import collections, promotions, runs
from relevo_pipeline import batches
from relevo_pipeline.problem_tables import clean_table, raw_table, rejected_table
from relevo_pipeline.run import Run
from relevo_pipeline.served_model import ServedModel
from relevo_pipeline.settings import settings
from relevo_pipeline.splits import row_keys
from relevo_pipeline.tracking import TAG_CANDIDATE
from relevo_pipeline.validation import validate
from sqlalchemy import Table, func, select

from mlflow import MlflowClient


def count(run: Run) -> dict[str, Any]:
    """Everything on record about this run."""
    ledger = _rows(run, "raw", collections)
    audit = _rows(run, "clean", runs)
    raw, clean = _raw(run, ledger), _clean(run, ledger, audit)
    return {
        "ledger": ledger,
        "audit": audit,
        "raw": raw,
        "clean": clean,
        "promotions": len(_rows(run, "raw", promotions)),
        **_registry(run),
    }


def _rows(run: Run, store: str, table: Table) -> list[dict[str, Any]]:
    query = select(table).where(table.c.problem == run.problem.name, table.c.dag_run_id == run.dag_run_id)
    with getattr(run.stores, store).connect() as connection:
        return [dict(row._mapping) for row in connection.execute(query)]


def _raw(run: Run, ledger: list[dict[str, Any]]) -> dict[str, Any]:
    """How often each received row is there, and whether the stored text makes the very body that was received."""
    table = raw_table(run.problem)
    found: dict[str, Any] = {"stored": 0, "lost": 0, "doubled": 0, "orphans": 0, "same_body": None}
    with run.stores.raw.connect() as connection:
        # Rows that no answer accounts for: of a transaction that was half done.
        received = select(collections.c.id).where(collections.c.state == "received")
        orphans = select(func.count()).select_from(table).where(table.c.collection_id.not_in(received))
        found["orphans"] = int(connection.execute(orphans).scalar_one())
        for entry in ledger:
            if entry["state"] != "received":
                continue
            mine = table.c.collection_id == entry["id"]
            rows = connection.execute(select(table).where(mine).order_by(table.c.row_no)).all()
            numbers = [row.row_no for row in rows]
            found["stored"] += len(rows)
            found["lost"] += len(set(range(entry["row_count"])) - set(numbers))
            found["doubled"] += len(numbers) - len(set(numbers))
            cells = [[row._mapping[column.name] for column in run.problem.columns] for row in rows]
            body = {
                "group_number": run.settings.group_number,
                "batch_number": int(entry["batch_label"]),
                "data": cells,
            }
            # As relevo_datasource.answer writes it: JSON's own spacing.
            text = json.dumps(body).encode()
            found["same_body"] = hashlib.sha256(text).hexdigest() == entry["sha256"]
    return found


def _clean(run: Run, ledger: list[dict[str, Any]], audit: list[dict[str, Any]]) -> dict[str, int]:
    """Every good row of this run must be in the clean table once, under its key, and bad ones be put aside."""
    if not any(entry["state"] == "received" for entry in ledger) or audit[0]["rows_new"] is None:
        return {"good": 0, "lost": 0, "doubled": 0}
    validated = validate(run.problem, batches.delivered(run))
    keys = set(row_keys(run.problem, validated.good))
    table, rejected = clean_table(run.problem), rejected_table(run.problem)
    with run.stores.clean.connect() as connection:
        counted = dict(
            connection.execute(select(table.c.row_key, func.count()).group_by(table.c.row_key)).tuples().all()
        )
        aside = select(func.count(rejected.c.row_no.distinct())).where(
            rejected.c.collection_id == batches.collection_id(run)
        )
        put_aside = int(connection.execute(aside).scalar_one())
    lost = sum(key not in counted for key in keys) + max(validated.rejected_rows - put_aside, 0)
    doubled = sum(counted.get(key, 1) - 1 for key in keys) + max(put_aside - validated.rejected_rows, 0)
    return {"good": len(keys), "lost": lost, "doubled": doubled}


def _registry(run: Run) -> dict[str, Any]:
    mlflow = MlflowClient(run.settings.mlflow_tracking_uri)
    name = run.problem.name
    of_run = mlflow.search_model_versions(f"name = '{name}' and tags.`{TAG_DAG_RUN}` = '{run.dag_run_id}'")
    production = mlflow.get_model_version_by_alias(name, PRODUCTION).version if _known(mlflow, name) else None
    if production is not None:
        ServedModel.load(run, f"models:/{name}/{production}")
    experiment = mlflow.get_experiment_by_name(name)
    tag = f"tags.`{TAG_DAG_RUN}` = '{run.dag_run_id}' and tags.`{TAG_CANDIDATE}` = 'none'"
    parents = mlflow.search_runs([experiment.experiment_id], tag) if experiment else []
    return {
        "versions": sorted(str(version.version) for version in of_run),
        "production": None if production is None else str(production),
        "mlflow_runs": len(parents),
        "mlflow_status": parents[0].info.status if parents else None,
    }


def _known(mlflow: MlflowClient, name: str) -> bool:
    found = mlflow.search_registered_models(f"name = '{name}'")
    return bool(found) and PRODUCTION in found[0].aliases


if __name__ == "__main__":
    sys.stdout.write(json.dumps(count(Run.open(sys.argv[1], sys.argv[2], settings())), default=str) + "\n")
