"""Names in the model registry. A registered model is called like its problem."""

PRODUCTION = "production"
CHALLENGER = "challenger"
PREVIOUS = "previous"

MODEL_FILE = "model.onnx"
CARD_FILE = "card.json"
# MLflow puts what is logged beside a model into this folder of its artifacts.
CARD_PATH = f"extra_files/{CARD_FILE}"

# Every number of a verdict, beside the DAG run's MLflow run.
VERDICT_FILE = "verdict.json"

# Inputs and outputs of every served graph.
GRAPH_INPUT = "features"

TAG_PROBLEM = "relevo.problem"
TAG_DAG_RUN = "relevo.dag_run_id"
TAG_DATA = "relevo.data"
TAG_DECISION = "relevo.decision"
TAG_DECISION_RULE = "relevo.decision_rule"
TAG_DECISION_REASON = "relevo.decision_reason"
TAG_VERDICT = "relevo.verdict"
TAG_VERDICT_REASON = "relevo.verdict_reason"
TAG_VERDICT_RULE = "relevo.verdict_rule"
TAG_BATCH = "relevo.batch"
# When the change began that moved the alias `production` to this version; set after the move.
TAG_PROMOTED = "relevo.promoted_at"
TAG_ENDING = "relevo.ending"
TAG_ERROR = "relevo.error"
