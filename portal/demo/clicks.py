"""Visitors who came in an odd way: all at once, from one place, by programs, or the fan themselves. Counted as any."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime

from flask import current_app

from portal.demo.around import Oddly
from portal.kernel import jobs
from portal.links.jobs import count_lines
from portal.links.models import TrackedLink
from portal.links.patterns import work_out_patterns
from portal.links.visitors import connection_digest, visitor_digest

BROWSER = "Mozilla/5.0 (demo)"
AT_ONCE_MINUTES = 8
MINUTES_OF_DAY = 24 * 60
_NOBODYS_LEASE = jobs.Lease("", "", "", {}, 0, 0, "", last_try=False)
"""Working patterns out asks nothing of its lease."""


def come(came: Sequence[tuple[Oddly, TrackedLink]], *, now: datetime) -> None:
    """All of one day at once, so that who follows many links is seen."""
    lines = [line for oddly, link in came for line in _lines(oddly, link, now)]
    count_lines(lines)
    work_out_patterns(_NOBODYS_LEASE)


def _lines(oddly: Oddly, link: TrackedLink, now: datetime) -> list[str]:
    """As the spool would have them. A visitor of a ring has the same address at each link; others one of their own."""
    app, draw, lines = current_app._get_current_object(), random.Random(f"clicks of {oddly.by}"), []  # type: ignore[attr-defined]
    day = f"{now:%Y-%m-%d}"
    start = draw.randrange(MINUTES_OF_DAY - AT_ONCE_MINUTES)
    for number in range(oddly.visitors):
        in_ring = number < oddly.ring
        name = f"ring {number}" if in_ring else f"{oddly.by} {number}"
        address = f"{oddly.by} house" if oddly.ring <= number < oddly.ring + oddly.one_place else name
        at_once = number < oddly.at_once
        minute = start + draw.randrange(AT_ONCE_MINUTES) if at_once else draw.randrange(MINUTES_OF_DAY)
        visitor = visitor_digest(app, address, f"{BROWSER} {name}", now)
        connection = connection_digest(app, address, now)
        odd = int(number < oddly.programs)
        lines.append(f"{day} {link.id} {visitor} {connection} {minute} {odd}")
        if number >= oddly.visitors - oddly.own:
            lines.append(f"{day} ={link.person_id} {visitor}")
    return lines
