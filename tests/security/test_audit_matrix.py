"""Every staff POST leaves who, what and why (PROMISES P-20). Generated from the URL map.

A route that is not named here fails the test: whoever adds one says how it is done, or why there is nothing to keep.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import func, select

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.access import STAFF, Role, access_of
from portal.kernel.audit import AuditEntry, first_altered
from portal.kernel.jobs import JobState
from portal.kernel.unit_of_work import unit_of_work
from portal.missions.models import KitImage
from portal.moderation.models import Case
from portal.points.adjusting import adjust
from portal.points.closing import close_days
from portal.points.sealing import seal_next_day
from portal.recognition import thanking
from portal.recognition.badging import give_by_hand
from portal.recognition.teaming import close_team
from portal.rewards import parcels, pictures, problems
from portal.rewards.editing import pause_reward
from portal.rewards.kind_models import Parcel, Ticket
from portal.rewards.models import Redemption
from portal.rewards.problem_models import Problem
from portal.rewards.stripe.models import CashPayment, PaymentState
from portal.shares.brand_words import watch_word
from portal.shares.checks.finding import Severity
from portal.shares.staff import _mark
from portal.shares.verdict import IfFailed, Policy, Rule
from tests.accounts.factories import a_fan, a_handle, a_manager, a_person, a_proved_handle
from tests.campaigns.factories import a_campaign
from tests.campaigns.test_seasons import typed as season_form
from tests.guidelines.factories import a_draft, a_published_guideline
from tests.missions.factories import a_mission
from tests.missions.test_staff_pages import typed as mission_form
from tests.moderation.factories import a_case, a_decision
from tests.points.factories import a_funded_campaign, an_award
from tests.recognition.factories import a_team, a_thanks
from tests.rewards.factories import (
    a_cause,
    a_draft_reward,
    a_file,
    a_person_with_points,
    a_redemption,
    a_reward,
    a_thing,
    an_experience,
)
from tests.rewards.stripe.factories import a_fleece, a_promotion, redeemed
from tests.shares.test_policies import typed as policy_form

WHY = "Asked for by the team"
ClientOf = Callable[[Person], FlaskClient]


@dataclass(frozen=True)
class Act:
    """One POST that works: where to, with what, and the kind of thing that the entry is about."""

    address: str
    about: str
    form: Any = field(default_factory=dict)
    why: str | None = WHY
    """What the entry gives as the reason; None: any, since the page asks for none."""
    status: int = 303


def decision_form(case: Case) -> dict[str, str]:
    return {"verdict": "verify", "reason_code": "as_asked", "message": WHY, "seen_version": str(case.lock_version)}


def reward_form(**changes: str) -> dict[str, str]:
    values = {"kind": "code", "name": "Kit", "summary": "Needles", "price_points": "10", "per_person_max": "1"}
    return {**values, "lock_version": "1", "idempotency_key": "k", **changes}


def a_picture() -> tuple[BytesIO, str]:
    file = BytesIO()
    Image.new("RGB", (20, 20)).save(file, "PNG")
    return BytesIO(file.getvalue()), "x.png"


def a_kit_image() -> KitImage:
    mission_id = a_mission_id()
    with unit_of_work():
        image = KitImage(mission_id=mission_id, position=1, file=f"missions/{'0' * 32}.webp", alt="A jar")
        db.session.add(image)
    return image


def a_mission_id() -> str:
    return a_mission().id


def a_failed_job() -> str:
    with unit_of_work():
        job = jobs.schedule("roll_up_clicks", "by hand", due_at=clock.now())
        job.state = JobState.FAILED
    return job.id


def an_adjustment_that_waits() -> str:
    fan, colleague = a_fan(), a_manager()
    with unit_of_work():
        asked = adjust(fan, 5_000, reason=WHY, actor=colleague, now=clock.now())
    return asked.id


def refused_adjustment(_staff: Person) -> Act:
    asked = an_adjustment_that_waits()
    return Act(f"/staff/points/adjustments/{asked}/refuse", "points_adjustment", {f"{asked}-answer": WHY})


def closed_month(_staff: Person) -> Act:
    """September, all of its days sealed."""
    with clock.frozen(clock.now() - timedelta(days=15)):
        an_award(a_fan())
    with unit_of_work():
        close_days(now=clock.now())
    while True:
        with unit_of_work():
            if seal_next_day(now=clock.now()) is None:
                break
    return Act("/staff/points/books/close", "points_month", {"month": "2026-09", "note": WHY})


def entered_costs(_staff: Person) -> Act:
    return Act("/staff/reward-costs", "reward_costs", {a_reward().id: "4.50", "why": WHY})


def handed_over(_staff: Person) -> Act:
    case, colleague = a_case(), a_person(roles=(Role.MODERATOR,))
    return Act(f"/staff/review/{case.id}/hand-over", "case", {"to": colleague.id, "note": WHY})


def decided(_staff: Person) -> Act:
    case = a_case()
    return Act(f"/staff/review/{case.id}/decision", "share", decision_form(case))


def taken_over(_staff: Person) -> Act:
    case, colleague = a_case(), a_person(roles=(Role.MODERATOR,))
    with unit_of_work():
        case.taken_by_id, case.taken_until = colleague.id, clock.now() + timedelta(minutes=5)
    return Act(f"/staff/review/{case.id}/take", "case", {"take_over": "1"}, why=None)


def confirmed_handle(_staff: Person) -> Act:
    handle = a_handle(a_fan())
    form = {f"{handle.id}-reason": WHY}
    return Act(f"/staff/people/{handle.person_id}/handles/{handle.id}/confirm", "handle", form)


def confirmed_on_a_case(_staff: Person) -> Act:
    case = a_case()
    handle = a_handle(case.person)
    return Act(f"/staff/review/{case.id}/handles/{handle.id}/confirm", "handle", {f"{handle.id}-reason": WHY})


def lost_handle(_staff: Person) -> Act:
    handle = a_proved_handle(a_fan())
    form = {f"{handle.id}-reason": WHY}
    return Act(f"/staff/people/{handle.person_id}/handles/{handle.id}/lose", "handle", form)


def draft_path(number: int = 1) -> tuple[str, str]:
    draft = a_draft()
    return f"/staff/guidelines/drafts/{draft.id}", str(draft.lock_version)


def saved_draft(_staff: Person) -> Act:
    path, seen = draft_path()
    form = {"body": "Be kind, and say so.", "importance": "major", "seen_version": seen}
    return Act(path, "guideline_version", form, why=None)


def published_draft(_staff: Person) -> Act:
    path, seen = draft_path()
    return Act(f"{path}/publish", "guideline_version", {"seen_version": seen}, why=None)


def removed_picture(_staff: Person) -> Act:
    image = a_kit_image()
    return Act(f"/staff/missions/{image.mission_id}/pictures/{image.id}/remove", "mission", why=None)


def added_picture(_staff: Person) -> Act:
    form = {"file": a_picture(), "alt": "A jar", "use": "kit"}
    return Act(f"/staff/missions/{a_mission_id()}/pictures", "mission", form, why=None)


def changed_mission(_staff: Person) -> Act:
    mission = a_mission()
    form = mission_form(mission.campaign_id, title="Another title", version=str(mission.lock_version))
    return Act(f"/staff/missions/{mission.id}/edit", "mission", form, why=None)


def changed_season(_staff: Person) -> Act:
    season = a_campaign()
    form = season_form(name="Another name", version=str(season.lock_version), why=WHY)
    return Act(f"/staff/seasons/{season.id}", "campaign", form)


def reward_at(path: str, form: Any, *, listed: bool, why: str | None = None) -> Callable[[Person], Act]:
    def make(_staff: Person) -> Act:
        reward = a_reward() if listed else a_draft_reward()
        return Act(f"/staff/rewards/{reward.id}{path}", "reward", form, why=why)

    return make


def an_order(*, sent: bool = False, back: bool = False, problem: bool = False) -> str:
    """Something that waits to be packed, has left, or came back."""
    redemption, staff = a_redemption(a_person_with_points(100), a_thing()), a_person(roles=(Role.MARKETER,))
    parcel = db.session.get_one(Parcel, redemption.id)
    with unit_of_work():
        if sent:
            parcels.send(parcel, carrier="DHL", tracking="1", actor=staff, now=clock.now())
        if back:
            parcels.came_back(parcel, why=WHY, actor=staff, now=clock.now())
        if problem:
            problems.report(redemption, "It never came", now=clock.now())
    return redemption.id


def reward_of(order: str) -> str:
    return db.session.get_one(Redemption, order).reward_id


def problem_case() -> str:
    """The case of an order that something is wrong with."""
    order = an_order(problem=True)
    found = select(Case.id).join(Problem, Problem.id == Case.problem_id).where(Problem.redemption_id == order)
    return db.session.scalars(found).one()


def a_png() -> BytesIO:
    file = BytesIO()
    Image.new("RGB", (40, 30), "teal").save(file, "PNG")
    return BytesIO(file.getvalue())


def picture_at(verb: str, form: dict[str, str]) -> Callable[[Person], Act]:
    """The second of a reward's two pictures, changed."""

    def act(staff: Person) -> Act:
        reward = a_reward()
        with unit_of_work():
            for key in ("rewards/1.webp", "rewards/2.webp"):
                pictures.add_picture(reward, key, key, actor=staff)
        return Act(
            f"/staff/rewards/{reward.id}/pictures/{verb}", "reward", form | {"picture": "rewards/2.webp"}, why=None
        )

    return act


