"""By which keyed digests people used the portal today, so that clicks on their own link are known to be theirs.

A line in the click spool, once a day for each browser and process; it becomes a row when clicks are counted, and goes
when visitors' digests go.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable
from datetime import date

from flask import Response, current_app, g, request
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel import clock
from portal.links.models import OwnVisitor
from portal.links.visitors import visitor_digest

NOTED_MAX = 20_000
_noted: OrderedDict[tuple[int, str, str], None] = OrderedDict()
_lock = threading.Lock()


def note_own_visit(response: Response) -> Response:
    """After a request of somebody signed in: spool who it was, unless this process did so today."""
    if "visit" not in g or not current_user.is_authenticated:
        return response
    now = clock.now()
    visitor = visitor_digest(current_app, request.remote_addr or "", request.user_agent.string, now)
    spool = current_app.extensions["portal_click_spool"]
    person_id: str = g.visit.person_id
    key = (id(spool), person_id, visitor)
    with _lock:
        if key in _noted:
            return response
        _noted[key] = None
        while len(_noted) > NOTED_MAX:
            _noted.popitem(last=False)
    spool.append(f"{now:%Y-%m-%d} ={person_id} {visitor}", now)
    return response


def note_own_visitors(seen: Iterable[tuple[date, str, str]]) -> None:
    """Keep (day, visitor, person) of people who exist."""
    seen = sorted(seen)
    if not seen:
        return
    known = set(db.session.scalars(select(Person.id).where(Person.id.in_({person for _, _, person in seen}))))
    rows = [{"day": day, "visitor": visitor, "person_id": person} for day, visitor, person in seen if person in known]
    if not rows:
        return
    dialect = postgresql if db.session.get_bind().dialect.name == "postgresql" else sqlite
    db.session.execute(dialect.insert(OwnVisitor).values(rows).on_conflict_do_nothing())
