"""Evidence about new rows, from the production model's card, its answers and the counts of earlier batches."""

import pandas as pd
from relevo_contract.assessment import NewCategory, Score
from relevo_contract.card import Card
from relevo_contract.reference import CategoryCounts

from relevo_pipeline.drift.comparison import category_counts
from relevo_pipeline.training.dataset import Labels
from relevo_pipeline.training.metrics import Probabilities, classification_intervals, classification_scores

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


def score(card: Card, labels: Labels, probabilities: Probabilities, seed: int) -> tuple[Score, dict[str, float]]:
    """The primary metric with its interval beside the recorded one, and every score there is."""
    scores = classification_scores(labels, probabilities)
    low, high = classification_intervals(labels, probabilities, seed)[card.primary_metric]
    primary = Score(
        metric=card.primary_metric,
        value=scores[card.primary_metric],
        low=low,
        high=high,
        recorded=card.metric_intervals.get(card.primary_metric),
    )
    return primary, scores