def a_ticket() -> str:
    redemption = a_redemption(a_person_with_points(100), an_experience(starts_in=timedelta(hours=3)))
    return db.session.get_one(Ticket, redemption.id).code


def an_odd_payment() -> str:
    """An order for which another amount came than was asked for."""
    redemption_id = redeemed(a_fleece()).id
    with unit_of_work():
        payment = db.session.get_one(CashPayment, redemption_id)
        payment.state, payment.payment_id, payment.paid_minor = PaymentState.ODD, "pi_1", 1
    return redemption_id


def tracking_file(order: str) -> tuple[BytesIO, str]:
    return BytesIO(f"order,carrier,tracking\n{order},DHL,2\n".encode()), "packing.csv"


def terms_at(path: str, make_reward: Callable[[], Any], form: Any) -> Callable[[Person], Act]:
    return lambda _staff: Act(f"/staff/rewards/{make_reward().id}{path}", "reward", form, why=None)


def listed_again(staff: Person) -> Act:
    reward = a_reward()
    with unit_of_work():
        pause_reward(reward, actor=staff)
    return Act(f"/staff/rewards/{reward.id}/list", "reward", why=None)


FOR_A_PERSON = Policy(rules={"language": Rule(IfFailed.NOTE)})


def retired_word(staff: Person) -> Act:
    with unit_of_work():
        word = watch_word("casino", severity=Severity.DOUBTFUL, reason=WHY, actor=staff, now=clock.now())
    return Act(f"/staff/verdicts/words/{word.id}/retire", "watched_word", {"why": WHY})


