"""Reads of shares, each scoped to who asks and shaped for what it is shown in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from flask import url_for
from sqlalchemy import Select, String, bindparam, func, select, text

from portal.extensions import db
from portal.missions.ports import ClaimStatus
from portal.shares.checks.running import all_checks
from portal.shares.models import CheckResult, Evidence, Share, ShareChange, ShareState

OVER = (ShareState.REJECTED, ShareState.WITHDRAWN)
"""States in which a share neither holds its post nor its claim."""

STANDS = text("share.state NOT IN ('rejected', 'withdrawn')")
"""It does hold them. Spelt out as in the partial indexes: with its states as parameters, SQLite would not use them."""


def share_of(person_id: str, share_id: str) -> Share | None:
    """That person's share; None for anybody else's."""
    return db.session.scalar(select(Share).where(Share.id == share_id, Share.person_id == person_id))


def hold(share: Share) -> Share:
    """The share as it is now, its row held until the transaction ends: who decides on it decides alone."""
    share_id = share.id
    db.session.expire(share)  # or what was read before, and is older by now, would be an error instead of read anew
    return db.session.get_one(Share, share_id, with_for_update=True, populate_existing=True)


def open_share_of_claim(claim_id: str) -> Share | None:
    """The one share of a claim that is not over. Leans on `one_open_share_per_claim`."""
    return db.session.scalar(_open_share(), {"claim_id": claim_id})


def share_with_post(post_key: str) -> Share | None:
    """The one share that stands for a post. Leans on `a_post_counts_once`."""
    return db.session.scalar(_share_of_post(), {"post_key": post_key})


@cache
def _open_share() -> Select[Share]:
    """Put together once, as the next one: whoever hands in asks both."""
    return select(Share).where(Share.claim_id == bindparam("claim_id", type_=String), STANDS)


@cache
def _share_of_post() -> Select[Share]:
    return select(Share).where(Share.post_key == bindparam("post_key", type_=String), STANDS)


def latest_checks(share: Share) -> Sequence[CheckResult]:
    """The results of the latest round, in the order in which the checks are shown."""
    order = {check.code: check.order for check in all_checks()}
    query = select(CheckResult).where(CheckResult.share_id == share.id, CheckResult.round == share.check_round)
    return sorted(db.session.scalars(query), key=lambda result: order.get(result.check, 1000))


def latest_evidence(share: Share) -> Evidence | None:
    """The last thing that was seen of the post. Leans on `ix_evidence_share`."""
    newest_first = (Evidence.round.desc(), Evidence.seen_at.desc(), Evidence.id.desc())
    return db.session.scalar(select(Evidence).where(Evidence.share_id == share.id).order_by(*newest_first).limit(1))


def changes_of(share: Share) -> Sequence[ShareChange]:
    """Every change of its state, the newest first."""
    query = select(ShareChange).where(ShareChange.share_id == share.id)
    return db.session.scalars(query.order_by(ShareChange.at.desc(), ShareChange.id.desc())).all()


def was_appealed(share: Share) -> bool:
    """An appeal is there once."""
    query = select(ShareChange.id).where(
        ShareChange.share_id == share.id, ShareChange.reason_code == "appealed"
    )  # fmt: skip
    return db.session.scalar(query.limit(1)) is not None


def taken_back_by_person(share: Share) -> bool:
    """Did somebody of the staff take its points back? Then only an appeal brings them again, and not another look."""
    if share.state != ShareState.REVOKED:
        return False
    moved = (change for change in changes_of(share) if change.from_state != change.to_state)
    return next((change.actor_id is not None for change in moved), False)


def claim_statuses(claim_ids: Sequence[str]) -> Mapping[str, ClaimStatus]:
    """The latest share of each claim, in one query (missions.ports)."""
    return {
        share.claim_id: ClaimStatus(
            share.id, share.state, url_for("shares.show", share_id=share.id), can_submit=share.state in OVER
        )
        for share in db.session.execute(_latest_of_claims(), {"claim_ids": claim_ids})
    }


@cache
def _latest_of_claims() -> Select[str, str, str]:
    """Put together once: every page about claims asks this."""
    newest = (
        select(Share.claim_id, func.max(Share.id).label("id"))
        .where(Share.claim_id.in_(bindparam("claim_ids", expanding=True)))
        .group_by(Share.claim_id).subquery()
    )  # fmt: skip
    return select(Share.id, Share.claim_id, Share.state).join(newest, Share.id == newest.c.id)
