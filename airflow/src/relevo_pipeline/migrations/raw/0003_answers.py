"""The answer to a run's one request, until its rows are stored"""

import sqlalchemy as sa
from alembic import op

revision = "0003_answers"
down_revision = "0002_findings"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "answers",
        sa.Column("collection_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("part", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("http_status", sa.Integer(), nullable=False),
        sa.Column("headers", sa.JSON(), nullable=False),
        sa.Column("content", sa.LargeBinary(4 * 2**20), nullable=False),
        sa.PrimaryKeyConstraint("collection_id", "part"),
    )


def downgrade() -> None:
    op.drop_table("answers")
