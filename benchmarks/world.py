"""The invented community that the pages are measured with. What needs many rows is written in bulk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Any

from flask import Flask, g, session
from flask_wtf.csrf import generate_csrf
from sqlalchemy import insert, update

from portal.accounts.models import Consent, LoginSession, Person
from portal.accounts.sessions import digest_of, open_session
from portal.campaigns.models import Campaign
from portal.extensions import db
from portal.kernel import clock
from portal.kernel.base import Base, new_id
from portal.kernel.unit_of_work import unit_of_work
from portal.links.models import TrackedLink
from portal.messages.models import Notification
from portal.messages.topics import Topic
from portal.missions.claim_models import Claim, ClaimState
from portal.missions.models import Mission, MissionState
from portal.moderation.models import Case, CaseKind
from portal.points.models import Account, Entry, Kind, Transaction
from portal.points.postings import person_account
from portal.recognition.dealing import deal_some
from portal.recognition.effect import add_effect
from portal.recognition.league_rules import first_day
from portal.shares.models import Share, ShareState
from portal.shares.platforms.perch import EPOCH_MS
from tests.accounts.factories import a_fan, a_moderator, a_proved_handle
from tests.campaigns.factories import a_campaign
from tests.guidelines.factories import a_published_guideline, an_acknowledgement
from tests.missions.factories import a_claim, a_mission, make_ready
from tests.moderation.factories import many_cases
from tests.points.factories import a_person_has
from tests.recognition.factories import a_team, a_thanks
from tests.rewards.factories import a_reward

MISSIONS = 30
REWARDS = 24
WAITING_FEW = 100
WAITING_MANY = 100_000
FEW_MOVEMENTS = 100
MANY_MOVEMENTS = 10_000
LINKS = 200
SUBMITTERS = 100
CLAIMS_EACH = 50
"""Below what one person may hand in within an hour: the limits stay on."""
EARLIER_SHARES = 500
COLLEAGUES = 12
BULK = 5_000

BRIEF = """Show **one thing** you mended instead of replacing it, and say why it was worth it.

- Your own photo, by daylight
- What broke, what you did, how long it took
- Where the parts came from

