"""Domain events: what happened, written in the transaction of the change itself, told afterwards.

A verb calls `record(ShareVerified(...))`. Each listener gets a job of its own, so it is told at least once, at its own
pace; the job is removed in the listener's transaction, so what it writes to the database happens once. What a listener
does elsewhere must be safe to repeat.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from typing import Any, ClassVar, TypeVar

from sqlalchemy import JSON, String, insert
from sqlalchemy.orm import Mapped, mapped_column

from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.base import Base, PublicId, new_id, table_of

DELIVER = "deliver_event"


class OutboxEvent(PublicId, Base):
    """One thing that happened."""

    __tablename__ = "outbox_event"

    kind: Mapped[str] = mapped_column(String(80))
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    occurred_at: Mapped[datetime] = mapped_column(index=True)


@dataclass(frozen=True)
class Event:
    """Base of all events; fields are strings, numbers, booleans or None. Each subclass names its `kind`."""

    kind: ClassVar[str]


_kinds: dict[str, type[Event]] = {}
_listeners: dict[str, list[tuple[str, Callable[[Any], None]]]] = {}

Kind = TypeVar("Kind", bound=type[Event])
Listener = TypeVar("Listener", bound=Callable[[Any], None])


def event(kind: str) -> Callable[[Kind], Kind]:
    """Class decorator: give an event its stable name, like `share.verified`."""

    def register(cls: Kind) -> Kind:
        cls.kind = kind
        _kinds[kind] = cls
        return cls

    return register


def listens_to(*kinds: type[Event]) -> Callable[[Listener], Listener]:
    """Call the function, in a unit of work of its own, after each event of `kinds`."""

    def register(listener: Listener) -> Listener:
        name = f"{listener.__module__}.{listener.__qualname__}"
        for cls in kinds:
            told = _listeners.setdefault(cls.kind, [])
            if name not in [known for known, _ in told]:
                told.append((name, listener))
        return listener

    return register


def record(happened: Event) -> None:
    """Write `happened` in the open transaction, with one job for each of its listeners."""
    event_id, now = new_id(), clock.now()
    written = {"id": event_id, "kind": happened.kind, "payload": asdict(happened), "occurred_at": now}
    db.session.execute(_writing(), written)
    told = [name for name, _listener in _listeners.get(happened.kind, [])]
    payloads = {f"{event_id}:{name}": {"event": event_id, "listener": name} for name in told}
    jobs.schedule_new(DELIVER, payloads, due_at=now)


@cache
def _writing() -> Any:
    """Put together once: most verbs tell something."""
    return insert(table_of(OutboxEvent))


@jobs.in_transaction(DELIVER)
def _deliver(lease: jobs.Lease) -> None:
    """Tell one listener. One that isn't known here may be of the version that is being rolled out: it is tried again.

    One that was renamed or taken away ends among the failed jobs, where somebody sees it.
    """
    row = db.session.get(OutboxEvent, lease.payload["event"])
    if row is None:
        return
    listener = dict(_listeners.get(row.kind, ()))[lease.payload["listener"]]
    listener(_kinds[row.kind](**row.payload))
