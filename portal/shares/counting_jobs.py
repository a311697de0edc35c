"""Once a day: how many public posts those accounts make whose owners let us count them (the audience guard).

Only the number is written down. What can't be read leaves the number that was counted before.
"""

from __future__ import annotations

from datetime import timedelta

from flask import current_app

from portal.accounts.events import CountingAllowed
from portal.accounts.logins.counting import handles_to_count, keep_pace
from portal.accounts.models import Handle
from portal.accounts.ports import countable_networks
from portal.kernel import clock, jobs
from portal.kernel.events import listens_to
from portal.kernel.unit_of_work import end_reading
from portal.shares import hosts
from portal.shares.guide import networks
from portal.shares.platforms.pace import Account, Pace
from portal.shares.platforms.reading import Problem, Trouble

ONE = "count_public_posts"
COUNTED = timedelta(days=28)


@jobs.every(timedelta(days=1), "count_all_public_posts")
def count_all(_lease: jobs.Lease) -> None:
    """Make a job due for each account, in turn with the other looks at its server."""
    with jobs.without_hints():
        for handle in handles_to_count(countable_networks()):
            _schedule(handle)


@listens_to(CountingAllowed, name="shares.count_first")
def count_first(happened: CountingAllowed) -> None:
    """Who just allowed it needn't wait for tomorrow."""
    for handle in handles_to_count(countable_networks(), only=happened.handle_id):
        _schedule(handle)


@jobs.outside(ONE, tries_max=5, lease_seconds=90)
def count_posts(lease: jobs.Lease) -> jobs.Record | None:
    """Ask the network, if it is still allowed."""
    handle = next(iter(handles_to_count(countable_networks(), only=lease.key)), None)
    if handle is None:
        end_reading()
        return None
    now, account = clock.now(), Account(handle.platform, handle.host, handle.name, str(handle.external_id))
    rests_until = hosts.resting_until(account.platform, account.host, now)
    end_reading()
    if rests_until is not None:
        raise jobs.RetryLater("resting", seconds=(rests_until - now).total_seconds(), free=True)
    found = networks().count_posts(current_app.extensions["portal_fetcher"], account, now - COUNTED)
    return lambda: _conclude(lease.key, account, found)


def _conclude(handle_id: str, account: Account, found: Pace | Problem) -> None:
    now = clock.now()
    if isinstance(found, Pace):
        keep_pace(handle_id, found.posts, is_at_least=found.is_at_least, now=now)
    elif found.is_outage and found.detail != "busy":
        hosts.note_outage(account.platform, account.host, retry_after_seconds=found.retry_after_seconds, now=now)
        return
    elif found.is_outage or found.trouble is Trouble.NO_WAY:
        return  # nobody was asked
    hosts.note_answer(account.platform, account.host)


def _schedule(handle: Handle) -> None:
    jobs.schedule(ONE, handle.id, due_at=clock.now(), lane=hosts.lane_of(handle.platform, handle.host))
