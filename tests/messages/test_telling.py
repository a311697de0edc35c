"""What happens in the rooms below is told to whom it happened: once, in the inbox, and by mail when it may leave."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask_babel import force_locale
from sqlalchemy import func, select

from portal.accounts.events import PersonJoined
from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel import clock, events, jobs
from portal.kernel.unit_of_work import unit_of_work
from portal.messages import announcing, share_news
from portal.messages.models import Notification, OutgoingMail
from portal.messages.topics import Topic
from portal.messages.wording import wording_of
from portal.missions.events import ClaimExpired, ClaimExpiresSoon
from portal.rewards.events import RedemptionCancelled, RewardReady
from portal.shares import deciding
from portal.shares.events import SharePostMissing, ShareVerified
from portal.shares.models import Share, ShareChange, ShareForm, ShareState
from portal.shares.transitions import UNDO_WINDOW, move_share
from tests.accounts.factories import a_fan, a_moderator
from tests.guidelines.factories import a_next_version, a_published_guideline, an_acknowledgement
from tests.messages.factories import DETAILS, letters_in, part
from tests.missions.factories import a_mission
from tests.rewards.factories import a_reward
from tests.shares.factories import a_share

AFTER_UNDO = UNDO_WINDOW + share_news.UNDO_SAFETY


def told(person: Person) -> list[str]:
    """Badges apart: whoever has a share verified for the first time hears of one too."""
    mine = Notification.person_id == person.id, Notification.topic != Topic.BADGE_EARNED
    return list(db.session.scalars(select(Notification.topic).where(*mine).order_by(Notification.created_at)))


def happens(event: events.Event) -> None:
    with unit_of_work():
        events.record(event)
    jobs.run_due()


def test_a_share_verified_by_its_checks_is_told_at_once(app: Flask, now: datetime, outbox: Path) -> None:
    fan = a_fan("Maya Okafor")
    share = a_share(mission=a_mission(title="Mended things"), person=fan, state=ShareState.VERIFIED)
    jobs.run_due()
    assert told(fan) == [Topic.SHARE_VERIFIED]
    [letter] = letters_in(outbox)
    assert letter["To"] == f"Maya Okafor <{fan.email}>"
    assert letter["Subject"] == "Verified: Mended things"
    assert "You get 80 points now and 40 points when the hold is over" in part(letter, "plain")
    assert f"http://127.0.0.1:8000/shares/{share.id}" in part(letter, "html")


def declined(fan: Person, message: str = "Not yours.") -> tuple[Share, Person, ShareChange]:
    """A share of `fan` that a moderator declined just now."""
    share, moderator = a_share(person=fan, state=ShareState.NEEDS_REVIEW), a_moderator()
    with unit_of_work():
        change = deciding.decline(share, actor=moderator, now=clock.now(), reason_code="not_yours", message=message)
    return share, moderator, change


def test_a_moderators_decision_shows_at_once_and_its_mail_waits_for_the_undo_window(
    app: Flask, now: datetime, outbox: Path
) -> None:
    fan = a_fan()
    declined(fan)
    jobs.run_due()
    assert told(fan) == [Topic.SHARE_REJECTED]
    clock.advance(UNDO_WINDOW)
    jobs.run_due()
    assert letters_in(outbox) == []
    clock.advance(share_news.UNDO_SAFETY)
    jobs.run_due()
    [letter] = letters_in(outbox)
    assert "The moderator wrote: “Not yours.”" in part(letter, "plain")


@pytest.mark.parametrize("heard_in_time", [True, False])
def test_a_decision_that_was_taken_back_is_neither_in_the_inbox_nor_in_the_mail(
    app: Flask, now: datetime, outbox: Path, heard_in_time: bool
) -> None:
    fan = a_fan()
    share, moderator, change = declined(fan)
    if heard_in_time:
        jobs.run_due()
    clock.advance(timedelta(minutes=9))
    with unit_of_work():
        deciding.undo(share, actor=moderator, now=clock.now(), change_id=change.id)
    jobs.run_due()
    clock.advance(AFTER_UNDO)
    jobs.run_due()
    assert (told(fan), letters_in(outbox)) == ([], [])
    assert [mail.dropped_why for mail in db.session.scalars(select(OutgoingMail))] == ["undone"] * heard_in_time


def test_a_decision_whose_undoing_is_heard_too_late_still_stops_the_mail(
    app: Flask, now: datetime, outbox: Path
) -> None:
    """The mail looks for itself, since listeners come at their own pace."""
    fan = a_fan()
    share, moderator, _change = declined(fan)
    jobs.run_due()
    clock.advance(timedelta(minutes=9))
    with unit_of_work():
        move_share(
            share, ShareState.NEEDS_REVIEW, actor_id=moderator.id, now=clock.now(), reason_code=deciding.UNDONE
        )  # as deciding.undo does, without its event
    clock.advance(AFTER_UNDO)
    jobs.run_due()
    assert letters_in(outbox) == []
    assert db.session.scalar(select(OutgoingMail.dropped_why)) == "undone"


def test_the_decision_after_an_undone_one_is_told(app: Flask, now: datetime, outbox: Path) -> None:
    fan = a_fan()
    share, moderator, change = declined(fan)
    clock.advance(timedelta(minutes=1))
    with unit_of_work():
        deciding.undo(share, actor=moderator, now=clock.now(), change_id=change.id)
    clock.advance(timedelta(minutes=1))
    with unit_of_work():
        deciding.verify(share, actor=moderator, now=clock.now(), reason_code="it_counts")
    jobs.run_due()
    clock.advance(AFTER_UNDO)
    jobs.run_due()
    assert told(fan) == [Topic.SHARE_VERIFIED]
    assert [letter["Subject"].split(":")[0] for letter in letters_in(outbox)] == ["Verified"]


def test_the_same_event_heard_twice_is_told_once(app: Flask, now: datetime, outbox: Path) -> None:
    fan = a_fan()
    share = a_share(person=fan, state=ShareState.VERIFIED)
    jobs.run_due()
    told_of_it = Notification.topic == Topic.SHARE_VERIFIED
    notification = db.session.scalar(select(Notification).where(told_of_it))
    again = ShareVerified(share.id, notification.event_id, fan.id, share.mission_id, False, 80, 40)
    with unit_of_work():
        share_news.tell_of_share(again)
    jobs.run_due()
    assert db.session.scalar(select(func.count(Notification.id)).where(told_of_it)) == 1
    assert len(letters_in(outbox)) == 1


def test_a_missing_post_is_warned_of_with_the_moment_until_when_it_can_come_back(
    app: Flask, now: datetime, outbox: Path
) -> None:
    fan = a_fan()
    share = a_share(mission=a_mission(title="Mended things"), person=fan, state=ShareState.VERIFIED)
    jobs.run_due()
    with unit_of_work():
        share = db.session.get_one(Share, share.id)
        share.missing_since, share.grace_until = now, now + timedelta(days=1)
    missing = SharePostMissing(
        share_id=share.id, person_id=fan.id, mission_id=share.mission_id, reason_code="reachable.not_public"
    )  # fmt: skip
    happens(missing)
    happens(missing)
    assert told(fan) == [Topic.SHARE_VERIFIED, Topic.POST_MISSING]
    letter = next(letter for letter in letters_in(outbox) if "missing" in str(letter["Subject"]))
    text = " ".join(part(letter, "plain").split())
    assert "Thursday 15 October, 10:14" in text, "until when"
    assert "only some people can see it now" in text, "what we saw"
    assert "press “It is back, look again”" in text, "what to do"


OTHERS = [ShareForm.COMMENT, ShareForm.FILES, ShareForm.REPORT, ShareForm.ANSWERS, ShareForm.NEWCOMER]
TOLD = (Topic.SHARE_VERIFIED, Topic.SHARE_NEEDS_FIX, Topic.SHARE_REJECTED, Topic.SHARE_REVOKED, Topic.POINTS_AVAILABLE)


@pytest.mark.parametrize("form", OTHERS)
@pytest.mark.parametrize("locale", ["en", "de"])
def test_who_handed_in_no_post_reads_of_none(sqlite_app: Flask, now: datetime, form: str, locale: str) -> None:
    with sqlite_app.test_request_context("/"), force_locale(locale):
        for topic in TOLD:
            for details in ({}, {"points_now": 0}, {"by_person": True}):
                said = wording_of(topic, {**DETAILS[topic], "form": form, **details})
                for text in (said.title, *said.paragraphs, said.action):
                    assert not re.search(r"\bposts?\b", text, re.IGNORECASE), text


def test_a_post_is_still_called_one(sqlite_app: Flask, now: datetime) -> None:
    with sqlite_app.test_request_context("/"):
        for details in ({}, {"form": ShareForm.POST}):  # told before the form was kept, and since
            said = wording_of(Topic.SHARE_VERIFIED, {**DETAILS[Topic.SHARE_VERIFIED], **details})
            assert "if the post still stands" in said.paragraphs[0]


def test_a_mail_about_pictures_speaks_of_no_post(app: Flask, now: datetime, outbox: Path) -> None:
    fan, moderator = a_fan(), a_moderator()
    share = a_share(person=fan, state=ShareState.NEEDS_REVIEW)
    with unit_of_work():
        share = db.session.get_one(Share, share.id)
        share.form, share.url = ShareForm.FILES, ""
        deciding.verify(share, actor=moderator, now=clock.now(), reason_code="as_asked")
    jobs.run_due()
    clock.advance(AFTER_UNDO)
    jobs.run_due()
    [letter] = letters_in(outbox)
    text = " ".join(part(letter, "plain").split())
    assert "40 points when the hold is over, if it still counts then." in text
    assert "post" not in text.casefold()


def test_points_that_a_person_took_back_are_not_told_as_a_post_that_is_gone(sqlite_app: Flask, now: datetime) -> None:
    details = {**DETAILS[Topic.SHARE_REVOKED], "form": ShareForm.POST}
    with sqlite_app.test_request_context("/"):
        assert "The post is gone" in wording_of(Topic.SHARE_REVOKED, {**details, "by_person": False}).paragraphs[0]
        assert "A person looked" in wording_of(Topic.SHARE_REVOKED, {**details, "by_person": True}).paragraphs[0]
        owed = wording_of(Topic.SHARE_REVOKED, {**details, "by_person": False, "owed": 40}).paragraphs
        assert owed[1] == "You owe 40 points: the next ones you earn repay them."


def test_points_are_told_when_the_hold_is_over(app: Flask, now: datetime, outbox: Path) -> None:
    fan = a_fan()
    a_share(person=fan, state=ShareState.SETTLED)
    jobs.run_due()
    assert sorted(told(fan)) == [Topic.POINTS_AVAILABLE, Topic.SHARE_VERIFIED]
    assert "40 points are available" in {letter["Subject"] for letter in letters_in(outbox)}


def test_joining_is_welcomed_in_the_inbox_alone(app: Flask, now: datetime, outbox: Path) -> None:
    fan = a_fan()
    happens(PersonJoined(fan.id))
    happens(PersonJoined(fan.id))
    assert (told(fan), letters_in(outbox)) == ([Topic.WELCOME], [])


def test_claims_rewards_and_what_was_cancelled(app: Flask, now: datetime, outbox: Path) -> None:
    fan, mission, reward = a_fan(), a_mission(title="Mended things"), a_reward("Repair kit")
    soon = now + timedelta(hours=8)
    happens(ClaimExpiresSoon("claim-1", fan.id, mission.id, soon.isoformat()))
    happens(ClaimExpired("claim-1", fan.id, mission.id))
    happens(RewardReady("redemption-1", reward.id, fan.id))
    assert sorted(told(fan)) == [Topic.CLAIM_EXPIRED, Topic.CLAIM_EXPIRES_SOON, Topic.REWARD_READY]
    letters = {letter["Subject"]: part(letter, "plain") for letter in letters_in(outbox)}
    assert "until Wednesday 14 October, 18:14" in letters["Your place runs out soon: Mended things"]
    assert "/redemptions/redemption-1" in letters["Ready for you: Repair kit"]
    happens(RedemptionCancelled("redemption-1", reward.id, fan.id))
    assert Topic.REWARD_READY not in told(fan)


def test_a_reminder_that_comes_too_late_is_not_sent(app: Flask, now: datetime, outbox: Path) -> None:
    fan, mission = a_fan(), a_mission()
    with unit_of_work():
        events.record(ClaimExpiresSoon("claim-1", fan.id, mission.id, (now + timedelta(hours=1)).isoformat()))
    clock.advance(timedelta(hours=2))
    jobs.run_due()
    assert letters_in(outbox) == []
    assert db.session.scalar(select(OutgoingMail.dropped_why)) == "too_late"


def test_what_is_gone_meanwhile_is_told_to_nobody(app: Flask, now: datetime, outbox: Path) -> None:
    fan = a_fan()
    happens(ClaimExpired("claim-1", fan.id, "no-such-mission"))
    happens(RewardReady("redemption-1", "no-such-reward", fan.id))
    happens(PersonJoined("nobody"))
    assert told(fan) == []


def test_a_major_version_goes_to_everybody_a_minor_one_to_the_inbox_alone(
    app: Flask, now: datetime, outbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(announcing, "PEOPLE_AT_ONCE", 2)
    fans, paused = [a_fan() for _ in range(5)], a_fan(state="paused")
    first = a_published_guideline("Rules")
    jobs.run_due()
    assert len(letters_in(outbox)) == 5
    assert [told(fan) for fan in fans] == [[Topic.GUIDELINE_PUBLISHED]] * 5
    assert told(paused) == []
    for fan in fans:
        an_acknowledgement(fan, first)
    a_next_version(first.guideline, major=False)
    jobs.run_due()
    assert [len(told(fan)) for fan in fans] == [2] * 5
    assert len(letters_in(outbox)) == 5
    a_next_version(first.guideline, major=True, what_changed="Faces need a yes.")
    jobs.run_due()
    letters = letters_in(outbox)
    assert len(letters) == 10
    assert letters[-1]["Subject"] == "Changed: Rules, version 3"
    assert "Faces need a yes." in part(letters[-1], "plain")


def test_a_version_that_was_replaced_before_it_was_announced_is_not(app: Flask, now: datetime, outbox: Path) -> None:
    fan, first = a_fan(), a_published_guideline("Rules")
    a_next_version(first.guideline)
    jobs.run_due()
    assert len(told(fan)) == 1
    assert [letter["Subject"] for letter in letters_in(outbox)] == ["Changed: Rules, version 2"]
