"""The page behind an invite link: the brand and what is asked, before any sign-in."""

from __future__ import annotations

from flask import abort, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from portal.accounts.models import Person, PersonState
from portal.accounts.views.newcomer import keep_invitation
from portal.extensions import db
from portal.kernel.access import public
from portal.missions.claim_models import Invitation
from portal.missions.inviting import invitation_with
from portal.missions.models import MissionState
from portal.missions.views import bp


@bp.get("/invite/<code>")
@public
def invited(code: str) -> ResponseReturnValue:
    """Who invites, to what, and what one gets. Nothing is kept until somebody presses Join."""
    invitation = _load(code)
    inviter = db.session.get_one(Person, invitation.claim.person_id)
    member = current_user.is_authenticated
    return render_template(
        "missions/invited.html", code=code, inviter=_first_name(inviter), welcome=_welcome(invitation), member=member,
        own=member and current_user.id == inviter.id,
    )  # fmt: skip


@bp.post("/invite/<code>")
@public
def accept_invitation(code: str) -> ResponseReturnValue:
    """Keep in this browser by whose link it came, and go on to signing in."""
    _load(code)
    if current_user.is_authenticated:
        return redirect(url_for(".board"), 303)
    keep_invitation(code)
    return redirect(url_for("accounts.sign_in"), 303)


def _load(code: str) -> Invitation:
    return invitation_with(code) or abort(404)


def _first_name(person: Person) -> str:
    """Of somebody who takes part; whoever does not any more is not named."""
    words = person.display_name.split()
    return words[0] if words and person.state == PersonState.ACTIVE else _("A member")


def _welcome(invitation: Invitation) -> int:
    """Points for the newcomer, as long as the mission goes on."""
    mission = invitation.claim.mission
    return mission.newcomer_points if mission.state == MissionState.OPEN else 0
