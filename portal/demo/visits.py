"""People who followed the community's links, day by day since each post."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import select

from portal.extensions import db
from portal.links.models import ClickDay, TrackedLink
from portal.recognition.effect import count_people

VISITORS_TOTAL = 905
"""Half of the season's target, a little ahead of its plan for the day."""
FADES_BY = 0.72
"""What is left of a post's pull from one day to the next."""
DAYS_MAX = 12
_COUNTED = select(ClickDay.link_id, ClickDay.day, ClickDay.visitors)
"""What is told of by itself (`clicks`)."""


def follow(links: Iterable[TrackedLink], *, now: datetime) -> None:
    """Spread the visitors over `links`, from the day after each was made."""
    draw = random.Random("visitors")
    counted = {(link_id, day): visitors for link_id, day, visitors in db.session.execute(_COUNTED)}
    days = [
        (link, day, draw.uniform(0.4, 2.2) * FADES_BY**age)
        for link in sorted(links, key=lambda link: link.created_at)
        for age in range(DAYS_MAX)
        if (day := link.created_at + timedelta(days=1 + age)) <= now and (link.id, day.date()) not in counted
    ]
    pull = sum(weight for _link, _day, weight in days)
    carried = 0.0
    for link, day, weight in days:
        carried += (VISITORS_TOTAL - sum(counted.values())) * weight / pull
        visitors = round(carried)
        carried -= visitors
        if visitors:
            clicks = visitors + draw.randint(0, visitors // 3)
            db.session.add(ClickDay(link_id=link.id, day=day.date(), visitors=visitors, clicks=clicks))
            if link.person_id is not None:
                count_people(link.person_id, link.campaign_id, day.date(), visitors)
    db.session.flush()
