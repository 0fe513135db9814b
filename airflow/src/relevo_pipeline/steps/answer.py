"""answer: what a person said to a proposed promotion goes on record."""

from dataclasses import replace

from relevo_pipeline.errors import StepError
from relevo_pipeline.judgement.verdict import Answer, Verdict
from relevo_pipeline.run import Run
from relevo_pipeline.steps.judge import on_record, put_on_record


def answer(run: Run, approved: bool, by: str, why: str) -> Verdict:
    """Put the last word into the verdict, once. Promotion and registration read it there.

    Args:
        by: the person, as Airflow knows them.
        why: what they gave as a reason; may be empty.
    """
    verdict = on_record(run)
    if verdict is None:
        raise StepError("there is no verdict that somebody could answer to; clear the task judge of this run.")
    if verdict.answer is not None:
        return verdict
    given = Answer(approved, by, why.strip())
    said = f"by {by}, {'who gave no reason' if not given.why else f'who said: {given.why}'}"
    found = verdict.reason.removeprefix("promoted: ")
    if approved:
        reason = f"promoted: {found}; approved {said}"
        answered = replace(verdict, reason=reason, answer=given)
    else:
        reason = f"rejected: {said}; judged was {found}"
        answered = replace(verdict, outcome="rejected", rule="overruled", reason=reason, answer=given)
    put_on_record(run, answered)
    return answered
