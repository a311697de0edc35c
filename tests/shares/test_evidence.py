"""Evidence: never changed, kept once while it stays the same, read as a timeline, and provable from one file."""

from __future__ import annotations

import copy
import json
from dataclasses import fields, replace
from datetime import timedelta
from hashlib import sha256

import pytest
from itsdangerous import Signer
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import DBAPIError

from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.audit import AuditEntry, audit
from portal.kernel.fetcher import Fetched
from portal.kernel.unit_of_work import unit_of_work
from portal.missions.managing import MissionPlan, change_mission
from portal.shares import deciding
from portal.shares.keeping_evidence import digest_of
from portal.shares.looks import looks_of
from portal.shares.models import CountSample, Evidence, Share, ShareState
from portal.shares.platforms.reading import Counts
from portal.shares.proof import SALT, _whole, prove, verify
from portal.shares.witnessing import RESPONSES_MAX, Witness
from tests.accounts.factories import a_marketer, a_moderator
from tests.kernel.local_web import page
from tests.moderation.factories import a_case
from tests.shares.factories import a_share
from tests.shares.watching import TEXT, Watched

pytestmark = pytest.mark.usefixtures("app", "now")

KEYS = ["a key of these tests"]


@pytest.fixture
def watched(perch):
    return Watched(perch)


def rows(watched):
    return db.session.scalars(select(Evidence).where(Evidence.share_id == watched.id).order_by(Evidence.seen_at)).all()


@pytest.mark.parametrize(
    "change",
    [
        update(Evidence).values(status="gone"),
        update(Evidence).values(digest="0" * 64),
        update(Evidence).values(body={"text": "never said"}),
        update(Evidence).values(body=None, source="page"),
        delete(Evidence),
    ],
)
def test_the_database_refuses_to_change_evidence(change):
    a_share(state=ShareState.VERIFIED)
    with pytest.raises(DBAPIError, match="evidence is never changed"), unit_of_work():
        db.session.execute(change)


def test_of_very_many_looks_the_newest_are_shown(watched, perch, monkeypatch):
    monkeypatch.setattr("portal.shares.looks.LOOKS_MAX", 2)
    perch.answer(watched.url, page(status=503))
    for _hour in range(3):
        clock.advance(timedelta(hours=2))
        jobs.run_due()
    perch.delete(watched.url)
    clock.advance(timedelta(hours=2))
    jobs.run_due()
    assert len(rows(watched)) > 3
    lines = looks_of(watched.share).lines
    assert lines[0].last_at == rows(watched)[-1].seen_at
    assert sum(line.times for line in lines) == 2


def test_its_body_can_be_erased_and_the_digest_stays(watched):
    digest = rows(watched)[0].digest
    with unit_of_work():
        db.session.execute(update(Evidence).values(body=None))
    seen = rows(watched)[0]
    assert (seen.body, seen.digest) == (None, digest)
    assert looks_of(watched.share).lines[0].text == ""
    assert verify(prove(watched.share, secret_keys=KEYS, now=clock.now())) == []


def test_what_stays_the_same_is_kept_once(watched):
    watched.next_look()
    watched.post("Ad: my mended jacket, and its hood #MendedWithHollin")
    watched.next_look()
    watched.post()
    watched.next_look()
    first, same, edited, back = rows(watched)
    assert (first.same_as_id, same.same_as_id, edited.same_as_id, back.same_as_id) == (None, first.id, None, first.id)
    assert [row.body is None for row in (first, same, edited, back)] == [False, True, False, True]
    assert back.seen == first.body
    assert digest_of(back.seen) == back.digest == first.digest


def test_each_answer_of_the_network_is_on_record_with_its_digest(watched):
    (answer,) = rows(watched)[0].responses
    assert answer["url"].endswith(watched.url.rpartition("/")[2])
    assert (answer["status"], len(answer["sha256"])) == (200, 64)


def test_looks_that_saw_the_same_are_one_line_and_an_edit_shows_its_words(watched):
    watched.next_look()
    watched.post("Ad: my mended jacket, and its hood #MendedWithHollin")
    watched.next_look()
    looks = looks_of(watched.share)
    edited, first = looks.lines
    assert (first.times, first.text, first.difference) == (2, TEXT, None)
    assert edited.changes == ("The text changed.",)
    assert "".join(p.text for p in edited.difference.come if p.changed).split() == ["jacket,", "and", "its", "hood"]
    assert looks.since_decision == edited.difference


