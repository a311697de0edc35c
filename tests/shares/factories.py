"""Shares for the tests of every room, in any state, made by the verbs that make them in life. Each function commits."""

from __future__ import annotations

import io
import random
from datetime import timedelta
from itertools import count
from typing import Any

from flask import current_app
from PIL import Image

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.unit_of_work import unit_of_work
from portal.missions.claim_models import Claim
from portal.missions.models import Mission
from portal.shares.checks.running import all_checks
from portal.shares.handed_in_models import HandedPicture, PictureUse
from portal.shares.keeping_evidence import digest_of
from portal.shares.models import CheckResult, Evidence, Outcome, Share, ShareState
from portal.shares.pictures import keep_picture, remake_and_store
from portal.shares.platforms.perch import EPOCH_MS
from portal.shares.submitting import CHECK, submit_share
from portal.shares.transitions import move_share
from tests.missions.factories import a_claim, a_mission

_numbers = count(1)

S = ShareState
WAY_TO: dict[ShareState, tuple[ShareState, ...]] = {
    S.RECEIVED: (),
    S.CHECKING: (S.CHECKING,),
    S.VERIFIED: (S.CHECKING, S.VERIFIED),
    S.NEEDS_FIX: (S.CHECKING, S.NEEDS_FIX),
    S.NEEDS_REVIEW: (S.CHECKING, S.NEEDS_REVIEW),
    S.REJECTED: (S.CHECKING, S.REJECTED),
    S.SETTLED: (S.CHECKING, S.VERIFIED, S.SETTLED),
    S.REVOKED: (S.CHECKING, S.VERIFIED, S.REVOKED),
    S.WITHDRAWN: (S.WITHDRAWN,),
}
REASONS = {
    S.VERIFIED: "all_passed", S.NEEDS_FIX: "disclosed.missing", S.NEEDS_REVIEW: "could_not_tell",
    S.REJECTED: "time_ran_out", S.SETTLED: "still_there", S.REVOKED: "reachable.gone",
}  # fmt: skip


def perch_id(minutes_from_now: int = 1) -> int:
    """A Perch post's id made that many minutes from now; different each time."""
    at = clock.now() + timedelta(minutes=minutes_from_now)
    return ((int(at.timestamp() * 1000) - EPOCH_MS) << 22) | next(_numbers)


def perch_url(post_id: int | None = None, *, handle: str = "ada") -> str:
    """The address of a post on the sandbox's network."""
    return f"{current_app.config['SETTINGS'].sandbox_url}/@{handle}/{post_id or perch_id()}"


def a_share(
    claim: Claim | None = None,
    *,
    state: ShareState | str = S.RECEIVED,
    url: str = "",
    person: Person | None = None,
    mission: Mission | None = None,
    outcomes: dict[str, Outcome] | None = None,
) -> Share:
    """A share in `state`, with results of its checks once they ran; no job is left that would look at the network."""
    claim = claim or a_claim(mission, person)
    now = clock.now()
    with unit_of_work():
        owner = db.session.get_one(Person, claim.person_id)
        share = submit_share(claim, person=owner, typed_url=url or perch_url(), now=now)
        jobs.cancel(CHECK, share.id)
        for step in WAY_TO[S(state)]:
            move_share(share, step, actor_id=None, now=now, reason_code=REASONS.get(step))
            if step is S.CHECKING:
                _write_checks(share, outcomes or {})
    return share


def picture_bytes(seed: int = 1, *, size: tuple[int, int] = (320, 240), format_: str = "PNG", **options: Any) -> bytes:
    """A picture of big random blocks: different for each seed, and alike in any size."""
    draw = random.Random(seed)
    small = Image.new("RGB", (8, 6))
    small.putdata([(draw.randrange(256), draw.randrange(256), draw.randrange(256)) for _pixel in range(48)])
    file = io.BytesIO()
    small.resize(size, Image.Resampling.NEAREST).save(file, format_, **options)
    return file.getvalue()


def a_files_mission(**columns: Any) -> Mission:
    """A `create` mission that takes pictures."""
    return a_mission(**{"kind": "create", "takes_files": True, "use_purpose": "our website", **columns})


