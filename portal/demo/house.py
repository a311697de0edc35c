"""What staff made: guidelines, the season, its missions with pictures, the catalogue with codes."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import datetime, timedelta

from flask import current_app

from portal.accounts.models import Person
from portal.campaigns.models import Campaign, PrimaryGoal
from portal.campaigns.planning import SeasonPlan, change_season, create_season
from portal.campaigns.queries import always_on
from portal.demo import story
from portal.demo.perch import SeededPost
from portal.demo.story import Document, Prize, Season, Task
from portal.demo.timing import end_of_day, first_thursday
from portal.guidelines.models import GuidelineKind
from portal.guidelines.publishing import create_guideline, publish, save_draft, start_version
from portal.kernel import clock, jobs
from portal.kernel.files import DOWNLOADS_FOLDER
from portal.kernel.images import ENDING, remake
from portal.missions import managing
from portal.missions.managing import CaptionDraft, MissionPlan, QuestionDraft
from portal.missions.models import Mission
from portal.points import tiers
from portal.points.tier_rules import Level, Plan
from portal.rewards.editing import Wording, create_reward, list_reward
from portal.rewards.kinds import set_cause, set_event, set_file
from portal.rewards.models import Reward, RewardKind
from portal.rewards.pictures import Picture
from portal.rewards.stocking import Line, add_codes
from portal.rewards.stripe.terms import Gives, set_cash, set_promotion
from portal.rewards.variants import change_stock
from portal.shares.platforms import perch
from portal.shares.switching import switch

_CODE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
ALWAYS_ON_BEGAN = 290
"""Days before now: shortly after the first marketer joined."""
ALWAYS_ON_BUDGET = 60_000
_PLANNING = timedelta(days=7)
"""Staff write a season and its missions down a week before they begin."""


class Shelf:
    """The pictures, each stored once."""

    def __init__(self) -> None:
        self._keys: dict[str, str] = {}

    def key_of(self, name: str, *, folder: str) -> str:
        if name not in self._keys:
            files = current_app.extensions["portal_files"]
            self._keys[name] = files.put(remake(story.picture(name)).full.data, folder=folder, ending=ENDING)
        return self._keys[name]


def publish_document(document: Document, author: Person, *, now: datetime) -> None:
    """A guideline with all its versions, each at its time."""
    version = None
    for edition in document.editions:
        written, published = _days(now, edition.published + 3), _days(now, edition.published)
        body = story.body_of(edition)
        with clock.frozen(written):
            if version is None:
                version = create_guideline(
                    title=document.title, kind=GuidelineKind(document.kind), body=body,
                    needed_to_claim=document.needed_to_claim, actor=author, now=written,
                )  # fmt: skip
            else:
                version = start_version(version.guideline, actor=author, now=written)
                save_draft(
                    version, body=body, what_changed=edition.what_changed, actor=author, now=written,
                    forbidden_claims=edition.forbidden_claims,
                )  # fmt: skip
        with clock.frozen(published):
            publish(version, actor=author, now=published)


TIERS = Plan(
    window_months=12, grace_days=30,
    levels=(
        Level(1, "Walker", 300, 12, 0), Level(2, "Pathfinder", 1000, 24, 0), Level(3, "Fellkeeper", 3000, 48, 10),
    ),
)  # fmt: skip
"""What the brand gives whoever earned so much within a year."""


def set_tiers(people: Mapping[str, Person], manager: Person, *, now: datetime) -> None:
    """The tiers are in force, and everybody stands in theirs."""
    why = "Thank those who have helped for long"
    tiers.set_plan(TIERS, seen=0, actor_id=manager.id, why=why, now=now)
    jobs.cancel(tiers.WEIGH_EVERYBODY, "all")  # done right here
    for person in people.values():
        tiers.weigh(person.id, now=now)


def plan_season(season: Season, marketer: Person, *, now: datetime) -> Campaign:
    """Written down before it began; by now it runs."""
    written = _days(now, season.began)
    with clock.frozen(written):
        plan = SeasonPlan(
            name=season.name, summary=season.summary, primary_goal=PrimaryGoal(season.primary_goal),
            target=season.target, target_unit=season.target_unit, starts_at=written,
            ends_at=end_of_day(now, days=season.ends), points_budget=season.points_budget,
        )  # fmt: skip
        return create_season(plan, actor=marketer, now=written)


def begin_always_on(marketer: Person, *, now: datetime) -> None:
    """The campaign outside all seasons gets its budget, and the date on which the programme really began."""
    campaign, began = always_on(), _days(now, ALWAYS_ON_BEGAN)
    with clock.frozen(began):
        plan = SeasonPlan(
            name=campaign.name, summary="What is worth doing in any season.",
            primary_goal=PrimaryGoal(campaign.primary_goal), target=None, target_unit="", starts_at=began,
            ends_at=None, points_budget=ALWAYS_ON_BUDGET,
        )  # fmt: skip
        change_season(
            campaign, plan, seen_version=campaign.lock_version, actor=marketer, why="The programme begins", now=began
        )


def switch_signals_on(manager: Person, *, now: datetime) -> None:
    """Those that found something when they were tried on an earlier season."""
    then = _days(now, ALWAYS_ON_BEGAN)
    with clock.frozen(then):
        for code in ("account_of_others", "clicks_on_many_links", "programs_click"):
            switch(code, on=True, actor=manager, why="Tried on last season: two rings, and no honest fan.", now=then)


def open_task(
    task: Task, season: Campaign, marketer: Person, shelf: Shelf, brand: Mapping[str, SeededPost], *, now: datetime
) -> Mission:
    """A mission, written down some days before it opened. One that has closed by now is closed later, in its turn."""
    opened = _days(now, task.opened)
    written = opened - _PLANNING
    with clock.frozen(written):
        captions = [CaptionDraft(caption.text, caption.locale) for caption in task.captions]
        plan = _plan(task, always_on() if task.always_on else season, brand.get(task.passes_on), now=now)
        questions = [QuestionDraft(**each) for each in task.questions]
        mission = managing.create_mission(plan, captions, questions=questions, actor=marketer, now=written)
        cover = shelf.key_of(task.picture, folder="missions")
        managing.add_picture(mission, cover, task.alt, as_cover=True, actor=marketer, now=written)
        alts = story.alt_texts()
        for name in task.kit:
            file = shelf.key_of(name, folder="missions")
            managing.add_picture(mission, file, alts[name], as_cover=False, actor=marketer, now=written)
    with clock.frozen(opened):
        managing.open_mission(mission, actor=marketer, why="As planned", now=opened)
    return mission


def stock(prize: Prize, manager: Person, shelf: Shelf, *, now: datetime) -> Reward:
    """A reward with what there is of it, listed before the season began."""
    listed = _days(now, 60)
    with clock.frozen(listed):
        wording = Wording(
            name=prize.name, summary=prize.summary, description=prize.description, how_to_use=prize.how_to_use,
            price_points=prize.price, per_person_max=prize.per_person,
            lowest_tier=prize.lowest_tier,
            tier_prices={int(rank): points for rank, points in prize.tier_prices.items()},
        )  # fmt: skip
        picture = Picture(shelf.key_of(prize.picture, folder="rewards"), prize.alt)
        reward = create_reward(RewardKind(prize.kind), wording, picture=picture, actor=manager, now=listed)
        if prize.codes:
            lines = [Line(number, code) for number, code in enumerate(_codes(prize), start=1)]
            add_codes(reward, lines, actor=manager, now=listed)
        _set_terms(prize, reward, manager)
        for sort, many in {**prize.sorts, **({"": prize.places} if prize.places else {})}.items():
            change_stock(reward, sort, many, why="For this season", actor=manager, now=listed)
        if prize.place:
            set_event(reward, first_thursday(now, days=prize.in_days), prize.place, actor=manager)
        if prize.file:
            body = remake(story.picture(prize.file)).full.data
            key = current_app.extensions["portal_files"].put(body, folder=DOWNLOADS_FOLDER, ending=ENDING)
            set_file(reward, key, f"{prize.file}.{ENDING}", len(body), actor=manager)
        if prize.cause:
            set_cause(reward, prize.cause, actor=manager)
        list_reward(reward, actor=manager)
    return reward


def _set_terms(prize: Prize, reward: Reward, manager: Person) -> None:
    """What Stripe has to know of it."""
    currency = current_app.config["SETTINGS"].currency
    if prize.percent_off:
        gives = Gives(prize.percent_off, None, None, valid_days=prize.valid_days, for_customer=False)
        set_promotion(reward, gives, currency=currency, actor=manager)
    if prize.cash_minor:
        set_cash(reward, prize.cash_minor, currency=currency, actor=manager)


def _plan(task: Task, campaign: Campaign, passes_on: SeededPost | None, *, now: datetime) -> MissionPlan:
    sandbox_url = current_app.config["SETTINGS"].sandbox_url
    return MissionPlan(
        campaign_id=campaign.id, kind=task.kind, title=task.title, summary=task.summary, brief=task.brief.strip(),
        do=task.do, dont=task.dont, platforms=task.platforms, tracks=[], roles=task.roles, minutes=task.minutes,
        places_total=task.places, per_person_max=task.per_person, deliver_hours=task.deliver_hours,
        points_now=task.points_now, points_held=task.points_held, hold_days=task.hold_days, required_tag=task.tag,
        link_target=task.link.format(sandbox=sandbox_url), link_or_tag=True, jurisdiction=task.jurisdiction,
        takes_files=task.takes_files, use_purpose=task.use_purpose, newcomer_points=task.newcomer_points,
        bonus_measure=task.bonus_measure, bonus_points=task.bonus_points, bonus_step=task.bonus_step,
        bonus_cap=task.bonus_cap, topics=task.topics, accepts=task.accepts,
        brand_posts=[_to_pass_on(passes_on)] if passes_on else [],
        opens_at=_days(now, task.opened), closes_at=None if task.closes is None else end_of_day(now, days=task.closes),
    )  # fmt: skip


def _to_pass_on(post: SeededPost) -> dict[str, str]:
    return {"platform": perch.CODE, "url": post.url, "key": f"{perch.CODE}:{post.id}"}


def _codes(prize: Prize) -> list[str]:
    draw = random.Random(f"codes of {prize.key}")
    return [f"{prize.key.upper()}-{''.join(draw.choices(_CODE_LETTERS, k=8))}" for _ in range(prize.codes)]


def _days(now: datetime, ago: float) -> datetime:
    return now - timedelta(days=ago)
