"""How good answers are, for each kind of task, on the rows themselves and on resamples of them."""
