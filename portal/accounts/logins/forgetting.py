"""Ending a login: the key is forgotten here at once, and given back at the network as soon as that answers."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from flask import current_app
from sqlalchemy import delete, select

from portal.accounts.logins.models import NetworkLogin
from portal.accounts.logins.network import LoginNetwork, Tokens
from portal.accounts.networks.calling import NotFoundThere
from portal.accounts.providers.discovery import ProviderUnavailable
from portal.accounts.providers.flow import NotVouchedFor
from portal.extensions import db
from portal.kernel import jobs
from portal.kernel.audit import audit
from portal.kernel.crypto import Box, Unsealable, box_for

GIVE_BACK = "give_login_back"
KEEP = "keep_login"
PURPOSE = "network-login"
"""Of the box that keys are sealed in."""
PATIENCE = timedelta(hours=1)

log = structlog.get_logger()


def box() -> Box:
    return box_for(PURPOSE)


def login_networks() -> dict[str, LoginNetwork]:
    """The networks whose logins can be lent here, by code."""
    offered: dict[str, LoginNetwork] = current_app.extensions["portal_login_networks"]
    return offered


def forget_login_of(handle_id: str, *, actor_id: str | None, why: str, now: datetime) -> bool:
    """Nobody can read with it any more once this commits; False if there was none. Safe to repeat."""
    login = db.session.scalar(select(NetworkLogin).where(NetworkLogin.handle_id == handle_id))
    if login is None:
        return False
    if login.network in login_networks():
        sealed = {"access": login.sealed_access, "refresh": login.sealed_refresh}
        jobs.schedule(GIVE_BACK, login.id, {"network": login.network, "part": login.part, **sealed}, due_at=now)
    jobs.cancel(KEEP, login.id)
    audit(
        "login.forgotten", ("handle", handle_id), actor_id=actor_id, why=why,
        before={"network": login.network, "scope": login.scope},
    )  # fmt: skip
    db.session.execute(delete(NetworkLogin).where(NetworkLogin.id == login.id))
    db.session.expunge(login)
    return True


@jobs.outside(GIVE_BACK, tries_max=8, lease_seconds=60)
def give_back(lease: jobs.Lease) -> None:
    """Tell the network. In the end the key is given up for lost here either way: it is in no table any more."""
    network = login_networks().get(lease.payload["network"])
    if network is None:
        return
    try:
        tokens = Tokens(
            box().open(lease.payload["access"]),
            box().open(lease.payload["refresh"]) if lease.payload["refresh"] else "",
        )
        given = network.give_back(tokens, lease.payload["part"])
    except ProviderUnavailable:
        if not lease.last_try:
            raise
        given = False
    except (NotVouchedFor, NotFoundThere, Unsealable):
        given = False
    log.info("login_given_back", network=lease.payload["network"], confirmed=given)
