"""Landing for strangers, home for fans."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, get_timezone
from flask_login import current_user
from sqlalchemy import case, exists, select
from sqlalchemy.orm import joinedload

from portal.accounts.views.ways import entrances
from portal.extensions import db
from portal.home.lately import lately
from portal.home.next_step import next_step, open_things
from portal.home.rhythm import rhythm
from portal.home.season import Progress, progress, usual_wait
from portal.kernel import clock
from portal.kernel.access import Permission, allow, public
from portal.missions.audience import AccountLoad, account_loads
from portal.missions.kind_words import HAND_IN
from portal.missions.models import KitCaption, Mission, MissionState
from portal.points.expiring import soon_to_expire
from portal.points.queries import balances
from portal.points.tiers import outlook
from portal.rewards import queries as rewards

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
        expiring=soon_to_expire(current_user.id, now=now) if held.available else None,
        season=season,
        rhythm=rhythm(current_user, season.season, now=now) if season else None,
        rests=_resting_longest(current_user.id, now),
        tier=outlook(current_user.id),
        in_reach=rewards.nearest(current_user, held.available),
    )


def _resting_longest(person_id: str, now: datetime) -> AccountLoad | None:
    """Of the person's accounts that have promoted enough, the one that rests longest."""
    stopped = [each for each in account_loads(person_id, now=now) if each.load.stopped_until]
    return max(stopped, key=lambda each: each.load.stopped_until or now, default=None)


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
            .options(joinedload(Mission.campaign))
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
