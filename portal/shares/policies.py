"""Verdict policies as staff saved them, each version kept, and the verdicts that were given under them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel.audit import audit
from portal.kernel.base import Base, PublicId, one_of, violation_raises
from portal.missions.models import Mission
from portal.shares.checks.running import all_checks
from portal.shares.models import Share
from portal.shares.trust import Because
from portal.shares.verdict import BUILT_IN, Answer, IfFailed, IfUnknown, Policy, Rule, Sampling, Verdict, allowed

ALL = "all"
"""Scope of the policy of every mission without one of its own."""


class VerdictPolicy(PublicId, Base):
    """One version. What was saved stays as it is; a change is a new version."""

    __tablename__ = "verdict_policy"

    scope: Mapped[str] = mapped_column(String(26))
    """`all`, or the mission's id."""
    mission_id: Mapped[str | None] = mapped_column(ForeignKey("mission.id"))
    version: Mapped[int]
    rules: Mapped[dict[str, list[str]]] = mapped_column(JSON)
    """By check: what follows when it did not pass, and when it could not tell."""
    first_reviewed: Mapped[int]
    trusted_after: Mapped[int]
    review_others: Mapped[bool]
    sample_percent: Mapped[int]
    why: Mapped[str] = mapped_column(Text)
    saved_by_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    saved_at: Mapped[datetime]

    mission: Mapped[Mission | None] = relationship()
    saved_by: Mapped[Person | None] = relationship()

    __table_args__ = (
        UniqueConstraint("scope", "version"),
        CheckConstraint("scope = COALESCE(mission_id, 'all')", name="scope_is_mission"),
        CheckConstraint("version > 0", name="version_counts"),
        CheckConstraint("first_reviewed >= 0 AND trusted_after > 0", name="records_count"),
        CheckConstraint("sample_percent BETWEEN 0 AND 100", name="sample_is_share"),
    )


class ShareVerdict(PublicId, Base):
    """What one round of checks decided, with the very rules by which it did."""

    __tablename__ = "share_verdict"

    share_id: Mapped[str] = mapped_column(ForeignKey("share.id", ondelete="CASCADE"))
    round: Mapped[int]
    at: Mapped[datetime]
    answer: Mapped[str] = mapped_column(String(16))
    """What the checks alone decided."""
    reason_code: Mapped[str] = mapped_column(String(64))
    policy_id: Mapped[str | None] = mapped_column(ForeignKey("verdict_policy.id"), index=True)
    """None: the rules that the portal came with."""
    rules: Mapped[dict[str, list[str]]] = mapped_column(JSON)
    """Of every check that answered, as in `VerdictPolicy.rules`."""
    because: Mapped[str] = mapped_column(String(16), default=Because.CHECKS)
    """Why a person looks although the checks are content; `checks`: nobody does."""
    verified_before: Mapped[int] = mapped_column(default=0)
    """The record at that moment."""
    sample_percent: Mapped[int] = mapped_column(default=0)
    draw: Mapped[int | None]
    """The number drawn, of 10,000; below the rate the share was sampled."""

    policy: Mapped[VerdictPolicy | None] = relationship()
    share: Mapped[Share] = relationship()

    __table_args__ = (
        one_of("answer", Answer),
        one_of("because", Because),
        UniqueConstraint("share_id", "round"),
        CheckConstraint("because = 'checks' OR answer = 'verify'", name="second_look_at_what_passed"),
        CheckConstraint(
            "because <> 'sampled' OR (draw IS NOT NULL AND draw < sample_percent * 100)", name="sampled_by_its_draw"
        ),
        Index("ix_share_verdict_because", "because", "at"),
    )


class PolicyRefused(Exception):
    """Nothing was saved. `reason_code`: moved, not_allowed."""

    def __init__(self, reason_code: str) -> None:
        super().__init__(reason_code)
        self.reason_code = reason_code


def latest(scope: str) -> VerdictPolicy | None:
    """The version in force of a scope, None where nobody saved one. Leans on the unique key."""
    query = select(VerdictPolicy).where(VerdictPolicy.scope == scope)
    return db.session.scalar(query.order_by(VerdictPolicy.version.desc()).limit(1))


def saved_for(mission_id: str) -> VerdictPolicy | None:
    """What decides on a mission's shares: its own, else that of all; None: what the portal comes with."""
    return latest(mission_id) or latest(ALL)


def policy_for(mission_id: str) -> Policy:
    """The policy in force for a mission's shares."""
    return as_policy(saved_for(mission_id))


