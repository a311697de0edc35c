"""Loads the demo data once, chapter by chapter; a load that was interrupted goes on where it stopped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from flask import Flask, current_app

from portal.campaigns.queries import current_season
from portal.demo import cast, chapters, history, house, story, telling, visits
from portal.demo.history import Course, History
from portal.demo.perch import Perch, SeededAccount, SeededPost, stamp
from portal.demo.posts import Written, for_perch, typed_address
from portal.demo.story import Member, Task, Told
from portal.demo.timing import Moments, moments_of
from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.unit_of_work import end_reading, unit_of_work
from portal.links.queries import address_of, link_of_claim
from portal.missions.models import Mission

SIGNS_IN = (
    "maya", "nils", "teo", "ines", "ruth", "pavel", "aoife", "sam", "lena", "jonas", "greta", "dev", "imogen",
)  # fmt: skip
"""Members who have an account at the sandbox's identity provider."""

WHAT_TO_TRY = """\
Sign in with Gatehouse as one of the demo people, without a password:
  Robin Ashe     newcomer: join, prove Perch, read the guideline, claim “What is in your repair kit?”, post, redeem
  Maya Okafor    ambassador in mid-season          Lena Fischer   reads the portal in German
  Jonas Lindqvist  moderator: the review queue     Greta Holm     manager: people, points, rewards
  Dev Malhotra     marketer: seasons, missions     Imogen Hale    admin"""


def load_once(app: Flask) -> str:
    """Make sure that the demo data is there. The sandbox has to run. Returns whom to sign in as and what to try."""
    with app.app_context():
        try:
            Loading().finish()
        finally:
            db.session.remove()
            db.engine.dispose()  # web workers are made from this process: no connection may be shared with them
    return WHAT_TO_TRY


