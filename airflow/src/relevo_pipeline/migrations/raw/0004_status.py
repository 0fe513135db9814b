"""What became of a prediction: its probability, its status, its error"""

import sqlalchemy as sa
from alembic import op

revision = "0004_status"
down_revision = "0003_answers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("predictions", sa.Column("probability", sa.Double(), nullable=True))
    op.add_column("predictions", sa.Column("status", sa.Integer(), server_default="200", nullable=False))
    op.add_column("predictions", sa.Column("error", sa.Text(), nullable=True))


def downgrade() -> None:
    for column in ("error", "status", "probability"):
        op.drop_column("predictions", column)
