"""Fixed tables of the raw database"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

# Compared to the letter: MySQL's usual collation takes "Retry-1" and "retry-1" for the same run.
RUN_ID = sa.String(250).with_variant(mysql.VARCHAR(250, collation="utf8mb4_0900_bin"), "mysql")
TIMESTAMP = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")

revision = "0001_raw"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "collections",
        sa.Column("id", sa.BigInteger().with_variant(sa.INTEGER(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("problem", sa.String(length=64), nullable=False),
        sa.Column("dag_run_id", RUN_ID, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column(
            "requested_at",
            TIMESTAMP,
            nullable=False,
        ),
        sa.Column(
            "received_at",
            TIMESTAMP,
            nullable=True,
        ),
        sa.Column("http_status", sa.Integer(), nullable=True),
        sa.Column("batch_label", sa.String(length=64), nullable=True),
        sa.Column("data", sa.String(length=16), nullable=True),
        sa.Column("row_count", sa.Integer(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("problem", "dag_run_id"),
    )
    op.create_table(
        "predictions",
        sa.Column("prediction_id", sa.String(length=36), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("problem", sa.String(length=64), nullable=False),
        sa.Column("version", sa.String(length=16), nullable=False),
        sa.Column("run_id", sa.String(length=32), nullable=False),
        sa.Column("input", sa.JSON(), nullable=False),
        sa.Column("output", sa.JSON(), nullable=False),
        sa.Column("stale", sa.Integer(), nullable=False),
        sa.Column("duration_ms", sa.Double(), nullable=False),
        sa.Column(
            "predicted_at",
            TIMESTAMP,
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("prediction_id"),
    )
    op.create_index("ix_predictions_problem_time", "predictions", ["problem", "predicted_at"], unique=False)
    op.create_table(
        "promotions",
        sa.Column("id", sa.BigInteger().with_variant(sa.INTEGER(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("problem", sa.String(length=64), nullable=False),
        sa.Column("from_version", sa.String(length=16), nullable=True),
        sa.Column("to_version", sa.String(length=16), nullable=False),
        sa.Column(
            "promoted_at",
            TIMESTAMP,
            nullable=False,
        ),
        sa.Column("promoted_by", sa.String(length=64), nullable=False),
        sa.Column("dag_run_id", RUN_ID, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("problem", "dag_run_id"),
    )


def downgrade() -> None:
    op.drop_table("promotions")
    op.drop_index("ix_predictions_problem_time", table_name="predictions")
    op.drop_table("predictions")
    op.drop_table("collections")
