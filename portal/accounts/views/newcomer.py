"""A verified identity that has no account yet, kept in the signed cookie for half an hour while its owner joins."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import session

from portal.accounts.network_account import NetworkAccount
from portal.accounts.verified import VerifiedIdentity

KEY = "joining"
LINK_KEY = "linking"
INVITATION_KEY = "invited_by"
TOO_YOUNG_KEY = "too_young"
LIFETIME = timedelta(minutes=30)
NAME_LENGTH_MAX = 80


@dataclass(frozen=True)
class Newcomer:
    """Who is about to join."""

    identity: VerifiedIdentity
    next: str
    country: str = ""
    """Set once they said that they are old enough there."""


def keep(newcomer: Newcomer, *, now: datetime) -> None:
    session[KEY] = {
        "identity": _to_cookie(newcomer.identity, now),
        "next": newcomer.next,
        "country": newcomer.country,
    }


def current(now: datetime) -> Newcomer | None:
    """Who is joining in this browser, if their half hour is not over."""
    kept = session.get(KEY)
    identity = _from_cookie(kept["identity"], now) if kept else None
    if kept is None or identity is None:
        return None
    return Newcomer(identity, kept["next"], kept["country"])


def keep_invitation(code: str) -> None:
    """This browser came by an invite link: kept until its owner joins or signs in."""
    session[INVITATION_KEY] = code


def invitation() -> str:
    """The code of that link; empty without one."""
    return str(session.get(INVITATION_KEY, ""))


def keep_link(identity: VerifiedIdentity, *, now: datetime) -> None:
    """Keep what somebody who is signed in has just proved, until they confirm it."""
    session[LINK_KEY] = _to_cookie(identity, now)


def current_link(now: datetime) -> VerifiedIdentity | None:
    kept = session.get(LINK_KEY)
    return _from_cookie(kept, now) if kept else None


def _to_cookie(identity: VerifiedIdentity, now: datetime) -> dict[str, Any]:
    shortened = replace(identity, name=identity.name[:NAME_LENGTH_MAX])
    given = {name: value for name, value in asdict(shortened).items() if isinstance(value, str) and value}
    moment = identity.authenticated_at
    account = {"account": asdict(identity.account)} if identity.account else {}
    until, proved = int((now + LIFETIME).timestamp()), int(moment.timestamp()) if moment else 0
    return {**given, **account, "until": until, "proved": proved}


def _from_cookie(kept: dict[str, Any], now: datetime) -> VerifiedIdentity | None:
    values = dict(kept)
    until, proved, account = int(values.pop("until")), int(values.pop("proved")), values.pop("account", None)
    if now.timestamp() > until:
        return None
    return VerifiedIdentity(
        **values,
        authenticated_at=datetime.fromtimestamp(proved, UTC) if proved else None,
        account=NetworkAccount(**account) if account else None,
    )
