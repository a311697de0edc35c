"""What only some kinds have: when an event is and who came, which file, which cause."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask_babel import LazyString, lazy_gettext
from sqlalchemy import select, update

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel.audit import audit
from portal.kernel.formatting import moment
from portal.rewards import steps
from portal.rewards.fulfilment.experience import typed
from portal.rewards.kind_models import Cause, Download, DownloadCount, Event, Ticket
from portal.rewards.models import Redemption, RedemptionState, Reward, RewardKind, RewardState
from portal.rewards.refusals import OrderRefused, StateRefused
from portal.rewards.waiting import hold_row

DOORS_OPEN = timedelta(hours=24)
"""Before something begins, at the earliest: a ticket that is shown at another door is not used up there."""
ENDINGS = frozenset({"pdf", "zip", "epub", "gpx", "mp3", "mp4", "jpg", "png", "webp", "txt", "ics"})


def set_event(reward: Reward, starts_at: datetime, place: str, *, actor: Person) -> None:
    """Say when and where it is. Raises StateRefused."""
    _of_kind(reward, RewardKind.EXPERIENCE)
    event = db.session.get(Event, reward.id)
    before = {} if event is None else {"starts_at": event.starts_at.isoformat(), "place": event.place}
    if event is None:
        event = Event(reward_id=reward.id, starts_at=starts_at, place=place)
        db.session.add(event)
    event.starts_at, event.place = starts_at, place
    _audit(reward, "reward.event_set", actor, before, {"starts_at": starts_at.isoformat(), "place": place})


def set_file(reward: Reward, key: str, name: str, size_bytes: int, *, actor: Person) -> None:
    """Say which stored file it is. Raises StateRefused."""
    _of_kind(reward, RewardKind.DOWNLOAD)
    download = db.session.get(Download, reward.id)
    before = {} if download is None else {"file": download.file_name}
    if download is None:
        download = Download(reward_id=reward.id)
        db.session.add(download)
    download.file_key, download.file_name, download.size_bytes = key, name, size_bytes
    _audit(reward, "reward.file_set", actor, before, {"file": name, "bytes": size_bytes})


def set_cause(reward: Reward, name: str, *, actor: Person) -> None:
    """Say what points go to. Raises StateRefused."""
    _of_kind(reward, RewardKind.DONATION)
    cause = db.session.get(Cause, reward.id)
    before = {} if cause is None else {"cause": cause.name}
    if cause is None:
        cause = Cause(reward_id=reward.id)
        db.session.add(cause)
    cause.name = name
    _audit(reward, "reward.cause_set", actor, before, {"cause": name})


def count_download(redemption: Redemption, *, now: datetime) -> None:
    """Its owner takes the file along once more; the caller holds the redemption's row."""
    count = db.session.get(DownloadCount, redemption.id)
    if count is None:
        db.session.add(DownloadCount(redemption_id=redemption.id, times=1, last_at=now))
    else:
        count.times, count.last_at = count.times + 1, now
    db.session.flush()


def ticket_with(code: str | None) -> Ticket | None:
    """The ticket that has this code, as typed."""
    return db.session.scalar(select(Ticket).where(Ticket.code == typed(code or "")))


def let_in(ticket: Ticket, *, actor: Person, now: datetime) -> None:
    """Its owner is here. Each ticket lets in once, and one of a later day stays unused. Raises OrderRefused."""
    redemption = steps.hold(ticket.redemption)
    if (sentence := why_not_in(ticket, now=now)) is not None:
        raise OrderRefused(sentence)
    used = db.session.scalar(
        update(Ticket)
        .where(Ticket.redemption_id == ticket.redemption_id, Ticket.checked_in_at.is_(None))
        .values(checked_in_at=now, checked_in_by_id=actor.id)
        .returning(Ticket.redemption_id)
        .execution_options(synchronize_session=False)
    )
    db.session.refresh(ticket)
    if used is None:
        raise OrderRefused(_used_already(ticket))
    steps.note(redemption, actor_id=actor.id, now=now, code="checked_in")
    audit(
        "ticket.checked_in", ("redemption", redemption.id), actor_id=actor.id, why="", after={"in_at": now.isoformat()}
    )


def why_not_in(ticket: Ticket, *, now: datetime) -> LazyString | None:
    """Why this ticket lets nobody in, as far as it can be seen now; None where it does."""
    event = db.session.get(Event, ticket.redemption.reward_id)
    if ticket.redemption.state != RedemptionState.FULFILLED:
        return lazy_gettext("This ticket was given back: it lets nobody in.")
    if ticket.checked_in_at is not None:
        return _used_already(ticket)
    if event is not None and event.starts_at > now + DOORS_OPEN:
        return _another_day(event)
    return None


def _another_day(event: Event) -> LazyString:
    when = moment(event.starts_at)
    return lazy_gettext("This ticket is for another day: %(moment)s. It stays unused until then.", moment=when)


def _used_already(ticket: Ticket) -> LazyString:
    when = moment(ticket.checked_in_at, "short") if ticket.checked_in_at else ""
    return lazy_gettext("This ticket was used already, %(moment)s. Each lets in once.", moment=when)


def _of_kind(reward: Reward, kind: RewardKind) -> None:
    """Whoever says it at the same moment, or retires the reward, waits."""
    hold_row(reward)
    if reward.kind != kind or reward.state == RewardState.RETIRED:
        raise StateRefused(reward, lazy_gettext("This reward is of another kind, or retired. Nothing changed."))


def _audit(reward: Reward, action: str, actor: Person, before: dict[str, Any], after: dict[str, Any]) -> None:
    db.session.flush()
    audit(action, ("reward", reward.id), actor_id=actor.id, why="", before=before, after=after)
