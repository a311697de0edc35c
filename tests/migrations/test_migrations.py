"""Migrations go forward and back on both databases, with rows in the tables, and give what the models say (P-29)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import flask_migrate
import pytest
from flask import Flask
from sqlalchemy import inspect, select, text

from portal import create_app
from portal.campaigns.queries import always_on
from portal.extensions import db
from portal.guidelines.publishing import save_draft
from portal.kernel import clock, jobs
from portal.kernel.audit import AuditEntry, audit
from portal.kernel.migrating import WouldLoseData
from portal.kernel.unit_of_work import unit_of_work
from portal.rewards.models import Redemption
from portal.rewards.problem_models import ProblemState
from portal.rewards.problems import report, settle
from portal.shares.brand_words import watch_word
from portal.shares.checks.finding import Severity
from portal.shares.models import Evidence
from portal.shares.policies import ALL, save_policy
from portal.shares.verdict import BUILT_IN
from tests.accounts.factories import a_marketer, a_person
from tests.conftest import settings_for
from tests.guidelines.factories import a_draft
from tests.missions.factories import a_claim, a_mission
from tests.rewards.factories import a_person_with_points, a_redemption, a_reward
from tests.shares.factories import a_share

Schema = dict[str, tuple[Any, ...]]


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, folder_in_memory: Callable[[str], Path]) -> Iterator[Flask]:
    """An app whose database nobody has migrated yet."""
    overrides = {}
    if request.param == "postgresql":
        overrides["database_url"] = request.getfixturevalue("postgres_server").create_database()
    app = create_app(settings_for(folder_in_memory("migrations"), **overrides))
    jobs.hint_with(app, None)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def upgrade(to: str = "head") -> None:
    flask_migrate.upgrade(revision=to)


def downgrade(to: str = "base", *, dropping_data: bool = False) -> None:
    """What `flask db downgrade [-x drop-data=yes]` does."""
    db.session.remove()
    flask_migrate.downgrade(revision=to, x_arg=["drop-data=yes"] if dropping_data else None)


def schema() -> Schema:
    seen = inspect(db.engine)
    return {
        table: (
            sorted((column["name"], str(column["type"]), column["nullable"]) for column in seen.get_columns(table)),
            sorted(_index(index) for index in seen.get_indexes(table)),
            sorted(str(key) for key in seen.get_foreign_keys(table)),
            sorted(str(check) for check in seen.get_check_constraints(table)),
        )
        for table in seen.get_table_names()
        if table != "alembic_version"
    }


def _index(index: Any) -> tuple[str, ...]:
    condition = [str(value) for name, value in index.get("dialect_options", {}).items() if name.endswith("where")]
    return (index["name"], str(index["column_names"]), str(index["unique"]), *condition)


def _posts_must_hold() -> None:
    a_mission(required_words=["mended"], followers_min=10)


def _topics() -> None:
    a_mission(topics=["knitting"])


def _accepted_forms() -> None:
    a_mission(accepts=["original", "quote"], brand_posts=["perch:1"])


def _a_policy() -> None:
    actor = a_marketer()
    with unit_of_work():
        save_policy(ALL, BUILT_IN, seen_version=0, why="tried", actor=actor, now=clock.now())


def _a_watched_word() -> None:
    actor = a_marketer()
    with unit_of_work():
        watch_word("cheap", severity=Severity.DOUBTFUL, reason="we are not", actor=actor, now=clock.now())


def _forbidden_claims() -> None:
    draft = a_draft()
    with unit_of_work():
        save_draft(
            draft, body=draft.body, what_changed="", major=True, forbidden_claims=["cures colds"], actor=None,
            now=clock.now(),
        )  # fmt: skip


def _a_share_as_it_was_seen() -> None:
    share = a_share()
    with unit_of_work():
        db.session.add(
            Evidence(
                share_id=share.id, round=1, seen_at=clock.now(), source="perch_api", status="readable",
                digest="0" * 64, body={"text": "x"}, responses=[{"url": "https://perch.example/1", "digest": "1" * 64}],
            )
        )  # fmt: skip


def fill() -> None:
    """Rows in the tables of several rooms, the append-only ones among them."""
    a_claim(person=a_person())
    a_reward()
    with unit_of_work():
        audit("test.filled", ("test", "1"), actor_id=None, why="a migration is tried")
    for fill_in in (
        _accepted_forms, _posts_must_hold, _topics, _a_policy, _a_watched_word, _forbidden_claims,
        _a_share_as_it_was_seen,
    ):  # fmt: skip
        fill_in()


def test_models_and_migrations_give_the_same_schema(empty: Flask) -> None:
    upgrade()
    flask_migrate.check()


def test_a_way_back_that_would_lose_rows_refuses_and_keeps_them(empty: Flask) -> None:
    upgrade()
    fill()
    before = schema()
    with pytest.raises(WouldLoseData, match="drop-data"):
        downgrade()
    upgrade()  # steps that lose nothing were taken back before the one that refused
    assert schema() == before
    assert db.session.scalar(select(AuditEntry.why).where(AuditEntry.action == "test.filled")) == "a migration is tried"


@pytest.mark.parametrize(
    ("below", "fill_in", "named"),
    [
        ("0002", _accepted_forms, "mission"),
        ("0003", _posts_must_hold, "mission"),
        ("0006", _topics, "mission"),
        ("0007", _forbidden_claims, "guideline_version"),
        ("0012", _a_share_as_it_was_seen, "evidence"),
    ],
)
def test_a_step_back_asks_before_it_loses_what_people_wrote_or_we_saw(
    empty: Flask, below: str, fill_in: Callable[[], None], named: str
) -> None:
    """Columns that go count as much as tables do."""
    upgrade()
    fill_in()
    with pytest.raises(WouldLoseData, match=f"The table {named} "):
        downgrade(below)


def test_down_and_up_again_gives_the_same_schema(empty: Flask) -> None:
    upgrade()
    before = schema()
    fill()
    downgrade(dropping_data=True)
    assert schema() == {}
    upgrade()
    assert schema() == before
    fill()


def test_problems_of_orders_become_cases_of_the_queue_and_outlive_the_way_back(empty: Flask) -> None:
    upgrade()
    order = a_redemption(a_person_with_points(500), a_reward(price_points=100))
    with unit_of_work():
        order_id, open_id = order.id, report(order, "The shop refuses it", now=clock.now()).id
    downgrade("0032")
    with unit_of_work():
        assert db.session.scalars(text("SELECT state FROM redemption_problem")).all() == ["open"]
    db.session.remove()
    upgrade()
    with unit_of_work():
        rows = db.session.execute(text("SELECT kind, state, problem_id, why FROM review_case")).all()
        assert rows == [("problem", "open", open_id, "order_problem")]
        settle(db.session.get_one(Redemption, order_id), ProblemState.OVER, now=clock.now())
    db.session.remove()
    with pytest.raises(WouldLoseData, match="redemption_problem"):
        downgrade("0032")


def test_an_unused_database_goes_back_without_a_flag(empty: Flask) -> None:
    upgrade()
    downgrade()
    assert schema() == {}


def test_always_on_exists_from_the_start(empty: Flask) -> None:
    upgrade()
    assert always_on().state == "running"


@pytest.mark.parametrize("table", ["audit_entry", "ledger_transaction", "ledger_entry"])
def test_the_books_are_append_only_by_the_migrations_themselves(empty: Flask, table: str) -> None:
    upgrade()
    fill()
    with pytest.raises(Exception, match="append-only"), unit_of_work():
        db.session.execute(text(f"DELETE FROM {table}"))


def test_the_history_is_one_line(empty: Flask) -> None:
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory.from_config(empty.extensions["migrate"].migrate.get_config())
    assert len(scripts.get_heads()) == 1
    assert not [script for script in scripts.walk_revisions() if script.is_merge_point or script.is_branch_point]
