"""A unit of work is whole, and what hangs on it runs once it is kept."""

from __future__ import annotations

import pytest
from flask import Flask

from portal.kernel.unit_of_work import after_commit, unit_of_work


def test_units_of_work_are_never_nested(app: Flask) -> None:
    with unit_of_work(), pytest.raises(RuntimeError), unit_of_work():
        pass


def test_hooks_run_after_the_commit_and_not_after_a_rollback(app: Flask) -> None:
    ran: list[str] = []
    with unit_of_work():
        after_commit(lambda: ran.append("kept"))
        assert ran == []

    def half() -> None:
        with unit_of_work():
            after_commit(lambda: ran.append("lost"))
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        half()
    assert ran == ["kept"]