@dataclass
class Loading:
    """One load: what is told already is left alone, the rest is told from the moment that the first chapter chose."""

    def finish(self) -> None:
        """Tell every chapter that is missing, each in a unit of work of its own."""
        told = chapters.told()
        end_reading()
        if told >= set(chapters.ALL):
            return
        steps: Mapping[str, Callable[[], None]] = {
            chapters.HOUSE: self._build_house,
            chapters.PEOPLE: self._welcome_people,
            chapters.PLACES: self._take_places,
            chapters.SEASON: self._live_through_season,
            chapters.MESSAGES: self._put_away,
        }
        with jobs.without_hints():
            self._prepare_perch()
            for chapter, tell in steps.items():
                if chapter in told:
                    continue
                if chapter == chapters.SEASON:
                    self._fill_perch()
                if chapter == chapters.MESSAGES:
                    telling.deliver()
                with unit_of_work():
                    tell()
                    with clock.frozen(self.now):
                        chapters.note(chapter, now=self.now)

    @cached_property
    def now(self) -> datetime:
        """The present of the story, in whole seconds."""
        return chapters.told_as_of() or clock.now().replace(microsecond=0)

    @cached_property
    def members(self) -> dict[str, Member]:
        return {member.key: member for member in story.members()}

    @cached_property
    def tasks(self) -> dict[str, Task]:
        return {task.key: task for task in story.tasks()}

    @cached_property
    def shares(self) -> list[tuple[Told, Moments]]:
        return [(told, moments_of(told, self.tasks[told.task], now=self.now)) for told in story.shares()]

    def _prepare_perch(self) -> None:
        self._perch = Perch(current_app.config["SETTINGS"].sandbox_url)
        _ = self.now
        end_reading()
        self._accounts: dict[str, SeededAccount] = self._perch.seed_accounts(
            cast.perch_accounts(list(self.members.values()), now=self.now)
        )
        self._perch.seed_posts(_brand_posts(self.now))

    def _build_house(self) -> None:
        staff = cast.employ([member for member in self.members.values() if member.staff], now=self.now)
        manager, marketer = staff["greta"], staff["dev"]
        for document in story.documents():
            house.publish_document(document, manager, now=self.now)
        for key, person in staff.items():
            proved_at = self.now - timedelta(days=self.members[key].joined - 1)
            cast.prove_accounts(person, self.members[key], self._accounts, now=proved_at)
            cast.read_guidelines(person, now=self.now)
        house.begin_always_on(marketer, now=self.now)
        season, shelf = house.plan_season(story.season(), marketer, now=self.now), house.Shelf()
        for task in sorted(self.tasks.values(), key=lambda task: -task.opened):
            house.open_task(task, season, marketer, shelf, now=self.now)
        for prize in story.prizes():
            house.stock(prize, manager, shelf, now=self.now)

    def _welcome_people(self) -> None:
        fans = [member for member in self.members.values() if not member.staff]
        for member in sorted(fans, key=lambda member: -member.joined):
            cast.welcome(member, self._accounts, season_began=story.season().began, now=self.now)

    def _take_places(self) -> None:
        """Claims whose tracked link stands in a post: the post can't be written before there is a link."""
        missions, past = house.missions_by_task(list(self.tasks.values())), History(self.now)
        for told, moments in self.shares:
            if told.uses_link:
                course = self._course(told, moments, missions)
                past.at(moments.claimed_at, lambda now, course=course: history.claim_for(course, now))  # type: ignore[misc]
        past.run()

    def _fill_perch(self) -> None:
        missions = house.missions_by_task(list(self.tasks.values()))
        posts = [
            for_perch(Written(told, moments, self._link(told, missions)))
            for told, moments in self.shares
            if told.net == "perch"
        ]
        end_reading()
        self._posts: dict[str, SeededPost] = self._perch.seed_posts(posts)

    def _live_through_season(self) -> None:
        missions = house.missions_by_task(list(self.tasks.values()))
        rewards = house.rewards_by_prize(story.prizes())
        past = History(self.now)
        for told, moments in self.shares:
            course = self._course(told, moments, missions)
            course.typed_url = typed_address(told, self._posts, self.members[told.by], moments.posted_at)
            past.tell(course)
        for held in story.places():
            past.hold(held, missions[held.task], cast.person_called(held.by))
        for redeemed in story.redemptions():
            past.redeem(redeemed, rewards[redeemed.prize], cast.person_called(redeemed.by))
        for task in self.tasks.values():
            moment = house.closing_moment(task, now=self.now)
            if moment is not None:
                past.close(missions[task.key], moment)
        past.run()
        self._follow_links(missions)

    def _follow_links(self, missions: Mapping[str, Mission]) -> None:
        season = current_season()
        links = []
        for told, moments in self.shares:
            mission = missions[told.task]
            if told.uses_link and season is not None and mission.campaign_id == season.id:
                link = link_of_claim(history.claim_made(cast.person_called(told.by), mission).id)
                if link is not None:
                    links.append((link, moments.posted_at))
        visits.follow(links, now=self.now)

    def _put_away(self) -> None:
        telling.put_away(set(SIGNS_IN), now=self.now)

    def _course(self, told: Told, moments: Moments, missions: Mapping[str, Mission]) -> Course:
        author, mission = cast.person_called(told.by), missions[told.task]
        poster = self.members[told.borrowed or told.by]
        handle = cast.handle_on(cast.person_called(poster.key), told.net)
        claimed = told.uses_link and chapters.PLACES in chapters.told()
        return Course(
            written=Written(told, moments, self._link(told, missions) if claimed else ""),
            task=self.tasks[told.task], mission=mission, author=author, author_id=handle.external_id or "",
            author_name=handle.name, typed_url="",
            moderator=cast.person_called(told.judge) if told.judge else None,
            claim=history.claim_made(author, mission) if claimed else None,
        )  # fmt: skip

    def _link(self, told: Told, missions: Mapping[str, Mission]) -> str:
        if not told.uses_link:
            return ""
        link = link_of_claim(history.claim_made(cast.person_called(told.by), missions[told.task]).id)
        return address_of(link) if link is not None else ""


def _brand_posts(now: datetime) -> list[dict[str, str]]:
    said = (
        (43.5, "The autumn season has begun: Repair, don’t replace. Bring the thing you nearly gave up on."),
        (21.0, "Halfway there and the zip drawer is empty again. More zips on Thursday. Thank you all."),
        (2.0, "The bench in Kendal is open until eight tonight. There is soup."),
    )  # fmt: skip
    return [
        {
            "key": f"demo-brand-{number}", "account": f"demo-{cast.BRAND}", "text": text,
            "created_at": stamp(now - timedelta(days=ago)),
        }
        for number, (ago, text) in enumerate(said, start=1)
    ]  # fmt: skip
