"""What migrations share: one that would lose rows refuses, unless whoever runs it says that they may go (P-29)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

FLAG = "drop-data"


class WouldLoseData(Exception):
    """A migration's way back would drop rows."""

    def __init__(self, table: str) -> None:
        super().__init__(
            f"The table {table} has rows that this step would drop. Make a backup, then say `-x {FLAG}=yes`."
        )


def refuse_to_lose(tables: list[str], *, where: str = "") -> None:
    """Stop a migration that drops `tables` while one of them has rows (`where`: such rows). Raises WouldLoseData.

    `flask --app wsgi db downgrade -x drop-data=yes` lets them go.
    """
    if context.get_x_argument(as_dictionary=True).get(FLAG) == "yes":
        return
    for table in tables:
        found = sa.select(sa.literal(1)).select_from(sa.table(table)).limit(1)
        if op.get_bind().execute(found.where(sa.text(where)) if where else found).first():
            raise WouldLoseData(table)
