"""Every number of a verdict beside its sentence"""

import sqlalchemy as sa
from alembic import op

revision = "0002_clean"
down_revision = "0001_clean"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("runs", sa.Column("judgement", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("runs", "judgement")
