"""Fans' pages for what they can't have yet: the waiting list, and their wishes."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from portal.extensions import db
from portal.kernel import clock
from portal.kernel.access import Permission, allow
from portal.kernel.flashes import done
from portal.kernel.unit_of_work import unit_of_work
from portal.points import queries as points
from portal.rewards import queries, waiting, wishing
from portal.rewards.models import Reward
from portal.rewards.refusals import RedemptionRefused

bp = Blueprint("wanting", __name__)


@bp.post("/rewards/<reward_id>/wait")
@allow(Permission.TAKE_PART)
def wait(reward_id: str) -> ResponseReturnValue:
    reward = _reward(reward_id)
    try:
        with unit_of_work():
            waiting.join(reward, current_user, variant_id=request.form.get("variant") or None, now=clock.now())
        done(_("You are in line. We tell you when one is held for you."))
    except RedemptionRefused as refusal:
        done(str(refusal.sentence))
    return redirect(url_for("rewards.show", reward_id=reward_id), 303)


@bp.post("/rewards/<reward_id>/wait/leave")
@allow(Permission.TAKE_PART)
def leave(reward_id: str) -> ResponseReturnValue:
    reward = _reward(reward_id)
    with unit_of_work():
        waiting.leave(reward, current_user, now=clock.now())
    done(_("You no longer wait for it."))
    return redirect(url_for("rewards.show", reward_id=reward_id), 303)


@bp.post("/rewards/<reward_id>/wish")
@allow(Permission.TAKE_PART)
def wish(reward_id: str) -> ResponseReturnValue:
    reward = _reward(reward_id)
    with unit_of_work():
        fits = wishing.wish(reward, current_user, now=clock.now())
    done(_("It is on your wish list.") if fits else _("Your wish list is full: 30 wishes. Take one off first."))
    return redirect(url_for("rewards.show", reward_id=reward_id), 303)


@bp.post("/rewards/<reward_id>/unwish")
@allow(Permission.TAKE_PART)
def unwish(reward_id: str) -> ResponseReturnValue:
    reward = _reward(reward_id)
    with unit_of_work():
        wishing.unwish(reward, current_user)
    done(_("It is off your wish list."))
    return redirect(url_for("rewards.show", reward_id=reward_id), 303)


@bp.get("/rewards/wishes")
@allow(Permission.TAKE_PART)
def wishes() -> ResponseReturnValue:
    wished = [wish.reward for wish in wishing.wishes_of(current_user.id)]
    return render_template(
        "rewards/wishes.html",
        wishes=queries.offers_to(current_user, wished),
        available=points.balances(current_user.id).available,
    )


def _reward(reward_id: str) -> Reward:
    """A reward that this person sees."""
    if queries.offer_to(current_user, reward_id) is None:
        abort(404)
    return db.session.get_one(Reward, reward_id)
