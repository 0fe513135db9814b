"""decide: train or skip, with the rule that fired."""

from dataclasses import dataclass
from typing import Literal

from relevo_contract.registry import TAG_DECISION, TAG_DECISION_REASON

from relevo_pipeline import audit, tracking
from relevo_pipeline.run import Run


@dataclass(frozen=True)
class Decision:
    """`rule` names what fired, `reason` is the sentence for people."""

    action: Literal["train", "skip"]
    rule: str
    reason: str


def decide(run: Run) -> Decision:
    """Train when there is no model yet or new rows came; the decision goes to the audit and to MLflow.

    A run that is cleared keeps the decision that is on record.
    """
    entry = audit.read(run)
    if entry.decision is not None:
        decision = Decision(entry.decision, entry.decision_rule, entry.decision_reason)
    else:
        decision = rule(entry.champion_version, entry.rows_received, entry.rows_new)
    audit.note(run, decision=decision.action, decision_rule=decision.rule, decision_reason=decision.reason)
    mlflow = tracking.client(run)
    parent = tracking.parent_run(run)
    mlflow.set_tag(parent, TAG_DECISION, decision.action)
    mlflow.set_tag(parent, TAG_DECISION_REASON, decision.reason)
    return decision


def rule(champion: str | None, received: int, new: int) -> Decision:
    """The decision on a champion's version (None: there is none) and the counts of rows received and new."""
    if champion is None:
        return Decision("train", "no_production_model", "train: no model is in production yet")
    if new:
        return Decision("train", "new_rows", f"train: {new:,} of {received:,} rows are new")
    return Decision("skip", "no_new_rows", f"skip: all {received:,} rows were known already")
