"""One transaction per request or job, begun and committed at the edge: by views, jobs and commands, never verbs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from portal.extensions import db
from portal.kernel.database import begin_writing, intends_to_write, reads_first

_after_commit: ContextVar[list[Callable[[], None]] | None] = ContextVar("after_commit", default=None)


@contextmanager
def unit_of_work() -> Iterator[None]:
    """Everything inside happens whole or not at all; hooks of `after_commit` run once it did.

    Raises RuntimeError when nested: two units would mean that half of the outer one can be kept.
    """
    if _after_commit.get() is not None:
        raise RuntimeError("A unit of work is already open.")
    hooks: list[Callable[[], None]] = []
    hooks_token = _after_commit.set(hooks)
    was_writing = intends_to_write.get()
    if not was_writing and db.session.registry.has() and db.session().in_transaction():
        # A reading transaction can't take SQLite's write lock any more without risking "database is locked".
        if reads_first.get():
            begin_writing(db.session.connection())
        else:
            db.session.commit()
    intent_token = intends_to_write.set(True)
    try:
        yield
        db.session.commit()
    except BaseException:
        db.session.rollback()
        raise
    finally:
        intends_to_write.reset(intent_token)
        _after_commit.reset(hooks_token)
    if was_writing:
        # What follows in this request only reads: it must not hold the write lock while a page is rendered.
        intends_to_write.set(False)
    for hook in hooks:
        hook()


def after_commit(hook: Callable[[], None]) -> None:
    """Run `hook` once the open unit has committed; outside one (tests of a verb) it is dropped."""
    hooks = _after_commit.get()
    if hooks is not None:
        hooks.append(hook)


def end_reading() -> None:
    """Close the transaction that reading opened: nothing may be open while the outside world is called."""
    db.session.commit()
