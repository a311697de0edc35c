"""The operators' and everybody's proof: `flask --app wsgi ledger …`."""

from __future__ import annotations

import json
import sys
from typing import Any

import click
from flask.cli import AppGroup, with_appcontext

from portal.kernel import clock
from portal.kernel.unit_of_work import unit_of_work
from portal.points import verify_statement
from portal.points.audit import audit_ledger
from portal.points.closing import close_days
from portal.points.seal_audit import unlike_published
from portal.points.sealing import seal_next_day

ledger_commands = AppGroup("ledger", help="Points.")


@ledger_commands.command("audit")
@click.option("--roots", type=click.File(encoding="utf-8"), help="Seals saved from the public page, to compare with.")
@with_appcontext
def audit(roots: Any) -> None:
    """Recompute every balance and every sealed day, print what does not fit; exit code 1 on any violation."""
    found = audit_ledger()
    if roots is not None:
        found["violations"] += [
            {"rule": "seals_are_as_published", "subject": subject, "detail": detail}
            for subject, detail in unlike_published(json.load(roots))
        ]
    click.echo(json.dumps(found, ensure_ascii=False))
    sys.exit(1 if found["violations"] else 0)


@ledger_commands.command("seal")
@with_appcontext
def seal() -> None:
    """Close and seal every day that is over; what the worker does every quarter of an hour."""
    with unit_of_work():
        close_days(now=clock.now())
    sealed = 0
    while True:
        with unit_of_work():
            if seal_next_day(now=clock.now()) is None:
                break
        sealed += 1
    click.echo(json.dumps({"sealed": sealed}))


@ledger_commands.command("verify")
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@click.option("--roots", type=click.Path(exists=True, dir_okay=False), help="Seals saved from the public page.")
@click.option("--head", default="", help="A chain value of the public page that you noted.")
def verify(file: str, roots: str | None, head: str) -> None:
    """Check a downloaded statement offline; exit code 1 when something is not proved, 2 when it can't be read."""
    status, lines = verify_statement.run(file, roots, head)
    click.echo("\n".join(lines))
    sys.exit(status)
