"""The requests that people copy are the ones that the page sent."""

import ast
import json
import shlex
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from relevo_ui.sample_request import curl, python

URL = "http://127.0.0.1:8000/models/animals/predict"
ROWS = st.dictionaries(st.text(max_size=20), st.integers() | st.floats(allow_nan=False) | st.text(max_size=20))


@given(ROWS)
def test_a_shell_reads_the_row_that_was_asked(row: dict[str, Any]) -> None:
    words = shlex.split(curl(URL, row, key=False).replace("\\\n", ""))
    assert words[:3] == ["curl", "-s", URL]
    assert json.loads(words[-1]) == row


@given(ROWS)
def test_python_reads_the_row_that_was_asked(row: dict[str, Any]) -> None:
    written = python(URL, row, key=False)
    assigned = next(node for node in ast.parse(written).body if isinstance(node, ast.Assign))
    assert eval(ast.unparse(assigned.value), {"inf": float("inf")}) == row  # noqa: S307 - our own text


def test_a_key_is_named_and_never_shown() -> None:
    assert '"X-API-Key: $RELEVO_API_KEY"' in curl(URL, {}, key=True)
    assert 'os.environ["RELEVO_API_KEY"]' in python(URL, {}, key=True)
    ast.parse(python(URL, {}, key=True))
