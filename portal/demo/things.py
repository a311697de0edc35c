"""What is handed in besides posts: pictures, reports, comments with a screenshot, answers; and what became of it."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from PIL import Image, ImageDraw, ImageFont

from portal.accounts.models import Person
from portal.demo import story
from portal.demo.around import Thing
from portal.demo.course import Course
from portal.demo.history import CHECKED_AFTER, History
from portal.kernel.unit_of_work import end_reading
from portal.missions import claiming
from portal.missions.claim_models import Claim
from portal.missions.models import Mission
from portal.moderation.desk import open_case_of
from portal.moderation.models import Verdict
from portal.moderation.reviewing import decide
from portal.shares import handing_in, jobs, pictures
from portal.shares.guide import networks
from portal.shares.handed_in_models import PictureUse
from portal.shares.handing_in import CommentPlace, Report
from portal.shares.models import Share, ShareForm, ShareState
from portal.shares.pictures import Remade
from portal.shares.screenshots import keep_screenshot
from portal.shares.use_permission import wording_for

CLAIMED_BEFORE = timedelta(hours=9)
ANSWERED_AFTER = timedelta(hours=4)
VERDICTS = {
    ShareState.SETTLED: Verdict.VERIFY, ShareState.VERIFIED: Verdict.VERIFY, ShareState.NEEDS_FIX: Verdict.ASK_CHANGE,
    ShareState.REJECTED: Verdict.DECLINE,
}  # fmt: skip
USES = {
    ShareForm.FILES: PictureUse.WORK, ShareForm.REPORT: PictureUse.REPORT, ShareForm.COMMENT: PictureUse.EVIDENCE,
}  # fmt: skip
SCREEN, EDGE, LINE = (720, 420), 36, 52
"""Of a screenshot, in pixels."""


@dataclass
class Handing:
    """One of them on its way."""

    thing: Thing
    mission: Mission
    person: Person
    moderator: Person | None
    picture: Remade | None


def show(course: Course, picture: Remade, *, now: datetime) -> None:
    """The author adds a screenshot of their post, since no program could read it."""
    keep_screenshot(course.handed_in, picture, person=course.author, alt="My post, as I see it", now=now)


def remake(thing: Thing) -> Remade | None:
    """Its picture, stored as an upload would be. No transaction may be open."""
    end_reading()
    if thing.form == ShareForm.COMMENT:
        return pictures.remake_and_store(screenshot(thing.text))
    return pictures.remake_and_store(story.picture(thing.picture)) if thing.picture else None


def tell(past: History, handing: Handing) -> None:
    """From the claim to what became of it."""
    thing = handing.thing
    handed_in_at = past.now - timedelta(days=thing.ago)

    def take(now: datetime) -> None:
        claim = claiming.claim_place(handing.mission, handing.person, now=now)
        past.at(handed_in_at, lambda later: hand_in(claim, later))

    def hand_in(claim: Claim, now: datetime) -> None:
        share = _HAND_IN[ShareForm(thing.form)](handing, claim, now)
        if handing.moderator is not None:
            past.at(now + ANSWERED_AFTER, lambda later: answer(share, later))
        elif share.state == ShareState.VERIFIED:
            settle_in_time(share)

    def answer(share: Share, now: datetime) -> None:
        case = open_case_of(share.id)
        assert case is not None  # it was opened with the state
        assert handing.moderator is not None  # only then
        decide(
            case, moderator=handing.moderator, verdict=VERDICTS[ShareState(thing.end)], reason_code=thing.reason,
            message=thing.said, seen_version=case.lock_version, now=now,
        )  # fmt: skip
        if share.state == ShareState.VERIFIED:
            settle_in_time(share)

    def settle_in_time(share: Share) -> None:
        assert share.settles_at is not None  # set when it was verified
        past.at(share.settles_at + CHECKED_AFTER, lambda later: jobs.settle_unread(share.id, now=later))

    past.at(handed_in_at - CLAIMED_BEFORE, take)


def _keep_picture(handing: Handing, claim: Claim, now: datetime) -> None:
    if handing.picture is not None:
        form = ShareForm(handing.thing.form)
        pictures.keep_picture(
            claim, handing.picture, person=handing.person, use=USES[form], alt=handing.thing.alt, now=now
        )


def _files(handing: Handing, claim: Claim, now: datetime) -> Share:
    _keep_picture(handing, claim, now)
    wording, months = wording_for(handing.mission), handing.mission.use_months
    return handing_in.hand_in_files(claim, person=handing.person, wording=wording, months=months, now=now)


def _report(handing: Handing, claim: Claim, now: datetime) -> Share:
    _keep_picture(handing, claim, now)
    thing = handing.thing
    held_on = (now - timedelta(days=1)).date()
    report = Report(held_on, thing.place, thing.people, thing.text, shown_agreed=handing.picture is not None)
    return handing_in.hand_in_report(claim, report, person=handing.person, now=now)


def _comment(handing: Handing, claim: Claim, now: datetime) -> Share:
    _keep_picture(handing, claim, now)
    found = networks().identify(handing.thing.url)
    place = CommentPlace(found.platform, found.canonical, handing.thing.url)
    return handing_in.hand_in_comment(claim, place, handing.thing.text, person=handing.person, now=now)


def _answers(handing: Handing, claim: Claim, now: datetime) -> Share:
    questions = handing.mission.questions
    given = {question.id: said for question, said in zip(questions, handing.thing.answers, strict=True)}
    return handing_in.hand_in_answers(claim, given, person=handing.person, now=now)


_HAND_IN: dict[ShareForm, Callable[[Handing, Claim, datetime], Share]] = {
    ShareForm.FILES: _files, ShareForm.REPORT: _report, ShareForm.COMMENT: _comment, ShareForm.ANSWERS: _answers,
}  # fmt: skip


def screenshot(text: str) -> bytes:
    """A phone's view of a comment, as plain as can be."""
    shot = Image.new("RGB", SCREEN, "#f4f1ea")
    draw, font = ImageDraw.Draw(shot), ImageFont.load_default(24)
    draw.rectangle((0, 0, SCREEN[0], LINE), fill="#3b4a3f")
    draw.text((EDGE, EDGE // 3), "Comments", fill="#ffffff", font=font)
    line, top = "", LINE + EDGE
    for word in [*text.split(), ""]:
        longer = f"{line} {word}".strip()
        if word and draw.textlength(longer, font=font) <= SCREEN[0] - 2 * EDGE:
            line = longer
            continue
        draw.text((EDGE, top), line, fill="#222222", font=font)
        line, top = word, top + LINE * 3 // 4
    file = io.BytesIO()
    shot.save(file, "PNG")
    return file.getvalue()
