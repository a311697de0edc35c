"""Missions and claims for the tests of every room. Each function commits; all names are invented."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import Any

from sqlalchemy import select

from portal.accounts.models import Handle, HandleState, Person
from portal.campaigns.models import Campaign
from portal.extensions import db
from portal.kernel import clock
from portal.kernel.unit_of_work import unit_of_work
from portal.missions.audience_models import EVERYBODY, AudienceLimit
from portal.missions.claim_models import Claim
from portal.missions.claiming import claim_place
from portal.missions.models import KitCaption, Mission, MissionState
from tests.accounts.factories import a_marketer, a_person, a_proved_handle
from tests.campaigns.factories import a_campaign

_numbers = count(10_001)  # of one length: names sort as they were made, whatever else this process has run


def a_mission(campaign: Campaign | None = None, *, captions: tuple[str, ...] = (), **columns: Any) -> Mission:
    """An open mission on Perch with five places, 80 points now and 40 held; `columns` are those of `Mission`."""
    campaign = campaign or a_campaign()
    now = clock.now()
    values: dict[str, Any] = {
        "campaign_id": campaign.id,
        "kind": "share",
        "title": f"Show a mended thing you love {next(_numbers)}",
        "summary": "One thing you repaired instead of replacing.",
        "brief": "Show **one thing** and say why it was worth it.",
        "do": ["Use your own photo"],
        "dont": ["Name other makers"],
        "platforms": ["perch"],
        "places_total": 5,
        "points_now": 80,
        "points_held": 40,
        "link_target": "https://shop.example/repairs",
        "required_tag": "#MendedWithHollin",
        "state": MissionState.OPEN,
        "opens_at": now - timedelta(hours=1),
        "created_at": now,
        **columns,
    }
    with unit_of_work():
        mission = Mission(**values)
        mission.captions = [
            KitCaption(position=position, text=text, locale="en") for position, text in enumerate(captions)
        ]
        db.session.add(mission)
    return mission


def a_ready_fan(name: str = "", *, platform: str = "perch", **columns: Any) -> Person:
    """Somebody whom nothing keeps from claiming: with a proved account on `platform`."""
    person = a_person(name, **columns)
    make_ready(person, platform=platform)
    return person


def make_ready(person: Person, *, platform: str = "perch") -> None:
    """Prove an account for `person` unless one is proved already."""
    proved = select(Handle.id).where(
        Handle.person_id == person.id, Handle.platform == platform, Handle.state == HandleState.PROVED
    )
    if db.session.scalar(proved.limit(1)) is None:
        a_proved_handle(person, platform=platform)


def no_audience_limit() -> None:
    """Let one person claim as much as a test needs, unless it set a limit of its own."""
    if db.session.get(AudienceLimit, EVERYBODY) is None:
        an_audience_limit(week_max=1_000_000, month_max=1_000_000, gap_hours=0)


def an_audience_limit(*, week_max: int = 3, month_max: int = 8, gap_hours: int = 24) -> None:
    """Staff's limit for everybody."""
    staff = a_marketer()
    with unit_of_work():
        db.session.add(
            AudienceLimit(
                scope=EVERYBODY, week_max=week_max, month_max=month_max, gap_hours=gap_hours,
                changed_by_id=staff.id, changed_at=clock.now(),
            )
        )  # fmt: skip


def a_claim(mission: Mission | None = None, person: Person | None = None) -> Claim:
    """An active claim, made now; the person gets a proved account if they have none."""
    mission = mission or a_mission()
    person = person or a_person()
    make_ready(person, platform=mission.platforms[0] if mission.platforms else "perch")
    no_audience_limit()
    with unit_of_work():
        return claim_place(mission, person, now=clock.now())
