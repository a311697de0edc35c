"""The console as a moderator meets it: pages, answers, refusals; without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import event

from portal.extensions import db
from portal.kernel import clock
from portal.kernel.unit_of_work import unit_of_work
from portal.moderation import reviewing
from portal.moderation.models import CaseState
from portal.points.queries import balances
from portal.shares.keeping_evidence import digest_of
from portal.shares.models import Evidence, ShareState
from tests.accounts.factories import a_fan, a_manager, a_marketer, a_moderator
from tests.missions.factories import a_mission
from tests.moderation.factories import a_case, a_decision, an_appeal, many_cases

pytestmark = pytest.mark.usefixtures("now")

QUERIES_MAX = 12


@contextmanager
def counted_queries() -> Iterator[list[str]]:
    """The statements that the database was asked meanwhile."""
    asked: list[str] = []

    def note(_connection, _cursor, statement, *_rest) -> None:
        asked.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def answer(case, verdict="verify", **changes) -> dict[str, object]:
    reasons = {"verify": "as_asked", "ask_change": "clearer_disclosure", "decline": "another_subject"}
    return {"verdict": verdict, "reason_code": reasons[verdict], "seen_version": case.lock_version, **changes}


def test_the_empty_queue_says_that_nothing_waits(sqlite_app: Flask, client_of) -> None:
    page = client_of(a_moderator()).get("/staff/review")

    assert page.status_code == 200
    assert "Nothing waits." in page.text


@pytest.mark.parametrize("make", [a_fan, a_marketer])
def test_only_who_reviews_sees_a_share_in_the_console(sqlite_app: Flask, client_of, make) -> None:
    """Marketers have the queue for what is wrong with orders; no share is in theirs."""
    case = a_case(person=a_fan("Maya Okafor"))
    browser = client_of(make())

    queue = browser.get("/staff/review")
    assert queue.status_code == (200 if make is a_marketer else 403)
    assert "Maya Okafor" not in queue.text
    assert browser.get(f"/staff/review/{case.id}").status_code in (403, 404)
    assert browser.post(f"/staff/review/{case.id}/decision", data=answer(case)).status_code == 403
    assert case.state == CaseState.OPEN


def test_a_stranger_is_asked_to_sign_in(sqlite_app: Flask, client) -> None:
    assert client.get("/staff/review").headers["Location"].startswith("/sign-in")


@pytest.mark.parametrize("path", ["", "/take", "/decision", "/later", "/hand-over"])
def test_a_case_that_is_not_there(sqlite_app: Flask, client_of, path: str) -> None:
    address = f"/staff/review/01aaaaaaaaaaaaaaaaaaaaaaaa{path}"
    browser = client_of(a_moderator())

    assert (browser.get(address) if not path else browser.post(address)).status_code == 404


def test_a_case_shows_post_evidence_history_and_person(sqlite_app: Flask, client_of) -> None:
    case = a_case(person=a_fan("Maya Okafor"), mission=a_mission(title="Three layers for a wet October"))

    page = client_of(a_moderator()).get(f"/staff/review/{case.id}").text

    for words in (
        "Maya Okafor", "Three layers for a wet October", "my mended jacket", "Disclosure", "Could not tell",
        "Verify, pay 80 points", "This is their first share.", "Put before a person", "Member since",
    ):  # fmt: skip
        assert words in page, words
    assert "/staff/people/" not in page


def test_a_case_leads_to_the_pictures_of_the_post(sqlite_app: Flask, client_of) -> None:
    case = a_case()
    body = {"author_name": "ada", "text": "", "media": [
        {"url": "https://perch.example/media/patch.png", "alt": "A yellow patch", "kind": "image"},
        {"url": "https://perch.example/media/walk.mp4", "alt": "", "kind": "video"},
    ]}  # fmt: skip
    share = case.share
    db.session.add(
        Evidence(
            share_id=share.id, round=share.check_round + 1, seen_at=clock.now(), source="perch_api", status="readable",
            final_url=share.url, digest=digest_of(body), body=body,
        )
    )  # fmt: skip
    db.session.commit()

    page = client_of(a_moderator()).get(f"/staff/review/{case.id}").text

    assert page.index("https://perch.example/media/patch.png") < page.index("Described as “A yellow patch”")
    assert page.index("https://perch.example/media/walk.mp4") < page.index("It has no description.")
    assert '<img src="https://perch.example' not in page


def test_a_manager_gets_a_link_to_the_person(sqlite_app: Flask, client_of) -> None:
    case = a_case()

    assert f"/staff/people/{case.person_id}" in client_of(a_manager()).get(f"/staff/review/{case.id}").text


def test_a_decision_leads_to_the_next_case_and_can_be_undone_from_there(app: Flask, client_of) -> None:
    first, second = a_case(person=a_fan("Maya Okafor")), a_case()
    browser = client_of(a_moderator())

    sent = browser.post(f"/staff/review/{first.id}/decision", data=answer(first))

    assert (sent.status_code, sent.headers["Location"]) == (303, f"/staff/review/{second.id}")
    page = browser.get(sent.headers["Location"]).text
    assert "Verified: Maya Okafor, 80 points" in page
    decision = first.decisions[0]
    undone = browser.post(f"/staff/review/decisions/{decision.id}/undo")
    assert undone.headers["Location"] == f"/staff/review/{first.id}"
    db.session.expire_all()
    assert first.share.state == ShareState.NEEDS_REVIEW
    assert balances(first.person_id).available == 0


def test_after_the_last_case_the_queue_is_empty(sqlite_app: Flask, client_of) -> None:
    case = a_case()
    browser = client_of(a_moderator())

    sent = browser.post(f"/staff/review/{case.id}/decision", data=answer(case, "decline"))

    assert sent.headers["Location"] == "/staff/review"
    assert "Nothing waits." in browser.get("/staff/review").text


def test_a_decline_without_a_reason_keeps_what_was_typed(sqlite_app: Flask, client_of) -> None:
    case = a_case()
    data = answer(case, "decline", reason_code="", message="It is “lovely”, but not a repair.")

    sent = client_of(a_moderator()).post(f"/staff/review/{case.id}/decision", data=data)

    assert sent.status_code == 422
    assert "Choose a reason. The fan will read it." in sent.text
    assert "It is “lovely”, but not a repair." in sent.text
    assert case.share.state == ShareState.NEEDS_REVIEW


@pytest.mark.parametrize(
    "changes", [{"verdict": "praise"}, {"verdict": ""}, {"seen_version": ""}, {"message": "x" * 1001}]
)
def test_an_answer_that_no_page_sends_is_refused(sqlite_app: Flask, client_of, changes) -> None:
    case = a_case()

    sent = client_of(a_moderator()).post(f"/staff/review/{case.id}/decision", data=answer(case) | changes)

    assert sent.status_code == 422
    assert case.share.state == ShareState.NEEDS_REVIEW
    if "message" in changes:
        assert re.findall(r"<(\w+)[^>]+data-focus-here", sent.text) == ["textarea"]


def test_a_stale_page_gets_a_fresh_card(sqlite_app: Flask, client_of) -> None:
    case, moderator, colleague = a_case(), a_moderator(), a_moderator()
    stale = answer(case)
    with unit_of_work():
        reviewing.hand_over(case, moderator=colleague, to=moderator, note="Is it a gift?", now=clock.now())

    sent = client_of(moderator).post(f"/staff/review/{case.id}/decision", data=stale)

    assert sent.status_code == 409
    assert "has changed since you opened it" in sent.text
    assert "Is it a gift?" in sent.text
    assert f'name="seen_version" value="{case.lock_version}"' in sent.text


def test_who_comes_second_reads_who_decided(sqlite_app: Flask, client_of) -> None:
    case = a_case()
    late = {**answer(case, "decline"), "message": "The picture is a cat's."}
    a_decision(case, moderator=a_moderator("Ines Alder"))

    sent = client_of(a_moderator()).post(f"/staff/review/{case.id}/decision", data=late)

    assert sent.status_code == 409
    assert "Ines Alder decided this on 14 Oct, 10:14." in sent.text
    assert "You had written: “The picture is a cat&#39;s.”" in sent.text
    assert 'name="seen_version"' not in sent.text


def test_a_double_click_decides_once(app: Flask, client_of) -> None:
    case = a_case()
    browser, data = client_of(a_moderator()), answer(case)

    answers = [browser.post(f"/staff/review/{case.id}/decision", data=data) for _ in range(2)]

    assert [sent.status_code for sent in answers] == [303, 303]
    assert balances(case.person_id).available == 80
    assert len(case.decisions) == 1


def test_opening_takes_the_case_and_colleagues_see_it(app: Flask, client_of) -> None:
    case, ines, jonas = a_case(), a_moderator("Ines Alder"), a_moderator("Jonas Birk")
    mine, theirs = client_of(ines), client_of(jonas)

    taken = mine.post(f"/staff/review/{case.id}/take", headers={"HX-Request": "true"})

    assert (taken.status_code, "Yours until 10:29" in taken.text) == (200, True)
    assert "<html" not in taken.text
    page = theirs.get(f"/staff/review/{case.id}").text
    assert "Ines Alder has it open" in page
    assert "Take it over" in page
    assert "Verify, pay" not in page
    assert "Ines Alder has it" in theirs.get("/staff/review").text
    refused = theirs.post(f"/staff/review/{case.id}/decision", data=answer(case))
    assert (refused.status_code, case.share.state) == (409, ShareState.NEEDS_REVIEW)
    assert theirs.post(f"/staff/review/{case.id}/take", data={"take_over": "1"}).status_code == 303
    assert theirs.post(f"/staff/review/{case.id}/decision", data=answer(case)).status_code == 303


def test_an_idle_lease_falls_back(sqlite_app: Flask, client_of) -> None:
    case, ines, jonas = a_case(), a_moderator("Ines Alder"), a_moderator()
    with unit_of_work():
        reviewing.take(case, moderator=ines, now=clock.now())
    clock.advance(timedelta(minutes=15, seconds=1))

    page = client_of(jonas).get(f"/staff/review/{case.id}").text

    assert "Ines Alder has it open" not in page
    assert "Verify, pay 80 points" in page


def test_looking_takes_nothing(sqlite_app: Flask, client_of) -> None:
    case = a_case()

    client_of(a_moderator()).get(f"/staff/review/{case.id}")

    db.session.expire_all()
    assert case.taken_by_id is None


def test_start_opens_the_most_urgent_that_is_free(sqlite_app: Flask, client_of) -> None:
    first, second, ines, jonas = a_case(), a_case(), a_moderator(), a_moderator()
    with unit_of_work():
        reviewing.take(first, moderator=ines, now=clock.now())

    sent = client_of(jonas).post("/staff/review/start")

    db.session.expire_all()
    assert sent.headers["Location"] == f"/staff/review/{second.id}"
    assert second.taken_by_id == jonas.id


def test_ones_own_share_is_shown_without_a_decision(sqlite_app: Flask, client_of) -> None:
    moderator = a_moderator()
    case = a_case(person=moderator)
    browser = client_of(moderator)

    page = browser.get(f"/staff/review/{case.id}").text

    assert "Not yours to decide" in page
    assert "Verify, pay" not in page
    assert browser.post(f"/staff/review/{case.id}/decision", data=answer(case)).status_code == 403
    assert browser.post("/staff/review/start").headers["Location"] == "/staff/review"
    assert "<kbd>1-9</kbd>" not in page
    assert "<kbd>Z</kbd>" not in page


def test_an_appeal_shows_the_fans_words_and_is_not_for_who_declined(sqlite_app: Flask, client_of) -> None:
    first, second = a_moderator(), a_moderator()
    case = an_appeal(declined_by=first, text="The second word is “Ad”. <b>Look</b>")

    page = client_of(second).get(f"/staff/review/{case.id}").text

    assert "The second word is “Ad”. &lt;b&gt;Look&lt;/b&gt;" in page
    assert "You asked for another look" not in page, "the history speaks to staff, not to the fan"
    assert "Appealed · " in page
    assert "Not yours to decide" in client_of(first).get(f"/staff/review/{case.id}").text


def test_put_off_it_leaves_the_queue_until_its_time(app: Flask, client_of) -> None:
    case = a_case(person=a_fan("Maya Okafor"))
    browser = client_of(a_moderator())

    sent = browser.post(f"/staff/review/{case.id}/later", data={"when": "hour"})

    assert sent.status_code == 303
    assert "Maya Okafor" not in browser.get("/staff/review").text
    assert "Maya Okafor" in browser.get("/staff/review?show=later").text
    clock.advance(timedelta(minutes=61))
    assert "Maya Okafor" in browser.get("/staff/review").text


@pytest.mark.parametrize(
    ("data", "until"),
    [
        ({"when": "morning"}, "2026-10-15T08:00:00+00:00"),
        ({"when": "at", "at": "2026-10-16T18:30"}, "2026-10-16T17:30:00+00:00"),
    ],
)
def test_later_is_a_time_in_the_moderators_own_zone(sqlite_app: Flask, client_of, data, until: str) -> None:
    case = a_case()

    client_of(a_moderator(time_zone="Europe/London")).post(f"/staff/review/{case.id}/later", data=data)

    db.session.expire_all()
    assert case.later_until is not None
    assert case.later_until.isoformat() == until


@pytest.mark.parametrize(
    "data",
    [
        {"when": ""},
        {"when": "at"},
        {"when": "at", "at": "2026-10-13T18:30"},
        {"when": "at", "at": "2026-11-13T18:30"},
    ],
)
def test_later_has_to_come_within_a_week(sqlite_app: Flask, client_of, data) -> None:
    case = a_case()

    sent = client_of(a_moderator()).post(f"/staff/review/{case.id}/later", data=data)

    assert (sent.status_code, case.later_until) == (422, None)
    assert "Choose a time from now to a week from now." in sent.text


def test_handed_over_with_a_note_it_stands_in_the_colleagues_list(sqlite_app: Flask, client_of) -> None:
    case, colleague = a_case(person=a_fan("Maya Okafor")), a_moderator("Jonas Birk")
    browser = client_of(a_moderator())

    sent = browser.post(f"/staff/review/{case.id}/hand-over", data={"to": colleague.id, "note": "Is it a gift?"})

    assert sent.status_code == 303
    assert "For Jonas Birk" in browser.get("/staff/review").text
    theirs = client_of(colleague)
    assert "Maya Okafor" in theirs.get("/staff/review?show=mine").text
    assert "Is it a gift?" in theirs.get(f"/staff/review/{case.id}").text


def test_a_case_is_handed_to_nobody_who_could_not_decide_it(sqlite_app: Flask, client_of) -> None:
    fan = a_fan()
    case = a_case(person=fan)

    sent = client_of(a_moderator()).post(f"/staff/review/{case.id}/hand-over", data={"to": fan.id})

    assert (sent.status_code, case.handed_to_id) == (422, None)


def test_undoing_somebody_elses_decision_is_forbidden(sqlite_app: Flask, client_of) -> None:
    decision = a_decision(moderator=a_moderator())

    sent = client_of(a_moderator()).post(f"/staff/review/decisions/{decision.id}/undo")

    assert (sent.status_code, decision.undone_at) == (403, None)


def test_an_undo_that_comes_too_late_says_so(sqlite_app: Flask, client_of) -> None:
    moderator = a_moderator()
    decision = a_decision(moderator=moderator)
    browser = client_of(moderator)
    clock.advance(timedelta(minutes=10, seconds=1))

    sent = browser.post(f"/staff/review/decisions/{decision.id}/undo")

    assert sent.status_code == 409
    assert "for ten minutes, and they are over" in sent.text


def test_the_figures_count_what_was_decided(sqlite_app: Flask, client_of) -> None:
    moderator = a_moderator()
    a_decision(moderator=moderator)
    late = a_case()
    with unit_of_work():
        late.due_at = clock.now() - timedelta(minutes=1)
    a_decision(late, moderator=moderator)
    undone = a_decision(moderator=moderator)
    with unit_of_work():
        reviewing.undo_decision(undone, moderator=moderator, now=clock.now())

    page = client_of(moderator).get("/staff/review").text

    assert "50% in time this week" in page
    assert "You: 3 today, 1 undone" in page


@pytest.mark.parametrize(
    ("query", "seen"),
    [
        ("q=okafor", {"Maya Okafor"}),
        ("q=WET+OCTOBER", {"Maya Okafor"}),
        ("q=100%25", set()),
        ("kind=share", {"Maya Okafor", "Teo Brandt"}),
        ("kind=appeal", {"Ruth Adeyemi"}),
        ("kind=nonsense", {"Maya Okafor", "Teo Brandt", "Ruth Adeyemi"}),
        ("why=appealed", {"Ruth Adeyemi"}),
        ("platform=mastodon", set()),
        ("platform=perch&why=could_not_tell", {"Maya Okafor", "Teo Brandt"}),
        ("show=mine", set()),
    ],
)
def test_filters_show_what_they_say(app: Flask, client_of, query: str, seen: set[str]) -> None:
    a_case(person=a_fan("Maya Okafor"), mission=a_mission(title="Three layers for a wet October"))
    a_case(person=a_fan("Teo Brandt"))
    an_appeal(person=a_fan("Ruth Adeyemi"), declined_by=a_moderator())

    page = client_of(a_moderator()).get(f"/staff/review?{query}").text

    assert {name for name in ("Maya Okafor", "Teo Brandt", "Ruth Adeyemi") if name in page} == seen


def test_a_filter_stays_from_case_to_case(sqlite_app: Flask, client_of) -> None:
    mission = a_mission(platforms=["perch"])
    first, _other, last = a_case(mission=mission), a_case(), a_case(mission=mission)
    browser = client_of(a_moderator())

    sent = browser.post(f"/staff/review/{first.id}/decision?mission={mission.id}", data=answer(first))

    assert sent.headers["Location"] == f"/staff/review/{last.id}?mission={mission.id}"


def test_the_queue_costs_the_same_queries_however_long_it_is(app: Flask, client_of) -> None:
    browser = client_of(a_manager())
    asked: dict[int, tuple[int, int]] = {}
    for more in (9, 190):
        ids = many_cases(more)
        case_id = ids[len(ids) // 2]
        with counted_queries() as on_queue:
            assert browser.get("/staff/review").status_code == 200
        with counted_queries() as on_case:
            assert browser.get(f"/staff/review/{case_id}").status_code == 200
        asked[more] = (len(on_queue), len(on_case))

    assert asked[9] == asked[190]
    assert asked[190][0] <= QUERIES_MAX


def test_the_fan_reads_the_reason_and_the_moderators_own_words(sqlite_app: Flask, client_of) -> None:
    case = a_case()
    data = answer(case, "decline", message="It shows a <b>tent</b>.")
    client_of(a_moderator()).post(f"/staff/review/{case.id}/decision", data=data)

    page = client_of(case.person).get(f"/shares/{case.share_id}").text

    assert "The post is about something else than the mission." in page
    assert "It shows a &lt;b&gt;tent&lt;/b&gt;." in page
