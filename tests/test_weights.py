"""What pages weigh, whatever machine they run on: queries whatever the rows, bytes of a first view, plans without a
scan (PROMISES P-41, P-43); and of how many statements an award and a redemption are. Times are the benchmark's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import brotli
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, text

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel import clock
from portal.kernel.unit_of_work import unit_of_work
from portal.links.models import TrackedLink
from portal.missions.models import Mission
from portal.points.adjusting import adjust
from portal.points.awards import award
from portal.points.ledger import Cause
from portal.recognition.dealing import deal_some
from portal.recognition.effect import add_effect
from portal.recognition.league_rules import first_day
from portal.recognition.team_queries import team_of
from portal.rewards.problems import report
from portal.rewards.redeeming import redeem
from portal.rewards.wishing import wish
from tests.accounts.factories import a_fan, a_manager, a_moderator
from tests.campaigns.factories import a_campaign
from tests.messages.factories import a_notification
from tests.missions.factories import a_claim, a_mission, a_ready_fan, make_ready
from tests.moderation.factories import many_cases
from tests.points.factories import a_funded_campaign, a_person_has, an_award
from tests.recognition.factories import a_team, a_thanks
from tests.rewards.factories import a_person_with_points, a_redemption, a_reward
from tests.shares.factories import a_share, perch_url

ClientOf = Callable[[Person], FlaskClient]

QUERIES_MAX = 12
HOME_QUERIES_MAX = 18
"""Home gathers from every room."""
AWARD_STATEMENTS_MAX, REDEMPTION_STATEMENTS_MAX = 8, 14
"""Counted one by one in docs/promises.md; person and reward are read already."""
FIRST_VIEW_BYTES_MAX = 100_000
ROWS = 30

_ASSETS = re.compile(r'<(?:link|script)[^>]*?(?:href|src)="(/[^"]+)"')


@pytest.fixture(autouse=True)
def _at_a_moment(now: object) -> None:
    """So that nothing opens or closes meanwhile."""


@contextmanager
def statements() -> Iterator[list[tuple[str, Any]]]:
    """Collects what is sent to the database, but for the bounds of transactions."""
    seen: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, _context: Any, _many: bool) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH", "INSERT", "UPDATE", "DELETE")):
            seen.append((statement, values))

    engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def _missions(_fan: Person) -> None:
    season = a_campaign(points_budget=100_000)
    for _ in range(ROWS):
        a_mission(season, captions=("Ad: mended.", "Ad: patched."))


def _cases(_fan: Person) -> None:
    many_cases(ROWS - 1)


def _rewards(_fan: Person) -> None:
    for _ in range(ROWS):
        a_reward(codes=1)


def _wishes(fan: Person) -> None:
    for _ in range(ROWS // 2):
        reward = a_reward(codes=1, tier_prices={1: 50})
        with unit_of_work():
            wish(reward, fan, now=clock.now())


def _orders(person: Person) -> None:
    a_person_has(person, 1_000)
    for _ in range(10):
        a_redemption(person, a_reward(codes=1))


def _problems(_manager: Person) -> None:
    fan = a_person_with_points(1_000)
    for _ in range(10):
        order = a_redemption(fan, a_reward(codes=1))
        with unit_of_work():
            report(order, "The shop refuses it", now=clock.now())


def _movements(fan: Person) -> None:
    for number in range(ROWS):
        an_award(fan, points_now=1, cause=Cause("share", f"{fan.id}-{number}-{next(_numbers)}"))


def _adjustments(_manager: Person) -> None:
    colleague = a_manager()
    for _ in range(ROWS):
        fan = a_fan()
        with unit_of_work():
            adjust(fan, 5, reason="Put right", actor=colleague, now=clock.now())
            adjust(fan, 5_000, reason="Put right", actor=colleague, now=clock.now())


def _notifications(fan: Person) -> None:
    for _ in range(ROWS):
        a_notification(fan)


def _people(_fan: Person) -> None:
    for _ in range(ROWS):
        make_ready(a_fan())


def _shares(fan: Person) -> None:
    season = a_campaign(points_budget=100_000)
    for _ in range(ROWS):
        a_share(a_claim(a_mission(season), fan))


def _at_home(fan: Person) -> None:
    _shares(fan)
    for _ in range(3):
        a_reward(codes=1, tier_prices={1: 50})


def _leagues(fan: Person) -> None:
    """Everybody with an effect, and a league for each."""
    season, today = a_campaign(), clock.now().date()
    for person in (fan, *[a_fan() for _ in range(ROWS)]):
        with unit_of_work():
            add_effect(person.id, season.id, today, 1 + next(_numbers))
    with unit_of_work():
        deal_some(first_day(today), now=clock.now())


def _thanks(fan: Person) -> None:
    """Some for this person, some between others."""
    for number in range(ROWS):
        a_thanks(a_fan(), fan if number % 2 else a_fan())


def _teams(fan: Person) -> None:
    """Many teams of the season, with somebody in each; this person's among them."""
    season = a_campaign(points_budget=100_000)
    for person in (fan, *[a_fan() for _ in range(ROWS)]):
        with unit_of_work():
            joined = team_of(person.id) is not None
        if not joined:
            a_team("", person)
        with unit_of_work():
            add_effect(person.id, season.id, clock.now().date(), 1 + next(_numbers))


