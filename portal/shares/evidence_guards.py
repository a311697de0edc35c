"""Triggers that keep evidence as it was written: nothing of it changes, except that its body can be erased."""

from __future__ import annotations

from sqlalchemy import DDL, event
from sqlalchemy.orm import DeclarativeBase

REFUSAL = "evidence is never changed"
KEPT = (
    "id", "share_id", "round", "seen_at", "source", "status", "final_url", "digest", "same_as_id", "figures",
    "responses",
)  # fmt: skip
"""All columns but the body."""


def immutable_ddl() -> dict[str, list[str]]:
    """The statements by dialect. Migrations use the same."""
    same = " AND ".join(f"NEW.{column} IS OLD.{column}" for column in KEPT)
    sqlite = [
        (
            f"CREATE TRIGGER evidence_no_update BEFORE UPDATE ON evidence WHEN NOT (NEW.body IS NULL AND {same}) "
            f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
        ),
        f"CREATE TRIGGER evidence_no_delete BEFORE DELETE ON evidence BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END",
    ]
    postgresql = [
        (
            "CREATE FUNCTION evidence_keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "IF TG_OP = 'UPDATE' AND NEW.body IS NULL AND to_jsonb(NEW) - 'body' = to_jsonb(OLD) - 'body' "
            "THEN RETURN NEW; END IF; "
            f"RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
        ),
        (
            "CREATE TRIGGER evidence_immutable BEFORE UPDATE OR DELETE ON evidence "
            "FOR EACH ROW EXECUTE FUNCTION evidence_keep()"
        ),
    ]
    return {"sqlite": sqlite, "postgresql": postgresql}


def make_immutable(evidence: type[DeclarativeBase]) -> None:
    """Attach them to its table for `create_all`."""
    for dialect, statements in immutable_ddl().items():
        for statement in statements:
            event.listen(
                evidence.__table__, "after_create", DDL(statement.replace("%", "%%")).execute_if(dialect=dialect)
            )
