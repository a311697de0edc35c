"""What staff do with missions. Every change of state goes through `_move`, which names who, why and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel.audit import audit
from portal.missions.errors import MissionMoved, PromiseKept, StepNotPossible, TooFewPlaces
from portal.missions.models import (
    Accepts,
    KitCaption,
    KitImage,
    MediaAsked,
    Mission,
    MissionQuestion,
    MissionState,
    PostedFrom,
)

S = MissionState

STEPS: dict[MissionState, tuple[MissionState, ...]] = {
    S.DRAFT: (S.OPEN, S.SCHEDULED, S.CLOSED),
    S.SCHEDULED: (S.OPEN, S.DRAFT, S.CLOSED),
    S.OPEN: (S.PAUSED, S.CLOSED),
    S.PAUSED: (S.OPEN, S.CLOSED),
    S.CLOSED: (),
}
"""From each state, where a mission can go; a closed one stays closed."""

PROMISED = (
    "campaign_id", "kind", "points_now", "points_held", "hold_days", "required_tag", "link_target", "link_or_tag",
    "required_words", "required_mentions", "language", "media", "original_work", "posted_from", "handle_days_min",
    "followers_min", "accepts", "brand_posts", "conversations", "takes_files", "use_purpose", "use_months",
    "newcomer_points", "bonus_measure", "bonus_points", "bonus_step", "bonus_cap",
)  # fmt: skip
"""What somebody who claimed counts on: it stays while places are taken."""


@dataclass(frozen=True)
class CaptionDraft:
    """A caption as staff typed it."""

    text: str
    locale: str


@dataclass(frozen=True)
class QuestionDraft:
    """A question as staff typed it."""

    text: str
    kind: str
    choices: list[str]
    needed: bool


@dataclass(frozen=True)
class MissionPlan:
    """Everything that staff decide about a mission, pictures apart."""

    campaign_id: str
    kind: str
    title: str
    summary: str
    brief: str
    do: list[str]
    dont: list[str]
    platforms: list[str]
    tracks: list[str]
    roles: list[str]
    minutes: int
    places_total: int
    per_person_max: int
    deliver_hours: int
    points_now: int
    points_held: int
    hold_days: int
    required_tag: str
    link_target: str
    link_or_tag: bool
    jurisdiction: str
    opens_at: datetime | None
    closes_at: datetime | None
    required_words: list[str] = field(default_factory=list)
    required_mentions: list[str] = field(default_factory=list)
    language: str = ""
    media: str = MediaAsked.ANYTHING
    original_work: bool = False
    posted_from: str = PostedFrom.CLAIM
    handle_days_min: int = 0
    followers_min: int = 0
    topics: list[str] = field(default_factory=list)
    accepts: list[str] = field(default_factory=lambda: [Accepts.ORIGINAL.value])
    brand_posts: list[dict[str, str]] = field(default_factory=list)
    conversations: list[dict[str, str]] = field(default_factory=list)
    takes_files: bool = False
    use_purpose: str = ""
    use_months: int = 12
    newcomer_points: int = 0
    bonus_measure: str = ""
    bonus_points: int = 0
    bonus_step: int = 0
    bonus_cap: int = 0
    lowest_tier: int = 0


def create_mission(
    plan: MissionPlan, captions: Sequence[CaptionDraft], *, questions: Sequence[QuestionDraft] = (), actor: Person,
    now: datetime,
) -> Mission:  # fmt: skip
    """Write a mission down as a draft."""
    mission = Mission(**asdict(plan), state=S.DRAFT, created_by_id=actor.id, created_at=now)
    _put_captions(mission, captions)
    _put_questions(mission, questions)
    db.session.add(mission)
    db.session.flush()
    audit("mission.created", ("mission", mission.id), actor_id=actor.id, why="created", after=_plain(asdict(plan)))
    return mission


def change_mission(
    mission: Mission,
    plan: MissionPlan,
    captions: Sequence[CaptionDraft],
    *,
    questions: Sequence[QuestionDraft] = (),
    seen_version: int,
    actor: Person,
    now: datetime,
) -> None:
    """Save what was typed. Raises MissionMoved when somebody else saved since, TooFewPlaces, PromiseKept, and
    StepNotPossible for a closed mission or a scheduled one without its moment.
    """
    _lock(mission)
    _refuse_change(mission, plan, seen_version)
    typed = asdict(plan)
    before = {name: getattr(mission, name) for name in typed}
    changed = [name for name, value in typed.items() if value != before[name]]
    asks_otherwise = _as_question_drafts(mission.questions) != list(questions)
    if mission.places_taken and (asks_otherwise or any(name in PROMISED for name in changed)):
        raise PromiseKept
    for name in changed:
        setattr(mission, name, typed[name])
    if _as_drafts(mission.captions) != list(captions):
        _put_captions(mission, captions)
        changed.append("captions")
    if asks_otherwise:
        _put_questions(mission, questions)
        changed.append("questions")
    mission.lock_version += 1
    db.session.flush()
    audit(
        "mission.changed", ("mission", mission.id), actor_id=actor.id, why="edited",
        before=_plain({name: before[name] for name in changed if name in before}),
        after=_plain({name: typed.get(name, "replaced") for name in changed}),
    )  # fmt: skip


def _refuse_change(mission: Mission, plan: MissionPlan, seen_version: int) -> None:
    if mission.lock_version != seen_version:
        raise MissionMoved
    if mission.state == S.CLOSED or (mission.state == S.SCHEDULED and plan.opens_at is None):
        raise StepNotPossible
    if plan.places_total < mission.places_taken:
        raise TooFewPlaces(mission.places_taken)


def schedule_mission(mission: Mission, *, actor: Person, why: str, now: datetime) -> None:
    """Let it open by itself at its `opens_at`. Raises StepNotPossible when that is missing or past."""
    _lock(mission)
    if mission.opens_at is None or mission.opens_at <= now:
        raise StepNotPossible
    _move(mission, S.SCHEDULED, actor=actor, why=why, now=now)


def open_mission(mission: Mission, *, actor: Person | None, why: str, now: datetime) -> None:
    """Let people claim it from now on. Raises StepNotPossible, also when its end has passed."""
    _lock(mission)
    if mission.closes_at is not None and mission.closes_at <= now:
        raise StepNotPossible
    if mission.opens_at is None or mission.opens_at > now:
        mission.opens_at = now
    _move(mission, S.OPEN, actor=actor, why=why, now=now)


def pause_mission(mission: Mission, *, actor: Person, why: str, now: datetime) -> None:
    """Nobody can claim until it opens again; claims that people hold go on. Raises StepNotPossible."""
    _lock(mission)
    _move(mission, S.PAUSED, actor=actor, why=why, now=now)


def close_mission(mission: Mission, *, actor: Person | None, why: str, now: datetime) -> None:
    """End it for good; claims that people hold keep their time. Raises StepNotPossible."""
    _lock(mission)
    if mission.closes_at is None or mission.closes_at > now:
        mission.closes_at = now
    _move(mission, S.CLOSED, actor=actor, why=why, now=now)


def back_to_draft(mission: Mission, *, actor: Person, why: str, now: datetime) -> None:
    """Take a scheduled mission out of the calendar. Raises StepNotPossible, also when somebody was let in early."""
    _lock(mission)
    if mission.places_taken:
        raise StepNotPossible
    _move(mission, S.DRAFT, actor=actor, why=why, now=now)


def add_picture(mission: Mission, file: str, alt: str, *, as_cover: bool, actor: Person, now: datetime) -> None:
    """Put a stored picture into the share kit, or on the card and the page (`as_cover`)."""
    _lock(mission)
    if as_cover:
        mission.image_file, mission.image_alt = file, alt
    else:
        last = max((image.position for image in mission.images), default=-1)
        mission.images.append(KitImage(position=last + 1, file=file, alt=alt))
    db.session.flush()
    audit(
        "mission.picture_added", ("mission", mission.id), actor_id=actor.id, why="edited",
        after={"file": file, "alt": alt, "cover": as_cover},
    )  # fmt: skip


def remove_picture(mission: Mission, image_id: str, *, actor: Person, now: datetime) -> None:
    """Take a picture out of the share kit; one that is gone already is no error."""
    _lock(mission)
    for image in [image for image in mission.images if image.id == image_id]:
        mission.images.remove(image)
        audit(
            "mission.picture_removed", ("mission", mission.id), actor_id=actor.id, why="edited",
            before={"file": image.file, "alt": image.alt},
        )  # fmt: skip
    db.session.flush()


def _move(mission: Mission, to: MissionState, *, actor: Person | None, why: str, now: datetime) -> None:
    """The only place where a mission's state changes; the row is locked by the caller."""
    before = MissionState(mission.state)
    if to not in STEPS[before]:
        raise StepNotPossible
    mission.state = to
    mission.lock_version += 1
    db.session.flush()
    audit(
        f"mission.{to}", ("mission", mission.id), actor_id=actor.id if actor else None, why=why,
        before={"state": before}, after={"state": to, "at": now.isoformat()},
    )  # fmt: skip


def _lock(mission: Mission) -> None:
    """Hold the row until the transaction ends, and see it as it is now: claims wait, and we wait for them."""
    db.session.execute(select(Mission.id).where(Mission.id == mission.id).with_for_update(key_share=True))
    db.session.refresh(mission)


def _put_captions(mission: Mission, captions: Sequence[CaptionDraft]) -> None:
    mission.captions = [
        KitCaption(position=position, text=caption.text, locale=caption.locale)
        for position, caption in enumerate(captions)
    ]


def _put_questions(mission: Mission, questions: Sequence[QuestionDraft]) -> None:
    mission.questions = [MissionQuestion(position=place, **asdict(each)) for place, each in enumerate(questions)]


def _as_question_drafts(questions: Sequence[MissionQuestion]) -> list[QuestionDraft]:
    return [QuestionDraft(each.text, each.kind, each.choices, each.needed) for each in questions]


def _as_drafts(captions: Sequence[KitCaption]) -> list[CaptionDraft]:
    return [CaptionDraft(caption.text, caption.locale) for caption in captions]


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}
