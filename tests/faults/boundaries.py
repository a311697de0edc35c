"""A process that dies by SIGKILL at the nth boundary of what it does.

Boundaries are where a crash leaves something half done: after each commit that wrote (a transaction that did not get
there leaves nothing), before and after each word with Stripe. The child is a fork that looks into the same database
over connections of its own.
"""

from __future__ import annotations

import os
import signal
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import requests
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from portal.extensions import db

NO_KILL = 0
WRITES = ("INSERT", "UPDATE", "DELETE", "WITH")
NOT_OURS = "/v1/events"
"""What the tests themselves ask Stripe."""


class Boundaries:
    """Counts them, and ends the process at `kill_at`."""

    def __init__(self, kill_at: int) -> None:
        self.kill_at = kill_at
        self.passed: list[str] = []
        self._has_written = False

    def reach(self, name: str) -> None:
        self.passed.append(name)
        if len(self.passed) == self.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    @contextmanager
    def watched(self) -> Iterator[None]:
        send = requests.adapters.HTTPAdapter.send
        boundaries = self

        def sent(adapter: Any, request: Any, **how: Any) -> Any:
            path = urlsplit(request.url).path
            if not path.startswith("/v1/") or path == NOT_OURS:
                return send(adapter, request, **how)
            boundaries.reach(f"before {request.method} {path.split('/')[2]}")
            answer = send(adapter, request, **how)
            boundaries.reach(f"after {request.method} {path.split('/')[2]}")
            return answer

        listeners = [(Engine, "before_cursor_execute", self._see), (Session, "after_commit", self._after)]
        requests.adapters.HTTPAdapter.send = sent  # type: ignore[method-assign]
        for target, name, listener in listeners:
            event.listen(target, name, listener)
        try:
            yield
        finally:
            requests.adapters.HTTPAdapter.send = send  # type: ignore[method-assign]
            for target, name, listener in listeners:
                event.remove(target, name, listener)

    def _see(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        self._has_written = self._has_written or statement.lstrip().upper().startswith(WRITES)

    def _after(self, _session: Any) -> None:
        if self._has_written:
            self._has_written = False
            self.reach("after a commit")


def run_and_die(work: Callable[[], None], kill_at: int) -> list[str] | None:
    """Do `work` in a process that is killed at that boundary: None. `NO_KILL`: the boundaries that it passed."""
    db.session.remove()
    db.engine.dispose()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _in_the_child(work, kill_at, writing)
    os.close(writing)
    with os.fdopen(reading) as told:
        said = told.read()
    _pid, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return None
    assert os.waitstatus_to_exitcode(status) == 0, said
    return said.splitlines()


def _in_the_child(work: Callable[[], None], kill_at: int, writing: int) -> None:
    """Never returns: nothing of the test runner may run twice."""
    boundaries = Boundaries(kill_at)
    try:
        with boundaries.watched():
            work()
        said, status = "\n".join(boundaries.passed), 0
    except BaseException:
        said, status = traceback.format_exc(), 1
    os.write(writing, said.encode()[-60_000:])
    os._exit(status)
