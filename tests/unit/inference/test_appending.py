"""Rows become what each driver wants of them."""

from datetime import datetime

import pytest
from relevo_contract.database import connect
from relevo_contract.tables import predictions
from relevo_inference.journal.appending import Append

ROW = {
    "prediction_id": "p-1",
    "input": {"Colour": "Red"},
    "predicted_at": datetime.fromisoformat("2026-11-26T17:30"),
}


def test_sqlite_numbers_its_parameters() -> None:
    append = Append(predictions, list(ROW), connect("sqlite://").dialect)
    assert append.sql.startswith("INSERT OR IGNORE INTO predictions")
    assert append.sql.count("?") == 3
    assert append.parameters([ROW]) == [("p-1", '{"Colour": "Red"}', "2026-11-26 17:30:00.000000")]


def test_mysql_names_its_parameters() -> None:
    """PyMySQL puts them in by Python's own formatting, which wants a mapping for names."""
    append = Append(predictions, list(ROW), connect("mysql+pymysql://nobody@127.0.0.1/none").dialect)
    (parameters,) = append.parameters([ROW])
    values = (append.sql % parameters).partition(" VALUES ")[2]
    assert values == '(p-1, {"Colour": "Red"}, 2026-11-26 17:30:00)'
    assert append.sql.startswith("INSERT IGNORE INTO predictions")


@pytest.mark.parametrize("url", ["sqlite://", "mysql+pymysql://nobody@127.0.0.1/none"])
def test_the_order_of_a_rows_keys_does_not_matter(url: str) -> None:
    append = Append(predictions, list(ROW), connect(url).dialect)
    turned = dict(reversed(ROW.items()))
    assert append.parameters([turned]) == append.parameters([ROW])
