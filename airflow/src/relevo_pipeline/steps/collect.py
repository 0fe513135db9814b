"""collect: send this run's one request and store the answer as delivered."""

from sqlalchemy.exc import SQLAlchemyError

from relevo_pipeline import audit, delivery, ledger
from relevo_pipeline.bulk import BulkError
from relevo_pipeline.delivery import Delivery, DeliveryError
from relevo_pipeline.errors import ExhaustedError, StepError
from relevo_pipeline.ledger import Collection
from relevo_pipeline.run import Run


def collect(run: Run) -> Collection:
    """Exactly one request per run: a run that was answered before uses its stored rows.

    Raises:
        ExhaustedError: the data API has no more data.
        StepError: the request was sent and there is no batch to show for it.
    """
    audit.begin(run)
    claim = ledger.begin(run)
    collection = claim if isinstance(claim, Collection) else _ask(run, claim)
    audit.note(
        run,
        collection_id=collection.id,
        batch=collection.batch,
        data=collection.data,
        rows_received=collection.rows,
    )
    return collection


def _ask(run: Run, collection_id: int) -> Collection:
    """Whatever goes wrong from here on, the ledger keeps a sentence and the run never asks again."""
    try:
        batch = delivery.read(delivery.request(run.settings, run.dag_run_id), run.problem)
        _refuse_a_mixture(run, batch)
        return ledger.received(run, collection_id, batch)
    except delivery.EndOfDataError as end:
        ledger.ended(run, collection_id, "exhausted", str(end), end.http_status)
        raise ExhaustedError(str(end)) from end
    except DeliveryError as error:
        sentence, status = str(error), error.http_status
        cause: Exception = error
    except (SQLAlchemyError, BulkError, ValueError) as error:
        sentence, status = f"the batch could not be stored: {error}"[:2000], None
        cause = error
    ledger.ended(run, collection_id, "failed", sentence, status)
    raise StepError(sentence) from cause


def _refuse_a_mixture(run: Run, batch: Delivery) -> None:
    """A model of both would be called one or the other, and be neither."""
    if others := ledger.kinds(run) - {batch.data}:
        raise DeliveryError(
            f"this batch is {batch.data} data and those before were {', '.join(sorted(others))}; "
            "they must not be mixed: start with empty databases, or point DATA_API_URL back to where it was",
            batch.http_status,
        )
