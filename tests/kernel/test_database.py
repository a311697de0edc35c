"""What both databases refuse alike, though SQLite has to be asked to."""

from __future__ import annotations

from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy.exc import IntegrityError

from portal.accounts.models import LoginSession
from portal.extensions import db
from portal.kernel.base import new_id
from portal.kernel.unit_of_work import unit_of_work


def test_a_row_that_points_at_nobody_is_refused(app: Flask, now: datetime) -> None:
    orphan = LoginSession(
        token_digest="0" * 64, person_id=new_id(), browser="", started_at=now, authenticated_at=now, last_seen_at=now,
        expires_at=now,
    )  # fmt: skip
    with pytest.raises(IntegrityError), unit_of_work():
        db.session.add(orphan)
