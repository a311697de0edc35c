"""Monthly leagues, the effect that they are ranked by, and what people chose about being seen."""

import sqlalchemy as sa
from alembic import op

from portal.kernel.migrating import refuse_to_lose


revision = '0029'
down_revision = '0028'
branch_labels = None
depends_on = None

TABLES = ('league_choice', 'effect_month', 'effect_season', 'counted_outcome', 'league', 'league_place', 'league_month')


def upgrade() -> None:
    op.create_table(
        'league_choice',
        sa.Column('person_id', sa.String(length=26), nullable=False),
        sa.Column('shown', sa.Boolean(), nullable=False),
        sa.Column('pseudonym', sa.String(length=40), nullable=False),
        sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ['person_id'], ['person.id'], name=op.f('fk_league_choice_person_id_person'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('person_id', name=op.f('pk_league_choice')),
    )
    op.create_table(
        'effect_month',
        sa.Column('person_id', sa.String(length=26), nullable=False),
        sa.Column('month', sa.Date(), nullable=False),
        sa.Column('effect', sa.Integer(), nullable=False),
        sa.CheckConstraint('effect >= 0', name=op.f('ck_effect_month_effect_not_negative')),
        sa.ForeignKeyConstraint(
            ['person_id'], ['person.id'], name=op.f('fk_effect_month_person_id_person'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('person_id', 'month', name=op.f('pk_effect_month')),
    )
    op.create_table(
        'effect_season',
        sa.Column('campaign_id', sa.String(length=26), nullable=False),
        sa.Column('person_id', sa.String(length=26), nullable=False),
        sa.Column('effect', sa.Integer(), nullable=False),
        sa.Column('tie', sa.String(length=16), nullable=False),
        sa.Column('shown', sa.Boolean(), nullable=False),
        sa.CheckConstraint('effect >= 0', name=op.f('ck_effect_season_effect_not_negative')),
        sa.ForeignKeyConstraint(
            ['campaign_id'], ['campaign.id'], name=op.f('fk_effect_season_campaign_id_campaign'), ondelete='CASCADE'
        ),
        sa.ForeignKeyConstraint(
            ['person_id'], ['person.id'], name=op.f('fk_effect_season_person_id_person'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('campaign_id', 'person_id', name=op.f('pk_effect_season')),
    )
    op.create_index('ix_effect_season_board', 'effect_season', ['campaign_id', 'effect', 'tie'], sqlite_where=sa.text('shown'), postgresql_where=sa.text('shown'))
    op.create_index('ix_effect_season_person_id', 'effect_season', ['person_id'])
    op.create_table(
        'counted_outcome',
        sa.Column('share_id', sa.String(length=26), nullable=False),
        sa.Column('person_id', sa.String(length=26), nullable=False),
        sa.Column('campaign_id', sa.String(length=26), nullable=False),
        sa.Column('month', sa.Date(), nullable=False),
        sa.Column('effect', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ['campaign_id'], ['campaign.id'], name=op.f('fk_counted_outcome_campaign_id_campaign'), ondelete='CASCADE'
        ),
        sa.ForeignKeyConstraint(
            ['person_id'], ['person.id'], name=op.f('fk_counted_outcome_person_id_person'), ondelete='CASCADE'
        ),
        sa.ForeignKeyConstraint(
            ['share_id'], ['share.id'], name=op.f('fk_counted_outcome_share_id_share'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('share_id', name=op.f('pk_counted_outcome')),
    )
    op.create_index('ix_counted_outcome_person_id', 'counted_outcome', ['person_id'])
    op.create_table(
        'league',
        sa.Column('month', sa.Date(), nullable=False),
        sa.Column('number', sa.Integer(), nullable=False),
        sa.Column('size', sa.Integer(), nullable=False),
        sa.Column('id', sa.String(length=26), nullable=False),
        sa.CheckConstraint('size BETWEEN 1 AND 12', name=op.f('ck_league_small')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_league')),
        sa.UniqueConstraint('month', 'number', name=op.f('uq_league_month_number')),
    )
    op.create_index('ix_league_room', 'league', ['month', 'number'], sqlite_where=sa.text('size < 12'), postgresql_where=sa.text('size < 12'))
    op.create_table(
        'league_place',
        sa.Column('month', sa.Date(), nullable=False),
        sa.Column('person_id', sa.String(length=26), nullable=False),
        sa.Column('league_id', sa.String(length=26), nullable=False),
        sa.Column('slot', sa.Integer(), nullable=False),
        sa.Column('pace', sa.Integer(), nullable=False),
        sa.Column('effect', sa.Integer(), nullable=False),
        sa.Column('shown', sa.Boolean(), nullable=False),
        sa.CheckConstraint('effect >= 0', name=op.f('ck_league_place_effect_not_negative')),
        sa.CheckConstraint('slot BETWEEN 1 AND 12', name=op.f('ck_league_place_slot_in_league')),
        sa.ForeignKeyConstraint(
            ['league_id'], ['league.id'], name=op.f('fk_league_place_league_id_league'), ondelete='CASCADE'
        ),
        sa.ForeignKeyConstraint(
            ['person_id'], ['person.id'], name=op.f('fk_league_place_person_id_person'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('month', 'person_id', name=op.f('pk_league_place')),
        sa.UniqueConstraint('league_id', 'slot', name=op.f('uq_league_place_league_id_slot')),
    )
    op.create_index('ix_league_place_person_id', 'league_place', ['person_id'])
    op.create_table(
        'league_month',
        sa.Column('month', sa.Date(), nullable=False),
        sa.Column('leagues', sa.Integer(), nullable=False),
        sa.Column('dealt_at', sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint('month', name=op.f('pk_league_month')),
    )


def downgrade() -> None:
    refuse_to_lose(["league_choice", "counted_outcome", "effect_month"])
    for table in reversed(TABLES):
        op.drop_table(table)

