"""Loads the demo data once, chapter by chapter; a load that was interrupted goes on where it stopped."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property, partial
from itertools import groupby
from operator import attrgetter
from typing import Any

import click
from flask import Flask

from portal.accounts.models import Person
from portal.demo import (
    around,
    bookkeeping,
    cast,
    chapters,
    clicks,
    company,
    house,
    purchases,
    steering,
    story,
    tastes,
    telling,
    things,
    visits,
)
from portal.demo.community import Community, community
from portal.demo.course import Course
from portal.demo.history import History
from portal.demo.perch import Perch, SeededAccount, SeededPost, stamp
from portal.demo.posts import for_perch, typed_address
from portal.demo.story import Told
from portal.demo.timing import Moments, end_of_day, moments_of
from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.unit_of_work import end_reading, unit_of_work
from portal.missions.audience import set_limits
from portal.missions.models import MissionKind
from portal.missions.resting import DEFAULT_LIMITS, Limits
from portal.recognition.badging import give_by_hand
from portal.recognition.dealing import deal_some
from portal.recognition.league_rules import first_day
from portal.shares.pictures import Remade, remake_and_store

SIGNS_IN = frozenset({
    "maya", "nils", "teo", "ines", "ruth", "pavel", "aoife", "sam", "lena", "gwen", "col", "tamsin", "jonas", "greta",
    "dev", "imogen",
})  # fmt: skip
"""Members who have an account at the sandbox's identity provider."""

FIRST_OF_SEASON = "demo-brand-1"
"""Key of the brand's post that is answered where nobody named another question."""
WHILE_TOLD = Limits(week_max=21, month_max=84, gap_hours=0)
"""Places of the whole season are taken before its posts are told, which looks like far too many posts to come: what an
audience may see is limited once the season is told."""
SHOWN_AFTER = timedelta(minutes=20)
"""How long after handing a post in its author adds a screenshot of it."""
LIMITED_AGO = timedelta(seconds=1) / timedelta(days=1)
TIERS_AGO = 3
"""Days since tiers are in force: whoever rose by them has read so."""

WHAT_TO_TRY = """\
Sign in with Gatehouse as one of the demo people, without a password:
  Robin Ashe       newcomer: join, prove @robinstartsout on Perch, claim “What is in your repair kit?”, post, redeem
  Maya Okafor      ambassador in mid-season      Lena Fischer   reads the portal in German
  Jonas Lindqvist  moderator: the review queue   Greta Holm     manager: people, points, rewards
  Dev Malhotra     marketer: seasons, missions   Imogen Hale    admin"""


def load_once(app: Flask) -> str:
    """Make sure that the demo data is there. The sandbox has to run. Returns whom to sign in as and what to try."""
    with app.app_context():
        try:
            told = chapters.told()
            end_reading()
            if not told >= set(chapters.ALL):
                click.echo("Loading the demo community, which takes about half a minute …")
                with jobs.without_hints():
                    Loading(app.config["SETTINGS"].sandbox_url).finish(told)
        finally:
            db.session.remove()
            db.engine.dispose()  # web workers are made from this process: no connection may be shared with them
    return WHAT_TO_TRY


