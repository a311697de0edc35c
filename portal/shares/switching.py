"""Switching a signal on or off, by staff, with a reason."""

from __future__ import annotations

from datetime import datetime

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel.audit import audit
from portal.kernel.base import violation_raises
from portal.shares.signal_models import SignalSwitch
from portal.shares.signals.weighing import all_signals


class NoSuchSignal(LookupError):
    """Nothing of that name is there."""


class SwitchedAlready(Exception):
    """A colleague was faster."""


def switch(code: str, *, on: bool, actor: Person, why: str, now: datetime) -> None:
    """It counts from the next look on. Said again, nothing changes. Raises NoSuchSignal or SwitchedAlready."""
    if code not in {signal.code for signal in all_signals()}:
        raise NoSuchSignal(code)
    row = db.session.get(SignalSwitch, code, with_for_update=True)
    before = row.is_on if row else False
    if before == on:
        return
    who = actor.id
    row = row or SignalSwitch(code=code)
    row.is_on, row.changed_by_id, row.changed_at = on, who, now
    db.session.add(row)
    with violation_raises(SwitchedAlready()):
        db.session.flush()
    audit("signal.switched", ("signal", code), actor_id=actor.id, why=why, before={"on": before}, after={"on": on})