def given_badge(_staff: Person) -> Act:
    form = {"badge": "guideline_improved", "reason": WHY}
    return Act(f"/staff/badges/people/{a_fan().id}", "person", form)


def badge_taken_back(_staff: Person) -> Act:
    fan, colleague = a_fan(), a_person(roles=(Role.MANAGER,))
    with unit_of_work():
        held = give_by_hand(fan, "guideline_improved", reason="For a section", actor=colleague, now=clock.now())
    return Act(f"/staff/badges/people/{fan.id}/{held.id}/take-back", "person", {"reason": WHY})


def reopened_team(staff: Person) -> Act:
    team = a_team()
    with unit_of_work():
        close_team(db.session.merge(team), reason="By mistake", actor=staff, now=clock.now())
    return Act(f"/staff/teams/{team.id}/reopen", "team", {"reason": WHY})


def thanks_decided(path: str) -> Callable[[Person], Act]:
    """Taken down, put back or left: each with a thanks for which it makes a difference."""

    def act(staff: Person) -> Act:
        thanks = a_thanks(a_fan(), a_fan())
        with unit_of_work():
            row = db.session.merge(thanks)
            if path == "keep":
                thanking.report(row, now=clock.now())
            if path == "put-back":
                thanking.remove(row, reason="By mistake", actor=staff, now=clock.now())
        return Act(f"/staff/thanks/{thanks.id}/{path}", "thanks", {"reason": WHY})

    return act