Nobody needs to be an expert: a sewn-on button counts as much as a rebuilt gearbox. Begin with the disclosure, so that
everybody who reads it knows that you are rewarded. See [the repair pages](https://shop.example/repairs) for ideas.
"""


@dataclass(frozen=True)
class Browser:
    """Somebody who is signed in: the cookie, and a token for forms."""

    cookie: str
    csrf: str


@dataclass(frozen=True)
class World:
    """Who and what the requests are about."""

    fan: Browser
    mission_id: str
    moderator: Browser
    colleagues: list[Browser]
    """Moderators enough to ask for the next case without meeting the limit of writes."""
    short_history: Browser
    long_history: Browser
    codes: list[str]
    newcomers: list[tuple[Browser, list[str]]]
    """People without earlier shares, each with claims to hand in for."""
    veterans: list[tuple[Browser, list[str]]]
    """The same with EARLIER_SHARES behind them."""


def build(app: Flask) -> World:
    """Fill the empty database of `app`."""
    with app.app_context():
        many_cases(WAITING_FEW - 1)
        with unit_of_work():
            db.session.execute(update(Mission).values(state=MissionState.CLOSED))  # theirs is none of the board's
        season = a_campaign(points_budget=1_000_000)
        guideline = a_published_guideline()
        fan = a_fan("Ada Lindqvist")
        missions = _board(season)
        make_ready(fan)
        a_proved_handle(fan, platform="mastodon", host="social.example")
        an_acknowledgement(fan, guideline)
        for mission in missions[3:5]:
            a_claim(mission, fan)
        a_person_has(fan, 640)
        for price in range(REWARDS):
            a_reward(codes=2, price_points=100 + 40 * price)
        _notify(fan, 7)
        _company(fan, season)
        moderator = a_moderator("Moss Ferreira")
        short, long_ = a_fan("Newer Member"), a_fan("Older Member")
        with unit_of_work():
            _movements(short, FEW_MOVEMENTS)
            _movements(long_, MANY_MOVEMENTS)
        world = World(
            fan=_sign_in(app, fan), mission_id=missions[3].id, moderator=_sign_in(app, moderator),
            colleagues=[_sign_in(app, a_moderator()) for _ in range(COLLEAGUES)],
            short_history=_sign_in(app, short), long_history=_sign_in(app, long_),
            codes=_links(season), newcomers=_submitters(app, season, 0),
            veterans=_submitters(app, season, EARLIER_SHARES),
        )  # fmt: skip
        db.session.remove()
    return world


def add_waiting(app: Flask) -> None:
    """Let WAITING_MANY more cases wait, behind those that are open already."""
    with app.app_context(), unit_of_work():
        missions = [{**columns_of(db.session.query(Mission).first()), "id": new_id(), "state": MissionState.CLOSED}
                    for _ in range(WAITING_MANY // 1000)]  # fmt: skip
        people = [person_row(number) for number in range(1000)]
        db.session.execute(insert(Mission.__table__), missions)
        db.session.execute(insert(Person.__table__), people)
        now = clock.now()
        for batch in batches(_waiting(people, missions, now)):
            for table, rows in zip((Claim, Share, Case), zip(*batch, strict=True), strict=True):
                db.session.execute(insert(table.__table__), list(rows))


def _waiting(people: list[dict[str, Any]], missions: list[dict[str, Any]], now: Any) -> Iterator[tuple[Any, ...]]:
    number = 0
    for mission in missions:
        for person in people:
            number += 1
            due_at = now + timedelta(hours=30, seconds=number)
            claim = claim_row(person["id"], mission["id"], ClaimState.SUBMITTED, now)
            share = share_row(claim, f"perch:waiting-{number}", ShareState.NEEDS_REVIEW, now) | {"decide_by": due_at}
            case = {
                "id": new_id(), "kind": CaseKind.SHARE, "share_id": share["id"], "person_id": person["id"],
                "mission_id": mission["id"], "platform": "perch", "state": "open", "why": "could_not_tell",
                "opened_at": now, "due_at": due_at, "ranked_at": due_at, "handed_note": "", "lock_version": 1,
            }  # fmt: skip
            yield claim, share, case


def post_url(number: int, *, sandbox_url: str) -> str:
    """The address of a different post each time."""
    made_ms = int((clock.now() + timedelta(minutes=1)).timestamp() * 1000)
    return f"{sandbox_url}/@ada/{((made_ms - EPOCH_MS) << 22) + number}"


def _board(season: Campaign) -> list[Mission]:
    """As a season looks: most open to everybody, some for another network or another track, each with a picture."""
    now = clock.now()
    return [
        a_mission(
            season, brief=BRIEF, captions=("Ad: mended, not replaced.", "Anzeige: geflickt statt ersetzt."),
            platforms=["perch"] if number % 5 else ["perch", "mastodon"] if number % 2 else ["linkedin"],
            tracks=["employee"] if number % 9 == 0 else [], places_total=40, places_taken=number,
            closes_at=now + timedelta(days=number + 1, hours=3), image_file=f"missions/{new_id()}.webp",
            image_alt="A jacket on a table, its elbow half patched",
        )
        for number in range(MISSIONS)
    ]  # fmt: skip


def _notify(person: Person, count: int) -> None:
    with unit_of_work():
        for number in range(count):
            db.session.add(
                Notification(
                    person_id=person.id, topic=Topic.WELCOME, details={}, event_id=f"bench-{number}",
                    created_at=clock.now(),
                )
            )  # fmt: skip


def _company(fan: Person, season: Campaign) -> None:
    """A league of twelve, a few teams, and thanks between them."""
    today, others = clock.now().date(), [a_fan(f"Rambling Walker {letter * 3}") for letter in "bcdfghkmnprs"]
    a_team("Wet Socks", fan, *others[:4])
    for first in range(4, 12, 2):
        a_team("", *others[first : first + 2])
    for number, person in enumerate((fan, *others[:11])):
        with unit_of_work():
            add_effect(person.id, season.id, today, 40 - 3 * number)
    with unit_of_work():
        deal_some(first_day(today), now=clock.now())
    for giver, receiver in zip(others, [fan, *others], strict=False):
        a_thanks(giver, receiver)


def _movements(person: Person, count: int) -> None:
    """Points adjusted up and down, `count` times."""
    own, other = person_account(person.id, "available"), "program/issued"
    db.session.execute(insert(Account.__table__), [{"name": own, "balance": 0}])
    now, balance = clock.now(), 0
    transactions, entries = [], []
    for number in range(count):
        amount = 30 if number % 3 else -30 if balance else 60
        balance += amount
        transaction_id = new_id()
        transactions.append(
            {
                "id": transaction_id, "key": f"bench:{person.id}:{number}", "kind": Kind.ADJUST, "cause_kind": "bench",
                "cause_id": str(number), "reason": "", "content": "", "entries_total": 2,
                "posted_at": now - timedelta(minutes=count - number),
            }
        )  # fmt: skip
        for account, points in ((own, amount), (other, -amount)):
            entries.append(
                {"transaction_id": transaction_id, "account_name": account, "amount": points, "balance_after": balance}
            )
    db.session.execute(insert(Transaction.__table__), transactions)
    db.session.execute(insert(Entry.__table__), entries)
    account = db.session.get_one(Account, own)
    account.balance = balance


def _links(season: Campaign) -> list[str]:
    codes = [f"bench{number:03d}" for number in range(LINKS)]
    with unit_of_work():
        db.session.add_all(
            TrackedLink(
                code=code, target=f"https://shop.example/repairs?from={code}", campaign_id=season.id,
                created_at=clock.now(),
            )
            for code in codes
        )  # fmt: skip
    return codes


def _submitters(app: Flask, season: Campaign, earlier: int) -> list[tuple[Browser, list[str]]]:
    """People with CLAIMS_EACH places each, in missions that the board doesn't show any more."""
    now = clock.now()
    open_, behind = (
        [columns_of(a_mission(season, state=MissionState.CLOSED)) for _ in range(count)] for count in (CLAIMS_EACH, 1)
    )
    people = [person_row(number) for number in range(SUBMITTERS)]
    claims = [
        claim_row(person["id"], mission["id"], ClaimState.ACTIVE, now) for person in people for mission in open_
    ]  # fmt: skip
    past = [
        claim_row(person["id"], behind[0]["id"], ClaimState.RELEASED, now) | {"ended_at": now}
        for person in people
        for _ in range(earlier)
    ]
    declined = [
        share_row(claim, f"perch:past-{claim['id']}", ShareState.REJECTED, now) | {"reason_code": "time_ran_out"}
        for claim in past
    ]
    terms = app.config["SETTINGS"].terms_version
    agreed = [
        {"id": new_id(), "person_id": person["id"], "purpose": "terms", "version": terms, "given_at": now}
        for person in people
    ]
    browsers = []
    with unit_of_work():
        for table, rows in ((Person, people), (Consent, agreed), (Claim, claims + past), (Share, declined)):
            for batch in batches(rows):
                db.session.execute(insert(table.__table__), batch)
        for person in people:
            token = new_id()
            db.session.add(
                LoginSession(
                    token_digest=digest_of(token), person_id=person["id"], browser="Bench", started_at=now,
                    authenticated_at=now, last_seen_at=now, expires_at=now + timedelta(days=1),
                )
            )  # fmt: skip
            browsers.append(_browser(app, token))
    each = [[claim["id"] for claim in claims if claim["person_id"] == person["id"]] for person in people]
    return list(zip(browsers, each, strict=True))


def _sign_in(app: Flask, person: Person) -> Browser:
    with unit_of_work():
        token = open_session(person, identity_id=None, browser="Bench", now=clock.now())
    return _browser(app, token)


def _browser(app: Flask, token: str) -> Browser:
    """A cookie as the app itself would set it, with a form's token that belongs to it."""
    with app.test_request_context():
        g.pop("csrf_token", None)  # Flask-WTF makes one for an app context; each browser has its own
        session["sid"] = token
        csrf = generate_csrf()
        signer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
        return Browser(f"{app.config['SESSION_COOKIE_NAME']}={signer.dumps(dict(session))}", csrf)


def person_row(number: int) -> dict[str, Any]:
    now = clock.now()
    return {
        "id": new_id(), "display_name": f"Member {number}", "email": None, "country": "GB", "locale": "en",
        "time_zone": "Europe/London", "track": "ambassador", "state": "active", "state_changed_at": now,
        "joined_at": now, "version": 1,
    }  # fmt: skip


def claim_row(person_id: str, mission_id: str, state: ClaimState, now: Any) -> dict[str, Any]:
    return {
        "id": new_id(), "mission_id": mission_id, "person_id": person_id, "state": state, "claimed_at": now,
        "expires_at": now + timedelta(days=3), "points_reserved": 0, "draft": {}, "ended_at": None,
    }  # fmt: skip


def share_row(claim: dict[str, Any], post_key: str, state: ShareState, now: Any) -> dict[str, Any]:
    return {
        "id": new_id(), "claim_id": claim["id"], "mission_id": claim["mission_id"], "person_id": claim["person_id"],
        "platform": "perch", "typed_url": "https://perch.example/@ada/1", "url": "https://perch.example/@ada/1",
        "post_key": post_key, "state": state, "state_changed_at": now, "submitted_at": now, "check_round": 1,
        "lock_version": 1,
    }  # fmt: skip


def columns_of(row: Base | None) -> dict[str, Any]:
    assert row is not None
    return {column.name: getattr(row, column.name) for column in row.__table__.columns}


def batches(rows: Any) -> Iterator[list[Any]]:
    rows = iter(rows)
    while batch := list(islice(rows, BULK)):
        yield batch
