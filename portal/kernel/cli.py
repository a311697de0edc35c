"""Operators' commands that belong to no room: `portal settings`, `audit-trail`, `run-due`, `worker`."""

from __future__ import annotations

import json
import signal
import sys
import threading
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup, with_appcontext

import config
from portal.kernel import jobs
from portal.kernel.audit import first_altered
from portal.kernel.queue import make_consumer

kernel_commands = AppGroup("portal", help="Settings, audit trail, worker.")


@kernel_commands.command("settings")
@click.option("--write", type=click.Path(path_type=Path), help="Write the table to this file.")
def show_settings(write: Path | None) -> None:
    """Print the table of all settings."""
    if write:
        write.write_text(config.as_markdown(), encoding="utf-8")
    else:
        click.echo(config.as_markdown(), nl=False)


@kernel_commands.command("audit-trail")
@with_appcontext
def verify_audit_trail() -> None:
    """Check the chain of the audit trail; exit code 1 and the first altered entry's number if it is broken."""
    altered = first_altered()
    click.echo(json.dumps({"first_altered": altered}))
    sys.exit(0 if altered is None else 1)


@kernel_commands.command("run-due")
@with_appcontext
def run_due() -> None:
    """Run every job that is due now, in this process."""
    click.echo(json.dumps({"ran": jobs.run_due()}))


@kernel_commands.command("worker")
@with_appcontext
def worker() -> None:
    """Run the workers and the scheduler in a process of their own, until SIGTERM or SIGINT."""
    settings = current_app.config["SETTINGS"]
    start, stop = make_consumer(current_app.extensions["portal_queue"], workers=settings.queue_workers)
    stopped = threading.Event()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signal_number, lambda *_: stopped.set())
    start()
    click.echo("worker ready")
    stopped.wait()
    stop()
