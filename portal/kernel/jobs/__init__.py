"""Work that is due is a row; the queue is only a hint that brings a worker to it sooner.

A verb calls `schedule` in its own transaction. A worker takes the row under a lease, runs the handler of its kind, and
deletes the row in the transaction that holds the handler's result, so that a job's effect on the database happens once
even when a worker dies in the middle or outlives its lease. The sweep (`queue`) runs what a crash or a lost hint left.

Two sorts of handlers: one of `@in_transaction` does everything in one unit of work. One of `@outside` is called with no
transaction open, may talk to the outside world, and returns a function that records the result.
"""

from portal.kernel.jobs.finding import FAILED_SHOWN_MAX, count_failed, due_jobs, failed_jobs, retry_failed, urgent_among
from portal.kernel.jobs.handlers import (
    Handler,
    Lease,
    LeaseLost,
    Record,
    RetryLater,
    every,
    handler_of,
    in_transaction,
    outside,
)
from portal.kernel.jobs.hints import Hint, hint_with, without_hints
from portal.kernel.jobs.running import run_due, run_job
from portal.kernel.jobs.scheduling import cancel, keep_recurring_scheduled, schedule, schedule_new
from portal.kernel.jobs.table import Job, JobState

__all__ = [
    "FAILED_SHOWN_MAX", "Handler", "Hint", "Job", "JobState", "Lease", "LeaseLost", "Record", "RetryLater", "cancel",
    "count_failed", "due_jobs", "every", "failed_jobs", "handler_of", "hint_with", "in_transaction",
    "keep_recurring_scheduled", "outside", "retry_failed", "run_due", "run_job", "schedule", "schedule_new",
    "urgent_among", "without_hints",
]  # fmt: skip
