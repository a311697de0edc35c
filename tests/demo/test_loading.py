"""What stands in the portal once the demo was loaded, on both databases."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

from sqlalchemy import func, select

from portal.accounts import handles
from portal.accounts.identities import identity_at
from portal.accounts.joining import AboutYou, join
from portal.accounts.models import AdvocacyRole, Person, ProofMethod
from portal.accounts.ports import Profile, ProfileAddress
from portal.accounts.verified import VerifiedIdentity
from portal.campaigns.queries import current_season
from portal.demo import around, chapters, company, story
from portal.demo.loading import load_once
from portal.extensions import db
from portal.guidelines.acknowledging import acknowledge
from portal.guidelines.models import GuidelineVersion
from portal.guidelines.queries import missing_acknowledgements
from portal.home.season import progress
from portal.kernel import clock
from portal.kernel.audit import AuditEntry, first_altered
from portal.kernel.base import Base
from portal.kernel.events import DELIVER
from portal.kernel.jobs import Job, run_job
from portal.kernel.unit_of_work import end_reading, unit_of_work
from portal.links import conversions
from portal.links.queries import link_of_claim
from portal.messages.models import Notification, OutgoingMail
from portal.messages.topics import Topic
from portal.missions.claiming import claim_place
from portal.missions.claims import release_claim
from portal.missions.models import Mission
from portal.missions.rating import ratings_of
from portal.moderation.models import Case, CaseKind, CaseState
from portal.points.audit import audit_ledger
from portal.points.models import Award, Entry, Transaction
from portal.recognition import team_queries, thanks_queries
from portal.rewards.models import Redemption, Reward, RewardKind, RewardState
from portal.shares import bonuses
from portal.shares.handed_in_models import HandedPicture, Newcomer, PictureUse
from portal.shares.models import CheckResult, CountSample, Evidence, Outcome, Share, ShareChange, ShareForm, ShareState
from portal.shares.noticing import tried
from portal.shares.submitting import CHECK
from tests.demo.conftest import Loaded

"""One worker loads it for all."""


def rows_of(table: type[Base]) -> int:
    return db.session.scalar(select(func.count()).select_from(table)) or 0


def states_told() -> dict[str, int]:
    """How many shares are in each state by what is written down. Who was invited counts with a first verified share."""
    ends = [one.end for one in [*story.shares(), *around.things()]]
    paid = {one.by for one in story.shares() if one.end in ("verified", "settled")}
    ends += ["verified" for member in story.members() if member.came_by and member.key in paid]
    return dict(Counter("needs_review" if end == "review" else end for end in ends))


def shares_of(task: str, **asked: object) -> list[Share]:
    title = next(each.title for each in story.tasks() if each.key == task)
    return list(db.session.scalars(select(Share).join(Mission).where(Mission.title == title).filter_by(**asked)).all())


def test_everything_told_is_there(loaded: Loaded):
    assert rows_of(Person) == len(story.members())
    assert rows_of(Mission) == len(story.tasks())
    assert rows_of(Share) == sum(states_told().values())
    assert rows_of(Reward) == len(story.prizes())
    assert rows_of(Redemption) == len(story.redemptions())


def test_shares_ended_as_they_are_told(loaded: Loaded):
    assert loaded.states == states_told()
    assert set(loaded.states) == {str(state) for state in ShareState}


def test_interrupted_load_kept_its_chapters_and_was_completed(loaded: Loaded):
    if loaded.app.config["SETTINGS"].resolved_database_url.startswith("sqlite"):
        assert loaded.chapters_before_interruption == set(chapters.ALL) - {chapters.MESSAGES}
    assert chapters.told() == set(chapters.ALL)
    noted = db.session.scalars(select(AuditEntry.subject_id).where(AuditEntry.action == chapters.ACTION)).all()
    assert len(noted) == len(set(noted))


def test_ledger_and_audit_trail_hold(loaded: Loaded):
    assert audit_ledger()["violations"] == []
    assert first_altered() is None


def test_points_moved_in_the_order_in_which_the_statements_list_them(loaded: Loaded):
    entries = select(Entry.account_name, Transaction.posted_at).join(Transaction).order_by(Entry.number)
    entries = entries.where(Entry.account_name.like("person/%"))
    lines: dict[str, list[datetime]] = {}
    for account, posted_at in db.session.execute(entries):
        lines.setdefault(account, []).append(posted_at)
    assert len(lines) > 10
    assert [account for account, moments in lines.items() if moments != sorted(moments)] == []


def test_second_load_changes_nothing(loaded: Loaded):
    tables = (Person, Mission, Share, Reward, Redemption, AuditEntry, OutgoingMail)
    before = [rows_of(table) for table in tables]
    db.session.remove()
    load_once(loaded.app)
    assert [rows_of(table) for table in tables] == before


def test_demo_people_sign_in_and_the_newcomer_is_unknown(loaded: Loaded):
    issuer = f"{loaded.sandbox_url}/oidc"
    maya = identity_at(issuer, "maya")
    assert maya is not None
    assert db.session.get(Person, maya.person_id).display_name == "Maya Okafor"
    assert identity_at(issuer, "robin") is None


def test_newcomer_can_earn_the_cheapest_reward_with_one_share(loaded: Loaded):
    cheapest = db.session.scalars(
        select(Reward).where(Reward.state == RewardState.LISTED, Reward.stock > 0).order_by(Reward.price_points)
    ).first()
    mission = db.session.scalars(select(Mission).where(Mission.title == "What is in your repair kit?")).one()
    assert mission.points_now >= cheapest.price_points
    assert mission.required_tag
    now = clock.now()
    with unit_of_work():
        robin = join(
            AboutYou("Robin Ashe", None, "GB", "en", "Europe/London", [AdvocacyRole.SHARER]),
            VerifiedIdentity("sandbox", f"{loaded.sandbox_url}/oidc", "robin-in-a-test"), terms_version="1", now=now,
        )  # fmt: skip
        address = ProfileAddress("perch", "", "robinstartsout", f"{loaded.sandbox_url}/@robinstartsout")
        handle = handles.add_handle(robin, address, now)
        handles.mark_proved(
            handle, profile=Profile("a-robin", "robinstartsout", "", 85), method=ProofMethod.CODE, now=now
        )
        for missing in missing_acknowledgements(robin.id):
            acknowledge(robin.id, db.session.get_one(GuidelineVersion, missing.version_id), now)
        claim = claim_place(mission, robin, now=now)
        release_claim(claim, actor_id=robin.id, now=now)
        db.session.flush()
        db.session.rollback()  # the others count people


def test_review_queue_is_a_mix_with_one_late(loaded: Loaded):
    cases = db.session.scalars(select(Case).where(Case.state == CaseState.OPEN)).all()
    appeals = [case for case in cases if case.kind == CaseKind.APPEAL]
    loaded_at = chapters.told_as_of()
    left = sorted(case.due_at - loaded_at for case in cases)
    assert len(appeals) == 2
    assert all(case.not_for_id for case in appeals)
    assert left[0] < timedelta() < left[1]
    assert left[-1] > timedelta(hours=12)
    why = Counter(case.why for case in cases)
    assert why["could_not_tell"] < len(cases) / 2
    assert set(why) == {
        "could_not_tell", "appealed", "flagged", "newcomer", "sampled", "signals", "report_to_read",
        "pictures_to_look_at", "pictures_seen_before", "comment_to_look_up",
    }  # fmt: skip


def test_screenshot_stands_beside_what_no_program_could_read(loaded: Loaded):
    kept = select(HandedPicture).join(Share).where(Share.form == ShareForm.POST)
    (screenshot,) = db.session.scalars(kept).all()
    assert screenshot.use == PictureUse.EVIDENCE
    assert screenshot.share.state == ShareState.NEEDS_REVIEW


def test_flags_are_a_word_and_a_text_of_somebody_else(loaded: Loaded):
    flagged = {case.share_id for case in db.session.scalars(select(Case).where(Case.why == "flagged"))}
    failed = db.session.execute(
        select(CheckResult.check, CheckResult.reason_code)
        .where(CheckResult.share_id.in_(flagged), CheckResult.outcome == Outcome.FAILED)
    ).all()  # fmt: skip
    assert sorted(map(tuple, failed)) == [("brand_safe", "doubtful_word"), ("text_not_repeated", "like_another")]


def test_posts_were_looked_at_often_and_what_they_did_meanwhile_is_seen(loaded: Loaded):
    looks = dict(db.session.execute(select(Evidence.share_id, func.count()).group_by(Evidence.share_id)).all())
    assert len([share_id for share_id, times in looks.items() if times >= 3]) > 50
    in_grace = db.session.scalars(select(Share).where(Share.grace_until.is_not(None))).all()
    assert [share.state for share in in_grace] == [ShareState.VERIFIED]
    moves = db.session.execute(select(ShareChange.from_state, ShareChange.to_state)).all()
    assert ("revoked", "verified") in map(tuple, moves)
    edited = [told for told in story.shares() if told.edited and not told.gone]
    (share,) = [each for each in shares_of(edited[0].task) if len(texts_of(each)) > 1 and "Edit" in texts_of(each)[-1]]
    assert share.state == ShareState.VERIFIED
    samples = db.session.execute(
        select(CountSample.share_id, CountSample.likes).order_by(CountSample.share_id, CountSample.at)
    ).all()
    by_share: dict[str, list[int]] = {}
    for share_id, likes in samples:
        by_share.setdefault(share_id, []).append(likes)
    assert all(likes == sorted(likes) for likes in by_share.values())
    assert len([likes for likes in by_share.values() if likes[0] < likes[-1]]) > 50


def texts_of(share: Share) -> list[str]:
    """Each text that was seen, in its order."""
    bodies = db.session.scalars(select(Evidence.body).where(Evidence.share_id == share.id).order_by(Evidence.seen_at))
    return [body["text"] for body in bodies if body and "text" in body]


def test_invitation_counted_once_its_newcomer_was_verified_and_the_other_is_on_its_way(loaded: Loaded):
    newcomers = db.session.scalars(select(Newcomer)).all()
    assert len(newcomers) == 2
    (counted,) = [newcomer for newcomer in newcomers if newcomer.share_id]
    assert counted.share.state == ShareState.VERIFIED
    assert [share.form for share in shares_of("bring")] == ["newcomer"]


def test_trying_signals_on_the_season_finds_something_of_each_sort_of_click(loaded: Loaded):
    codes = {"click_burst", "shared_connection", "own_clicks", "programs_click", "clicks_on_many_links"}
    found = tried(codes, db.session.scalars(select(Share)).all())
    assert {code for code, shares in found.items() if shares} == codes
    assert all(len(shares) == 1 for shares in found.values())


def test_bonuses_were_paid_for_people_who_came_and_for_what_they_bought_and_their_fans_were_told(loaded: Loaded):
    """Twenty-seven people on two days, two steps of ten: the fan's own visit does not count. Five orders, one of them
    returned: two steps of two."""
    paid = db.session.scalars(select(Award).where(Award.cause_kind == bonuses.CAUSE)).all()
    assert sorted(award.points_now for award in paid) == [5, 5, 10, 10]
    told = db.session.scalars(select(Notification).where(Notification.topic == Topic.BONUS_PAID)).all()
    assert {one.person_id for one in told} == {award.person_id for award in paid}
    (layers,) = [share for share in shares_of("layers") if share.person.display_name.startswith("Rosa")]
    assert conversions.count_of(link_of_claim(layers.claim_id).id) == 4


def test_there_is_a_reward_of_every_kind(loaded: Loaded):
    assert set(db.session.scalars(select(Reward.kind).where(Reward.state == RewardState.LISTED))) == set(RewardKind)


def test_company_stands_on_the_wall_and_on_the_boards(loaded: Loaded):
    with loaded.app.app_context():
        said = company.thanked()
        lines = thanks_queries.shown(thanks_queries.wall(None).rows)
        assert [line.thanks.text for line in lines] == [each.text for each in reversed(said) if each.public]
        assert "Alter Rucksack" in {line.receiver for line in lines}, "a pseudonym is respected"
        season = current_season()
        assert season is not None
        board = team_queries.teams_board(season.id, None).lines
        assert {line.name for line in board} == {team.name for team in company.teams()}
        assert min(line.effect for line in board) > 0


def test_staff_see_how_content_is_liked(loaded: Loaded):
    ids = {task.key: shares_of(task.key)[0].mission_id for task in story.tasks() if task.key in ("story", "layers")}
    rated = ratings_of(list(ids.values()))
    assert rated[ids["layers"]].is_poor
    assert rated[ids["story"]].is_told
    assert not rated[ids["story"]].is_poor


def test_all_of_it_lies_before_the_present_and_the_season_is_on_its_way(loaded: Loaded):
    loaded_at = chapters.told_as_of()
    season = current_season()
    assert season is not None
    assert (loaded_at - season.starts_at).days == story.season().began
    assert db.session.scalar(select(func.max(Share.submitted_at))) <= loaded_at
    told = select(func.max(AuditEntry.at)).where(AuditEntry.action != chapters.ACTION)
    assert db.session.scalar(told) <= loaded_at
    on_its_way = progress(loaded_at)
    assert 0.4 < on_its_way.visitors / season.target < 0.6


def test_no_old_mail_leaves_and_nothing_old_is_left_to_do(loaded: Loaded):
    loaded_at = chapters.told_as_of()
    waiting = db.session.scalars(select(OutgoingMail).where(OutgoingMail.sent_at.is_(None))).all()
    assert 0 < len(waiting) < 10
    assert all(mail.created_at > loaded_at - timedelta(days=2) for mail in waiting)
    assert db.session.scalar(select(func.count()).where(Job.kind == DELIVER)) == 0


def test_worker_checks_what_waits_against_the_real_posts(loaded: Loaded):
    waiting = db.session.execute(select(Job.id, Job.key).where(Job.kind == CHECK)).all()
    assert len(waiting) == 5
    end_reading()
    for job_id, _share_id in waiting:
        assert run_job(job_id)
    ended = db.session.scalars(select(Share.state).where(Share.id.in_([share_id for _, share_id in waiting]))).all()
    assert set(ended) == {ShareState.VERIFIED}
    assert audit_ledger()["violations"] == []


def test_every_inbox_is_in_the_order_in_which_things_happened(loaded: Loaded) -> None:
    told = db.session.execute(
        select(Notification.person_id, Notification.created_at).order_by(Notification.person_id, Notification.id)
    ).all()
    assert len(told) > 100
    assert told == sorted(told)
