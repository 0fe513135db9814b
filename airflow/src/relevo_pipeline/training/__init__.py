"""From clean rows to a served form: data set, candidates, search, metrics, export."""

import os

# Read once, when OpenMP is loaded. By default its threads wait for one another by spinning: with anything else on
# the cores, and something always is on a machine with the whole stack, boosting took eight times as long.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
