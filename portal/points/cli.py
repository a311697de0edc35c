"""The operators' proof: `flask --app wsgi ledger audit`."""

from __future__ import annotations

import json
import sys

import click
from flask.cli import AppGroup, with_appcontext

from portal.points.audit import audit_ledger

ledger_commands = AppGroup("ledger", help="Points.")


@ledger_commands.command("audit")
@with_appcontext
def audit() -> None:
    """Recompute every balance and print what does not fit, as one JSON object; exit code 1 on any violation."""
    found = audit_ledger()
    click.echo(json.dumps(found, ensure_ascii=False))
    sys.exit(1 if found["violations"] else 0)
