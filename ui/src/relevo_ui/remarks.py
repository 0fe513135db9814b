"""What was noticed about a batch, from the evidence in its audit row, as short sentences."""

from collections.abc import Mapping
from typing import Any

from relevo_ui.texts import Texts

MOST = 3


def remarks(evidence: Mapping[str, Any], texts: Texts) -> tuple[str, ...]:
    """One sentence a kind of remark; what is not on record is not said."""
    changes = evidence.get("schema_changes", {})
    rejected = {
        f"{column}: {rule}": count
        for column, rules in evidence.get("rejected", {}).items()
        for rule, count in rules.items()
    }
    counted = (
        (texts.missing_columns, changes.get("missing", {})),
        (texts.unexpected_columns, changes.get("unexpected", {})),
        (texts.rejected_values, rejected),
    )
    said = [sentence.format(found=_most_frequent(counts)) for sentence, counts in counted if counts]
    if content_type := evidence.get("content_type"):
        said.append(texts.wrong_content_type.format(found=content_type))
    if same := evidence.get("same_body_as_collection"):
        said.append(texts.same_body.format(found=same))
    return tuple(said)


def _most_frequent(counts: Mapping[str, int]) -> str:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    said = ", ".join(f"{name} ({count:,})" for name, count in ordered[:MOST])
    return f"{said}, …" if len(ordered) > MOST else said
