"""Events with tickets, files, causes, and rewards that staff give by hand."""

import sqlalchemy as sa
from alembic import op

from portal.kernel.migrating import refuse_to_lose


revision = '0025'
down_revision = '0024'
branch_labels = None
depends_on = None

TABLES = ['reward_gift', 'donation_cause', 'download_count', 'reward_download', 'ticket', 'reward_event']


def upgrade() -> None:
    op.create_table(
        'reward_event',
        sa.Column('reward_id', sa.String(length=26), nullable=False),
        sa.Column('starts_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('place', sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(['reward_id'], ['reward.id'], name=op.f('fk_reward_event_reward_id_reward')),
        sa.PrimaryKeyConstraint('reward_id', name=op.f('pk_reward_event')),
    )
    op.create_table(
        'ticket',
        sa.Column('redemption_id', sa.String(length=26), nullable=False),
        sa.Column('code', sa.String(length=16), nullable=False),
        sa.Column('checked_in_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('checked_in_by_id', sa.String(length=26), nullable=True),
        sa.CheckConstraint('(checked_in_at IS NULL) = (checked_in_by_id IS NULL)', name=op.f('ck_ticket_checked_in_by_somebody')),
        sa.ForeignKeyConstraint(['redemption_id'], ['redemption.id'], name=op.f('fk_ticket_redemption_id_redemption')),
        sa.ForeignKeyConstraint(['checked_in_by_id'], ['person.id'], name=op.f('fk_ticket_checked_in_by_id_person')),
        sa.PrimaryKeyConstraint('redemption_id', name=op.f('pk_ticket')),
        sa.UniqueConstraint('code', name=op.f('uq_ticket_code')),
    )
    op.create_table(
        'reward_download',
        sa.Column('reward_id', sa.String(length=26), nullable=False),
        sa.Column('file_key', sa.String(length=120), nullable=False),
        sa.Column('file_name', sa.String(length=120), nullable=False),
        sa.Column('size_bytes', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(['reward_id'], ['reward.id'], name=op.f('fk_reward_download_reward_id_reward')),
        sa.PrimaryKeyConstraint('reward_id', name=op.f('pk_reward_download')),
    )
    op.create_table(
        'download_count',
        sa.Column('redemption_id', sa.String(length=26), nullable=False),
        sa.Column('times', sa.Integer(), nullable=False),
        sa.Column('last_at', sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint('times > 0', name=op.f('ck_download_count_counts_something')),
        sa.ForeignKeyConstraint(['redemption_id'], ['redemption.id'], name=op.f('fk_download_count_redemption_id_redemption')),
        sa.PrimaryKeyConstraint('redemption_id', name=op.f('pk_download_count')),
    )
    op.create_table(
        'donation_cause',
        sa.Column('reward_id', sa.String(length=26), nullable=False),
        sa.Column('name', sa.String(length=120), nullable=False),
        sa.Column('points_total', sa.Integer(), nullable=False),
        sa.CheckConstraint('points_total >= 0', name=op.f('ck_donation_cause_total_not_negative')),
        sa.ForeignKeyConstraint(['reward_id'], ['reward.id'], name=op.f('fk_donation_cause_reward_id_reward')),
        sa.PrimaryKeyConstraint('reward_id', name=op.f('pk_donation_cause')),
    )
    op.create_table(
        'reward_gift',
        sa.Column('redemption_id', sa.String(length=26), nullable=False),
        sa.Column('campaign_id', sa.String(length=26), nullable=False),
        sa.Column('worth_points', sa.Integer(), nullable=False),
        sa.Column('given_by_id', sa.String(length=26), nullable=False),
        sa.CheckConstraint('worth_points > 0', name=op.f('ck_reward_gift_worth_something')),
        sa.ForeignKeyConstraint(['redemption_id'], ['redemption.id'], name=op.f('fk_reward_gift_redemption_id_redemption')),
        sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_reward_gift_campaign_id_campaign')),
        sa.ForeignKeyConstraint(['given_by_id'], ['person.id'], name=op.f('fk_reward_gift_given_by_id_person')),
        sa.PrimaryKeyConstraint('redemption_id', name=op.f('pk_reward_gift')),
    )


def downgrade() -> None:
    refuse_to_lose(TABLES)
    for table in TABLES:
        op.drop_table(table)
