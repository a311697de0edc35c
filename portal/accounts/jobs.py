"""Reading a profile to find the code in it."""

from __future__ import annotations

from portal.accounts.handles import LOOK, ProvedElsewhere, note_look, note_problem
from portal.accounts.models import Handle
from portal.accounts.ports import ProfileUnreadable, network_guide
from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.unit_of_work import end_reading


@jobs.outside(LOOK, tries_max=3)
def look_at_profile(lease: jobs.Lease) -> jobs.Record | None:
    """Fetch the profile, then keep what was seen. A profile that can't be read is an answer, not a failure."""
    handle = db.session.get(Handle, lease.key)
    if handle is None:
        return None
    platform, host, name, code = handle.platform, handle.host, handle.name, handle.proof_code
    end_reading()
    try:
        profile = network_guide().read_profile(platform, host, name)
    except ProfileUnreadable as unreadable:
        reason_code = unreadable.reason_code
        return lambda: _record_problem(lease.key, reason_code)

    def record() -> None:
        seen = db.session.get(Handle, lease.key)
        if seen is None:
            return
        try:
            with db.session.begin_nested():
                note_look(seen, profile, code=code, now=clock.now())
        except ProvedElsewhere:
            _record_problem(lease.key, "proved_elsewhere")

    return record


def _record_problem(handle_id: str, reason_code: str) -> None:
    handle = db.session.get(Handle, handle_id, populate_existing=True)
    if handle is not None:
        note_problem(handle, reason_code, now=clock.now())
