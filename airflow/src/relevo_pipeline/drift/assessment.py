"""Evidence about new rows, from the production model's card, its answers and the counts of earlier batches."""

import pandas as pd
from relevo_contract.assessment import NewCategory, Score
from relevo_contract.card import Card
from relevo_contract.reference import CategoryCounts

from relevo_pipeline.drift.comparison import category_counts
from relevo_pipeline.scoring.bootstrap import Clusters
from relevo_pipeline.scoring.scorer import Answers, Truth
from relevo_pipeline.scoring.scores import Scores, intervals, scores

# Enough to see what is going on; the evidence must not grow with a column that is no category at all.
_LISTED = 20


def new_categories(card: Card, rows: pd.DataFrame) -> tuple[NewCategory, ...]:
    """The categories that no training row of the model had, the most frequent first, at most twenty."""
    found = []
    for column in (*card.inputs, card.target):
        if column.is_category:
            known = set(column.choices)
            if card.reference is not None:
                # A choice that the problem lists and no row had is as new to the model as one that it does not.
                counts = card.reference.columns[column.name]
                known = set(counts.counts) if isinstance(counts, CategoryCounts) else known
            found += [
                NewCategory(column=column.name, choice=choice, rows=count, share=count / len(rows))
                for choice, count in category_counts(rows[column.name]).items()
                if choice not in known
            ]
    return tuple(sorted(found, key=lambda category: -category.rows)[:_LISTED])


def score(
    card: Card, truth: Truth, answers: Answers, seed: int, clusters: Clusters | None = None
) -> tuple[Score | None, Scores]:
    """The primary metric with its interval beside the recorded one, and every score there is.

    None where the new rows have none, such as the AUROC of rows of one class.
    """
    found = scores(card.task, truth, answers, card.threshold)
    name = card.primary_metric
    if name not in found:
        return None, found
    low, high = intervals(card.task, truth, answers, seed, card.threshold, clusters)[name]
    primary = Score(
        metric=name,
        value=found[name],
        low=low,
        high=high,
        recorded=card.metric_intervals.get(name),
        unit=card.target.unit,
    )
    return primary, found
