"""Lending a login, and allowing that posts are counted: two things, asked for apart."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l

from portal.accounts.events import CountingAllowed
from portal.accounts.handles import HandleRefused, prove_by_login
from portal.accounts.logins.counting import counting_permission
from portal.accounts.logins.forgetting import KEEP, box, forget_login_of
from portal.accounts.logins.models import CountingPermission, NetworkLogin
from portal.accounts.logins.network import Grant, Tokens
from portal.accounts.models import Handle, HandleState, Person
from portal.accounts.ports import countable_networks
from portal.extensions import db
from portal.kernel import events, jobs
from portal.kernel.audit import audit

TELL_BEFORE = timedelta(days=14)


class AnotherAccount(HandleRefused):
    """The person said yes with another account than the one they began with."""

    sentence = _l(
        "You signed in there with another account than this one. Sign out there first, or add that account here."
    )


class NotProved(HandleRefused):
    sentence = _l("Prove first that the account is yours.")


class NotCountable(HandleRefused):
    sentence = _l("This network tells nobody when posts were made, so there is nothing to count.")


def keep_login(person: Person, handle: Handle, grant: Grant, *, network: str, now: datetime) -> NetworkLogin:
    """Keep the key that `person` lends to `handle`, which it proves. One that was lent before is given back.

    Raises AnotherAccount, or what `prove_by_login` raises.
    """
    account = grant.account
    if (handle.platform, handle.host) != (account.platform, account.host) or not _is_of(handle, grant):
        raise AnotherAccount
    prove_by_login(person, account, now=now)
    forget_login_of(handle.id, actor_id=person.id, why="lent anew", now=now)
    login = NetworkLogin(
        handle_id=handle.id, network=network, part=grant.part, scope=grant.tokens.scope[:255], granted_at=now,
        renewed_at=now, sealed_access="-",
    )  # fmt: skip
    _keep_tokens(login, grant.tokens)
    db.session.add(login)
    db.session.flush()
    _schedule_keeping(login, now=now)
    audit(
        "login.lent", ("handle", handle.id), actor_id=person.id, why="by the person",
        after={"network": network, "scope": login.scope},
    )  # fmt: skip
    return login


def keep_renewed(login: NetworkLogin, tokens: Tokens, *, now: datetime) -> None:
    """The network made the key last longer."""
    _keep_tokens(login, tokens)
    login.renewed_at, login.renewing_until, login.told_at, login.trouble = now, None, None, None
    db.session.flush()
    _schedule_keeping(login, now=now)


def allow_counting(handle: Handle, *, now: datetime) -> CountingPermission:
    """All public posts of this account may be counted from now on. Safe to repeat. Raises NotProved or NotCountable."""
    if handle.state != HandleState.PROVED:
        raise NotProved
    if handle.platform not in countable_networks():
        raise NotCountable
    known = counting_permission(handle.id)
    if known is not None:
        return known
    permission = CountingPermission(handle_id=handle.id, granted_at=now)
    db.session.add(permission)
    db.session.flush()
    events.record(CountingAllowed(handle_id=handle.id))
    return permission


def _is_of(handle: Handle, grant: Grant) -> bool:
    """By the network's id where it is known, else by the name that was typed."""
    if handle.external_id is not None:
        return handle.external_id == grant.account.external_id
    return handle.name == grant.account.name


def _keep_tokens(login: NetworkLogin, tokens: Tokens) -> None:
    login.sealed_access = box().seal(tokens.access)
    login.sealed_refresh = box().seal(tokens.refresh) if tokens.refresh else ""
    login.expires_at, login.lapses_at = tokens.expires_at, tokens.lapses_at


def _schedule_keeping(login: NetworkLogin, *, now: datetime) -> None:
    if login.lapses_at is not None:
        jobs.schedule(KEEP, login.id, due_at=max(now, login.lapses_at - TELL_BEFORE))
