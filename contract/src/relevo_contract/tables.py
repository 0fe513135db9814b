"""The fixed tables that more than one service touches. A problem's own tables come from its columns."""

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    DateTime,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects import mysql, sqlite

Timestamp = DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
# SQLite numbers only a column of the type INTEGER by itself.
Id = BigInteger().with_variant(sqlite.INTEGER(), "sqlite")
# A sentence may quote an answer of several KiB; MySQL's TEXT ends at 64 KiB, and a character may take four bytes.
Sentence = Text()
LONGEST_SENTENCE = (2**16 - 1) // 4

NAME = 64
# As long as Airflow's run ids may be. MySQL's usual collation would take "Retry-1" and "retry-1" for the same run.
RunId = String(250).with_variant(mysql.VARCHAR(250, collation="utf8mb4_0900_bin"), "mysql")


def utc_now() -> datetime:
    """The time as it is stored: UTC without a zone, since MySQL's DATETIME has none."""
    return datetime.now(UTC).replace(tzinfo=None)


raw_metadata = MetaData()
clean_metadata = MetaData()

collections = Table(
    "collections",
    raw_metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("problem", String(NAME), nullable=False),
    Column("dag_run_id", RunId, nullable=False),
    Column("state", String(16), nullable=False),
    Column("requested_at", Timestamp, nullable=False),
    Column("received_at", Timestamp),
    Column("http_status", Integer),
    Column("batch_label", String(NAME)),
    Column("data", String(16)),
    Column("row_count", Integer),
    Column("size", BigInteger),
    Column("sha256", String(64)),
    Column("error", Sentence),
    # What was noticed about the answer besides its rows: schema changes, a body seen before.
    Column("findings", JSON),
    UniqueConstraint("problem", "dag_run_id"),
)

# Far below what MySQL takes in one packet (64 MiB).
ANSWER_PART_BYTES = 4 * 2**20
answers = Table(
    "answers",
    raw_metadata,
    Column("collection_id", BigInteger, primary_key=True, autoincrement=False),
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("http_status", Integer, nullable=False),
    Column("headers", JSON, nullable=False),
    Column("content", LargeBinary(ANSWER_PART_BYTES), nullable=False),
)

predictions = Table(
    "predictions",
    raw_metadata,
    Column("prediction_id", String(36), primary_key=True),
    Column("request_id", String(64), nullable=False),
    Column("problem", String(NAME), nullable=False),
    Column("version", String(16), nullable=False),
    Column("run_id", String(32), nullable=False),
    Column("input", JSON, nullable=False),
    Column("output", JSON, nullable=False),
    # The probability of the label; none for a regression.
    Column("probability", Double),
    # As over HTTP. Above 200 there is no output, and `error` says why.
    Column("status", Integer, nullable=False, server_default="200"),
    Column("error", Sentence),
    Column("stale", Integer, nullable=False),
    Column("duration_ms", Double, nullable=False),
    Column("predicted_at", Timestamp, nullable=False),
    Index("ix_predictions_problem_time", "problem", "predicted_at"),
)

promotions = Table(
    "promotions",
    raw_metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("problem", String(NAME), nullable=False),
    Column("from_version", String(16)),
    Column("to_version", String(16), nullable=False),
    Column("promoted_at", Timestamp, nullable=False),
    Column("promoted_by", String(NAME), nullable=False),
    Column("dag_run_id", RunId),
    Column("reason", Sentence, nullable=False),
    # Only for moves by hand, which several model servers may see: the row that this one follows, or 0.
    Column("follows", BigInteger),
    UniqueConstraint("problem", "dag_run_id"),
    Index("ux_promotions_follows", "problem", "follows", unique=True),
)

# What the challenger would have answered to some of the requests that production has answered.
shadow_predictions = Table(
    "shadow_predictions",
    raw_metadata,
    Column("prediction_id", String(36), primary_key=True),
    Column("version", String(16), primary_key=True),
    Column("output", JSON, nullable=False),
    # 1 or 0: whether the label is the same, or the value in the interval of production's, where it had one.
    Column("agrees", Integer),
    # The challenger's value minus production's, or half the sum of the differences of their probabilities.
    Column("difference", Double),
    Column("duration_ms", Double, nullable=False),
    Column("predicted_at", Timestamp, nullable=False),
)

feedback = Table(
    "feedback",
    raw_metadata,
    Column("prediction_id", String(36), primary_key=True),
    Column("problem", String(NAME), nullable=False),
    Column("version", String(16), nullable=False),
    Column("predicted", JSON, nullable=False),
    Column("truth", JSON, nullable=False),
    # 1 or 0 for a label, the distance for a value.
    Column("correct", Integer),
    Column("absolute_error", Double),
    # 1 or 0: whether the truth lay in the prediction's interval, where it had one.
    Column("covered", Integer),
    Column("given_at", Timestamp, nullable=False),
    Index("ix_feedback_problem_version", "problem", "version"),
)

runs = Table(
    "runs",
    clean_metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("problem", String(NAME), nullable=False),
    Column("dag_run_id", RunId, nullable=False),
    Column("state", String(16), nullable=False),
    Column("started_at", Timestamp, nullable=False),
    Column("finished_at", Timestamp),
    Column("collection_id", BigInteger),
    Column("batch", String(NAME)),
    Column("data", String(16)),
    Column("rows_received", Integer),
    Column("rows_rejected", Integer),
    Column("rows_new", Integer),
    Column("evidence", JSON),
    Column("decision", String(16)),
    Column("decision_rule", String(NAME)),
    Column("decision_reason", Sentence),
    Column("verdict", String(16)),
    Column("verdict_reason", Sentence),
    Column("judgement", JSON),
    Column("metric", String(NAME)),
    Column("champion_version", String(16)),
    Column("champion_score", Double),
    Column("challenger_version", String(16)),
    Column("challenger_score", Double),
    Column("challenger_algorithm", String(NAME)),
    Column("mlflow_run_id", String(32)),
    Column("failed_task", String(NAME)),
    Column("error", Sentence),
    UniqueConstraint("problem", "dag_run_id"),
    Index("ix_runs_problem_started", "problem", "started_at"),
)
