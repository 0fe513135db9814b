"""Fixed tables of the clean database"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

# Compared to the letter: MySQL's usual collation takes "Retry-1" and "retry-1" for the same run.
RUN_ID = sa.String(250).with_variant(mysql.VARCHAR(250, collation="utf8mb4_0900_bin"), "mysql")
TIMESTAMP = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")

revision = "0001_clean"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "runs",
        sa.Column("id", sa.BigInteger().with_variant(sa.INTEGER(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("problem", sa.String(length=64), nullable=False),
        sa.Column("dag_run_id", RUN_ID, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column(
            "started_at",
            TIMESTAMP,
            nullable=False,
        ),
        sa.Column(
            "finished_at",
            TIMESTAMP,
            nullable=True,
        ),
        sa.Column("collection_id", sa.BigInteger(), nullable=True),
        sa.Column("batch", sa.String(length=64), nullable=True),
        sa.Column("data", sa.String(length=16), nullable=True),
        sa.Column("rows_received", sa.Integer(), nullable=True),
        sa.Column("rows_rejected", sa.Integer(), nullable=True),
        sa.Column("rows_new", sa.Integer(), nullable=True),
        sa.Column("evidence", sa.JSON(), nullable=True),
        sa.Column("decision", sa.String(length=16), nullable=True),
        sa.Column("decision_rule", sa.String(length=64), nullable=True),
        sa.Column("decision_reason", sa.Text(), nullable=True),
        sa.Column("verdict", sa.String(length=16), nullable=True),
        sa.Column("verdict_reason", sa.Text(), nullable=True),
        sa.Column("metric", sa.String(length=64), nullable=True),
        sa.Column("champion_version", sa.String(length=16), nullable=True),
        sa.Column("champion_score", sa.Double(), nullable=True),
        sa.Column("challenger_version", sa.String(length=16), nullable=True),
        sa.Column("challenger_score", sa.Double(), nullable=True),
        sa.Column("challenger_algorithm", sa.String(length=64), nullable=True),
        sa.Column("mlflow_run_id", sa.String(length=32), nullable=True),
        sa.Column("failed_task", sa.String(length=64), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("problem", "dag_run_id"),
    )
    op.create_index("ix_runs_problem_started", "runs", ["problem", "started_at"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_runs_problem_started", table_name="runs")
    op.drop_table("runs")
