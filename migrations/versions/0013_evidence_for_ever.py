"""Evidence never changes, what stays the same is kept once, and public counts are sampled.

Evidence that is there already keeps its own body.
"""

import sqlalchemy as sa
from alembic import op

from portal.kernel.migrating import refuse_to_lose

revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None

KEPT = (
    "id", "share_id", "round", "seen_at", "source", "status", "final_url", "digest", "same_as_id", "figures",
    "responses",
)
REFUSAL = "evidence is never changed"


def upgrade() -> None:
    op.create_table(
        'share_count_sample',
        sa.Column('share_id', sa.String(length=26), nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=True) for name in ('likes', 'comments', 'shares', 'views')),
        sa.ForeignKeyConstraint(
            ['share_id'], ['share.id'], name=op.f('fk_share_count_sample_share_id_share'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('share_id', 'at', name=op.f('pk_share_count_sample')),
    )
    op.execute(
        "ALTER TABLE evidence ADD COLUMN same_as_id VARCHAR(26) CONSTRAINT fk_evidence_same_as_id_evidence "
        "REFERENCES evidence (id) CONSTRAINT ck_evidence_same_body_is_kept_once "
        "CHECK (same_as_id IS NULL OR body IS NULL)"
    )
    op.add_column('evidence', sa.Column('figures', sa.JSON(), nullable=True))
    op.add_column('evidence', sa.Column('responses', sa.JSON(), nullable=True))
    op.create_index(op.f('ix_evidence_same_as_id'), 'evidence', ['same_as_id'])
    _make_immutable()


def _make_immutable() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION evidence_keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "IF TG_OP = 'UPDATE' AND NEW.body IS NULL AND to_jsonb(NEW) - 'body' = to_jsonb(OLD) - 'body' "
            "THEN RETURN NEW; END IF; "
            f"RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
        )
        op.execute(
            "CREATE TRIGGER evidence_immutable BEFORE UPDATE OR DELETE ON evidence "
            "FOR EACH ROW EXECUTE FUNCTION evidence_keep()"
        )
        return
    same = " AND ".join(f"NEW.{column} IS OLD.{column}" for column in KEPT)
    op.execute(
        f"CREATE TRIGGER evidence_no_update BEFORE UPDATE ON evidence WHEN NOT (NEW.body IS NULL AND {same}) "
        f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
    )
    op.execute(f"CREATE TRIGGER evidence_no_delete BEFORE DELETE ON evidence BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END")


def downgrade() -> None:
    refuse_to_lose(['share_count_sample'])
    refuse_to_lose(['evidence'], where="responses IS NOT NULL OR figures IS NOT NULL")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER evidence_immutable ON evidence")
        op.execute("DROP FUNCTION evidence_keep()")
    else:
        op.execute("DROP TRIGGER evidence_no_update")
        op.execute("DROP TRIGGER evidence_no_delete")
    # What was kept once goes back to where it was seen.
    op.execute(
        "UPDATE evidence SET body = (SELECT e.body FROM evidence e WHERE e.id = evidence.same_as_id), same_as_id = NULL "
        "WHERE same_as_id IS NOT NULL"
    )
    op.drop_index(op.f('ix_evidence_same_as_id'), 'evidence')
    for column in ('responses', 'figures', 'same_as_id'):
        op.execute(f"ALTER TABLE evidence DROP COLUMN {column}")
    op.drop_table('share_count_sample')