class Loading:
    """One load. Each chapter that is missing is told in a unit of work of its own, with Perch asked between them."""

    def __init__(self, sandbox_url: str) -> None:
        self._perch = Perch(sandbox_url)
        self._members = {member.key: member for member in story.members()}
        self._tasks = {task.key: task for task in story.tasks()}
        self._prizes = story.prizes()
        self._season = story.season()
        self._accounts: Mapping[str, SeededAccount] = {}
        self._posts: Mapping[str, SeededPost] = {}
        self._screenshots: Mapping[str, Remade] = {}
        self._pictures: Sequence[Remade | None] = ()
        """Of what is handed in and no post, in its order."""
        self._brand: Mapping[str, SeededPost] = {}
        """What the brand itself posted on Perch."""

    def finish(self, told: set[str]) -> None:
        """Tell what is missing, in its order. What Perch was told before, it answers again."""
        self._open_accounts()
        steps: Mapping[str, tuple[Callable[[], None], Callable[[], None]]] = {
            chapters.HOUSE: (_nothing, self._build_house),
            chapters.PEOPLE: (_nothing, self._welcome_people),
            chapters.PLACES: (_nothing, self._take_places),
            chapters.SEASON: (self._write_posts, self._live_through_season),
            chapters.BOOKS: (_nothing, self._keep_books),
            chapters.MESSAGES: (telling.deliver, self._put_away),
        }
        for chapter, (prepare, tell) in steps.items():
            if chapter not in told:
                prepare()
                with unit_of_work():
                    tell()
                    chapters.note(chapter, now=self.now)

    @cached_property
    def now(self) -> datetime:
        """The present of the story, in whole seconds; the same for all chapters, even if they are told on two days."""
        chosen = chapters.told_as_of() or clock.now().replace(microsecond=0)
        end_reading()
        return chosen

    @cached_property
    def _shares(self) -> list[tuple[Told, Moments]]:
        return [(told, moments_of(told, self._tasks[told.task], now=self.now)) for told in story.shares()]

    def _open_accounts(self) -> None:
        self._accounts = self._perch.seed_accounts(cast.perch_accounts(list(self._members.values()), now=self.now))
        self._brand = self._perch.seed_posts(_brand_posts(now=self.now))

    def _build_house(self) -> None:
        """Staff, and what they made: guidelines, the season, missions, rewards."""
        employees = [member for member in self._members.values() if member.staff]
        staff = cast.employ(employees, now=self.now)
        manager, marketer = staff["greta"], staff["dev"]
        for document in story.documents():
            house.publish_document(document, manager, now=self.now)
        for member in employees:
            cast.settle_in(staff[member.key], member, self._accounts, now=self.now)
        house.begin_always_on(marketer, now=self.now)
        house.switch_signals_on(manager, now=self.now)
        began = self.now - timedelta(days=self._season.began)
        with clock.frozen(began):
            set_limits(WHILE_TOLD, actor=marketer, why="Nobody has asked for rest yet", now=began)
        season, shelf = house.plan_season(self._season, marketer, now=self.now), house.Shelf()
        for task in sorted(self._tasks.values(), key=lambda task: -task.opened):
            house.open_task(task, season, marketer, shelf, self._brand, now=self.now)
        for prize in self._prizes:
            house.stock(prize, manager, shelf, now=self.now)

    def _welcome_people(self) -> None:
        fans = [member for member in self._members.values() if not member.staff]
        here, people = self._community(), dict[str, Person]()
        inviting = next(here.missions[task.key] for task in self._tasks.values() if task.kind == MissionKind.REFER)
        for member in sorted(fans, key=lambda member: -member.joined):
            invited_at = self.now - timedelta(days=member.joined + 1)
            code = cast.invite(people[member.came_by], inviting, now=invited_at) if member.came_by else ""
            people[member.key] = cast.welcome(
                member, self._accounts, invitation=code, season_began=self._season.began, now=self.now
            )
            if member.pinboard:
                vouched_at = self.now - timedelta(days=member.joined - 5)
                cast.vouch_for(people[member.key], member, here.people["jonas"], now=vouched_at)

    def _take_places(self) -> None:
        """Claims whose tracked link stands in a post: the post can't be written before there is a link."""
        here, past = self._community(), History(self.now)
        for told, moments in self._shares:
            if told.uses_link:
                past.claim(self._course(here, told, moments))
        past.run()

    def _write_posts(self) -> None:
        here = self._community()
        courses = [self._course(here, told, moments) for told, moments in self._shares if told.net == "perch"]
        posts = [for_perch(course.written, self._about(course.written.told), now=self.now) for course in courses]
        end_reading()
        self._posts = self._perch.seed_posts(posts)
        shown = [course.written.told for course in courses if course.written.told.shows]
        self._screenshots = {told.key: remake_and_store(things.screenshot(told.text)) for told in shown}
        self._pictures = [things.remake(thing) for thing in around.things()]

    def _about(self, told: Told) -> str:
        """Key of what it answers or passes on. An answer of no certain question goes to the season's first post."""
        task = self._tasks[told.task]
        return task.passes_on or (FIRST_OF_SEASON if task.kind == MissionKind.ENGAGE else "")

    def _course(self, here: Community, told: Told, moments: Moments) -> Course:
        return here.course_of(told, moments, self._brand.get(self._about(told)))

    def _live_through_season(self) -> None:
        here, past = self._community(), History(self.now)
        courses = [self._course(here, told, moments) for told, moments in self._shares]
        for course in courses:
            past.tell(course, typed_address(course.written, self._posts, self._members))
            if course.written.told.shows:
                shown_at = course.written.moments.handed_in_at + SHOWN_AFTER
                past.at(shown_at, partial(_show, course, self._screenshots[course.written.told.key]))
        for held in story.places():
            past.hold(held, here.missions[held.task], here.people[held.by])
        for redeemed in story.redemptions():
            past.redeem(redeemed, here.rewards[redeemed.prize], here.people[redeemed.by], here.people["greta"])
        for task in self._tasks.values():
            if task.closes is not None:
                past.close(here.missions[task.key], end_of_day(self.now, days=task.closes))
        why = "Fans asked for more rest between posts"
        past.on_day(LIMITED_AGO, partial(set_limits, DEFAULT_LIMITS, actor=here.people["dev"], why=why))
        past.on_day(TIERS_AGO, partial(house.set_tiers, here.people, here.people["greta"]))
        self._hand_in_things(here, past)
        for bought in around.bought():
            purchases.tell(past, bought, here.link_of(bought.by, bought.task))
        self._tell_asides(here, past)
        company.tell(past, here.people)
        bookkeeping.tell(past, here.people)
        past.run()
        self._rate(self._community())
        visits.follow(self._community().links.values(), now=self.now)

    def _hand_in_things(self, here: Community, past: History) -> None:
        for thing, picture in zip(around.things(), self._pictures, strict=True):
            mission, person = here.missions[thing.task], here.people[thing.by]
            things.tell(past, things.Handing(thing, mission, person, here.people.get(thing.judge), picture))

    def _tell_asides(self, here: Community, past: History) -> None:
        """What people chose and put aside, what staff watch for and how they decide, and odd visitors."""
        manager = here.people["greta"]
        improved = partial(give_by_hand, here.people["ines"], "guideline_improved", actor=manager)
        past.on_day(9, partial(improved, reason="Your question about gifted yarn is an example in the guideline now"))
        for taste in around.tastes():
            past.on_day(LIMITED_AGO, partial(tastes.choose, taste, here.people[taste.by]))
        for aside in around.put_aside():
            past.on_day(aside.ago, partial(tastes.put_aside, aside, here.missions[aside.task], here.people[aside.by]))
        for word in around.watched():
            past.on_day(word.ago, partial(steering.watch, word, manager))
        for policy in around.own_policies():
            past.on_day(policy.ago, partial(steering.decide_by, policy, here.missions[policy.task], manager))
        for ago, came in groupby(around.oddly(), key=attrgetter("ago")):
            past.on_day(ago, partial(clicks.come, [(each, here.link_of(each.by, each.task)) for each in came]))

    def _rate(self, here: Community) -> None:
        for number, said in enumerate(around.ratings(), start=1):
            at = self.now - timedelta(hours=number)
            with clock.frozen(at):
                tastes.rate(said, here.claim_of(said.by, said.task), now=at)

    def _keep_books(self) -> None:
        bookkeeping.keep_books(self._community().people, now=self.now)

    def _put_away(self) -> None:
        while deal_some(first_day(self.now.date()), now=self.now):
            pass
        telling.put_away(SIGNS_IN, now=self.now)

    def _community(self) -> Community:
        return community(self._members, list(self._tasks.values()), self._prizes)


def _show(course: Course, picture: Remade, now: datetime) -> None:
    things.show(course, picture, now=now)


def _nothing() -> None:
    """This chapter needs nothing from outside."""


def _brand_posts(*, now: datetime) -> list[dict[str, Any]]:
    return [
        {
            "key": key, "account": f"demo-{cast.BRAND}", "text": text,
            "created_at": stamp(now - timedelta(days=ago)),
        }
        for key, (ago, text) in story.brand_posts().items()
    ]  # fmt: skip