_numbers = count(1)

LISTS: dict[str, tuple[str, Callable[[], Person], Callable[[Person], None]]] = {
    "board": ("/missions", a_fan, _missions),
    "my claims": ("/claims", a_fan, _shares),
    "catalogue": ("/rewards", a_fan, _rewards),
    "wishes": ("/rewards/wishes", a_fan, _wishes),
    "redemptions": ("/redemptions", a_fan, _orders),
    "orders": ("/staff/orders", a_manager, _orders),
    "orders that were looked for": ("/staff/orders?q=repair", a_manager, _orders),
    "staff's rewards": ("/staff/rewards", a_manager, _rewards),
    "queue": ("/staff/review", a_moderator, _cases),
    "problems": ("/staff/review?kind=problem", a_manager, _problems),
    "home": ("/home", a_fan, _at_home),
    "statement": ("/points", a_fan, _movements),
    "adjustments": ("/staff/points/adjustments", a_manager, _adjustments),
    "badges": ("/badges", a_fan, _shares),
    "leagues": ("/leagues", a_fan, _leagues),
    "season": ("/leagues/season", a_fan, _leagues),
    "staff's leagues": ("/staff/leagues", a_manager, lambda _manager: _leagues(a_fan())),
    "teams": ("/teams", a_fan, _teams),
    "one's team": ("/teams/mine", a_fan, _teams),
    "staff's teams": ("/staff/teams", a_manager, lambda _manager: _teams(a_fan())),
    "wall": ("/thanks", a_fan, _thanks),
    "own thanks": ("/thanks/mine", a_fan, _thanks),
    "staff's thanks": ("/staff/thanks", a_moderator, _thanks),
    "tier": ("/points/tiers", a_fan, _movements),
    "inbox": ("/inbox", a_fan, _notifications),
    "people": ("/staff/people", a_manager, _people),
}


@pytest.mark.parametrize("page", LISTS)
def test_a_list_asks_the_same_few_questions_whatever_its_rows(
    sqlite_app: Flask, client_of: ClientOf, page: str
) -> None:
    path, somebody, add_rows = LISTS[page]
    person = somebody()
    browser = client_of(person)
    asked = []
    for _ in range(2):
        add_rows(person)
        with statements() as seen:
            assert browser.get(path).status_code == 200
        asked.append([statement for statement, _values in seen])
    assert len(asked[0]) == len(asked[1]), f"{page} asks more for more rows"
    assert len(asked[1]) <= (HOME_QUERIES_MAX if page == "home" else QUERIES_MAX), "\n".join(asked[1])


