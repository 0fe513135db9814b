"""A small sample of a model's training rows, in a file beside its card: what new rows are shown beside, and the
background of explanations."""

from relevo_contract.record import Record

REFERENCE_ROWS_FILE = "reference_rows.json"
REFERENCE_ROWS_PATH = f"extra_files/{REFERENCE_ROWS_FILE}"


class ReferenceRows(Record):
    """Each row has the card's inputs in their order, then the target, as people write them."""

    columns: tuple[str, ...]
    rows: tuple[tuple[int | float | str, ...], ...]
