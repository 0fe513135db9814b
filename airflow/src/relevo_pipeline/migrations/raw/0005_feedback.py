"""The truth about predictions; promotions that the model server saw"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

TIMESTAMP = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")

revision = "0005_feedback"
down_revision = "0004_status"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("promotions", sa.Column("follows", sa.BigInteger(), nullable=True))
    op.create_index("ux_promotions_follows", "promotions", ["problem", "follows"], unique=True)
    op.create_table(
        "feedback",
        sa.Column("prediction_id", sa.String(length=36), nullable=False),
        sa.Column("problem", sa.String(length=64), nullable=False),
        sa.Column("version", sa.String(length=16), nullable=False),
        sa.Column("predicted", sa.JSON(), nullable=False),
        sa.Column("truth", sa.JSON(), nullable=False),
        sa.Column("correct", sa.Integer(), nullable=True),
        sa.Column("absolute_error", sa.Double(), nullable=True),
        sa.Column("given_at", TIMESTAMP, nullable=False),
        sa.PrimaryKeyConstraint("prediction_id"),
    )
    op.create_index("ix_feedback_problem_version", "feedback", ["problem", "version"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_feedback_problem_version", table_name="feedback")
    op.drop_table("feedback")
    op.drop_index("ux_promotions_follows", table_name="promotions")
    op.drop_column("promotions", "follows")