def test_a_mission_page_asks_few_questions(sqlite_app: Flask, client_of: ClientOf) -> None:
    fan, mission = a_fan(), a_mission(captions=("Ad: mended.", "Ad: patched.", "Ad: darned."))
    a_claim(mission, fan)
    browsers, path = (client_of(fan), client_of(a_ready_fan())), f"/missions/{mission.id}"
    for browser in browsers:
        with statements() as seen:
            assert browser.get(path).status_code == 200
        assert len(seen) <= QUERIES_MAX, "\n".join(statement for statement, _values in seen)


def test_a_known_link_asks_nothing(sqlite_app: Flask, client: FlaskClient) -> None:
    season = a_campaign()
    with unit_of_work():
        db.session.add(
            TrackedLink(
                code="weightls", target="https://shop.example/", campaign_id=season.id, created_at=clock.now()
            )
        )  # fmt: skip
    counts = []
    for _ in range(2):
        with statements() as seen:
            assert client.get("/l/weightls").status_code == 302
        counts.append(len(seen))
    assert counts == [1, 0]


@pytest.mark.parametrize("page", ["landing", "board", "mission", "queue"])
def test_a_first_view_is_light(sqlite_app: Flask, client: FlaskClient, client_of: ClientOf, page: str) -> None:
    """HTML, styles, scripts, sprite and font as a browser gets them, photos apart."""
    fan, moderator = a_fan(), a_moderator()
    _missions(fan)
    _cases(fan)
    mission = db.session.query(Mission).first()
    assert mission is not None
    path, browser = {
        "landing": ("/", client),
        "board": ("/missions", client_of(fan)),
        "mission": (f"/missions/{mission.id}", client_of(fan)),
        "queue": ("/staff/review", client_of(moderator)),
    }[page]
    html = browser.get(path)
    assert html.status_code == 200
    weights = {path: len(brotli.compress(html.data, quality=4))}
    wanted = [*_ASSETS.findall(html.text), *set(re.findall(r'href="(/static/[^"#]+\.svg[^"#]*)#', html.text))]
    assert len(wanted) > 5, "the page names its styles and scripts"
    for address in wanted:
        if address not in weights:
            weights[address] = _weight(browser, address)
    assert any(address.split("?")[0].endswith(".woff2") for address in weights), "the font counts too"
    total = sum(weights.values())
    assert total <= FIRST_VIEW_BYTES_MAX, sorted(weights.items(), key=lambda item: -item[1])


def _weight(browser: FlaskClient, address: str) -> int:
    """Bytes that travel: what is compressed already is sent as it is."""
    with browser.get(address) as answer:
        assert answer.status_code == 200, address
        is_text = not address.split("?")[0].endswith((".woff2", ".png", ".webp"))
        return len(brotli.compress(answer.data, quality=4)) if is_text else len(answer.data)


SMALL = (
    "campaign",
    "guideline",
    "guideline_version",
    "tier_plan",
    "staff_role",
    "network_host",
    "person_advocacy_role",
    "points_rules",
)
"""Tables that stay small however large the community grows: reading one whole is the better plan."""

COUNTED_WHOLE = ("SELECT person.state, count(*) AS count_1 \nFROM person GROUP BY person.state",)
"""The staff's directory says how many people are in each state: known, and read along the table until it hurts."""

_SQLITE_SCAN = re.compile(r"^SCAN (\w+)(?! USING (?:COVERING )?INDEX)")


