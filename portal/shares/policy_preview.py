"""What a policy would have decided on past shares, before anybody saves it. Reads only; sampling is left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from portal.extensions import db
from portal.missions.models import Mission
from portal.shares.checks.finding import Finding
from portal.shares.models import CheckResult, Outcome, Share, ShareState
from portal.shares.policies import ShareVerdict, policy_for
from portal.shares.verdict import PATIENCE, Answer, Policy, decide

LOOKED_BACK_MAX = 100
ENDED = (
    ShareState.VERIFIED, ShareState.SETTLED, ShareState.NEEDS_FIX, ShareState.NEEDS_REVIEW, ShareState.REJECTED,
    ShareState.REVOKED,
)  # fmt: skip


@dataclass(frozen=True)
class Change:
    """A share that would be decided otherwise by its checks."""

    share: Share
    before: Answer
    after: Answer
    reason_code: str
    """Why, under the new policy."""


@dataclass(frozen=True)
class Preview:
    of: str
    """Whose shares were looked at: `mission`, `kind`, or `all`."""
    counts: Mapping[Answer, int]
    changes: Sequence[Change]

    @property
    def total(self) -> int:
        return sum(self.counts.values())


def preview(policy: Policy, mission: Mission | None) -> Preview:
    """The last hundred shares of the mission, else of its kind, else of all, decided anew on what was found then."""
    of, shares = _past(mission)
    findings, given = _findings(shares), _given([share.id for share in shares])
    counts: Counter[Answer] = Counter()
    changes = []
    for share in shares:
        after = decide(findings[share.id], tries=PATIENCE.tries_max, patience=PATIENCE, policy=policy)
        before = given.get((share.id, share.check_round)) or _by_now(share, findings[share.id])
        counts[after.answer] += 1
        if after.answer is not before:
            changes.append(Change(share, before, after.answer, after.reason_code))
    return Preview(of, counts, changes)


def _past(mission: Mission | None) -> tuple[str, Sequence[Share]]:
    if mission is None:
        return "all", _last(Share.id.is_not(None))
    own = _last(Share.mission_id == mission.id)
    if own:
        return "mission", own
    return "kind", _last(Share.mission_id.in_(select(Mission.id).where(Mission.kind == mission.kind)))


def _last(condition: object) -> Sequence[Share]:
    """The newest whose checks came to an end."""
    checked = select(CheckResult.id).where(CheckResult.share_id == Share.id, CheckResult.round == Share.check_round)
    query = select(Share).where(condition, Share.state.in_(ENDED), checked.exists())  # type: ignore[arg-type]
    return db.session.scalars(query.order_by(Share.id.desc()).limit(LOOKED_BACK_MAX)).all()


def _findings(shares: Sequence[Share]) -> Mapping[str, Mapping[str, Finding]]:
    """By share, what each check found in the latest round. One query."""
    rounds = {share.id: share.check_round for share in shares}
    found: dict[str, dict[str, Finding]] = {share.id: {} for share in shares}
    for result in db.session.scalars(
        select(CheckResult).where(CheckResult.share_id.in_(rounds)).order_by(CheckResult.id)
    ):
        if result.round == rounds[result.share_id]:
            found[result.share_id][result.check] = Finding(Outcome(result.outcome), result.reason_code, result.details)
    return found


def _given(share_ids: Sequence[str]) -> Mapping[tuple[str, int], Answer]:
    """By share and round, what was decided then."""
    query = select(ShareVerdict.share_id, ShareVerdict.round, ShareVerdict.answer)
    rows = db.session.execute(query.where(ShareVerdict.share_id.in_(share_ids)))
    return {(share_id, round_): Answer(answer) for share_id, round_, answer in rows}


def _by_now(share: Share, findings: Mapping[str, Finding]) -> Answer:
    """For a share from before verdicts were kept: what today's policy says."""
    policy = policy_for(share.mission_id)
    return decide(findings, tries=PATIENCE.tries_max, patience=PATIENCE, policy=policy).answer
