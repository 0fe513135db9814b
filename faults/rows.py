"""What was counted after a fault, and what of it must not be."""

import time
from dataclasses import asdict, dataclass, field
from typing import Any

from faults.airflow import Try
from faults.plan import Fault
from faults.stack import Stack


@dataclass
class Row:
    """One fault and what was counted afterwards."""

    stack: str
    databases: str
    task: str
    fault: str
    recovery: str = "not injected"
    dag_run_id: str | None = None
    requests: int = 0
    lost: int = 0
    doubled: int = 0
    # Rows of an answer that a killed process held and that the ledger never called received.
    not_kept: int = 0
    versions: list[str] = field(default_factory=list)
    served_after_fault: str | None = None
    served_at_end: str | None = None
    audit: str = ""
    wrong: list[str] = field(default_factory=lambda: ["the fault was not injected"])
    seconds: float = 0

    @property
    def survived(self) -> bool:
        return not self.wrong

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "survived": self.survived}


@dataclass
class Injected:
    """A fault that has happened in the current run."""

    fault: Fault
    at: float
    served: str | None
    hit: list[Try]
    recovered: str | None = None


def row_of(
    stack: Stack, one: Injected, run: str, counted: dict[str, Any], served: str | None, wrong: list[str]
) -> Row:
    """The row of a fault that was injected into `run`; `wrong` is what is wrong with that run."""
    fault = one.fault
    audit = counted["audit"][0] if counted["audit"] else {}
    said = audit.get("error") or audit.get("verdict_reason") or audit.get("decision_reason") or ""
    unanswered = [] if one.served else ["the model server did not answer right after the fault"]
    return Row(
        stack=stack.name,
        databases=stack.databases,
        task=fault.task,
        fault=fault.words,
        recovery=one.recovered or "none",
        dag_run_id=run,
        requests=counted["requests"],
        lost=counted["raw"]["lost"] + counted["clean"]["lost"],
        doubled=counted["raw"]["doubled"] + counted["raw"]["orphans"] + counted["clean"]["doubled"],
        not_kept=counted["sent"] - counted["raw"]["stored"],
        versions=counted["versions"],
        served_after_fault=one.served,
        served_at_end=served,
        audit=f"{audit.get('state', 'no row')}: {said}",
        wrong=[*wrong, *unanswered],
        seconds=round(time.monotonic() - one.at, 1),
    )


def by_itself(one: Injected, tries: list[Try]) -> str:
    """What brought the run on when no operator did."""
    now = sum(t.number for t in tries if t.task == one.fault.task)
    return "retried by Airflow" if now > sum(t.number for t in one.hit) else "the task itself, which tried on"


def wrong_with(counted: dict[str, Any], served: str | None, *, failing: bool) -> list[str]:
    """What must not be, in words; nothing when the run came out of it whole."""
    raw, clean, audit, ledger = counted["raw"], counted["clean"], counted["audit"], counted["ledger"]
    first = audit[0] if audit else {}
    promoted = first.get("verdict") == "promoted" and first.get("state") == "succeeded"
    version = str(first.get("challenger_version"))
    state = "failed" if failing else "succeeded"
    checks = {
        f"{counted['requests']} requests": counted["requests"] != 1,
        f"{len(ledger)} ledger rows": len(ledger) != 1,
        f"{len(audit)} audit rows": len(audit) != 1,
        f"{raw['lost'] + clean['lost']} rows lost": bool(raw["lost"] + clean["lost"]),
        f"{raw['doubled'] + clean['doubled']} rows doubled": bool(raw["doubled"] + clean["doubled"]),
        f"{raw['orphans']} rows of no answer": bool(raw["orphans"]),
        "what is stored is not what was delivered": raw["same_body"] is False,
        "rows are missing that the data API sent": not failing and counted["sent"] != raw["stored"],
        f"the audit row says {first.get('state')}": first.get("state") != state,
        "a failed run without a sentence": failing and not first.get("error"),
        "a sentence about an error that is over": not failing and bool(first.get("error")),
        f"{counted['mlflow_runs']} runs in MLflow": counted["mlflow_runs"] != 1,
        f"MLflow says {counted['mlflow_status']}": counted["mlflow_status"]
        != ("FAILED" if failing else "FINISHED"),
        f"versions {counted['versions']}": len(counted["versions"]) != (1 if first.get("verdict") else 0),
        f"{counted['promotions']} promotions": counted["promotions"] != (1 if promoted else 0),
        f"promoted version {version} is not in production": promoted and counted["production"] != version,
        "nothing is in production": counted["production"] is None,
        f"the model server serves {served}": served != counted["production"],
    }
    return [words for words, is_wrong in checks.items() if is_wrong]
