"""What went wrong, in a sentence that says what to do."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from relevo_contract.columns import Column

from relevo_ui.cells import refusal
from relevo_ui.form import Form
from relevo_ui.inference import (
    InvalidRowError,
    ModelServerError,
    NothingInProductionError,
    RefusedError,
    UnavailableError,
    UnreachableError,
)
from relevo_ui.links import Links
from relevo_ui.operation.airflow import AirflowError, AirflowLoginError, AirflowUnreachableError
from relevo_ui.texts import Texts
from relevo_ui.wording import capitalised


@dataclass(frozen=True)
class Advice:
    """A sentence, and where its reader can do something about it."""

    sentence: str
    link: str | None = None
    link_text: str | None = None


def advise(error: ModelServerError, url: str, problem: str, texts: Texts, links: Links) -> Advice:
    """The advice for an error of the model server at `url`."""
    match error:
        case NothingInProductionError():
            sentence = texts.nothing_in_production.format(detail=error)
            return Advice(sentence, links.dag(problem), texts.start_a_run)
        case UnavailableError():
            return Advice(texts.server_unavailable.format(detail=error))
        case UnreachableError():
            return Advice(texts.server_unreachable.format(url=url))
        case RefusedError(status=status, title=title, detail=detail):
            return Advice(texts.server_refused.format(status=status, title=title, detail=detail).strip())
        case _:
            return Advice(texts.server_unintelligible.format(url=url, detail=error))


def advise_on_airflow(error: AirflowError, url: str, texts: Texts) -> Advice:
    """The advice for an error of the Airflow at `url`."""
    match error:
        case AirflowUnreachableError():
            return Advice(texts.airflow_unreachable.format(url=url, reason=error))
        case AirflowLoginError():
            return Advice(texts.airflow_login.format(reason=error))
        case _:
            return Advice(texts.airflow_refused.format(reason=error))


def advise_on_row(error: InvalidRowError, form: Form, texts: Texts) -> Advice:
    """Which fields to correct; what the form has no field for is said in full."""
    labels = {field.name: field.label for field in form.fields}
    wrong = [labels.get(e.field) or f"{e.field} ({e.message})" for e in error.errors]
    return Advice(texts.row_invalid.format(fields=", ".join(dict.fromkeys(wrong))))


def field_sentences(
    error: InvalidRowError, row: Mapping[str, Any], columns: Iterable[Column], texts: Texts
) -> dict[str, str]:
    """What to say next to each wrong field, by its name.

    In the reader's language where the column's contract tells what is wrong, else in the model server's words.
    """
    known = {column.name: column for column in columns}
    sentences: dict[str, list[str]] = {}
    for wrong in error.errors:
        column = known.get(wrong.field)
        own = refusal(column, row.get(wrong.field), texts) if column else None
        said = _full_stop(own or wrong.message, wrong.field)
        if said not in sentences.setdefault(wrong.field, []):
            sentences[wrong.field].append(said)
    return {field: " ".join(said) for field, said in sentences.items()}


def _full_stop(message: str, field: str) -> str:
    message = capitalised(message, field)
    return message if message.endswith((".", "!", "?")) else f"{message}."
