"""The queue that brings workers to due jobs: Huey over SQLite, PostgreSQL or Redis, chosen by one setting.

A task that a worker holds when it is killed is gone from Huey; that is harmless, because the job's row is the truth and
the sweep finds it again within two minutes.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask
from huey import Huey, PostgresHuey, PriorityRedisHuey, crontab
from huey.consumer import Consumer
from huey.storage import SqliteStorage

from portal.kernel import jobs

QUEUE_NAME = "portal"
POLL_MAX_SECONDS = 1.0
URGENT, PATIENT = 10, 0
"""Priorities: what somebody waits for overtakes what waits in lanes."""


class HintsInFile(SqliteStorage):
    """Huey's tasks in a file that stays whole at power loss but may lose its last ones, as it may with `kill -9`.

    Nobody waits for the disk a second time: the job's row is on it already.
    """

    def _create_connection(self) -> Any:
        connection = super()._create_connection()
        connection.execute("PRAGMA synchronous = NORMAL")
        return connection


def open_queue(url: str) -> Huey:
    """The queue at `url`; SQLite uses a file of its own, since Huey takes exclusive locks on it."""
    if url.startswith("sqlite:///"):
        path = Path(url.removeprefix("sqlite:///"))
        path.parent.mkdir(parents=True, exist_ok=True)
        # The first process makes the tables; later ones would only race for an exclusive lock to find them made.
        return Huey(
            QUEUE_NAME, storage_class=HintsInFile, filename=str(path), timeout=10, results=False,
            create_tables=not path.exists(),
        )  # fmt: skip
    if url.startswith(("redis://", "rediss://")):
        return PriorityRedisHuey(QUEUE_NAME, url=url, results=False)
    return PostgresHuey(
        QUEUE_NAME,
        dsn=url.replace("postgresql+psycopg://", "postgresql://", 1),
        results=False,
    )


def connect(app: Flask, queue: Huey) -> None:
    """Let jobs hint at `queue`, and let its workers run them inside `app`."""

    @queue.task(name="run_job")
    def run_job(job_id: str) -> None:
        with app.app_context():
            jobs.run_job(job_id)

    @queue.periodic_task(crontab(minute="*"), name="sweep")
    def sweep() -> None:
        with app.app_context():
            jobs.keep_recurring_scheduled()
            due = jobs.due_jobs()
            urgent = jobs.urgent_among(due)
            for job_id in due:
                run_job(job_id, priority=URGENT if job_id in urgent else PATIENT)

    def hint(job_id: str, delay_seconds: float, urgent: bool) -> None:
        priority = URGENT if urgent else PATIENT
        if delay_seconds > 0:
            run_job.schedule(args=(job_id,), delay=delay_seconds, priority=priority)
        else:
            run_job(job_id, priority=priority)

    jobs.hint_with(app, hint)


class EmbeddedConsumer(Consumer):
    """A consumer that lives in the server's parent process, which owns the signals."""

    def _set_signal_handlers(self) -> None:
        pass


def make_consumer(queue: Huey, *, workers: int) -> tuple[Callable[[], None], Callable[[], None]]:
    """Functions that start the workers and the one scheduler, and stop them after the tasks in their hands."""
    consumer = EmbeddedConsumer(
        queue,
        workers=workers,
        periodic=True,
        initial_delay=0.05,
        max_delay=POLL_MAX_SECONDS,
        worker_type="thread",
    )
    return consumer.start, lambda: consumer.stop(graceful=True)
