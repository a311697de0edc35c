"""Counting effect as it happens: a board reads what was counted, and costs the same however many people there are."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite

from portal.extensions import db
from portal.kernel.rows import store
from portal.recognition.league_models import CountedOutcome, EffectMonth, EffectSeason, LeagueChoice, LeaguePlace
from portal.recognition.league_rules import effect_of, first_day, tie_of
from portal.recognition.team_effect import count_for_team
from portal.shares.inviting import STANDS
from portal.shares.models import Share, ShareForm

OUTCOMES = {ShareForm.NEWCOMER: effect_of(newcomers=1), ShareForm.REPORT: effect_of(gatherings=1)}


def add_effect(person_id: str, campaign_id: str, day: date, more: int) -> None:
    """Count `more` (below zero: less) for the month of `day` and for the season, in the open transaction."""
    if not more:
        return
    month = first_day(day)
    _add(EffectMonth, ["person_id", "month"], {"person_id": person_id, "month": month}, {}, more)
    db.session.execute(
        update(LeaguePlace)
        .where(LeaguePlace.month == month, LeaguePlace.person_id == person_id)
        .values(effect=LeaguePlace.effect + more),
        execution_options={"synchronize_session": False},
    )
    key = {"campaign_id": campaign_id, "person_id": person_id}
    seen = db.session.scalar(select(LeagueChoice.shown).where(LeagueChoice.person_id == person_id))
    first = {"tie": tie_of(campaign_id, person_id), "shown": seen is not False}
    _add(EffectSeason, ["campaign_id", "person_id"], key, first, more)
    count_for_team(person_id, campaign_id, more)


def count_people(person_id: str, campaign_id: str, day: date, more: int) -> None:
    """More people followed somebody's link that day: told by the links room, without own clicks and programs."""
    add_effect(person_id, campaign_id, day, effect_of(people=more) if more > 0 else -effect_of(people=-more))


def weigh_outcome(share: Share, *, now: datetime) -> None:
    """Count a newcomer or a gathering while its share stands. Safe to repeat; a post by itself counts nothing."""
    if share.form not in OUTCOMES:
        return
    worth = OUTCOMES[ShareForm(share.form)] if share.state in STANDS else 0
    if worth:
        first = CountedOutcome(
            share_id=share.id, person_id=share.person_id, campaign_id=share.mission.campaign_id,
            month=first_day(now.date()), effect=0,
        )  # fmt: skip
        store(first, unless=("share_id",))
    known = db.session.get(CountedOutcome, share.id, with_for_update=True, populate_existing=True)
    if known is None:
        return
    more, known.effect = worth - known.effect, worth
    db.session.flush()
    add_effect(known.person_id, known.campaign_id, known.month, more)


def _add(table: Any, index: list[str], key: dict[str, Any], first: dict[str, Any], more: int) -> None:
    insert: Any = postgresql.insert if db.session.get_bind().dialect.name == "postgresql" else sqlite.insert
    row = insert(table).values(**key, **first, effect=max(more, 0))
    db.session.execute(row.on_conflict_do_update(index_elements=index, set_={"effect": table.effect + more}))
