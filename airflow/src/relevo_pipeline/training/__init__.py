"""From clean rows to a served form: data set, candidates, metrics, export."""
