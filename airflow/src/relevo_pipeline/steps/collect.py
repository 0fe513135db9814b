"""collect: send this run's one request and store the answer as delivered."""

from relevo_pipeline import audit, delivery, ledger
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
    settings = run.settings
    try:
        response = delivery.request(
            settings.data_api_url, settings.group_number, run.dag_run_id, settings.data_api_timeout_seconds
        )
        batch = delivery.read(response, run.problem)
    except delivery.EndOfDataError as end:
        ledger.ended(run, collection_id, "exhausted", str(end), end.http_status)
        raise ExhaustedError(str(end)) from end
    except delivery.DeliveryError as error:
        ledger.ended(run, collection_id, "failed", str(error), error.http_status)
        raise StepError(str(error)) from error
    return ledger.received(run, collection_id, batch)