def as_policy(saved: VerdictPolicy | None) -> Policy:
    """A saved version as the rules take it."""
    if saved is None:
        return BUILT_IN
    return Policy(
        saved.id, saved.version, rules_from(saved.rules),
        Sampling(saved.first_reviewed, saved.trusted_after, saved.review_others, saved.sample_percent),
    )  # fmt: skip


def save_policy(
    scope: str, policy: Policy, *, seen_version: int, why: str, actor: Person, now: datetime
) -> VerdictPolicy:
    """Put `policy` in force as the next version. `seen_version`: the one that was on the page, 0 for none.

    Raises PolicyRefused when somebody else saved since, or when a rule is not one that staff may choose.
    """
    for check, rule in policy.rules.items():
        failed, unknown = allowed(check)
        if rule.failed not in failed or rule.unknown not in unknown:
            raise PolicyRefused("not_allowed")
    before = latest(scope)
    if (before.version if before else 0) != seen_version:
        raise PolicyRefused("moved")
    sampling = policy.sampling
    saved = VerdictPolicy(
        scope=scope, mission_id=None if scope == ALL else scope, version=seen_version + 1,
        rules=plain_rules(policy, [check.code for check in all_checks()]), first_reviewed=sampling.first_reviewed,
        trusted_after=sampling.trusted_after, review_others=sampling.review_others,
        sample_percent=sampling.sample_percent, why=why, saved_by_id=actor.id, saved_at=now,
    )  # fmt: skip
    db.session.add(saved)
    with violation_raises(PolicyRefused("moved")):
        db.session.flush()
    audit(
        "policy.saved", ("verdict_policy", saved.id), actor_id=actor.id, why=why,
        before=_told(before) if before else {}, after=_told(saved),
    )  # fmt: skip
    return saved


def keep_verdict(
    share: Share, verdict: Verdict, policy: Policy, checks: Sequence[str], *, now: datetime, **second_look: Any
) -> ShareVerdict:
    """Write down what this round decided, once, and by which rules. `second_look`: what `trust` found."""
    kept = ShareVerdict(
        share_id=share.id, round=share.check_round, at=now, answer=verdict.answer, reason_code=verdict.reason_code,
        policy_id=policy.id, rules=plain_rules(policy, checks), **second_look,
    )  # fmt: skip
    db.session.add(kept)
    db.session.flush()
    return kept


def verdict_of(share: Share) -> ShareVerdict | None:
    """What its latest round that came to an end decided."""
    query = select(ShareVerdict).where(ShareVerdict.share_id == share.id)
    return db.session.scalar(query.order_by(ShareVerdict.round.desc()).limit(1))


def versions_of(scope: str, *, limit: int = 20) -> Sequence[VerdictPolicy]:
    """What was in force when, the newest first."""
    query = select(VerdictPolicy).where(VerdictPolicy.scope == scope)
    return db.session.scalars(query.order_by(VerdictPolicy.version.desc()).limit(limit)).all()


def missions_with_their_own() -> Sequence[VerdictPolicy]:
    """The version in force of each mission that has a policy of its own."""
    newest = (
        select(VerdictPolicy.scope, func.max(VerdictPolicy.version).label("version"))
        .where(VerdictPolicy.scope != ALL).group_by(VerdictPolicy.scope).subquery()
    )  # fmt: skip
    query = select(VerdictPolicy).join(
        newest, (VerdictPolicy.scope == newest.c.scope) & (VerdictPolicy.version == newest.c.version)
    )
    return db.session.scalars(query.order_by(VerdictPolicy.saved_at.desc()).limit(100)).all()


def plain_rules(policy: Policy, checks: Sequence[str]) -> dict[str, list[str]]:
    """The rules of `checks` as they are stored."""
    rules = {check: policy.rule_of(check) for check in checks}
    return {check: [rule.failed.value, rule.unknown.value] for check, rule in rules.items()}


def rules_from(stored: Mapping[str, Sequence[str]]) -> dict[str, Rule]:
    """The opposite of `plain_rules`."""
    return {check: Rule(IfFailed(failed), IfUnknown(unknown)) for check, (failed, unknown) in stored.items()}


def _told(saved: VerdictPolicy) -> dict[str, Any]:
    return {
        "scope": saved.scope, "version": saved.version, "rules": saved.rules, "first_reviewed": saved.first_reviewed,
        "trusted_after": saved.trusted_after, "review_others": saved.review_others,
        "sample_percent": saved.sample_percent,
    }  # fmt: skip
