"""What the live traffic looks like: what is predicted, and how far the rows are from those of the training."""
