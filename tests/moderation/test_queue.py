"""The queue at length: its order, its pages, and what the databases do for it."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import event, select, text

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel.unit_of_work import unit_of_work
from portal.moderation import case_queries, queries, reviewing
from portal.moderation.models import Case, CaseState
from portal.moderation.queries import PAGE_LENGTH, Filter
from portal.moderation.rules import ranked_at
from portal.moderation.standing import COUNTED_MAX, Standing, standing
from portal.shares.models import Share
from portal.shares.ports import review_desk
from tests.accounts.factories import a_moderator
from tests.moderation.factories import a_case, many_cases, open_count

pytestmark = pytest.mark.usefixtures("app")

ALL = Filter()


def pages_forward(moderator: Person, now: datetime) -> list[list[str]]:
    """Every page from the first on."""
    pages, after = [], None
    while True:
        window = queries.queue(moderator, ALL, now=now, after=after)
        pages.append([row.id for row in window.rows])
        if window.after is None:
            return pages
        after = window.after


def test_pages_show_every_case_once_in_order_both_ways(now: datetime) -> None:
    ids, moderator = many_cases(PAGE_LENGTH * 2 + 5), a_moderator()

    pages = pages_forward(moderator, now)

    assert [case_id for page in pages for case_id in page] == ids
    assert [len(page) for page in pages] == [PAGE_LENGTH, PAGE_LENGTH, 6]
    back = queries.queue(moderator, ALL, now=now, before=pages[2][0])
    assert [row.id for row in back.rows] == pages[1]
    assert (back.before, back.after) == (pages[1][0], pages[1][-1])
    first = queries.queue(moderator, ALL, now=now, before=pages[1][0])
    assert [row.id for row in first.rows] == pages[0]
    assert first.before is None


def test_a_position_that_never_was_gives_the_first_page(now: datetime) -> None:
    ids = many_cases(3)

    window = queries.queue(a_moderator(), ALL, now=now, after="made-up")

    assert [row.id for row in window.rows] == ids
    assert (window.before, window.after) == (None, None)


def test_around_a_case_stand_its_neighbours(now: datetime) -> None:
    ids, moderator = many_cases(PAGE_LENGTH + 10), a_moderator()
    case = case_queries.case_by_id(ids[5])
    assert case is not None

    window = queries.window_around(moderator, ALL, case, now=now)

    assert [row.id for row in window.rows] == ids[2 : 2 + PAGE_LENGTH]
    assert (window.before, window.after) == (ids[2], ids[1 + PAGE_LENGTH])


def test_the_next_case_leaves_out_what_others_have(now: datetime) -> None:
    ids, moderator, colleague = many_cases(4), a_moderator(), a_moderator()
    first, second, third, fourth = (case_queries.case_by_id(case_id) for case_id in ids[:4])
    assert None not in (first, second, third, fourth)
    with unit_of_work():
        reviewing.take(second, moderator=colleague, now=now)
        reviewing.hand_over(third, moderator=moderator, to=colleague, note="", now=now)

    assert queries.next_case_id(moderator, ALL, now=now, after=first) == fourth.id
    assert queries.next_case_id(colleague, ALL, now=now, after=first) == second.id


def test_after_the_last_case_comes_the_first_again(now: datetime) -> None:
    ids = many_cases(3)
    last = case_queries.case_by_id(ids[-1])

    assert queries.next_case_id(a_moderator(), ALL, now=now, after=last) == ids[0]


@pytest.mark.parametrize(("why", "hours"), [("appealed", 4), ("checks_broke", 1), ("could_not_tell", 0)])
def test_what_weighs_more_comes_up_earlier(now: datetime, why: str, hours: int) -> None:
    assert ranked_at(now, why) == now - timedelta(hours=hours)


@pytest.mark.parametrize(("week", "in_time", "percent"), [(0, 0, None), (1000, 999, 99), (3, 2, 66), (7, 7, 100)])
def test_a_promise_that_was_broken_once_is_not_said_to_be_kept(week: int, in_time: int, percent: int | None) -> None:
    assert Standing(*[0] * 8, week=week, week_in_time=in_time, today=0, today_undone=0).percent_in_time == percent


def test_counts_stop_at_their_limit(now: datetime) -> None:
    many_cases(COUNTED_MAX + 20)

    assert open_count(a_moderator()) == COUNTED_MAX
    assert standing(a_moderator(), today_began=now, now=now).shares == COUNTED_MAX


# The last leans on small indexes of which a database may take either.
WALKS = [
    ("page", ALL, "ix_review_case_queue"),
    ("next", ALL, "ix_review_case_queue"),
    ("window", ALL, "ix_review_case_queue"),
    ("page", Filter(text="ada"), "ix_review_case_queue"),
    ("page", Filter(platform="perch"), "ix_review_case_"),  # which all of these are: either index walks them alone
    ("page", Filter(why="appealed"), "ix_review_case_why"),
    ("page", Filter(kind="appeal"), "ix_review_case_kind"),
    ("standing", ALL, ""),
]


def test_no_plan_reads_a_table_through_or_sorts_the_queue(now: datetime) -> None:
    ids, moderator = many_cases(1_500), a_moderator()
    case = case_queries.case_by_id(ids[2])
    assert case is not None
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("ANALYZE"))  # as it does by itself, later than a test can wait
        # One mission and one page of people would rightly be read through: asked not to, it shows what serves a queue.
        db.session.execute(text("SET LOCAL enable_seqscan = off"))
        db.session.execute(text("SET LOCAL random_page_cost = 1.1"))
    for what, wanted, index in WALKS:
        plans = _plans_of(
            {
                "page": partial(queries.queue, moderator, wanted, now=now, after=ids[1]),
                "window": partial(queries.window_around, moderator, wanted, case, now=now),
                "next": partial(queries.next_case_id, moderator, wanted, now=now, after=case),
                "standing": partial(standing, moderator, today_began=now, now=now),
            }[what]
        )
        assert plans
        for plan in plans:
            for line in plan:
                assert not _reads_all(line), (what, wanted, plan)
        assert any(index in line for plan in plans for line in plan), (what, wanted, plans)


def test_figures_read_no_queue_through_to_find_that_no_appeal_waits(now: datetime) -> None:
    """A database that knows how the queue is made up must not conclude that any kind is most of it."""
    many_cases(1_500)
    moderator = a_moderator()
    db.session.execute(text("ANALYZE"))
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("SET LOCAL enable_seqscan = off"))  # so few would rightly be read through
    plans = _plans_of(partial(standing, moderator, today_began=now, now=now))
    on_cases = [line for plan in plans for line in plan if "review_case" in line]
    assert on_cases
    assert not [line for line in on_cases if _reads_all(line)]


def _plans_of(ask) -> list[list[str]]:
    """How the database goes about each statement that `ask` sends."""
    sent: list[tuple[str, object]] = []

    def note(_connection, _cursor, statement, parameters, *_rest) -> None:
        sent.append((statement, parameters))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        ask()
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    explain = "EXPLAIN " if db.engine.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN "
    connection = db.session.connection()
    return [
        [str(row[-1]) for row in connection.exec_driver_sql(explain + statement, parameters)]
        for statement, parameters in sent
        if statement.startswith("SELECT")
    ]


def _reads_all(line: str) -> bool:
    """A table read through without an index, or the queue's own index missed and sorted for."""
    if "Seq Scan" in line:
        return True
    scan = line.startswith("SCAN ") and "USING" not in line
    derived = any(line.startswith(f"SCAN {name}") for name in ("anon_", "CONSTANT", "(subquery"))
    return scan and not derived


