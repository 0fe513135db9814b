"""What a model says of one row, with the id under which it is written down."""

from collections.abc import Mapping
from typing import Any

from pydantic_core import to_json

from relevo_inference.ids import uuid


class Answer:
    """`output` is that of `LoadedModel`. It becomes JSON once, for whoever asked and for the journal."""

    __slots__ = ("output", "output_json", "prediction_id")

    def __init__(self, output: Mapping[str, Any], prediction_id: str | None = None) -> None:
        self.prediction_id = prediction_id or uuid()
        self.output = output
        self.output_json = to_json(output)

    @property
    def probability(self) -> float | None:
        """That of the label; None of a regression."""
        output = self.output
        return output["probabilities"][output["label"]] if "label" in output else None

    def fields(self) -> bytes:
        """The inner part of its JSON object: id and output, without the braces."""
        return b'"prediction_id":"%b",%b' % (self.prediction_id.encode(), self.output_json[1:-1])
