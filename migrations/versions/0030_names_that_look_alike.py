"""Names as the eye reads them: of people, to find who is called so; of pseudonyms, each of them one person's."""

import sqlalchemy as sa
from alembic import op

from portal.kernel.folding import folded


revision = '0030'
down_revision = '0029'
branch_labels = None
depends_on = None

AT_ONCE = 1000


def upgrade() -> None:
    with op.batch_alter_table('person') as batch:
        batch.add_column(sa.Column('name_key', sa.String(length=255), nullable=False, server_default=''))
    with op.batch_alter_table('league_choice') as batch:
        batch.add_column(sa.Column('pseudonym_key', sa.String(length=255), nullable=False, server_default=''))
    _fold_names()
    _fold_pseudonyms()
    with op.batch_alter_table('person') as batch:
        batch.alter_column('name_key', server_default=None)
        batch.create_index('ix_person_name_key', ['name_key'])
    with op.batch_alter_table('league_choice') as batch:
        batch.alter_column('pseudonym_key', server_default=None)
        batch.create_check_constraint('pseudonym_has_key', "(pseudonym = '') = (pseudonym_key = '')")
    op.create_index(
        'a_pseudonym_is_ones_own', 'league_choice', ['pseudonym_key'], unique=True,
        sqlite_where=sa.text("pseudonym_key <> ''"), postgresql_where=sa.text("pseudonym_key <> ''"),
    )


def downgrade() -> None:
    op.drop_index('a_pseudonym_is_ones_own', table_name='league_choice')
    with op.batch_alter_table('league_choice') as batch:
        batch.drop_constraint(op.f('ck_league_choice_pseudonym_has_key'), type_='check')
        batch.drop_column('pseudonym_key')
    with op.batch_alter_table('person') as batch:
        batch.drop_index('ix_person_name_key')
        batch.drop_column('name_key')


def _fold_names() -> None:
    """Some at a time, along the primary key."""
    bind = op.get_bind()
    person = sa.table('person', sa.column('id'), sa.column('display_name'), sa.column('name_key'))
    after = ''
    while rows := bind.execute(
        sa.select(person.c.id, person.c.display_name).where(person.c.id > after).order_by(person.c.id).limit(AT_ONCE)
    ).all():
        bind.execute(
            sa.update(person).where(person.c.id == sa.bindparam('of')).values(name_key=sa.bindparam('key')),
            [{'of': row.id, 'key': folded(row.display_name)} for row in rows],
        )
        after = rows[-1].id


def _fold_pseudonyms() -> None:
    """Of several people with a pseudonym that looks the same, the first keeps it; the others go by their short name.

    So does whoever chose one without any letter.
    """
    bind = op.get_bind()
    choice = sa.table(
        'league_choice', sa.column('person_id'), sa.column('pseudonym'), sa.column('pseudonym_key'),
        sa.column('changed_at'),
    )
    named = sa.select(choice.c.person_id, choice.c.pseudonym).where(choice.c.pseudonym != '')
    taken: set[str] = set()
    for row in bind.execute(named.order_by(choice.c.changed_at, choice.c.person_id)).all():
        key = folded(row.pseudonym)
        kept = key and key not in taken
        taken.add(key)
        bind.execute(
            sa.update(choice).where(choice.c.person_id == row.person_id)
            .values(pseudonym=row.pseudonym if kept else '', pseudonym_key=key if kept else '')
        )
