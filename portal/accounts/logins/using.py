"""The key for whoever reads a post: which login was lent for an account, and what to do when a network refuses it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import select

from portal.accounts.logins.keeping import note_ending, opened, renew
from portal.accounts.logins.models import NetworkLogin
from portal.accounts.models import Handle, HandleState
from portal.accounts.providers.discovery import ProviderUnavailable
from portal.extensions import db
from portal.kernel import clock
from portal.kernel.unit_of_work import end_reading, unit_of_work

EARLY = timedelta(minutes=2)
"""A key that ends sooner than this is renewed first."""


@dataclass(frozen=True)
class Key:
    """A key that reads one account's posts now."""

    login_id: str
    platform: str
    host: str
    external_id: str
    name: str
    token: str = field(repr=False)


def key_for(platform: str, host: str, external_id: str) -> Key | None:
    """The key that the owner of this account lent, renewed where it has to be; no transaction may be open.

    None where nobody did, or it can't be used at the moment.
    """
    login = _login(platform, host, external_id)
    if login is not None and login.expires_at is not None and login.expires_at - clock.now() <= EARLY:
        login_id = login.id
        end_reading()
        try:
            renewed = renew(login_id)
        except ProviderUnavailable:
            renewed = False
        login = _login(platform, host, external_id) if renewed else None
    key = None
    if login is not None:
        tokens, handle = opened(login), login.handle
        if tokens is not None:
            key = Key(login.id, platform, host, external_id, handle.name, tokens.access)
    end_reading()
    return key


def note_refused(key: Key) -> None:
    """The network did not take the key: renewed if it can be, else it has ended and its owner is told."""
    login = db.session.get(NetworkLogin, key.login_id)
    can_be_renewed = login is not None and bool(login.sealed_refresh)
    end_reading()
    if can_be_renewed:
        try:
            renew(key.login_id)
        except ProviderUnavailable:
            return
        return
    with unit_of_work():
        login = db.session.get(NetworkLogin, key.login_id, with_for_update=True, populate_existing=True)
        if login is not None and login.trouble is None:
            login.trouble = "ended"
            note_ending(login, now=clock.now())


def _login(platform: str, host: str, external_id: str) -> NetworkLogin | None:
    """Of a proved account: it is one person's. Leans on proved_account_once."""
    return db.session.scalar(
        select(NetworkLogin)
        .join(Handle)
        .where(
            Handle.platform == platform, Handle.host == host, Handle.external_id == external_id,
            Handle.state == HandleState.PROVED, NetworkLogin.trouble.is_(None),
        )
        .execution_options(populate_existing=True)
    )  # fmt: skip