def a_picture(person: Person, *, claim: Claim | None = None, seed: int = 1, alt: str = "A patch") -> HandedPicture:
    """A picture that waits with a claim of `person`."""
    claim = claim or a_claim(a_files_mission(), person)
    db.session.commit()
    remade = remake_and_store(picture_bytes(seed))
    with unit_of_work():
        return keep_picture(claim, remade, person=person, use=PictureUse.WORK, alt=alt, now=clock.now())


def _write_checks(share: Share, outcomes: dict[str, Outcome]) -> None:
    body: dict[str, Any] = {
        "platform": "perch", "host": "", "author_id": "id-ada", "author_name": "ada",
        "text": "Ad: my mended jacket #MendedWithHollin", "url": share.url,
    }  # fmt: skip
    db.session.add(
        Evidence(
            share_id=share.id, round=share.check_round, seen_at=clock.now(), source="perch_api", status="readable",
            final_url=share.url, digest=digest_of(body), body=body,
        )
    )  # fmt: skip
    for check in [each for each in all_checks() if each.code in outcomes or each.code in _ALWAYS]:
        outcome = outcomes.get(check.code, Outcome.PASSED)
        code, details = _SAMPLES[check.code][outcome]
        db.session.add(
            CheckResult(
                share_id=share.id, round=share.check_round, check=check.code, outcome=outcome, reason_code=code,
                details=details, checked_at=clock.now(),
            )
        )  # fmt: skip
    db.session.flush()


_ALWAYS = (
    "recognised", "reachable", "author", "posted_after_claim", "link_or_tag", "disclosed", "not_used_before",
)  # fmt: skip
"""What every mission asks; the others where a test names them."""
P, F, U = Outcome.PASSED, Outcome.FAILED, Outcome.UNKNOWN
_TIMES = {"posted_at": "2026-10-14T09:20:00+00:00", "claimed_at": "2026-10-14T09:14:00+00:00"}
_SAMPLES: dict[str, dict[Outcome, tuple[str, dict[str, Any]]]] = {
    "recognised": {
        P: ("recognised", {"network": "perch"}),
        F: ("not_that_network", {"network": "mastodon", "host": "social.example"}),
    },
    "reachable": {P: ("public", {}), F: ("gone", {}), U: ("login_wall", {"network": "perch"})},
    "author": {
        P: ("yours", {"author": "@ada", "network": "perch"}),
        F: ("no_proved_handle", {"author": "@ada", "network": "perch"}),
        U: ("post_unreadable", {}),
    },
    "posted_after_claim": {
        P: ("after_claim", _TIMES), F: ("older_than_claim", _TIMES), U: ("time_not_told", {"network": "perch"}),
    },
    "link_or_tag": {
        P: ("tag_found", {"tag": "#MendedWithHollin"}),
        F: ("tag_missing", {"tag": "#MendedWithHollin"}),
        U: ("only_pictures", {}),
    },
    "disclosed": {
        P: ("clear", {"rule": "R-TERM", "term": "ad", "place": "GB"}),
        F: ("missing", {"rule": "R-NONE", "term": "", "suggestion": "Ad:", "corrected": "Ad: My mended jacket."}),
        U: ("no_rules_for_place", {"place": "PT"}),
    },
    "not_used_before": {
        P: ("not_used_before", {}), F: ("used_by_another", {}), U: ("short_link_not_followed", {}),
    },
    "language": {
        P: ("written", {"language": "en", "asked_language": "en"}),
        F: ("written_otherwise", {"language": "de", "asked_language": "en"}), U: ("too_little_text", {}),
    },
    "text_not_repeated": {
        P: ("like_no_other", {}), F: ("like_another", {"share": "", "percent": 93, "count": 1}),
        U: ("post_unreadable", {}),
    },
    "brand_safe": {
        P: ("nothing_found", {}), F: ("serious_word", {"word": "casino", "why": "We don't stand beside betting."}),
    },
}  # fmt: skip


def an_unread_share(person: Person | None = None, *, code: str = "DAb1cd2EfGh", **mission: Any) -> Share:
    """A share on a network that no program may read, after its look: a person is to look at it."""
    claim = a_claim(a_mission(**{"platforms": ["instagram"], **mission}), person)
    with unit_of_work():
        owner = db.session.get_one(Person, claim.person_id)
        share = submit_share(claim, person=owner, typed_url=f"https://www.instagram.com/p/{code}/", now=clock.now())
    jobs.run_due()
    db.session.refresh(share)
    return share