def test_counts_are_sampled_and_the_same_numbers_are_not_kept_twice(watched):
    from portal.shares.keeping_evidence import keep_counts

    for likes in (3, 3, 9):
        clock.advance(timedelta(hours=1))
        with unit_of_work():
            keep_counts(watched.share, Counts(likes=likes), now=clock.now())
    assert db.session.scalars(select(CountSample.likes).order_by(CountSample.at)).all() == [3, 9]


def test_a_count_that_comes_late_does_not_go_behind_a_newer_one(watched):
    from portal.shares.keeping_evidence import keep_counts

    seen_first, seen_last = clock.now() + timedelta(hours=1), clock.now() + timedelta(hours=2)
    for likes, at in ((9, seen_last), (3, seen_first), (4, seen_last)):
        with unit_of_work():
            keep_counts(watched.share, Counts(likes=likes), now=at)
    assert db.session.execute(select(CountSample.likes, CountSample.at)).all() == [(9, seen_last)]


def test_of_very_many_answers_the_first_are_on_record():
    class Web:
        def get(self, url):
            return Fetched(200, url, {}, b"", (url,))

    witness = Witness(Web())
    for number in range(RESPONSES_MAX + 2):
        assert witness.fetcher.get(f"https://perch.example/{number}").status == 200
    assert [answer["url"] for answer in witness.responses] == [
        f"https://perch.example/{number}" for number in range(RESPONSES_MAX)
    ]


def test_a_file_proves_a_decision_and_any_change_to_it_shows(watched):
    for _ in range(3):
        watched.next_look()
    proof = json.loads(json.dumps(prove(watched.share, secret_keys=KEYS, now=clock.now())))
    assert verify(proof, secret_keys=KEYS) == []
    assert {check["check"] for check in proof["checks"]} >= {"reachable", "author", "disclosed"}
    assert [change["to_state"] for change in proof["changes"]] == ["received", "checking", "verified", "settled"]
    assert len(proof["ledger"]) >= 3, "the reservation, the award and its settling"
    assert verify(proof, secret_keys=["another"]) == ["The seal was not made with a key in PORTAL_SECRET_KEYS."]
    for path, value in (
        (("evidence", 0, "body", "text"), "Ad: never said"),
        (("changes", 2, "to_state"), "rejected"),
        (("ledger", 0, "entries", 0, "points"), 1),
        (("checks", 0, "outcome"), "failed"),
    ):
        forged = copy.deepcopy(proof)
        place = forged
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value
        assert verify(forged), path


def test_each_part_of_the_file_is_held_by_its_own_digest(watched):
    """Whoever makes the digest over the whole file anew is found out all the same, and told of where."""
    for _ in range(2):
        watched.next_look()
    with unit_of_work():
        audit("share.noted", ("share", watched.share.id), actor_id=None, why="seen by hand")
    proof = json.loads(json.dumps(prove(watched.share, secret_keys=KEYS, now=clock.now())))
    first = next(n for n, row in enumerate(proof["evidence"]) if row["body"])
    again = next(n for n, row in enumerate(proof["evidence"]) if row["same_as_id"])
    points = [each["points"] for each in proof["ledger"][0]["entries"]]
    evidence, movement, entry = proof["evidence"], proof["ledger"][0]["id"], proof["audit"][-1]["number"]
    its_looks = [row for row in evidence if evidence[first]["id"] in (row["id"], row["same_as_id"])]
    not_booked = f"The entries of movement {movement} are not what was booked."
    not_zero = f"Movement {movement} does not sum to zero."
    seal = "The seal was not made with a key in PORTAL_SECRET_KEYS."
    for changes, found in (
        ([("evidence", first, "body", "text", "Ad: never said")],
         [f"The body of evidence {row['id']} does not fit its digest." for row in evidence if row in its_looks]),
        ([("evidence", again, "digest", "0" * 64)],
         [f"Evidence {evidence[again]['id']} refers to another body than its own."]),
        ([("ledger", 0, "entries", 0, "points", points[0] + 1)], [not_zero, not_booked]),
        ([("ledger", 0, "entries", n, "points", 2 * each) for n, each in enumerate(points)], [not_booked]),
        ([("audit", -1, "why", "nobody said so")], [f"Audit entry {entry} does not fit its chain."]),
        ([("changes", 2, "to_state", "rejected")], []),
    ):  # fmt: skip
        forged = copy.deepcopy(proof)
        for *path, name, value in changes:
            place = forged
            for step in path:
                place = place[step]
            place[name] = value
        forged["digest"] = _whole(forged)
        assert verify(forged) == found
        assert verify(forged, secret_keys=KEYS)[0] == seal


