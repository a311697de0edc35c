"""Planned looks at verified shares wait in lanes; a missing post has a grace that ends at a moment written down.

A post that is missing already gets the day that its fan was promised.
"""

from datetime import timedelta

import sqlalchemy as sa
from alembic import op

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None

GRACE = timedelta(days=1)
IN_LANE = "lane IS NOT NULL"


def _where(condition: str) -> dict[str, sa.TextClause]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def upgrade() -> None:
    op.create_table(
        'job_lane',
        sa.Column('name', sa.String(length=300), nullable=False),
        sa.Column('closed_until', sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint('name', name=op.f('pk_job_lane')),
    )
    op.add_column('job', sa.Column('lane', sa.String(length=300), nullable=True))
    op.drop_index('ix_job_due', 'job')
    op.create_index('ix_job_due', 'job', ['due_at'], **_where("state = 'waiting' AND lane IS NULL"))
    op.create_index('ix_job_due_in_lane', 'job', ['lane', 'due_at', 'id'], **_where(f"state = 'waiting' AND {IN_LANE}"))
    op.create_index(
        'ix_job_held_in_lane', 'job', ['lane', 'leased_until'], **_where(f"{IN_LANE} AND leased_until IS NOT NULL")
    )
    op.add_column('share', sa.Column('missing_code', sa.String(length=64), nullable=True))
    op.add_column('share', sa.Column('grace_until', sa.DateTime(timezone=True), nullable=True))
    share = sa.table(
        'share', sa.column('id'), sa.column('state'), sa.column('missing_since', sa.DateTime(timezone=True)),
        sa.column('grace_until', sa.DateTime(timezone=True)),
    )
    paid_for = share.c.state.in_(('verified', 'settled'))
    op.execute(sa.update(share).where(~paid_for).values(missing_since=None))
    missing = sa.select(share.c.id, share.c.missing_since).where(share.c.missing_since.is_not(None))
    for share_id, since in op.get_bind().execute(missing).all():
        op.execute(sa.update(share).where(share.c.id == share_id).values(grace_until=since + GRACE))
    with op.batch_alter_table('share') as batch:
        batch.create_check_constraint('missing_has_grace', '(missing_since IS NULL) = (grace_until IS NULL)')
        batch.create_check_constraint('missing_was_paid_for', "missing_since IS NULL OR state IN ('verified', 'settled')")


def downgrade() -> None:
    with op.batch_alter_table('share') as batch:
        batch.drop_constraint(op.f('ck_share_missing_was_paid_for'), type_='check')
        batch.drop_constraint(op.f('ck_share_missing_has_grace'), type_='check')
        batch.drop_column('grace_until')
        batch.drop_column('missing_code')
    for index in ('ix_job_held_in_lane', 'ix_job_due_in_lane', 'ix_job_due'):
        op.drop_index(index, 'job')
    op.drop_column('job', 'lane')
    op.create_index('ix_job_due', 'job', ['due_at'], **_where("state = 'waiting'"))
    op.drop_table('job_lane')
