"""Answers of the challenger in production's shadow; whether the truth lay in a prediction's interval"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

TIMESTAMP = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")

revision = "0006_shadow"
down_revision = "0005_feedback"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("feedback", sa.Column("covered", sa.Integer(), nullable=True))
    op.create_table(
        "shadow_predictions",
        sa.Column("prediction_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.String(length=16), nullable=False),
        sa.Column("output", sa.JSON(), nullable=False),
        sa.Column("agrees", sa.Integer(), nullable=True),
        sa.Column("difference", sa.Double(), nullable=True),
        sa.Column("duration_ms", sa.Double(), nullable=False),
        sa.Column("predicted_at", TIMESTAMP, nullable=False),
        sa.PrimaryKeyConstraint("prediction_id", "version"),
    )


def downgrade() -> None:
    op.drop_table("shadow_predictions")
    op.drop_column("feedback", "covered")
