"""Everything on one case that its page shows: the post as it was seen, the checks, the history, the person's record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import Row, func, select

from portal.accounts.models import Handle, Person
from portal.accounts.queries import handles_of
from portal.extensions import db
from portal.kernel.formatting import number
from portal.links.models import ClickDay, TrackedLink
from portal.links.queries import address_of
from portal.missions.models import Mission
from portal.moderation import rules
from portal.moderation.beside import Beside, beside_of
from portal.moderation.handling import decision_in_force
from portal.moderation.models import Case, CaseState, Decision
from portal.moderation.wording import check_words, happened
from portal.shares import queries as shares
from portal.shares.guide import networks
from portal.shares.looks import Looks, looks_of
from portal.shares.models import Evidence, Outcome, Share, ShareState
from portal.shares.noticing import signals_of
from portal.shares.signal_words import LABELS, sentence
from portal.shares.transitions import UNDO_WINDOW
from portal.shares.verdict import UNREAD
from portal.shares.wording import check_sentence, seen_by

OTHERS_MAX = 6
NOTES_MAX = 3
COUNTED_STATES = (ShareState.VERIFIED, ShareState.SETTLED, ShareState.REJECTED, ShareState.REVOKED)


@dataclass(frozen=True)
class CaseFile:
    """What the page shows; `not_theirs` and `held` say why this moderator can't decide it now."""

    case: Case
    share: Share
    checks: list[dict[str, Any]]
    evidence: Evidence | None
    highlight: str
    link: TrackedLink | None
    link_address: str
    visitors: int
    looks: Looks
    history: list[dict[str, Any]]
    record: dict[str, int]
    made_at: datetime | None
    """When the post was made by the number in its address, where that tells: a hint where nothing could be read."""
    handles: list[Handle]
    """What the person says, or proved, is their account on the share's network."""
    others: Sequence[Row[*tuple[Any, ...]]]
    decided_before: Sequence[Row[*tuple[Any, ...]]]
    signals: list[dict[str, Any]]
    """What is unusual about it, for staff alone."""
    beside: Beside
    """What the fan shows of a post that we can't read."""
    decision: Decision | None
    decided_by: str
    not_theirs: str | None
    held: bool
    mine: bool
    can_undo: bool
    late: bool
    soon: bool
    pays_now: int

    @property
    def post(self) -> dict[str, Any] | None:
        """What was read, while its body is kept and there is a text in it."""
        body = self.evidence.seen if self.evidence else None
        return body if body and "text" in body else None

    @property
    def is_open(self) -> bool:
        return self.case.state == CaseState.OPEN

    @property
    def can_decide(self) -> bool:
        return self.is_open and self.not_theirs is None and not self.held

    @property
    def verified_count(self) -> int:
        return self.record.get(ShareState.VERIFIED, 0) + self.record.get(ShareState.SETTLED, 0)

    @property
    def declined_count(self) -> int:
        return self.record.get(ShareState.REJECTED, 0)

    @property
    def revoked_count(self) -> int:
        return self.record.get(ShareState.REVOKED, 0)


def open_file(case: Case, moderator: Person, *, now: datetime) -> CaseFile:
    """Gather it, in fifteen queries whatever the age of share and person. Raises LookupError without a share."""
    share = case.share
    if share is None:
        raise LookupError(case.id)
    results = shares.latest_checks(share)
    decision = decision_in_force(case) if case.state == CaseState.DECIDED else None
    changes = shares.changes_of(share)
    names = _names_of({change.actor_id for change in changes if change.actor_id})
    link, visitors = _link_of(share)
    return CaseFile(
        case=case,
        share=share,
        checks=[_check_line(result, visitors if link else None) for result in sorted(results, key=_doubtful_first)],
        evidence=shares.latest_evidence(share),
        highlight=_label_found(results),
        link=link,
        link_address=address_of(link) if link else "",
        visitors=visitors,
        looks=looks_of(share),
        history=[happened(change, names) for change in changes],
        record=_record_of(share.person_id),
        made_at=networks().look_at(share.url).posted_at,
        handles=[handle for handle in handles_of(share.person_id) if handle.platform == share.platform],
        others=_others_of(share),
        signals=_signal_lines(share),
        beside=beside_of(share),
        decided_before=_decided_before(case),
        decision=decision,
        decided_by=names.get(decision.moderator_id, "") if decision else "",
        can_undo=_can_undo(decision, case, moderator, now),
        late=case.due_at <= now,
        soon=case.due_at - now < rules.SOON,
        pays_now=pays_now(share),
        **_whose_it_is(case, moderator, now),
    )


