"""Predictions for every row of a CSV file, into a CSV file: nothing that came in is missing in what comes out."""

import csv
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from relevo_contract.card import Card

from relevo_ui.answers import OnePrediction, Predictions
from relevo_ui.csv_rows import Line, Table
from relevo_ui.inference import InvalidRowError, ModelServer, ModelServerError
from relevo_ui.texts import Texts

# A fraction of a second for the model server, far below the rows that it takes in one request.
BATCH = 500


@dataclass
class Progress:
    """How far it has come: rows `done` of `total`; of them `failed`, the first few with their `errors`.

    `trouble` ended it early: the model server's error. `result` is the file so far.
    """

    total: int
    result: Path
    done: int = 0
    failed: int = 0
    errors: list[str] = field(default_factory=list)
    versions: set[str] = field(default_factory=set)
    trouble: ModelServerError | None = None

    @property
    def predicted(self) -> int:
        return self.done - self.failed


@dataclass(frozen=True)
class ManyPredictor:
    """Asks the model server batch by batch. When it goes away, the rows that are left say so."""

    server: ModelServer
    texts: Texts
    shown_errors: int = 10

    def __call__(self, table: Table, card: Card) -> Iterator[Progress]:
        """The progress after each batch; the last one is the end."""
        result = Path(tempfile.mkdtemp(prefix="relevo-")) / f"{card.problem}-predictions.csv"
        progress = Progress(table.count, result)
        with result.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file, delimiter=table.delimiter)
            writer.writerow([*table.header, *_names(card)])
            batch: list[Line] = []
            for line in table.lines(card.inputs, self.texts):
                batch.append(line)
                if len(batch) == BATCH:
                    self._write(writer, batch, table, card, progress)
                    batch = []
                    yield progress
            self._write(writer, batch, table, card, progress)
        yield progress

    def _write(self, writer: Any, batch: list[Line], table: Table, card: Card, progress: Progress) -> None:
        answers, errors = self._answers(batch, card, progress)
        width = len(table.header)
        for position, line in enumerate(batch):
            # A row with too few or too many cells keeps what it has; what has no column of the header comes last.
            cells = [*line.cells[:width], *[""] * (width - len(line.cells))]
            beyond = line.cells[width:]
            progress.done += 1
            if position in answers:
                writer.writerow([*cells, *_cells(answers[position], card)])
                continue
            progress.failed += 1
            said = errors.get(position, line.error)
            if len(progress.errors) < self.shown_errors:
                progress.errors.append(said)
            writer.writerow([*cells, *[""] * (len(_names(card)) - 1), said, *beyond])

    def _answers(
        self, batch: list[Line], card: Card, progress: Progress
    ) -> tuple[dict[int, tuple[OnePrediction, str]], dict[int, str]]:
        """By position in the batch: the answers, and why others have none. A refused row does not sink the rest."""
        asked = [position for position, line in enumerate(batch) if line.row is not None]
        errors: dict[int, str] = {}
        while asked and progress.trouble is None:
            try:
                given = self.server.predict_many(card.problem, [batch[position].row or {} for position in asked])
            except InvalidRowError as error:
                refused = {asked[e.row]: e.message for e in error.errors if e.row is not None}
                if not refused:
                    progress.trouble = error
                for position, message in refused.items():
                    errors[position] = self.texts.csv_row.format(line=batch[position].number, problem=message)
                asked = [position for position in asked if position not in refused]
            except ModelServerError as error:
                progress.trouble = error
            else:
                progress.versions.add(given.model.version)
                return _paired(asked, given), errors
        late = {position: self.texts.csv_not_asked.format(line=batch[position].number) for position in asked}
        return {}, errors | late


def _paired(asked: Sequence[int], given: Predictions) -> dict[int, tuple[OnePrediction, str]]:
    version = given.model.version
    return {position: (one, version) for position, one in zip(asked, given.predictions, strict=True)}


def _names(card: Card) -> list[str]:
    """The columns that are added, the error last."""
    if card.task == "regression":
        answer = ["prediction", "prediction_low", "prediction_high"]
    else:
        answer = ["prediction", "prediction_name", *(f"probability_{label}" for label in card.labels)]
    return [*answer, "prediction_id", "model_version", "error"]


def _cells(answer: tuple[OnePrediction, str], card: Card) -> list[Any]:
    one, version = answer
    if card.task == "regression":
        interval = one.interval
        said: list[Any] = [one.value, interval.low if interval else "", interval.high if interval else ""]
    else:
        shares = one.probabilities or {}
        said = [one.label, one.label_name or "", *(shares.get(label, "") for label in card.labels)]
    return [*said, one.prediction_id, version, ""]


def template(card: Card) -> str:
    """A CSV file to start from: the header, and the rows of the card's background, or its defaults."""
    names = [column.name for column in card.inputs]
    rows = card.background[:3] or [[column.default for column in card.inputs]]
    return "\r\n".join([",".join(names), *(",".join(map(_cell, row)) for row in rows)]) + "\r\n"


def _cell(value: Any) -> str:
    text = "" if value is None else str(value)
    return '"' + text.replace('"', '""') + '"' if any(c in text for c in ',"\n') else text
