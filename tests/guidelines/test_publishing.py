"""From a draft to a version in force: what is kept, what is refused, what others hear."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from portal.extensions import db
from portal.guidelines import queries
from portal.guidelines.errors import (
    ChangeUnexplained,
    ConfirmedAnotherText,
    DraftExists,
    DraftMoved,
    NotADraft,
    NothingToRead,
    TextRefused,
)
from portal.guidelines.models import Guideline, GuidelineVersion, VersionState
from portal.guidelines.publishing import create_guideline, publish, save_draft, start_version
from portal.kernel.access import Permission, Role
from portal.kernel.audit import AuditEntry
from portal.kernel.base import new_id
from portal.kernel.events import OutboxEvent
from portal.kernel.rich_text import BYTES_MAX
from portal.kernel.unit_of_work import unit_of_work
from tests.accounts.factories import a_fan, a_manager, a_person
from tests.guidelines.factories import BODY, a_draft, a_next_version, a_published_guideline, an_acknowledgement


def heard() -> list[dict[str, Any]]:
    rows = db.session.scalars(select(OutboxEvent).where(OutboxEvent.kind == "guideline.published"))
    return [row.payload for row in rows]


def a_second_draft(guideline: Guideline, **content: Any) -> GuidelineVersion:
    with unit_of_work():
        draft = start_version(guideline, actor=None, now=guideline.created_at)
        return save_draft(draft, **{"body": BODY + "!", "actor": None, "now": guideline.created_at, **content})


def test_publishing_replaces_the_version_before_and_is_announced_once(app: Flask, now: datetime) -> None:
    manager, first = a_manager(), a_published_guideline()
    draft = a_second_draft(first.guideline, what_changed="Shorter.", major=True)
    with unit_of_work():
        publish(draft, seen_version=draft.lock_version, actor=manager, now=now)
    assert (db.session.get(GuidelineVersion, first.id).state, draft.state) == (VersionState.SUPERSEDED, "published")
    assert (draft.published_by_id, draft.published_at) == (manager.id, now)
    assert heard()[-1] == {"guideline_id": draft.guideline_id, "version_id": draft.id, "major": True}
    entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.number.desc())).first()
    assert (entry.action, entry.actor_id, entry.why) == ("guideline.published", manager.id, "Shorter.")
    with pytest.raises(NotADraft), unit_of_work():
        publish(draft, actor=manager, now=now)
    assert len(heard()) == 2


def test_what_was_published_never_changes(app: Flask, now: datetime) -> None:
    version = a_published_guideline()
    with pytest.raises(NotADraft), unit_of_work():
        save_draft(version, body="Another truth.", actor=None, now=now)
    assert queries.current_version(version.guideline.slug).body == BODY


def test_a_later_version_says_what_changed(app: Flask, now: datetime) -> None:
    first = a_published_guideline()
    draft = a_second_draft(first.guideline, what_changed=" ")
    with pytest.raises(ChangeUnexplained), unit_of_work():
        publish(draft, actor=None, now=now)
    assert queries.current_version(first.guideline.slug).number == 1


def test_a_guideline_has_one_draft_at_a_time(app: Flask, now: datetime) -> None:
    first = a_published_guideline()
    with unit_of_work():
        start_version(first.guideline, actor=None, now=now)
    with pytest.raises(DraftExists), unit_of_work():
        start_version(first.guideline, actor=None, now=now)
    never_published = a_draft().guideline
    with pytest.raises(DraftExists), unit_of_work():
        start_version(never_published, actor=None, now=now)


def test_who_types_over_somebody_elses_save_is_refused(app: Flask, now: datetime) -> None:
    draft = a_draft()
    seen = draft.lock_version
    with unit_of_work():
        save_draft(draft, body="Mine.", seen_version=seen, actor=None, now=now)
    with pytest.raises(DraftMoved), unit_of_work():
        save_draft(draft, body="Theirs.", seen_version=seen, actor=None, now=now)
    with pytest.raises(ConfirmedAnotherText), unit_of_work():
        publish(draft, seen_version=seen, actor=None, now=now)
    assert db.session.get(GuidelineVersion, draft.id).body == "Mine."
    assert heard() == []


@pytest.mark.parametrize(("body", "error"), [("  \n", NothingToRead), ("x" * (BYTES_MAX + 1), TextRefused)])
def test_a_text_that_can_not_be_shown_is_not_kept(app: Flask, now: datetime, body: str, error: type[Exception]) -> None:
    draft = a_draft()
    with pytest.raises(error), unit_of_work():
        save_draft(draft, body=body, actor=None, now=now)
    with pytest.raises(error), unit_of_work():
        create_guideline(title="T", kind="voice", body=body, needed_to_claim=False, actor=None, now=now)
    assert db.session.get(GuidelineVersion, draft.id).body == BODY


def test_addresses_are_plain_and_each_has_its_own(app: Flask, now: datetime) -> None:
    titles = ["Über uns & Ton!", "Über uns & Ton!", "日本語", "日本語", "x" * 120, "x" * 119]
    slugs = [a_draft(title).guideline.slug for title in titles]
    assert slugs[:4] == ["uber-uns-ton", "uber-uns-ton-2", "guideline", "guideline-2"]
    assert len(set(slugs)) == 6
    assert all(len(slug) <= 60 for slug in slugs)


def test_how_many_people_publishing_would_ask(app: Flask, now: datetime) -> None:
    readers, first = [a_fan() for _ in range(3)], a_published_guideline()
    a_fan(state="paused")
    for reader in readers[:2]:
        an_acknowledgement(reader, first)
    draft = a_second_draft(first.guideline)
    assert queries.asked_to_read(draft, major=True) == 3
    assert queries.asked_to_read(draft, major=False) == 1
    assert queries.asked_to_read(a_draft(needed_to_claim=False), major=True) == 0
    [row] = [row for row in queries.staff_rows() if row.guideline.id == first.guideline_id]
    assert (row.in_force.id, row.draft.id, row.readers) == (first.id, draft.id, 2)


# The staff's pages


def test_from_an_empty_list_to_a_guideline_in_force(
    app: Flask, client_of: Callable[..., FlaskClient], now: datetime
) -> None:
    a_fan()
    browser = client_of(a_manager())
    assert "Write the first one" in browser.get("/staff/guidelines").get_data(as_text=True)
    form = {"title": "Voice", "kind": "voice", "needed_to_claim": "y", "body": "Be kind.", "idempotency_key": new_id()}
    created = [browser.post("/staff/guidelines/new", data=form) for _ in range(2)]
    assert [answer.status_code for answer in created] == [303, 303]
    assert created[0].location == created[1].location
    assert db.session.scalar(select(func.count(Guideline.id))) == 1
    draft = created[0].location
    preview = browser.post(draft, data={"body": "**Be** kinder.", "importance": "major", "then": "preview"})
    assert "<strong>Be</strong> kinder." in preview.get_data(as_text=True)
    db.session.expire_all()
    assert db.session.scalar(select(GuidelineVersion.body)) == "Be kind."
    to_confirm = browser.post(
        draft, data={"body": "Be kinder.", "importance": "major", "then": "publish", "seen_version": "1"}
    )
    assert to_confirm.status_code == 303
    page = browser.get(to_confirm.location).get_data(as_text=True)
    assert "Publish version 1?" in page
    assert "2 people will be asked to read it." in page
    seen = re.search(r'name="seen_version" value="(\d+)"', page)[1]
    assert browser.post(to_confirm.location, data={"seen_version": seen}).status_code == 303
    assert queries.current_version("voice").body == "Be kinder."


def test_a_stale_save_answers_409_and_keeps_what_was_typed(
    app: Flask, client_of: Callable[..., FlaskClient], now: datetime
) -> None:
    draft = a_draft()
    path, seen = f"/staff/guidelines/drafts/{draft.id}", str(draft.lock_version)
    with unit_of_work():
        save_draft(draft, body="What Jonas typed.", actor=None, now=now)
    browser = client_of(a_manager())
    typed = {"body": "What I typed.", "importance": "major", "seen_version": seen}
    answer = browser.post(path, data=typed)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "Somebody else saved this draft" in page
    assert "What I typed.</textarea>" in page
    assert "<ins>Jonas</ins> typed." in page
    now_seen = re.search(r'name="seen_version"[^>]*value="(\d+)"', page)[1]
    assert browser.post(path, data={**typed, "seen_version": now_seen}).status_code == 303
    db.session.expire_all()
    assert db.session.get(GuidelineVersion, draft.id).body == "What I typed."


def test_claims_that_staff_forbid_are_read_by_fans_once_the_version_is_in_force(
    app: Flask, client_of: Callable[..., FlaskClient], now: datetime
) -> None:
    draft, browser, fan = a_draft("Voice"), client_of(a_manager()), client_of(a_fan())
    path = f"/staff/guidelines/drafts/{draft.id}"
    typed = {"body": BODY, "importance": "major", "seen_version": str(draft.lock_version)}
    for too_much in ("x" * 121, "\n".join(f"claim {number}" for number in range(41))):
        answer = browser.post(path, data={**typed, "forbidden_claims": too_much})
        assert answer.status_code == 422
        assert "At most 40 claims" in answer.text
    assert (
        browser.post(path, data={**typed, "forbidden_claims": " lasts for ever \r\n\r\n<b>heals</b>"}).status_code
        == 303
    )
    db.session.expire_all()
    assert db.session.get(GuidelineVersion, draft.id).forbidden_claims == ["lasts for ever", "<b>heals</b>"]
    assert queries.forbidden_claims() == [], "a draft forbids nothing"
    assert fan.get("/guidelines/voice").status_code == 404
    with unit_of_work():
        publish(db.session.get(GuidelineVersion, draft.id), actor=None, now=now)
    assert queries.forbidden_claims() == [("lasts for ever", "Voice"), ("<b>heals</b>", "Voice")]
    for page in ("/guidelines/voice", "/guidelines/voice/versions/1"):
        assert "“lasts for ever”" in fan.get(page).text
        assert "“&lt;b&gt;heals&lt;/b&gt;”" in fan.get(page).text


def test_publishing_without_a_reason_says_so_at_the_field(
    app: Flask, client_of: Callable[..., FlaskClient], now: datetime
) -> None:
    first = a_published_guideline("Rules")
    browser = client_of(a_manager())
    draft = browser.post(f"/staff/guidelines/{first.guideline_id}/draft").location
    assert browser.post(f"/staff/guidelines/{first.guideline_id}/draft").location == draft
    answer = browser.post(draft, data={"body": "Kept.", "importance": "minor", "seen_version": "1", "then": "publish"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Say in a sentence or two what changed" in page
    assert "Kept.</textarea>" in page
    direct = browser.post(f"{draft}/publish", data={"seen_version": "1"})
    assert direct.status_code == 422
    assert "Say in a sentence or two" in direct.get_data(as_text=True)
    assert queries.current_version("rules").number == 1


def test_a_confirmation_of_another_text_is_asked_again(
    app: Flask, client_of: Callable[..., FlaskClient], now: datetime
) -> None:
    draft = a_draft()
    answer = client_of(a_manager()).post(f"/staff/guidelines/drafts/{draft.id}/publish", data={"seen_version": "7"})
    assert answer.status_code == 409
    assert "Read it once more below" in answer.get_data(as_text=True)
    assert queries.current_version(draft.guideline.slug) is None


def test_settings_count_at_once_and_keep_the_address(
    app: Flask, client_of: Callable[..., FlaskClient], now: datetime
) -> None:
    version, manager = a_published_guideline("Rules", needed_to_claim=False), a_manager()
    path = f"/staff/guidelines/{version.guideline_id}"
    form = {"title": "House rules", "kind": "policy", "needed_to_claim": "y"}
    browser = client_of(manager)
    refused = browser.post(path, data=form)
    assert refused.status_code == 422
    assert "Say in a few words why" in refused.get_data(as_text=True)
    assert browser.post(path, data={**form, "why": "Counsel asked"}).status_code == 303
    db.session.expire_all()
    assert queries.current_version("rules").guideline.title == "House rules"
    assert [each.version_id for each in queries.missing_acknowledgements(manager.id)] == [version.id]
    entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.number.desc())).first()
    assert (entry.before["title"], entry.after["title"], entry.why) == ("Rules", "House rules", "Counsel asked")


def test_only_who_manages_guidelines_reaches_the_staff_pages(
    sqlite_app: Flask, client_of: Callable[..., FlaskClient], now: datetime
) -> None:
    draft, version = a_draft(), a_published_guideline()
    pages = [
        "/staff/guidelines",
        "/staff/guidelines/new",
        f"/staff/guidelines/{version.guideline_id}",
        f"/staff/guidelines/versions/{version.id}",
        f"/staff/guidelines/drafts/{draft.id}",
        f"/staff/guidelines/drafts/{draft.id}/publish",
    ]
    for roles in [(), (Role.MODERATOR,), (Role.MARKETER,), (Role.MANAGER,), (Role.ADMIN,)]:
        person = a_person(roles=roles)
        browser = client_of(person)
        allowed = Permission.MANAGE_GUIDELINES in person.permissions
        assert {browser.get(page).status_code for page in pages} == ({200} if allowed else {403})
        if not allowed:
            assert browser.post(f"/staff/guidelines/drafts/{draft.id}/publish").status_code == 403
    db.session.expire_all()
    assert queries.version_by_id(draft.id).published_at is None


def test_missing_ids_give_404(sqlite_app: Flask, client_of: Callable[..., FlaskClient], now: datetime) -> None:
    browser = client_of(a_manager())
    for path in ("", "/versions", "/drafts"):
        assert browser.get(f"/staff/guidelines{path}/{new_id()}").status_code == 404
    next_version = a_next_version(a_published_guideline().guideline)
    assert browser.get(f"/staff/guidelines/drafts/{next_version.id}").status_code == 302
    assert browser.get(f"/staff/guidelines/drafts/{next_version.id}/publish").status_code == 302
