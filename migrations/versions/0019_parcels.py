"""Rewards in sorts, for some people, countries and times; parcels with sealed addresses; lists of orders."""

import sqlalchemy as sa
from alembic import op

from portal.kernel.migrating import refuse_to_lose


revision = '0019'
down_revision = '0018'
branch_labels = None
depends_on = None

OVER = "sealed_address IS NOT NULL AND ended_at IS NOT NULL"


def upgrade() -> None:
    op.create_table(
        'reward_variant',
        sa.Column('reward_id', sa.String(length=26), nullable=False),
        sa.Column('name', sa.String(length=60), nullable=False),
        sa.Column('stock', sa.Integer(), nullable=False),
        sa.Column('added_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('id', sa.String(length=26), nullable=False),
        sa.CheckConstraint('stock >= 0', name=op.f('ck_reward_variant_never_oversold')),
        sa.ForeignKeyConstraint(['reward_id'], ['reward.id'], name=op.f('fk_reward_variant_reward_id_reward')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_reward_variant')),
        sa.UniqueConstraint('reward_id', 'name', name=op.f('uq_reward_variant_reward_id_name')),
    )
    op.create_table(
        'parcel',
        sa.Column('redemption_id', sa.String(length=26), nullable=False),
        sa.Column('state', sa.String(length=16), nullable=False),
        sa.Column('country', sa.String(length=2), nullable=False),
        sa.Column('sealed_address', sa.Text(), nullable=True),
        sa.Column('carrier', sa.String(length=60), nullable=False),
        sa.Column('tracking', sa.String(length=80), nullable=False),
        sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('to_pack', 'sent', 'delivered', 'returned')", name=op.f('ck_parcel_state_known')
        ),
        sa.CheckConstraint('length(country) = 2', name=op.f('ck_parcel_country_is_iso')),
        sa.CheckConstraint(
            "state NOT IN ('sent', 'delivered') OR sent_at IS NOT NULL", name=op.f('ck_parcel_sent_has_moment')
        ),
        sa.CheckConstraint(
            "state NOT IN ('delivered', 'returned') OR ended_at IS NOT NULL", name=op.f('ck_parcel_ended_has_moment')
        ),
        sa.CheckConstraint(
            'sealed_address IS NOT NULL OR ended_at IS NOT NULL', name=op.f('ck_parcel_address_until_it_ended')
        ),
        sa.ForeignKeyConstraint(['redemption_id'], ['redemption.id'], name=op.f('fk_parcel_redemption_id_redemption')),
        sa.PrimaryKeyConstraint('redemption_id', name=op.f('pk_parcel')),
    )
    op.create_index(
        'ix_parcel_address_to_erase', 'parcel', ['ended_at'], sqlite_where=sa.text(OVER), postgresql_where=sa.text(OVER)
    )
    moment = sa.DateTime(timezone=True).compile(op.get_bind().dialect)
    op.execute("ALTER TABLE reward ADD COLUMN tracks JSON DEFAULT '[]' NOT NULL")
    op.execute("ALTER TABLE reward ADD COLUMN countries JSON DEFAULT '[]' NOT NULL")
    op.execute(f"ALTER TABLE reward ADD COLUMN available_from {moment}")
    op.execute(f"ALTER TABLE reward ADD COLUMN available_until {moment}")
    op.execute(
        "ALTER TABLE redemption ADD COLUMN variant_id VARCHAR(26) "
        "CONSTRAINT fk_redemption_variant_id_reward_variant REFERENCES reward_variant (id)"
    )
    op.create_index('ix_redemption_state', 'redemption', ['state', 'reserved_at', 'id'])
    op.create_index('ix_redemption_reserved', 'redemption', ['reserved_at', 'id'])


def downgrade() -> None:
    refuse_to_lose(['parcel', 'reward_variant'])
    op.drop_index('ix_redemption_reserved', 'redemption')
    op.drop_index('ix_redemption_state', 'redemption')
    op.execute("ALTER TABLE redemption DROP COLUMN variant_id")
    for column in ('tracks', 'countries', 'available_from', 'available_until'):
        op.execute(f"ALTER TABLE reward DROP COLUMN {column}")
    op.drop_table('parcel')
    op.drop_table('reward_variant')