def pays_now(share: Share) -> int:
    """The points that a verified decision pays at once: what was promised when the place was claimed, at most."""
    return share.claim.points_now


def _whose_it_is(case: Case, moderator: Person, now: datetime) -> dict[str, Any]:
    return {
        "not_theirs": rules.why_not_theirs(moderator.id, person_id=case.person_id, not_for_id=case.not_for_id),
        "held": rules.is_held_by_another(
            moderator.id, taken_by_id=case.taken_by_id, taken_until=case.taken_until, now=now
        ),
        "mine": case.taken_by_id == moderator.id and case.taken_until is not None and case.taken_until > now,
    }


def _label_found(results: Sequence[Any]) -> str:
    """The words by which the post says that it is advertising, to be marked in its text."""
    return next((str(each.details.get("term") or "") for each in results if each.check == "disclosed"), "")


def _signal_lines(share: Share) -> list[dict[str, Any]]:
    return [
        {"label": str(LABELS[row.code]), "sentence": sentence(row.code, row.details), "weighed": row.weighed_at}
        for row in signals_of(share)
        if row.code in LABELS
    ]


def _doubtful_first(result: Any) -> bool:
    return bool(result.outcome == Outcome.PASSED)


def _check_line(result: Any, visitors: int | None) -> dict[str, Any]:
    sentence = check_sentence(result.check, result.reason_code, result.details)
    if result.check == "link_or_tag" and visitors is not None:
        so_far = _("Visitors so far: %(count)s.", count=number(visitors))
        sentence = f"{sentence} {so_far}"
    like = str(result.details.get("share") or "")
    percent = result.details.get("percent")
    return {
        "label": check_words(result.check), "outcome": result.outcome, "sentence": sentence,
        "seen": seen_by(result.check, result.details), "unread": result.reason_code == UNREAD,
        "url": url_for("shares_staff.explain", share_id=like) if like else "",
        "url_label": _("See the other share, about %(percent)s%% alike", percent=number(percent or 0)) if like else "",
    }  # fmt: skip


def _can_undo(decision: Decision | None, case: Case, moderator: Person, now: datetime) -> bool:
    return (
        decision is not None
        and now - decision.decided_at <= UNDO_WINDOW
        and rules.may_undo(moderator.id, moderator.roles, decided_by_id=decision.moderator_id)
        and case.person_id != moderator.id
    )


def _names_of(ids: set[str]) -> dict[str, str]:
    if not ids:
        return {}
    rows = db.session.execute(select(Person.id, Person.display_name).where(Person.id.in_(ids)))
    return {row.id: row.display_name for row in rows}


def _link_of(share: Share) -> tuple[TrackedLink | None, int]:
    visitors = select(func.coalesce(func.sum(ClickDay.visitors), 0)).where(ClickDay.link_id == TrackedLink.id)
    row = db.session.execute(
        select(TrackedLink, visitors.scalar_subquery()).where(TrackedLink.claim_ref == share.claim_id)
    ).first()
    return (row[0], int(row[1])) if row else (None, 0)


def _record_of(person_id: str) -> dict[str, int]:
    """How many of the person's shares stand in which state. Leans on `ix_share_person`."""
    query = select(Share.state, func.count()).where(Share.person_id == person_id, Share.state.in_(COUNTED_STATES))
    rows = db.session.execute(query.group_by(Share.state))
    return {str(row[0]): int(row[1]) for row in rows}


def _others_of(share: Share) -> Sequence[Row[*tuple[Any, ...]]]:
    """The person's other shares, those on the same mission first, then the newest."""
    same_mission = (Share.mission_id == share.mission_id).label("same_mission")
    return db.session.execute(
        select(Share.id, Share.state, Share.url, Share.platform, Share.submitted_at, Mission.title, same_mission)
        .join(Mission, Mission.id == Share.mission_id)
        .where(Share.person_id == share.person_id, Share.id != share.id)
        .order_by(same_mission.desc(), Share.submitted_at.desc())
        .limit(OTHERS_MAX)
    ).all()


def _decided_before(case: Case) -> Sequence[Row[*tuple[Any, ...]]]:
    """What was decided for this person lately, in this case and others. Leans on `ix_review_case_person_id`."""
    return db.session.execute(
        select(
            Decision.verdict, Decision.reason_code, Decision.message, Decision.decided_at, Decision.undone_at,
            Person.display_name.label("by"), Case.id.label("case_id"),
        )
        .join(Case, Case.id == Decision.case_id)
        .join(Person, Person.id == Decision.moderator_id)
        .where(Case.person_id == case.person_id)
        .order_by(Decision.decided_at.desc())
        .limit(NOTES_MAX)
    ).all()  # fmt: skip
