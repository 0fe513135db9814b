"""collect: send this run's one request and store the answer as delivered."""

import httpx
from sqlalchemy.exc import SQLAlchemyError

from relevo_pipeline import answers, audit, data_api, delivery, ledger
from relevo_pipeline.answers import KeptAnswer
from relevo_pipeline.bulk import BulkError
from relevo_pipeline.delivery import Delivery, DeliveryError
from relevo_pipeline.errors import ExhaustedError, StepError
from relevo_pipeline.ledger import Collection, State
from relevo_pipeline.run import Run


def collect(run: Run) -> Collection:
    """Exactly one request per run: a run that was answered before uses its stored rows.

    Raises:
        ExhaustedError: the data API has no more data.
        StepError: the request was sent and there is no batch to show for it.
    """
    audit.begin(run)
    match ledger.begin(run):
        case Collection() as collection:
            pass
        case KeptAnswer(collection_id, response):
            collection = _receive(run, collection_id, response)
        case collection_id:
            collection = _receive(run, collection_id, None)
    audit.note(
        run,
        collection_id=collection.id,
        batch=collection.batch,
        data=collection.data,
        rows_received=collection.rows,
    )
    audit.add_evidence(run, **collection.findings)
    return collection


def _receive(run: Run, collection_id: int, response: httpx.Response | None) -> Collection:
    """Ask, unless the answer is there already, and store what it brings.

    Whatever goes wrong from here on, the ledger keeps a sentence and the run never asks again.
    """
    kept = response is not None
    try:
        if response is None:
            response = data_api.request(run.settings, run.problem, run.dag_run_id)
            answers.keep(run, collection_id, response)
            kept = True
        batch = delivery.read(response, run.problem)
        _refuse_a_mixture(run, batch)
        return ledger.received(run, collection_id, batch)
    except delivery.EndOfDataError as end:
        ledger.ended(run, collection_id, State.EXHAUSTED, str(end), end.http_status, _content(response))
        raise ExhaustedError(str(end)) from end
    except DeliveryError as error:
        sentence, status = str(error), error.http_status
        cause: Exception = error
    except (SQLAlchemyError, BulkError, ValueError, OSError) as error:
        # The driver's own words: SQLAlchemy adds the statement and the rows.
        said = getattr(error, "orig", None) or error
        if kept and isinstance(error, answers.UNREACHABLE):
            raise StepError(
                f"the raw database went away before the batch was stored: {said}. The answer is kept there: "
                "when the database is back, clear this task; no second request is sent."
            ) from error
        sentence, status = f"the batch could not be stored: {said}"[:2000], httpx.codes.OK
        cause = error
    ledger.ended(run, collection_id, State.FAILED, sentence, status, _content(response))
    raise StepError(sentence) from cause


def _content(response: httpx.Response | None) -> bytes | None:
    return None if response is None else response.content


def _refuse_a_mixture(run: Run, batch: Delivery) -> None:
    """A model of both would be called one or the other, and be neither."""
    if others := ledger.kinds(run) - {batch.data}:
        raise DeliveryError(
            f"this batch is {batch.data} data and those before were {', '.join(sorted(others))}; "
            "they must not be mixed: start with empty databases, or point DATA_API_URL back to where it was",
            batch.http_status,
        )
