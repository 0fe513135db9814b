"""What a row must look like, compiled once per version from the card's columns."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic_core import SchemaValidator, ValidationError, core_schema
from relevo_contract.columns import LARGEST_INTEGER, Column

from relevo_inference.problem_details import FieldError, ProblemError

# Beyond it a float32 input overflows.
_LARGEST_NUMBER = 3.4e38
# How the JSON of many rows begins, usually.
_BATCH = b'{"rows"'
_ERRORS_SHOWN = 100
_VALUE_SHOWN = 60


def _limits(column: Column) -> tuple[float, float]:
    largest = LARGEST_INTEGER if column.kind == "integer" else _LARGEST_NUMBER
    low = -largest if column.minimum is None else column.minimum
    return low, largest if column.maximum is None else column.maximum


def _schema(column: Column) -> core_schema.CoreSchema:
    if column.is_category:
        return core_schema.literal_schema(list(column.choices))
    low, high = _limits(column)
    integer = column.kind == "integer"
    number = core_schema.float_schema(
        strict=True, allow_inf_nan=False, ge=low, le=high, multiple_of=1 if integer else None
    )
    # 3.0 counts as an integer and goes on as 3.
    return core_schema.chain_schema([number, core_schema.int_schema()]) if integer else number


def _plain(value: float) -> str:
    return f"{value:.0f}" if value == int(value) else f"{value:g}"


def allowed(column: Column) -> str:
    """What may stand in the column, as a phrase: "an integer from 0 to 360 (degrees)"."""
    if column.is_category:
        return "one of: " + ", ".join(column.choices)
    phrase = "an integer" if column.kind == "integer" else "a number"
    if column.minimum is not None and column.maximum is not None:
        phrase += f" from {_plain(column.minimum)} to {_plain(column.maximum)}"
    elif column.minimum is not None:
        phrase += f" of at least {_plain(column.minimum)}"
    elif column.maximum is not None:
        phrase += f" of at most {_plain(column.maximum)}"
    return f"{phrase} ({column.unit})" if column.unit else phrase


def json_schema(columns: Sequence[Column]) -> dict[str, Any]:
    """The JSON schema of one row, with the defaults as its example."""
    properties: dict[str, dict[str, Any]] = {}
    for column in columns:
        unit = f" ({column.unit})" if column.unit else ""
        field: dict[str, Any] = {"description": column.description + unit}
        if column.is_category:
            field |= {"type": "string", "enum": list(column.choices)}
        else:
            low, high = _limits(column)
            field |= {"type": column.kind, "minimum": low, "maximum": high}
        properties[column.name] = field
    schema: dict[str, Any] = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
    example = {c.name: c.default for c in columns}
    if None not in example.values():
        schema["example"] = example
    return schema


class RowContract:
    """Checks rows and says in sentences what is wrong with them."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = {column.name: column for column in columns}
        row = core_schema.typed_dict_schema(
            {c.name: core_schema.typed_dict_field(_schema(c), required=True) for c in columns},
            extra_behavior="forbid",
        )
        self._row = SchemaValidator(row)
        self._rows = SchemaValidator(core_schema.list_schema(row))

    def is_batch(self, payload: Any) -> bool:
        """Whether `payload` is `{"rows": [...]}`. A column that happens to be called "rows" never holds a list."""
        return isinstance(payload, dict) and (
            isinstance(payload.get("rows"), list) if "rows" in self.columns else "rows" in payload
        )

    def row(self, content: bytes) -> dict[str, Any] | None:
        """The checked row when `content` is the JSON of one that is right, None for anything else.

        Parsing and checking are one pass here; what is wrong, and with how many rows, is found out by the others.
        """
        if content.startswith(_BATCH):
            return None
        try:
            row: dict[str, Any] = self._row.validate_json(content)
        except ValidationError:
            return None
        return row

    def one(self, payload: Any) -> dict[str, Any]:
        """The checked row. Raises a 422 that names every wrong field and what is allowed there."""
        if not isinstance(payload, dict):
            raise ProblemError(422, 'the body must be one row as a JSON object, or {"rows": [...]}')
        try:
            row: dict[str, Any] = self._row.validate_python(payload)
        except ValidationError as error:
            raise self._refusal(error, rows=False) from None
        return row

    def many(self, payload: dict[str, Any], limit: int) -> list[dict[str, Any]]:
        """The checked rows of `{"rows": [...]}`, at least one. Raises 422, or 413 above `limit` rows."""
        if extra := sorted(set(payload) - {"rows"}):
            shown = ", ".join(name[:_VALUE_SHOWN] for name in extra[:5])
            raise ProblemError(422, f'beside "rows" nothing else may stand; remove {shown}')
        rows = payload["rows"]
        if not isinstance(rows, list) or not rows:
            raise ProblemError(422, '"rows" must be a list with at least one row')
        if len(rows) > limit:
            raise ProblemError(413, f"{len(rows)} rows are more than the {limit} one request may have")
        try:
            checked: list[dict[str, Any]] = self._rows.validate_python(rows)
        except ValidationError as error:
            raise self._refusal(error, rows=True) from None
        return checked

    def _refusal(self, error: ValidationError, *, rows: bool) -> ProblemError:
        found = error.errors(include_url=False, include_context=False)
        errors = [self._sentence(dict(e), rows=rows) for e in found[:_ERRORS_SHOWN]]
        first = errors[0]
        where = "" if first.row is None else f"row {first.row}: "
        detail = f"{where}{first.message}"
        if len(found) > 1:
            detail += f" ({len(found)} errors in all)"
        return ProblemError(422, detail, errors=errors)

    def _sentence(self, error: dict[str, Any], *, rows: bool) -> FieldError:
        place = list(error["loc"])
        row = place.pop(0) if rows else None
        if not place:
            return FieldError(field="", row=row, message="a row must be a JSON object", allowed="a JSON object")
        name = str(place[0])
        column = self.columns.get(name)
        if column is None:
            message = f"{name[:_VALUE_SHOWN]} is not an input of this model"
            return FieldError(field=name, row=row, message=message, allowed=", ".join(self.columns))
        phrase = allowed(column)
        if error["type"] == "missing":
            return FieldError(field=name, row=row, message=f"{name} is missing: {phrase}", allowed=phrase)
        message = f"{name} must be {phrase}, not {_shown(error['input'])}"
        if error["type"] in ("greater_than_equal", "less_than_equal") and None in (column.minimum, column.maximum):
            low, high = _limits(column)
            phrase = f"{phrase}, between {low:g} and {high:g}"
        return FieldError(field=name, row=row, message=message, allowed=phrase)


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return f'the text "{value if len(value) <= _VALUE_SHOWN else value[:_VALUE_SHOWN] + "…"}"'
    return f"{value:.17g}" if isinstance(value, float) else str(value)[:_VALUE_SHOWN]