ACTS: dict[str, Callable[[Person], Act]] = {
    "teams_staff.rename": lambda _staff: Act(
        f"/staff/teams/{a_team().id}/name", "team", {"name": "Wet Socks", "reason": WHY}
    ),
    "teams_staff.close": lambda _staff: Act(f"/staff/teams/{a_team().id}/close", "team", {"reason": WHY}),
    "teams_staff.reopen": reopened_team,
    "thanks_staff.send": lambda _staff: Act(
        f"/staff/thanks/people/{a_fan().id}", "person", {"text": WHY, "reading": "public"}
    ),
    "thanks_staff.remove": thanks_decided("remove"),
    "thanks_staff.put_back": thanks_decided("put-back"),
    "thanks_staff.keep": thanks_decided("keep"),
    "badges_staff.give": given_badge,
    "badges_staff.take_back": badge_taken_back,
    "tiers_staff.save": lambda _staff: Act(
        "/staff/tiers", "tier_plan",
        {"seen": "0", "window_months": "12", "grace_days": "30", "levels-0-name": "Walker", "levels-0-points": "100",
         "why": WHY},
    ),
    "audience_staff.save": lambda _staff: Act(
        "/staff/audience", "audience_limit", {"week_max": "2", "month_max": "5", "gap_hours": "48", "why": WHY}
    ),
    "campaigns_staff.create": lambda _staff: Act("/staff/seasons/new", "campaign", season_form(), why=None),
    "campaigns_staff.change": changed_season,
    "campaigns_staff.move": lambda _staff: Act(
        f"/staff/seasons/{a_campaign().id}/state", "campaign", {"to": "wrapping_up", "why": WHY}
    ),
    "guidelines_staff.create": lambda _staff: Act(
        "/staff/guidelines/new", "guideline_version", {"title": "Voice", "kind": "voice", "body": "Be kind."}, why=None
    ),
    "guidelines_staff.change": lambda _staff: Act(
        f"/staff/guidelines/{a_published_guideline().guideline_id}", "guideline",
        {"title": "Another title", "kind": "voice", "why": WHY},
    ),
    "guidelines_staff.start_draft": lambda _staff: Act(
        f"/staff/guidelines/{a_published_guideline().guideline_id}/draft", "guideline_version", why=None
    ),
    "guidelines_staff.save": saved_draft,
    "guidelines_staff.publish_draft": published_draft,
    "kernel.retry_job": lambda _staff: Act(f"/staff/jobs/{a_failed_job()}/retry", "job", why=None),
    "missions_staff.create": lambda _staff: Act(
        "/staff/missions/new", "mission", mission_form(a_campaign().id), why=None
    ),
    "missions_staff.change": changed_mission,
    "missions_staff.move": lambda _staff: Act(
        f"/staff/missions/{a_mission_id()}/state", "mission", {"to": "paused", "why": WHY}, why=None
    ),
    "missions_staff.add_image": added_picture,
    "missions_staff.remove_image": removed_picture,
    "moderation.answer": lambda _staff: Act(
        f"/staff/review/{problem_case()}/answer", "redemption", {"how": "refused", "why": WHY}
    ),
    "moderation.confirm_handle": confirmed_on_a_case,
    "moderation.decide": decided,
    "moderation.hand_over": handed_over,
    "moderation.proof": lambda _staff: Act(f"/staff/review/{a_case().id}/proof", "share", why=None, status=200),
    "moderation.put_off": lambda _staff: Act(
        f"/staff/review/{a_case().id}/later", "case", {"when": "hour"}, why=None
    ),
    "moderation.take": taken_over,
    "moderation.undo": lambda staff: Act(
        f"/staff/review/decisions/{a_decision(moderator=staff).id}/undo", "share", why=None
    ),
    "people.grant": lambda _staff: Act(
        f"/staff/people/{a_fan().id}/roles", "person", {"role": "moderator", "reason": WHY}
    ),
    "people.withdraw": lambda _staff: Act(
        f"/staff/people/{a_person(roles=(Role.MARKETER,)).id}/roles/marketer/withdraw", "person",
        {"marketer-reason": WHY},
    ),
    "people.change_standing": lambda _staff: Act(
        f"/staff/people/{a_fan().id}/standing/paused", "person", {"paused-reason": WHY}
    ),
    "people.confirm_handle": confirmed_handle,
    "people.lose_handle": lost_handle,
    "points_staff.save_rules": lambda _staff: Act(
        "/staff/points/rules", "points_rules",
        {"expiry_kind": "rolling", "expiry_months": "12", "fixed_month": "12", "fixed_day": "31", "alone_max": "9",
         "why": WHY, "seen_version": "0"},
    ),
    "points_staff.adjust": lambda _staff: Act(
        f"/staff/points/people/{a_fan().id}/adjust", "points_adjustment", {"points": "5", "reason": WHY}
    ),
    "points_books.close": closed_month,
    "reward_costs.save": entered_costs,
    "points_staff.agree": lambda _staff: Act(
        f"/staff/points/adjustments/{an_adjustment_that_waits()}/agree", "points_adjustment", why=None
    ),
    "points_staff.refuse": refused_adjustment,
    "points_staff.person_csv": lambda _staff: Act(
        f"/staff/points/people/{a_fan().id}/statement.csv", "person", why=None, status=200
    ),
    "rewards_staff.create": lambda _staff: Act("/staff/rewards/new", "reward", reward_form(), why=None),
    "rewards_staff.edit": reward_at("", reward_form(name="Another"), listed=False),
    "rewards_staff.add_codes": reward_at("/codes", {"codes": "AAAA-1111"}, listed=False),
    "rewards_staff.change_stock": lambda _staff: Act(
        f"/staff/rewards/{a_thing().id}/stock", "reward", {"change": "2", "why": WHY}
    ),
    "orders_staff.refund": lambda _staff: Act(f"/staff/orders/{an_order()}/refund", "redemption", {"why": WHY}),
    "orders_staff.accept_payment": lambda _staff: Act(
        f"/staff/orders/{an_odd_payment()}/payment", "redemption", {"why": WHY}
    ),
    "orders_staff.sent": lambda _staff: Act(f"/staff/orders/{an_order()}/sent", "redemption", why=None),
    "orders_staff.delivered": lambda _staff: Act(
        f"/staff/orders/{an_order(sent=True)}/delivered", "redemption", why=None
    ),
    "orders_staff.returned": lambda _staff: Act(
        f"/staff/orders/{an_order(sent=True)}/returned", "redemption", {"why": WHY}
    ),
    "orders_staff.again": lambda _staff: Act(
        f"/staff/orders/{an_order(sent=True, back=True)}/again", "redemption", {"why": WHY}
    ),
    "orders_staff.bulk": lambda _staff: Act(
        "/staff/orders/bulk", "redemption", {"what": "refund", "order": an_order(), "why": WHY}
    ),
    "orders_staff.export": lambda _staff: Act(
        f"/staff/orders/export.csv?reward={reward_of(an_order())}", "orders", why=None, status=200
    ),
    "orders_staff.packing_list": lambda _staff: Act(
        "/staff/orders/packing.csv", "redemption", {"reward": reward_of(an_order())}, why=None, status=200
    ),
    "orders_staff.show_address": lambda _staff: Act(
        f"/staff/orders/{an_order()}/address", "redemption", why=None, status=200
    ),
    "orders_staff.track": lambda _staff: Act(
        "/staff/orders/tracking", "redemption", {"file": tracking_file(an_order())}, why=None
    ),
    "orders_staff.answer_problem": lambda _staff: Act(
        f"/staff/orders/{an_order(problem=True)}/problem", "redemption", {"how": "refused", "why": WHY}
    ),
    "kinds_staff.set_event": lambda _staff: Act(
        f"/staff/rewards/{an_experience().id}/event", "reward", {"starts_at": "2026-11-05T18:30", "place": "Kendal"},
        why=None,
    ),
    "kinds_staff.set_file": lambda _staff: Act(
        f"/staff/rewards/{a_file().id}/file", "reward", {"file": (BytesIO(b"%PDF"), "guide.pdf")}, why=None
    ),
    "kinds_staff.set_cause": lambda _staff: Act(
        f"/staff/rewards/{a_cause().id}/cause", "reward", {"name": "Paths"}, why=None
    ),
    "kinds_staff.give": lambda _staff: Act(
        f"/staff/rewards/{a_reward(price_points=10).id}/gifts", "redemption",
        {"idempotency_key": "k", "who": a_fan("Ada Gift").display_name, "campaign": a_funded_campaign().id, "why": WHY},
    ),
    "door.let_in": lambda _staff: Act("/staff/check-in", "redemption", {"code": a_ticket()}, why=None),
    "rewards_staff.add_picture": lambda _staff: Act(
        f"/staff/rewards/{a_reward().id}/pictures", "reward", {"file": (a_png(), "hat.png"), "alt": "A hat"}, why=None
    ),
    "rewards_staff.describe_picture": picture_at("describe", {"alt": "Another"}),
    "rewards_staff.move_picture_up": picture_at("up", {}),
    "rewards_staff.remove_picture": picture_at("remove", {}),
    "rewards_staff.pause": reward_at("/pause", {}, listed=True),
    "rewards_staff.retire": reward_at("/retire", {"why": WHY}, listed=True, why=WHY),
    "rewards_staff.list_": listed_again,
    "rewards_staff.set_promotion": terms_at("/promotion", a_promotion, {"percent_off": "10", "valid_days": "30"}),
    "rewards_staff.set_cash": terms_at("/cash", a_fleece, {"amount": "12.50"}),
    "shares_staff.save": lambda _staff: Act(
        "/staff/verdicts/policy/all", "verdict_policy",
        policy_form(FOR_A_PERSON, then="save", previewed=_mark(FOR_A_PERSON), why=WHY),
    ),
    "shares_staff.proof": lambda _staff: Act(
        f"/staff/verdicts/shares/{a_case().share_id}/proof", "share", why=None, status=200
    ),
    "shares_staff.watch": lambda _staff: Act(
        "/staff/verdicts/words", "watched_word", {"phrase": "casino", "severity": "doubtful", "reason": WHY}
    ),
    "shares_staff.retire": retired_word,
    "signals.turn": lambda _staff: Act("/staff/signals/own_clicks", "signal", {"to": "on", "why": WHY}),
}  # fmt: skip
"""By endpoint: makes what it is done to, and says what to send. Done by `staff`, who holds every role."""

