"""What boosting on two threads takes beside other work, by how OpenMP's threads wait for one another. Prints JSON.

    python bench/threads.py

6,000 simulated rows, 100 rounds. `busy` is the number of other processes that compute without a pause.
"""

import json
import os
import subprocess
import sys
import time
from contextlib import ExitStack

POLICIES = {
    "spinning (OpenMP's default)": {"OMP_WAIT_POLICY": ""},
    "spinning for a short while": {"OMP_WAIT_POLICY": "", "GOMP_SPINCOUNT": "10000"},
    "passive (ours)": {"OMP_WAIT_POLICY": "PASSIVE"},
}

FIT = """
import json, time
import numpy as np
from xgboost import XGBClassifier
from relevo_contract.encoding import Encoder
from relevo_problems.registry import load
from relevo_problems.simulator import simulate

problem = load("covertype")
names = [column.name for column in problem.columns]
rows = dict(zip(names, map(np.array, zip(*simulate(problem, 6000, seed=1))), strict=True))
features = Encoder(problem.inputs).table(rows, 6000)
labels = np.unique(rows[problem.target.name], return_inverse=True)[1]
model = XGBClassifier(n_estimators=100, max_depth=12, n_jobs=2, random_state=1)
model.fit(features[:100], labels[:100] % 2)  # what is loaded on first use is not timed
began, spent = time.monotonic(), time.process_time()
model.fit(features, labels)
print(json.dumps({"seconds": time.monotonic() - began, "cpu_seconds": time.process_time() - spent}))
"""


def fit(policy: dict[str, str], busy: int) -> dict[str, float]:
    with ExitStack() as others:
        for _ in range(busy):
            spinning = others.enter_context(subprocess.Popen([sys.executable, "-c", "while True: pass"]))
            others.callback(spinning.kill)
        time.sleep(1)
        environment = {name: value for name, value in {**os.environ, **policy}.items() if value}
        done = subprocess.run(
            [sys.executable, "-c", FIT], env=environment, check=True, capture_output=True, text=True
        )
    return {name: round(value, 2) for name, value in json.loads(done.stdout).items()}


if __name__ == "__main__":
    figures = [
        {"busy": busy, "waiting": name, **fit(policy, busy)} for busy in (0, 2) for name, policy in POLICIES.items()
    ]
    print(json.dumps({"benchmark": "threads", "cpus": os.cpu_count(), "fits": figures}, indent=2))
