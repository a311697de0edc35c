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
    _give_missing_posts_a_grace()


def _give_missing_posts_a_grace() -> None:
    """On SQLite a constraint comes with its column and must hold at once, so what is missing is written last."""
    moment = sa.DateTime(timezone=True)
    share = sa.table(
        'share', sa.column('id'), sa.column('state'), sa.column('missing_since', moment), sa.column('grace_until', moment)
    )
    known = sa.select(share.c.id, share.c.missing_since).where(
        share.c.missing_since.is_not(None), share.c.state.in_(('verified', 'settled'))
    )
    missing = op.get_bind().execute(known).all()
    op.execute(sa.update(share).where(share.c.missing_since.is_not(None)).values(missing_since=None))
    time = moment.compile(op.get_bind().dialect)
    op.execute(
        "ALTER TABLE share ADD COLUMN missing_code VARCHAR(64) CONSTRAINT ck_share_missing_was_paid_for "
        "CHECK (missing_code IS NULL OR state IN ('verified', 'settled'))"
    )
    op.execute(
        f"ALTER TABLE share ADD COLUMN grace_until {time} CONSTRAINT ck_share_missing_has_grace "
        "CHECK ((missing_since IS NULL) = (grace_until IS NULL))"
    )
    for share_id, since in missing:
        values = {"missing_since": since, "grace_until": since + GRACE}
        op.execute(sa.update(share).where(share.c.id == share_id).values(**values))


def downgrade() -> None:
    for column in ('grace_until', 'missing_code'):
        op.drop_column('share', column)
    for index in ('ix_job_held_in_lane', 'ix_job_due_in_lane', 'ix_job_due'):
        op.drop_index(index, 'job')
    op.drop_column('job', 'lane')
    op.create_index('ix_job_due', 'job', ['due_at'], **_where("state = 'waiting'"))
    op.drop_table('job_lane')