CHANGES_NOTHING = {"moderation.start": "takes a case for fifteen minutes: a lease, not a decision"}


@pytest.fixture
def staff(now: datetime) -> Person:
    return a_person(roles=tuple(Role))


def test_every_staff_post_is_named_here(sqlite_app: Flask) -> None:
    posts = {
        rule.endpoint for rule in sqlite_app.url_map.iter_rules()
        if "POST" in (rule.methods or ()) and access_of(sqlite_app, rule.endpoint) in STAFF
    }  # fmt: skip
    assert posts == ACTS.keys() | CHANGES_NOTHING.keys()


@pytest.mark.parametrize("endpoint", sorted(ACTS))
def test_what_staff_do_is_kept_with_who_and_why(
    sqlite_app: Flask, client_of: ClientOf, staff: Person, endpoint: str
) -> None:
    act, browser = ACTS[endpoint](staff), client_of(staff)
    before = db.session.scalar(select(func.max(AuditEntry.number))) or 0
    answer = browser.post(act.address, data=act.form)
    assert answer.status_code == act.status, answer.text
    kept = db.session.scalars(
        select(AuditEntry).where(AuditEntry.number > before, AuditEntry.subject_kind == act.about)
    ).all()
    assert [entry.actor_id for entry in kept] == [staff.id], "one entry, by who did it"
    assert kept[0].at == clock.now()
    assert kept[0].before or kept[0].after, "says what changed"
    if act.why is not None:
        assert kept[0].why == act.why
    assert first_altered() is None


@pytest.mark.parametrize("endpoint", sorted(ACTS))
def test_what_is_refused_leaves_no_entry(sqlite_app: Flask, client_of: ClientOf, staff: Person, endpoint: str) -> None:
    act, fan = ACTS[endpoint](staff), client_of(a_fan())
    before = db.session.scalar(select(func.max(AuditEntry.number)))
    assert fan.post(act.address, data=act.form).status_code == 403
    assert db.session.scalar(select(func.max(AuditEntry.number))) == before