def test_it_tells_what_the_mission_asked_at_the_verdict_though_it_was_edited_since(watched):
    mission, asked = watched.share.mission, watched.share.mission.brief
    marketer = a_marketer()
    clock.advance(timedelta(minutes=5))
    with unit_of_work():
        plan = MissionPlan(**{each.name: getattr(mission, each.name) for each in fields(MissionPlan)})
        change_mission(
            mission, replace(plan, brief="Say something else."), [],
            seen_version=mission.lock_version, actor=marketer, now=clock.now(),
        )  # fmt: skip
    proof = json.loads(json.dumps(prove(watched.share, secret_keys=KEYS, now=clock.now())))
    told = proof["mission"]
    assert (told["brief"], told["edits"][0]["after"]["brief"]) == (asked, "Say something else.")
    assert told["as_of"] == proof["verdicts"][-1]["at"]
    assert verify(proof, secret_keys=KEYS) == []
    told["edits"][0]["after"]["brief"] = asked
    assert any("does not fit its chain" in sentence for sentence in verify(proof))


def test_staff_read_every_look_of_a_share_that_nobody_had_to_decide_and_take_its_proof_along(watched, client_of):
    moderator = client_of(a_moderator())
    watched.perch.delete(watched.url)
    watched.next_look()
    page = moderator.get(f"/staff/verdicts/shares/{watched.id}").text
    assert "Every look we took" in page
    assert "A look found it not as it was" in page
    answer = moderator.post(f"/staff/verdicts/shares/{watched.id}/proof")
    assert answer.get_json()["share"]["id"] == watched.id
    assert [entry["action"] for entry in answer.get_json()["audit"]] == ["share.proof_taken"]


def sealed_by_another_portal(proof):
    seal = Signer("another portal's", SALT, digest_method=sha256).get_signature(proof["digest"])
    return proof | {"seal": seal.decode()}


def test_a_moderator_downloads_it_and_that_is_written_down(client_of, tmp_path, app):
    share = a_share(state=ShareState.NEEDS_REVIEW)
    case, moderator = a_case(share), a_moderator()
    with unit_of_work():
        held = db.session.get_one(Share, share.id)
        deciding.verify(held, actor=moderator, now=clock.now(), reason_code="fits", message="Lovely.")
    before = db.session.scalar(select(func.count(AuditEntry.number)))
    answer = client_of(moderator).post(f"/staff/review/{case.id}/proof")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="share-{share.id}.json"'
    proof = answer.get_json()
    assert [entry["action"] for entry in proof["audit"]] == ["share.verified", "share.proof_taken"]
    assert proof["changes"][-1]["message"] == "Lovely."
    assert db.session.scalar(select(func.count(AuditEntry.number))) == before + 1

    file = tmp_path / "proof.json"
    file.write_bytes(answer.data)
    run = app.test_cli_runner().invoke(args=["shares", "verify-proof", str(file)])
    assert (run.exit_code, run.output.split(":")[0]) == (0, "Everything fits")
    others = sealed_by_another_portal(proof)
    elsewhere = tmp_path / "elsewhere.json"
    elsewhere.write_text(json.dumps(others))
    run = app.test_cli_runner().invoke(args=["shares", "verify-proof", str(elsewhere)])
    assert (run.exit_code, "--without-seal" in run.output) == (1, True)
    run = app.test_cli_runner().invoke(args=["shares", "verify-proof", "--without-seal", str(elsewhere)])
    assert (run.exit_code, "The seal was not asked for" in run.output) == (0, True)
    file.write_text(answer.text.replace("Lovely.", "Awful."))
    run = app.test_cli_runner().invoke(args=["shares", "verify-proof", str(file)])
    assert (run.exit_code, "something in it was changed" in run.output) == (1, True)
    file.write_text("[1]")
    assert app.test_cli_runner().invoke(args=["shares", "verify-proof", str(file)]).exit_code == 1


def test_pages_show_every_look(watched, client_of):
    watched.next_look()
    watched.post("Ad: my mended jacket, and its hood #MendedWithHollin")
    watched.next_look()
    page = client_of(watched.ada).get(f"/shares/{watched.id}").text
    assert "2 looks, the same each time" in page
    assert "<ins>jacket, and its hood</ins>" in page
    assert "Digest " in page
    jobs.run_due()
