"""Stripe: terms of promotions and of points plus cash, codes and payments of redemptions, webhooks that were heard."""

import sqlalchemy as sa
from alembic import op

from portal.kernel.migrating import refuse_to_lose

revision = '0022'
down_revision = '0021'
branch_labels = None
depends_on = None

TABLES = ['stripe_event', 'redemption_payment', 'redemption_promotion', 'reward_promotion']


def upgrade() -> None:
    op.execute("ALTER TABLE reward ADD COLUMN cash_currency VARCHAR(3)")
    op.execute(
        "ALTER TABLE reward ADD COLUMN cash_minor INTEGER CONSTRAINT ck_reward_cash_of_its_kind CHECK "
        "(cash_minor IS NULL OR (cash_minor > 0 AND cash_currency IS NOT NULL AND kind = 'points_plus_cash'))"
    )
    op.create_table(
        'reward_promotion',
        sa.Column('reward_id', sa.String(length=26), nullable=False),
        sa.Column('percent_off', sa.Integer(), nullable=True),
        sa.Column('amount_off_minor', sa.Integer(), nullable=True),
        sa.Column('coupon_id', sa.String(length=255), nullable=True),
        sa.Column('currency', sa.String(length=3), nullable=False),
        sa.Column('valid_days', sa.Integer(), nullable=False),
        sa.Column('for_customer', sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            '(CASE WHEN percent_off IS NULL THEN 0 ELSE 1 END) + (CASE WHEN amount_off_minor IS NULL THEN 0 ELSE 1 '
            'END) + (CASE WHEN coupon_id IS NULL THEN 0 ELSE 1 END) = 1',
            name=op.f('ck_reward_promotion_gives_one_thing'),
        ),
        sa.CheckConstraint('percent_off BETWEEN 1 AND 100', name=op.f('ck_reward_promotion_percent')),
        sa.CheckConstraint('amount_off_minor > 0', name=op.f('ck_reward_promotion_takes_something_off')),
        sa.CheckConstraint('valid_days > 0', name=op.f('ck_reward_promotion_works_for_a_while')),
        sa.ForeignKeyConstraint(['reward_id'], ['reward.id'], name=op.f('fk_reward_promotion_reward_id_reward')),
        sa.PrimaryKeyConstraint('reward_id', name=op.f('pk_reward_promotion')),
    )
    op.create_table(
        'redemption_promotion',
        sa.Column('redemption_id', sa.String(length=26), nullable=False),
        sa.Column('sealed', sa.Text(), nullable=False),
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('state', sa.String(length=16), nullable=False),
        sa.Column('promotion_id', sa.String(length=255), nullable=True),
        sa.CheckConstraint(
            "state IN ('wanted', 'works', 'off_due', 'off', 'used')", name=op.f('ck_redemption_promotion_state_known')
        ),
        sa.CheckConstraint(
            "state NOT IN ('works', 'used') OR promotion_id IS NOT NULL",
            name=op.f('ck_redemption_promotion_works_at_stripe'),
        ),
        sa.ForeignKeyConstraint(
            ['redemption_id'], ['redemption.id'], name=op.f('fk_redemption_promotion_redemption_id_redemption')
        ),
        sa.PrimaryKeyConstraint('redemption_id', name=op.f('pk_redemption_promotion')),
        sa.UniqueConstraint('digest', name=op.f('uq_redemption_promotion_digest')),
        sa.UniqueConstraint('promotion_id', name=op.f('uq_redemption_promotion_promotion_id')),
    )
    unsettled = sa.text("state IN ('wanted', 'off_due')")
    op.create_index(
        'ix_redemption_promotion_open', 'redemption_promotion', ['state'],
        sqlite_where=unsettled, postgresql_where=unsettled,
    )
    op.create_table(
        'redemption_payment',
        sa.Column('redemption_id', sa.String(length=26), nullable=False),
        sa.Column('title', sa.String(length=120), nullable=False),
        sa.Column('amount_minor', sa.Integer(), nullable=False),
        sa.Column('currency', sa.String(length=3), nullable=False),
        sa.Column('state', sa.String(length=16), nullable=False),
        sa.Column('asked_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('page_closes_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('session_id', sa.String(length=255), nullable=True),
        sa.Column('url', sa.Text(), nullable=True),
        sa.Column('payment_id', sa.String(length=255), nullable=True),
        sa.Column('paid_minor', sa.Integer(), nullable=True),
        sa.Column('paid_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('refund_id', sa.String(length=255), nullable=True),
        sa.Column('returned_at', sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('due', 'open', 'paid', 'closed', 'return_due', 'returned', 'odd')",
            name=op.f('ck_redemption_payment_state_known'),
        ),
        sa.CheckConstraint('amount_minor > 0', name=op.f('ck_redemption_payment_costs_money')),
        sa.CheckConstraint(
            "state NOT IN ('paid', 'return_due', 'returned') OR payment_id IS NOT NULL",
            name=op.f('ck_redemption_payment_paid_by_a_payment'),
        ),
        sa.CheckConstraint(
            "state <> 'open' OR session_id IS NOT NULL", name=op.f('ck_redemption_payment_open_at_a_page')
        ),
        sa.CheckConstraint(
            "(state = 'returned') = (returned_at IS NOT NULL)", name=op.f('ck_redemption_payment_returned_has_moment')
        ),
        sa.ForeignKeyConstraint(
            ['redemption_id'], ['redemption.id'], name=op.f('fk_redemption_payment_redemption_id_redemption')
        ),
        sa.PrimaryKeyConstraint('redemption_id', name=op.f('pk_redemption_payment')),
        sa.UniqueConstraint('payment_id', name=op.f('uq_redemption_payment_payment_id')),
        sa.UniqueConstraint('session_id', name=op.f('uq_redemption_payment_session_id')),
    )
    unsettled = sa.text("state IN ('due', 'open', 'return_due', 'odd')")
    op.create_index(
        'ix_redemption_payment_open', 'redemption_payment', ['state'],
        sqlite_where=unsettled, postgresql_where=unsettled,
    )
    op.create_table(
        'stripe_event',
        sa.Column('id', sa.String(length=255), nullable=False),
        sa.Column('kind', sa.String(length=80), nullable=False),
        sa.Column('about_id', sa.String(length=255), nullable=False),
        sa.Column('reference', sa.String(length=255), nullable=False),
        sa.Column('happened_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('heard_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('handled_at', sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_stripe_event')),
    )
    op.create_index(op.f('ix_stripe_event_heard_at'), 'stripe_event', ['heard_at'])


def downgrade() -> None:
    refuse_to_lose(TABLES)
    refuse_to_lose(['reward'], where='cash_minor IS NOT NULL')
    for table in TABLES:
        op.drop_table(table)
    with op.batch_alter_table("reward") as batch:  # a later step made the check one of the whole table
        batch.drop_constraint(op.f("ck_reward_cash_of_its_kind"), type_="check")
        batch.drop_column("cash_minor")
        batch.drop_column("cash_currency")
