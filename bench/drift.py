"""How often the rules to train fire without a reason, and how surely they fire with one. Prints JSON.

    RELEVO_DATASETS=… python bench/drift.py [--draws 400]

Everything goes through the pipeline's own reference, comparison, intervals and rules, on the problem's thresholds.
A model is trained on one batch (70 % of it, its interval is from 15 %), and held against batches of rows that are
not in it. False alarms: the batch is from the same rows. Power: it is from another part of the real data, or a
part of the simulator's designed shifts. The rule `new_rows` only counts and is left out. Without RELEVO_DATASETS
the real data is left out, which the output says.
"""

import argparse
import io
import json
import os
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
from relevo_contract.assessment import Assessment, Volume
from relevo_contract.card import Card, TrainingSet
from relevo_contract.encoding import Encoder
from relevo_contract.reference import Reference
from relevo_pipeline.drift import assessment
from relevo_pipeline.drift.comparison import compare
from relevo_pipeline.drift.measures import evaluate
from relevo_pipeline.drift.reference import reference
from relevo_pipeline.scoring.scores import intervals as intervals_of
from relevo_pipeline.training.dataset import Dataset, part
from relevo_problems.registry import load
from relevo_problems.simulator import SHIFTS, simulate
from scipy import stats
from sklearn.ensemble import RandomForestClassifier

PROBLEM = load("covertype")
RULES = [rule for rule in PROBLEM.training_rules if rule.name in ("drift", "score", "new_categories")]
PARTS = 10
BATCH = 5_810  # what one request to the rotating API brings
SIMULATED_BATCH = 1_000
SIZES = (200, 1_000, BATCH)
BATCHES_A_MODEL = 10
WORLDS = 10
COST_ROWS = 300_000


@dataclass(frozen=True)
class Model:
    """A card with its reference and interval, and the forest that it is the card of."""

    card: Card
    reference: Reference
    forest: RandomForestClassifier | None

    def fired(self, rows: pd.DataFrame) -> set[str]:
        """The names of the rules that fire on these rows; `column` when at least one column drifted."""
        found = Assessment(
            version="1",
            volume=Volume(received=len(rows), new=len(rows), batches=0, usual_received=None, usual_new=None),
            reference_rows=self.reference.rows,
            columns=tuple(compare(self.reference, rows, PROBLEM.drift)),
            new_categories=assessment.new_categories(self.card, rows),
        )
        if self.forest is not None:
            encoded = part(Encoder(self.card.inputs), self.card.target, rows)
            answers = self.forest.predict_proba(encoded.features)
            found = found.model_copy(update={"score": assessment.score(self.card, encoded.labels, answers, 1)[0]})
        names = {rule.name for rule in RULES if evaluate(rule, found).fired}
        return names | ({"column"} if found.drifted else set())


def trained(rows: pd.DataFrame, draw: np.random.Generator, fit: bool = True) -> Model:
    """As the pipeline would: 70 % to train on, 15 % for the interval."""
    order = draw.permutation(len(rows))
    train, test = (rows.iloc[order[: int(0.7 * len(rows))]], rows.iloc[order[int(0.85 * len(rows)) :]])
    seen = set(train[PROBLEM.target.name])
    choices = tuple(choice for choice in PROBLEM.target.choices if choice in seen)
    target = PROBLEM.target.model_copy(update={"choices": choices, "choice_names": {}})
    named = TrainingSet(
        name="bench", last_collection_id=1, split_rule="random", rows=len(train), digest="", batch=""
    )
    encoder = Encoder(PROBLEM.inputs)
    parts = {"train": part(encoder, target, train), "test": part(encoder, target, test)}
    data = Dataset(PROBLEM.inputs, target, named, parts)  # type: ignore[arg-type]
    summed_up = reference(data)
    forest, intervals = None, {}
    if fit:
        forest = RandomForestClassifier(30, n_jobs=1, random_state=int(draw.integers(2**31)))
        forest.fit(parts["train"].features, parts["train"].labels)
        held_out = parts["test"]
        intervals = intervals_of("multiclass", held_out.labels, forest.predict_proba(held_out.features), 1)
    card = Card(
        problem=PROBLEM.name,
        title=PROBLEM.title,
        description="",
        task=PROBLEM.task,
        data="real",
        algorithm="random_forest",
        inputs=PROBLEM.inputs,
        target=target,
        primary_metric=PROBLEM.primary_metric,
        metrics={},
        metric_intervals=intervals,
        training_set=named,
        reference=summed_up,
        decision="",
        code_version="",
        run_id="",
        dag_run_id="",
        created_at=datetime.now(UTC),
    )
    return Model(card, summed_up, forest)


def typed(frame: pd.DataFrame) -> pd.DataFrame:
    for column in PROBLEM.columns:
        frame[column.name] = frame[column.name].astype("category" if column.is_category else "float64")
    return frame


