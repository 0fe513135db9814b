"""How often the judge is wrong, and how long it takes: prints JSON.

    python bench/judge.py [--trials 1000]

Two models are drawn on rows whose classes are as frequent as the forest covers. `null`: both are equally good,
so every promotion is a mistake; 2.5 % is what a 95 % interval leaves on the side that promotes. `better`: the
challenger is right more often by `gain`. On a share of the rows, `agree`, both answer the same.
"""

import argparse
import json
import time

import numpy as np
from numpy.typing import NDArray
from relevo_pipeline.judgement.outcomes import Outcomes
from relevo_pipeline.scoring.classes import Classes
from relevo_pipeline.scoring.errors import Errors
from relevo_pipeline.scoring.ranks import Ranks

# The shares of the seven covers, and how often a good model is right on each.
SHARES = np.array([0.364, 0.488, 0.062, 0.005, 0.016, 0.030, 0.035])
RIGHT = np.array([0.90, 0.92, 0.90, 0.75, 0.60, 0.75, 0.88])
LABELS = tuple("0123456")
# Test rows of one batch of the rotating API, of five and of its ten parts.
SIZES = (870, 4_350, 8_700)
Codes = NDArray[np.int64]
# Test rows whose comparison is timed, every metric of the task.
TIMED = {
    "multiclass": (1_000, 10_000, 100_000),
    "binary, in groups": (15_000, 60_000),
    "regression": (15_000, 60_000),
}


def answers(truth: Codes, right: NDArray[np.float64], generator: np.random.Generator) -> Codes:
    """Right with the probability of the class, else the next class."""
    return np.where(generator.random(len(truth)) < right[truth], truth, (truth + 1) % len(SHARES))


def outcomes(rows: int, agree: float, gain: float, generator: np.random.Generator) -> Outcomes:
    truth = generator.choice(len(SHARES), size=rows, p=SHARES)
    both = answers(truth, RIGHT, generator)
    alone = generator.random(rows) >= agree
    # On the rows where they may differ the challenger gains all that it gains.
    better = np.minimum(RIGHT + gain / (1 - agree), 1)
    champion = np.where(alone, answers(truth, RIGHT, generator), both)
    challenger = np.where(alone, answers(truth, better, generator), both)
    return Outcomes(Classes(truth, champion, len(LABELS)), Classes(truth, challenger, len(LABELS)))


def promoted(trials: int, rows: int, agree: float, gain: float, metric: str) -> dict[str, object]:
    generator = np.random.default_rng(7)
    wins = sum(outcomes(rows, agree, gain, generator).compare(seed).score(metric).low > 0 for seed in range(trials))
    share = wins / trials
    return {
        "rows": rows,
        "agree": agree,
        "gain": gain,
        "metric": metric,
        "trials": trials,
        "promoted": round(share, 4),
        "standard_error": round(float(np.sqrt(share * (1 - share) / trials)), 4),
    }


def ranked(rows: int, generator: np.random.Generator) -> Outcomes:
    """Two models of a class that one row in nine has; every probability is another one, the dearest case."""
    positive = generator.random(rows) < 1 / 9
    scores = generator.normal(0.6 * positive, 1, (2, rows))
    sides = [Ranks(positive, 1 / (1 + np.exp(-side)), side > 1) for side in scores]
    return Outcomes(sides[0], sides[1], clusters=generator.integers(0, max(rows * 7 // 10, 1), rows))


def valued(rows: int, generator: np.random.Generator) -> Outcomes:
    """Two models of a price."""
    truth = generator.lognormal(12, 0.8, rows)
    sides = [Errors(truth, truth * noise) for noise in generator.lognormal(0, 0.3, (2, rows))]
    return Outcomes(sides[0], sides[1])


def seconds(task: str, rows: int) -> dict[str, object]:
    generator = np.random.default_rng(1)
    makers = {
        "multiclass": lambda: outcomes(rows, 0.9, 0.0, generator),
        "binary, in groups": lambda: ranked(rows, generator),
        "regression": lambda: valued(rows, generator),
    }
    found = makers[task]()
    times = []
    for _ in range(3):
        # The processor's: one thread does it all, whatever else the machine does.
        began = time.process_time()
        found.compare(seed=1)
        times.append(time.process_time() - began)
    return {"task": task, "rows": rows, "resamples": 2000, "cpu_seconds": round(min(times), 4)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=1000)
    trials = parser.parse_args().trials
    null = [
        promoted(trials, rows, agree, 0.0, metric)
        for rows in SIZES
        for agree in (0.5, 0.95)
        for metric in ("macro_f1", "accuracy")
    ]
    better = [promoted(trials // 4, rows, 0.9, gain, "macro_f1") for rows in SIZES for gain in (0.005, 0.01, 0.02)]
    timing = [seconds(task, rows) for task, sizes in TIMED.items() for rows in sizes]
    print(json.dumps({"null": null, "better": better, "timing": timing}, indent=2))


if __name__ == "__main__":
    main()
