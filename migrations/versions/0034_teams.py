"""Teams, who is and was in them, and what they count in a season."""

import sqlalchemy as sa
from alembic import op

from portal.kernel.migrating import refuse_to_lose


revision = '0034'
down_revision = '0033'
branch_labels = None
depends_on = None

TABLES = ('team', 'team_member', 'team_effect', 'team_season')
ROOM = 'is_open AND closed_at IS NULL AND size < 12'


def upgrade() -> None:
    op.create_table(
        'team',
        sa.Column('name', sa.String(length=40), nullable=False),
        sa.Column('name_key', sa.String(length=255), nullable=False),
        sa.Column('is_open', sa.Boolean(), nullable=False),
        sa.Column('code', sa.String(length=8), nullable=False),
        sa.Column('size', sa.Integer(), nullable=False),
        sa.Column('founded_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('closed_why', sa.String(length=300), nullable=False),
        sa.Column('id', sa.String(length=26), nullable=False),
        sa.CheckConstraint('size BETWEEN 0 AND 12', name=op.f('ck_team_small')),
        sa.CheckConstraint("closed_at IS NOT NULL OR closed_why = ''", name=op.f('ck_team_reason_of_closing')),
        sa.CheckConstraint("name_key <> ''", name=op.f('ck_team_name_says_something')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_team')),
        sa.UniqueConstraint('code', name=op.f('uq_team_code')),
    )
    _partial('a_team_name_is_ones_own', 'team', ['name_key'], 'closed_at IS NULL', unique=True)
    _partial('ix_team_room', 'team', ['founded_at', 'id'], ROOM)
    op.create_index('ix_team_founded', 'team', ['founded_at', 'id'])
    op.create_table(
        'team_member',
        sa.Column('team_id', sa.String(length=26), nullable=False),
        sa.Column('person_id', sa.String(length=26), nullable=False),
        sa.Column('slot', sa.Integer(), nullable=False),
        sa.Column('joined_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('left_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('id', sa.String(length=26), nullable=False),
        sa.CheckConstraint('slot BETWEEN 1 AND 12', name=op.f('ck_team_member_slot_in_team')),
        _of('team_member', 'person'),
        _of('team_member', 'team'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_team_member')),
    )
    _partial('one_team_at_a_time', 'team_member', ['person_id'], 'left_at IS NULL', unique=True)
    _partial('a_place_in_a_team_is_ones_own', 'team_member', ['team_id', 'slot'], 'left_at IS NULL', unique=True)
    op.create_index('ix_team_member_stay', 'team_member', ['team_id', 'left_at'])
    op.create_index('ix_team_member_person', 'team_member', ['person_id', 'left_at'])
    op.create_table(
        'team_effect',
        sa.Column('campaign_id', sa.String(length=26), nullable=False),
        sa.Column('team_id', sa.String(length=26), nullable=False),
        sa.Column('person_id', sa.String(length=26), nullable=False),
        sa.Column('effect', sa.Integer(), nullable=False),
        sa.Column('shown', sa.Boolean(), nullable=False),
        sa.CheckConstraint('effect >= 0', name=op.f('ck_team_effect_effect_not_negative')),
        _of('team_effect', 'campaign'),
        _of('team_effect', 'person'),
        _of('team_effect', 'team'),
        sa.PrimaryKeyConstraint('campaign_id', 'team_id', 'person_id', name=op.f('pk_team_effect')),
    )
    _partial('ix_team_effect_best', 'team_effect', ['campaign_id', 'team_id', 'effect'], 'shown')
    op.create_index('ix_team_effect_person_id', 'team_effect', ['person_id'])
    op.create_index('ix_team_effect_team_id', 'team_effect', ['team_id'])
    op.create_table(
        'team_season',
        sa.Column('campaign_id', sa.String(length=26), nullable=False),
        sa.Column('team_id', sa.String(length=26), nullable=False),
        sa.Column('score', sa.Integer(), nullable=False),
        sa.Column('tie', sa.String(length=16), nullable=False),
        sa.Column('listed', sa.Boolean(), nullable=False),
        sa.CheckConstraint('score >= 0', name=op.f('ck_team_season_score_not_negative')),
        _of('team_season', 'campaign'),
        _of('team_season', 'team'),
        sa.PrimaryKeyConstraint('campaign_id', 'team_id', name=op.f('pk_team_season')),
    )
    _partial('ix_team_season_board', 'team_season', ['campaign_id', 'score', 'tie'], 'listed')
    op.create_index('ix_team_season_team_id', 'team_season', ['team_id'])


def downgrade() -> None:
    refuse_to_lose(["team"])
    for table in reversed(TABLES):
        op.drop_table(table)


def _of(table: str, owner: str) -> sa.ForeignKeyConstraint:
    column = f'{owner}_id'
    name = op.f(f'fk_{table}_{column}_{owner}')
    return sa.ForeignKeyConstraint([column], [f'{owner}.id'], name=name, ondelete='CASCADE')


def _partial(name: str, table: str, columns: list[str], condition: str, *, unique: bool = False) -> None:
    where = sa.text(condition)
    op.create_index(name, table, columns, unique=unique, sqlite_where=where, postgresql_where=where)