@pytest.mark.parametrize("page", LISTS)
def test_no_list_reads_a_growing_table_through(app: Flask, client_of: ClientOf, page: str) -> None:
    """PostgreSQL is asked with sequential scans made dear: it then takes one only where no index would do."""
    path, somebody, add_rows = LISTS[page]
    person = somebody()
    add_rows(person)
    browser = client_of(person)
    with statements() as seen:
        assert browser.get(path).status_code == 200
    db.session.rollback()
    scanned = [
        (statement, table)
        for statement, values in seen
        for table in _scanned(statement, values)
        if statement not in COUNTED_WHOLE
    ]
    assert not scanned


def test_handing_in_reads_no_growing_table_through(app: Flask, client_of: ClientOf) -> None:
    fan = a_fan()
    claim = a_claim(a_mission(), fan)
    browser, path, url = client_of(fan), f"/claims/{claim.id}/share", perch_url()
    with statements() as seen:
        assert browser.post(path, data={"url": url}).status_code == 303
    db.session.rollback()
    reads = [(statement, values) for statement, values in seen if statement.startswith("SELECT")]
    assert reads
    assert not [(statement, table) for statement, values in reads for table in _scanned(statement, values)]


def _awarding() -> Callable[[], object]:
    fan, season = a_fan(), a_funded_campaign()
    an_award(fan, points_now=1, campaign=season)  # their accounts are there
    person_id, season_id, cause = fan.id, season.id, Cause("share", f"weighed-{next(_numbers)}")
    return lambda: award(
        cause, campaign_id=season_id, person_id=person_id, points_now=80, points_held=40, now=clock.now()
    )  # fmt: skip


def _redeeming() -> Callable[[], object]:
    fan, kit = a_person_with_points(1_000), a_reward(codes=3, per_person_max=2, tier_prices={1: 50})
    a_redemption(fan, kit)  # the programme's account is there
    db.session.refresh(fan)
    db.session.refresh(kit)
    return lambda: redeem(kit, fan, now=clock.now())


@pytest.mark.parametrize(
    ("prepare", "statements_max"), [(_awarding, AWARD_STATEMENTS_MAX), (_redeeming, REDEMPTION_STATEMENTS_MAX)]
)  # fmt: skip
def test_points_move_in_few_statements(
    app: Flask, prepare: Callable[[], Callable[[], object]], statements_max: int
) -> None:
    verb = prepare()
    with statements() as seen:
        verb()
        db.session.flush()
    db.session.rollback()
    assert 1 < len(seen) <= statements_max, [statement for statement, _values in seen]


@pytest.mark.parametrize(
    ("part", "index"),
    [
        ("UPDATE reward_code", "ix_reward_code_free (reward_id="),
        ("count(*)", "ix_redemption_reward (reward_id=? AND person_id="),
        ("INSERT INTO points_lot_use", "ix_points_lot_spendable (person_id="),
    ],
)
def test_a_redemption_looks_only_at_what_is_its_own(sqlite_app: Flask, part: str, index: str) -> None:
    """Free codes of its reward, redemptions of this person, lots of theirs: SQLite chose by other indexes once."""
    verb = _redeeming()
    with statements() as seen:
        verb()
    db.session.rollback()
    ((statement, values),) = [(statement, values) for statement, values in seen if part in statement]
    with db.engine.connect() as connection:
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]
    assert [line for line in plan if index in line], plan
    assert not [line for line in plan if "TEMP B-TREE" in line]


def _scanned(statement: str, values: Any) -> list[str]:
    """The growing tables that the database would read from end to end."""
    aliases = {alias: table for table, alias in re.findall(r"\b(\w+) AS (\w+)", statement)}
    with db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]
            found = [match[1] for line in plan if (match := _SQLITE_SCAN.match(line))]
        else:
            connection.execute(text("SET LOCAL enable_seqscan = off"))
            plan = [row[0] for row in connection.exec_driver_sql(f"EXPLAIN {statement}", values)]
            found = re.findall(r"Seq Scan on (\w+)", "\n".join(plan))
    tables = [aliases.get(name, name) for name in found]
    known = set(db.metadata.tables) - set(SMALL)
    return [table for table in tables if table in known]
