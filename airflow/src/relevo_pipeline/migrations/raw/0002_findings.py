"""What was noticed about an answer besides its rows"""

import sqlalchemy as sa
from alembic import op

revision = "0002_findings"
down_revision = "0001_raw"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("collections", sa.Column("findings", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("collections", "findings")
