"""Every sentence of the page in one place. A further language is a further `Texts`."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Texts:
    """Names say where a text stands; what stands in braces is filled in with `str.format`."""

    title: str
    subtitle: str
    problem: str
    predict: str
    history: str
    refresh: str
    simulated: str
    # header
    in_production: str
    version: str
    since: str
    none_in_production: str
    no_answer: str
    stale: str
    stale_short: str
    # form
    usually: str
    allowed: str
    at_least: str
    at_most: str
    submit: str
    waiting_for_model: str
    # result
    no_prediction_yet: str
    prediction: str
    model: str
    tracked_run: str
    prediction_id: str
    # what went wrong
    nothing_in_production: str
    start_a_run: str
    server_unavailable: str
    server_unreachable: str
    server_refused: str
    server_unintelligible: str
    row_invalid: str
    # history
    batch: str
    rows: str
    received: str
    rejected: str
    new: str
    missing_columns: str
    unexpected_columns: str
    rejected_values: str
    wrong_content_type: str
    same_body: str
    trained: str
    promoted: str
    score: str
    champion: str
    challenger: str
    short_version: str
    yes: str
    no: str
    running: str
    not_carried_out: str
    failed: str
    failed_in: str
    exhausted: str
    no_runs: str
    open_airflow: str
    history_unreachable: str


ENGLISH = Texts(
    title="Relevo",
    subtitle="What is in production, since when, and why",
    problem="Problem",
    predict="Predict",
    history="History",
    refresh="Refresh",
    simulated="simulated data",
    in_production="In production",
    version="Version {version}",
    since="in production since {since}",
    none_in_production="no model in production",
    no_answer="model server not available",
    stale=(
        "The registry does not answer, so this is the last version the model server knows. "
        "A newer one may be in production."
    ),
    stale_short="registry not reachable",
    # No-break spaces keep a range on one line.
    usually="Usually {low}\u00a0to\u00a0{high}",
    allowed="limits {low}\u00a0to\u00a0{high}",
    at_least="at least {low}",
    at_most="at most {high}",
    submit="Predict",
    waiting_for_model="Looking for the model in production …",
    no_prediction_yet="The form is filled with typical values. Change what you like and press “Predict”.",
    prediction="Prediction",
    model="Model",
    tracked_run="Training run",
    prediction_id="Prediction id",
    nothing_in_production="There is no model to predict with yet: {detail}.",
    start_a_run="Start a run in Airflow",
    server_unavailable="The model server cannot predict now: {detail}.",
    server_unreachable=(
        "The model server at {url} does not answer, so nothing can be predicted. "
        "Start it, or look at its log; this page finds it again by itself."
    ),
    server_refused="The model server answered “{title}” ({status}). {detail}",
    server_unintelligible=(
        "The model server at {url} answered in a form that this page does not understand: {detail}. "
        "Are the page and the model server of the same release?"
    ),
    row_invalid="Nothing was predicted. Please correct: {fields}.",
    batch="Batch",
    rows="Rows",
    received="received",
    rejected="rejected",
    new="new",
    missing_columns="Missing columns: {found}",
    unexpected_columns="Unexpected columns: {found}",
    rejected_values="Rejected values: {found}",
    wrong_content_type="Came as {found}, read as JSON",
    same_body="The same answer, byte for byte, as collection {found}",
    trained="Trained?",
    promoted="Promoted?",
    score="Score",
    champion="champion",
    challenger="challenger",
    short_version="v{version}",
    yes="Yes",
    no="No",
    running="running",
    not_carried_out="not carried out",
    failed="failed",
    failed_in="Failed in “{task}”:",
    exhausted="No more data",
    no_runs="No run is on record yet. The first one appears here as soon as it starts.",
    open_airflow="Open Airflow",
    history_unreachable=(
        "The database with the history does not answer ({reason}). Start it, or check CLEAN_DB_URL; "
        "this page finds it again by itself."
    ),
)