def test_the_queue_is_read_from_its_index_alone_by_people_who_wait(now: datetime) -> None:
    """What was decided is in no index of the queue: history costs nothing."""
    case = a_case()
    with unit_of_work():
        db.session.execute(text("UPDATE review_case SET state = 'dropped'"))

    assert db.session.scalar(select(Case.id)) == case.id
    assert open_count(a_moderator()) == 0
    assert queries.queue(a_moderator(), ALL, now=now).rows == []


def test_a_case_that_nobody_needs_to_look_at_is_let_go(now: datetime) -> None:
    """Who had it open, whom it was handed to and until when it was put off: none of it stays, should it open again."""
    case, mine, colleague = a_case(), a_moderator(), a_moderator()
    later = now + timedelta(hours=1)
    with unit_of_work():
        case = db.session.get_one(Case, case.id)
        case.taken_by_id, case.taken_until, case.later_until = mine.id, later, later
        case.handed_to_id, case.handed_note = colleague.id, "You know her"
    with unit_of_work():
        review_desk().drop_case(db.session.get_one(Share, case.share_id), now=now)
    dropped = db.session.get_one(Case, case.id, populate_existing=True)
    assert dropped.state == CaseState.DROPPED
    assert (dropped.taken_by_id, dropped.taken_until, dropped.later_until) == (None, None, None)
    assert (dropped.handed_to_id, dropped.handed_note) == (None, "")
