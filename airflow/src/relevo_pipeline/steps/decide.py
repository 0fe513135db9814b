"""decide: train or skip, with the rule that fired."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from relevo_contract.assessment import ASSESSMENT, RULES, Assessment, RuleOutcome
from relevo_contract.registry import TAG_DECISION, TAG_DECISION_REASON, TAG_DECISION_RULE

from relevo_pipeline import audit, tracking
from relevo_pipeline.drift.measures import evaluate
from relevo_pipeline.ledger import SAME_BODY
from relevo_pipeline.run import Run

NO_NEW_ROWS = "no_new_rows"
NO_RULE = "no_rule"


@dataclass(frozen=True)
class Decision:
    """`rule` names the first rule that fired (or why none did), `reason` is the sentence for people."""

    action: Literal["train", "skip"]
    rule: str
    reason: str


def decide(run: Run) -> Decision:
    """Hold the evidence against the problem's rules; the decision goes to the audit and to MLflow.

    A run that is cleared keeps the decision that is on record.
    """
    entry = audit.read(run)
    if entry.decision is not None:
        decision = Decision(entry.decision, entry.decision_rule, entry.decision_reason)
    else:
        found = Assessment.model_validate(entry.evidence[ASSESSMENT])
        outcomes = [evaluate(rule, found) for rule in run.problem.training_rules]
        decision = decision_on(found, outcomes, entry.evidence.get(SAME_BODY))
        audit.add_evidence(run, **{RULES: [outcome.model_dump(mode="json") for outcome in outcomes]})
    audit.note(run, decision=decision.action, decision_rule=decision.rule, decision_reason=decision.reason)
    mlflow, parent = tracking.client(run), tracking.parent_run(run)
    mlflow.set_tag(parent, TAG_DECISION, decision.action)
    mlflow.set_tag(parent, TAG_DECISION_RULE, decision.rule)
    mlflow.set_tag(parent, TAG_DECISION_REASON, decision.reason)
    return decision


def decision_on(found: Assessment, outcomes: Sequence[RuleOutcome], same_body_as: int | None = None) -> Decision:
    """The decision on what the rules saw, and every sentence that led to it.

    `same_body_as` is the earlier collection that the data API's answer repeats byte for byte, if it does.
    """
    fired = [outcome for outcome in outcomes if outcome.fired]
    if found.version is not None and not found.volume.new:
        # Nothing to learn that was not there at the last training, whatever the rules say of it.
        known = f"skip: none of the {found.volume.received:,} rows received is new"
        same = "" if same_body_as is None else f": the same answer, byte for byte, as collection {same_body_as}"
        return Decision("skip", NO_NEW_ROWS, known + same)
    if fired:
        return Decision("train", fired[0].name, "train: " + _together(fired))
    return Decision("skip", NO_RULE, "skip: no rule fired: " + _together(outcomes))


def _together(outcomes: Sequence[RuleOutcome]) -> str:
    return " · ".join(outcome.sentence for outcome in outcomes)
