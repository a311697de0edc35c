"""Making a login last: renewed when it is used and before it lapses; its owner is told where only they can."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from sqlalchemy import or_, update

from portal.accounts.events import LoginEnding
from portal.accounts.logins.forgetting import KEEP, box, login_networks
from portal.accounts.logins.granting import TELL_BEFORE, keep_renewed
from portal.accounts.logins.models import NetworkLogin
from portal.accounts.logins.network import LoginEnded, Tokens
from portal.accounts.providers.discovery import ProviderUnavailable
from portal.accounts.providers.flow import NotVouchedFor
from portal.extensions import db
from portal.kernel import clock, events, jobs
from portal.kernel.changing import rows_changed
from portal.kernel.crypto import Unsealable
from portal.kernel.unit_of_work import end_reading, unit_of_work

RENEWAL = timedelta(minutes=2)
"""How long one worker has a renewal to itself."""

log = structlog.get_logger()


def renew(login_id: str) -> bool:
    """Have the network make the key last longer; no transaction may be open. False where it does not last longer now.

    One worker at a time: many networks take a refresh token once, and end all keys when it comes twice. A refusal
    ends the login and tells its owner. Raises ProviderUnavailable.
    """
    with unit_of_work():
        login = _taken(login_id, now=clock.now())
        if login is None:
            return False
        network, part = login_networks().get(login.network), login.part
        tokens = opened(login)
    if network is None or tokens is None:
        return _ended(login_id)
    try:
        fresh = network.renew(tokens, part, now=clock.now())
    except LoginEnded:
        return _ended(login_id)
    except (ProviderUnavailable, NotVouchedFor):
        with unit_of_work():
            db.session.execute(update(NetworkLogin).where(NetworkLogin.id == login_id).values(renewing_until=None))
        raise ProviderUnavailable("renewal") from None
    with unit_of_work():
        kept = db.session.get(NetworkLogin, login_id, with_for_update=True, populate_existing=True)
        if kept is None:
            return False  # ended by its owner meanwhile; the fresh key is nowhere but here, and is dropped
        keep_renewed(kept, fresh, now=clock.now())
    return True


def opened(login: NetworkLogin) -> Tokens | None:
    """The key; None where no secret key of ours opens it any more."""
    try:
        return Tokens(
            box().open(login.sealed_access),
            box().open(login.sealed_refresh) if login.sealed_refresh else "",
            login.scope, login.expires_at, login.lapses_at,
        )  # fmt: skip
    except Unsealable:
        return None


def note_ending(login: NetworkLogin, *, now: datetime) -> None:
    """Tell its owner, once, that it lapses soon or is of no use any more."""
    if login.told_at is not None:
        return
    login.told_at = now
    db.session.flush()
    lapses_at = login.lapses_at.isoformat() if login.lapses_at and login.trouble is None else ""
    events.record(
        LoginEnding(person_id=login.handle.person_id, handle_id=login.handle_id, login_id=login.id, lapses_at=lapses_at)
    )


@jobs.outside(KEEP, tries_max=20, lease_seconds=120)
def keep_before_it_lapses(lease: jobs.Lease) -> jobs.Record | None:
    """Two weeks before: renew it, or tell its owner."""
    login = db.session.get(NetworkLogin, lease.key)
    due = login is not None and login.trouble is None and _lapses_soon(login, clock.now())
    end_reading()
    if not due:
        return None
    try:
        renew(lease.key)
    except ProviderUnavailable:
        if not lease.last_try:
            raise
    return lambda: _tell_if_it_lapses(lease.key)


def _tell_if_it_lapses(login_id: str) -> None:
    login, now = db.session.get(NetworkLogin, login_id, populate_existing=True), clock.now()
    if login is None or login.trouble is not None:
        return
    if _lapses_soon(login, now):
        note_ending(login, now=now)


def _lapses_soon(login: NetworkLogin, now: datetime) -> bool:
    return login.lapses_at is not None and login.lapses_at - now <= TELL_BEFORE


def _taken(login_id: str, *, now: datetime) -> NetworkLogin | None:
    """The login, if no other worker renews it."""
    free = or_(NetworkLogin.renewing_until.is_(None), NetworkLogin.renewing_until < now)
    taken = rows_changed(
        update(NetworkLogin)
        .where(NetworkLogin.id == login_id, NetworkLogin.trouble.is_(None), free)
        .values(renewing_until=now + RENEWAL)
    )
    return db.session.get(NetworkLogin, login_id, populate_existing=True) if taken else None


def _ended(login_id: str) -> bool:
    with unit_of_work():
        login = db.session.get(NetworkLogin, login_id, with_for_update=True, populate_existing=True)
        if login is not None and login.trouble is None:
            login.trouble, login.renewing_until = "ended", None
            note_ending(login, now=clock.now())
            log.info("login_ended", network=login.network)
    return False
