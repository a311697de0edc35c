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
from portal.kernel.rows import run

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
_listeners: dict[str, Callable[[Any], None]] = {}
_heard_by: dict[str, list[str]] = {}
"""Of each kind of event, the names of its listeners."""

Kind = TypeVar("Kind", bound=type[Event])
Listener = TypeVar("Listener", bound=Callable[[Any], None])


def event(kind: str) -> Callable[[Kind], Kind]:
    """Class decorator: give an event its stable name, like `share.verified`."""

    def register(cls: Kind) -> Kind:
        cls.kind = kind
        _kinds[kind] = cls
        return cls

    return register


def listens_to(*kinds: type[Event], name: str) -> Callable[[Listener], Listener]:
    """Call the function, in a unit of work of its own, after each event of `kinds`.

    Jobs wait under its `name`, like `messages.welcome`: it stays, wherever the function moves. Raises ValueError for a
    name that another listener has.
    """

    def register(listener: Listener) -> Listener:
        if name in _listeners:
            raise ValueError(f"Two listeners are called {name}.")
        _listeners[name] = listener
        for cls in kinds:
            _heard_by.setdefault(cls.kind, []).append(name)
        return listener

    return register


def record(happened: Event) -> None:
    """Write `happened` in the open transaction, with one job for each of its listeners."""
    event_id, now = new_id(), clock.now()
    written = {"id": event_id, "kind": happened.kind, "payload": asdict(happened), "occurred_at": now}
    run(_writing(), written)
    told = _heard_by.get(happened.kind, ())
    payloads = {f"{event_id}:{name}": {"event": event_id, "listener": name} for name in told}
    jobs.schedule_new(DELIVER, payloads, due_at=now)


@cache
def _writing() -> Any:
    """Put together once: most verbs tell something."""
    return insert(table_of(OutboxEvent))


@jobs.in_transaction(DELIVER)
def _deliver(lease: jobs.Lease) -> None:
    """Tell one listener. One that isn't known here may be of the version that is being rolled out: it is tried again.

    One that was taken away ends among the failed jobs, where somebody sees it.
    """
    row = db.session.get(OutboxEvent, lease.payload["event"])
    if row is None:
        return
    listener = _listeners[_name_today(lease.payload["listener"])]
    listener(_kinds[row.kind](**row.payload))


def _name_today(name: str) -> str:
    """Names were paths once: who waits as `portal.messages.listeners.welcome` is `messages.welcome`.

    Old processes write such jobs until the last of them has stopped, so no migration could settle it. Both this and its
    test may go with the second release from here.
    """
    if not name.startswith("portal."):
        return name
    _portal, room, *_module, function = name.split(".")
    return f"{room}.{function}"
