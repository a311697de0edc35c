"""What rewards need from a room above, answered in the same transaction: somebody who puts problems before people."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from portal.rewards.problem_models import Problem


class ProblemDesk(Protocol):
    """The moderation room."""

    def open_problem(self, problem: Problem, *, due_at: datetime, now: datetime) -> None:
        """Put `problem` before whoever may answer it, in the open transaction."""

    def close_problem(self, problem: Problem) -> None:
        """Nobody needs to look any more: it was answered, or is over. Safe to repeat."""


_desk: ProblemDesk | None = None


def use_problem_desk(desk: ProblemDesk) -> None:
    """Called once, when the moderation room starts."""
    global _desk
    _desk = desk


def problem_desk() -> ProblemDesk:
    """The desk. Raises LookupError in an app that has none."""
    if _desk is None:
        raise LookupError("No desk for problems is registered.")
    return _desk