def real_parts() -> list[pd.DataFrame]:
    """The ten parts of the rotating API, or none."""
    if "RELEVO_DATASETS" not in os.environ:
        return []
    lines = PROBLEM.dataset.convert(Path(os.environ["RELEVO_DATASETS"]) / PROBLEM.dataset.published)
    texts = {column.name: str for column in PROBLEM.columns if column.is_category}
    rows = typed(pd.read_csv(io.StringIO("".join(lines)), dtype=texts))
    size = len(rows) // PARTS
    return [rows.iloc[number * size : (number + 1) * size] for number in range(PARTS)]


def simulated(rows: int, seed: int, number: int = 0, shift: str = "inputs") -> pd.DataFrame:
    drawn = simulate(PROBLEM, rows, seed, number, PARTS, shift)  # type: ignore[arg-type]
    return typed(pd.DataFrame(drawn, columns=[column.name for column in PROBLEM.columns]))


def share(count: int, draws: int) -> dict[str, float | int]:
    """With the exact 95 % interval of Clopper and Pearson."""
    interval = stats.binomtest(count, draws).proportion_ci(method="exact")
    return {"fired": count, "of": draws, "share": round(count / draws, 4), "at_most": round(interval.high, 4)}


def false_alarms(parts: list[pd.DataFrame], draws: int, fit: bool) -> list[dict[str, object]]:
    """Batches from the same part as the training rows, no row in both; the parts take turns."""
    counts = {size: Counter[str]() for size in SIZES}
    each = BATCHES_A_MODEL if fit else 1
    for number in range(draws // each):
        draw = np.random.default_rng([number, fit])
        rows = parts[number % len(parts)]
        order = draw.permutation(len(rows))
        model = trained(rows.iloc[order[:BATCH]], draw, fit)
        for _ in range(each):
            for size in SIZES:
                counts[size].update(model.fired(rows.iloc[draw.choice(order[BATCH:], size, replace=False)]))
    names = ["score"] if fit else ["drift", "new_categories", "column"]
    return [{"rows": size, **{name: share(counts[size][name], draws) for name in names}} for size in SIZES]


def power_of_the_simulator() -> Iterator[dict[str, object]]:
    worlds = [trained(simulated(BATCH, seed), np.random.default_rng(seed)) for seed in range(WORLDS)]
    for shift in SHIFTS:
        for number in range(1, PARTS):
            counts = Counter[str]()
            for seed, model in enumerate(worlds):
                rows = simulated(2 * SIMULATED_BATCH, seed, number, shift)
                for batch in (rows[:SIMULATED_BATCH], rows[SIMULATED_BATCH:]):
                    fired = model.fired(batch) - {"column"}
                    counts.update(fired | ({"any"} if fired else set()))
            names = ("drift", "score", "new_categories", "any")
            yield {"shift": shift, "part": number, **{name: counts[name] / (2 * WORLDS) for name in names}}


def power_on_real_parts(parts: list[pd.DataFrame]) -> dict[str, object]:
    """Trained on one part, new rows from each other one; and as they come: trained on all parts so far."""
    draw = np.random.default_rng(1)
    batches = [rows.iloc[draw.permutation(len(rows))[:BATCH]] for rows in parts]
    pairs, sequence = [], []
    for base, rows in enumerate(batches):
        model = trained(rows, draw)
        others = [model.fired(batch) for number, batch in enumerate(batches) if number != base]
        names = ("drift", "score")
        pairs.append({"trained_on": base + 1, **{name: sum(name in fired for fired in others) for name in names}})
        if base:
            model = trained(pd.concat(batches[:base]), draw)
            sequence.append({"part": base + 1, "fired": sorted(model.fired(rows) - {"column"})})
    return {"fired_on_other_parts_of_9": pairs, "trained_on_all_parts_before": sequence}


def cost() -> dict[str, float | int]:
    rows = simulated(COST_ROWS, 1)
    model = trained(rows[:BATCH], np.random.default_rng(1))
    started = time.perf_counter()
    compare(model.reference, rows, PROBLEM.drift)
    compared = time.perf_counter()
    probabilities = np.random.default_rng(1).random((COST_ROWS, len(model.card.labels)))
    labels = np.random.default_rng(2).integers(0, len(model.card.labels), COST_ROWS)
    drawn = time.perf_counter()
    assessment.score(model.card, labels, probabilities, 1)
    return {
        "rows": COST_ROWS,
        "seconds_to_compare": round(compared - started, 2),
        "seconds_to_score_with_interval": round(time.perf_counter() - drawn, 2),
        "reference_bytes_in_card": len(model.reference.model_dump_json(indent=2)),
    }


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--draws", type=int, default=400)
    options = arguments.parse_args()
    real = real_parts()
    sources = {"simulated": [simulated(30_000, seed) for seed in range(PARTS)], **({"real": real} if real else {})}
    figures: dict[str, object] = {
        "benchmark": "drift",
        "real_data": bool(real) or "left out: RELEVO_DATASETS is not set",
        "false_alarms": {name: false_alarms(parts, options.draws, fit=False) for name, parts in sources.items()},
        "false_alarms_of_the_score": {
            name: false_alarms(parts, options.draws, fit=True) for name, parts in sources.items()
        },
        "power_simulated": list(power_of_the_simulator()),
        "cost": cost(),
    }
    if real:
        figures["power_real"] = power_on_real_parts(real)
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
