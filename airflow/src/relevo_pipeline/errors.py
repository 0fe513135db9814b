"""What can end a run. Every message is a sentence for the operator: what was wrong and what to do."""


class StepError(Exception):
    """The step cannot succeed on this input, however often it is tried."""


class ExhaustedError(Exception):
    """The data API says that there is no more data. The run ends as recorded, not as failed."""


class RunFailedError(StepError):
    """An earlier task failed and that is on record already: this only keeps the run from looking well."""
