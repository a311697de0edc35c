"""Landing for strangers, home for fans."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, get_timezone
from flask_login import current_user
from sqlalchemy import case, exists, select

from portal.accounts.views.ways import entrances
from portal.extensions import db
from portal.home.lately import lately
from portal.home.next_step import next_step, open_things
from portal.home.season import Progress, progress, usual_wait
from portal.kernel import clock
from portal.kernel.access import Permission, allow, public
from portal.missions.kind_words import HAND_IN
from portal.missions.models import KitCaption, Mission, MissionState
from portal.points.queries import balances
from portal.points.tiers import outlook, stands
from portal.rewards.models import Reward, RewardState
from portal.rewards.tier_terms import costs_at_most, is_open_to, own_price

bp = Blueprint("home", __name__)

COUNTED_FOR = timedelta(minutes=5)
LANDING_MISSIONS = 3


@dataclass(frozen=True)
class PublicFigures:
    """What a stranger is told, and when it was counted."""

    progress: Progress | None
    wait: timedelta | None
    missions: list[Mission]
    counted_at: datetime


_figures: dict[tuple[str, str], PublicFigures] = {}


@bp.get("/")
@public
def landing() -> ResponseReturnValue:
    """What the programme is, before any login; whoever is signed in goes to their own first page."""
    if current_user.is_authenticated:
        return redirect(url_for(".index"))
    return render_template("home/landing.html", figures=_public_figures(), ways=entrances())


@bp.get("/home")
@allow(Permission.TAKE_PART)
def index() -> ResponseReturnValue:
    """The next thing to do, what is open, the season, the points."""
    now = clock.now()
    things = open_things(current_user)
    held = balances(current_user.id)
    season = progress(now, person_id=current_user.id)
    return render_template(
        "home/index.html",
        part_of_day=_part_of_day(now),
        hand_in_words=HAND_IN,
        lately=lately(current_user, now=now).sentence(),
        next=next_step(current_user, things, now=now),
        things=things,
        balances=held,
        season=season,
        tier=outlook(current_user.id),
        **_reward_in_reach(current_user.id, held.available),
    )


def _public_figures() -> PublicFigures:
    """Counted anew every few minutes for each language, however many strangers look.

    Missions whose share kit speaks the reader's language come first; there is no other sign of what a mission speaks.
    """
    language = str(get_locale())
    key, now = (str(db.engine.url), language), clock.now()
    known = _figures.get(key)
    if known is None or not timedelta(0) <= now - known.counted_at < COUNTED_FOR:
        speaks = exists().where(KitCaption.mission_id == Mission.id, KitCaption.locale == language)
        missions = db.session.scalars(
            select(Mission)
            .where(Mission.state == MissionState.OPEN, Mission.places_taken < Mission.places_total)
            .order_by(case((speaks, 0), else_=1), Mission.image_file.is_(None), Mission.id.desc())
            .limit(LANDING_MISSIONS)
        )
        known = PublicFigures(progress(now), usual_wait(now), list(missions), now)
        db.session.expunge_all()
        _figures[key] = known
    return known


def _part_of_day(now: datetime) -> str:
    hour = now.astimezone(get_timezone()).hour
    if 5 <= hour < 12:
        return "morning"
    return "afternoon" if 12 <= hour < 18 else "evening"


def _reward_in_reach(person_id: str, available: int) -> dict[str, Any]:
    """The dearest reward that can be had now, else the next one to save for, and its price for the reader.

    Leans on `ix_reward_catalogue`.
    """
    price, here = Reward.price_points, stands(person_id)
    can_be_had = costs_at_most(available, here)
    nearest = (
        select(Reward)
        .where(Reward.state == RewardState.LISTED, Reward.stock > 0, is_open_to(here))
        .order_by(case((can_be_had, 0), else_=1), case((can_be_had, -price), else_=price))
    )
    reward = db.session.scalar(nearest.limit(1))
    return {"reward": reward, "price": own_price(reward, here).points if reward else 0}
