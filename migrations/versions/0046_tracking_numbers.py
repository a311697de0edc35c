"""Parcels are found by their tracking number."""

import sqlalchemy as sa
from alembic import op


revision = '0046'
down_revision = '0045'
branch_labels = None
depends_on = None

HAS_NUMBER = sa.text("tracking <> ''")


def upgrade() -> None:
    op.create_index("ix_parcel_tracking", "parcel", ["tracking"], sqlite_where=HAS_NUMBER, postgresql_where=HAS_NUMBER)


def downgrade() -> None:
    op.drop_index("ix_parcel_tracking", "parcel")
