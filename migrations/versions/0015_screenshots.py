"""Screenshots: which pictures look like another's, and what a fan says beside them."""

import sqlalchemy as sa
from alembic import op

from portal.kernel.migrating import refuse_to_lose


revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'alike_picture',
        sa.Column('picture_id', sa.String(length=26), nullable=False),
        sa.Column('other_id', sa.String(length=26), nullable=False),
        sa.Column('bits', sa.Integer(), nullable=False),
        sa.CheckConstraint('picture_id <> other_id', name=op.f('ck_alike_picture_two_pictures')),
        sa.CheckConstraint('bits BETWEEN 0 AND 64', name=op.f('ck_alike_picture_bits_of_a_hash')),
        sa.ForeignKeyConstraint(
            ['picture_id'], ['handed_picture.id'], name=op.f('fk_alike_picture_picture_id_handed_picture'),
            ondelete='CASCADE',
        ),
        sa.ForeignKeyConstraint(
            ['other_id'], ['handed_picture.id'], name=op.f('fk_alike_picture_other_id_handed_picture'),
            ondelete='CASCADE',
        ),
        sa.PrimaryKeyConstraint('picture_id', 'other_id', name=op.f('pk_alike_picture')),
    )
    op.create_index(op.f('ix_alike_picture_other_id'), 'alike_picture', ['other_id'])
    op.create_table(
        'words_beside',
        sa.Column('share_id', sa.String(length=26), nullable=False),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('written_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ['share_id'], ['share.id'], name=op.f('fk_words_beside_share_id_share'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('share_id', name=op.f('pk_words_beside')),
    )


def downgrade() -> None:
    refuse_to_lose(["alike_picture", "words_beside"])
    op.drop_table('words_beside')
    op.drop_table('alike_picture')
