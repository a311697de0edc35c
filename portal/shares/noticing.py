"""What signals notice of a share: gathered, weighed, written down. Nothing here decides on a share."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import delete, func, or_, select

from portal.accounts.models import Handle
from portal.extensions import db
from portal.links.patterns import Pattern, pattern_of
from portal.links.queries import link_of_claim
from portal.shares import prints, queries
from portal.shares.models import CheckResult, Evidence, Outcome, Share
from portal.shares.picture_likeness import PictureHash
from portal.shares.platforms.reading import Counts
from portal.shares.prints import PicturePrint
from portal.shares.signal_models import ShareSignal, SignalSwitch
from portal.shares.signals.facts import Facts, reactions
from portal.shares.signals.weighing import Noticed, all_signals, needs_person, noticed

SIGNALS = "signals"
"""Why a person looks although every check is content: something about it is unusual."""
EARLIER_MAX = 12
PICTURES = "pictures_not_repeated"


def switched_on() -> frozenset[str]:
    """Signals that staff have switched on, of those there are."""
    on = db.session.scalars(select(SignalSwitch.code).where(SignalSwitch.is_on)).all()
    return frozenset(on) & {signal.code for signal in all_signals()}


def look_for_signals(share: Share, *, now: datetime) -> bool:
    """Write down what the signals that are on notice now. True where somebody should look at it."""
    codes = switched_on()
    found = noticed(facts_of(share), codes) if codes else []
    weighed = {row.code for row in signals_of(share) if row.weighed_at is not None}
    db.session.execute(delete(ShareSignal).where(ShareSignal.share_id == share.id, ShareSignal.weighed_at.is_(None)))
    fresh = [each for each in found if each.code not in weighed]
    db.session.add_all(
        ShareSignal(share_id=share.id, code=each.code, weight=each.weight, details=each.details, noticed_at=now)
        for each in fresh
    )
    db.session.flush()
    return needs_person(fresh)


def weigh(share: Share, *, now: datetime | None) -> None:
    """A person looked at everything that is noticed so far; None: they took that back."""
    for row in signals_of(share):
        row.weighed_at = now
    db.session.flush()


def signals_of(share: Share) -> Sequence[ShareSignal]:
    """What is written down, the heaviest first."""
    query = select(ShareSignal).where(ShareSignal.share_id == share.id)
    return db.session.scalars(query.order_by(ShareSignal.weight.desc(), ShareSignal.code)).all()


def facts_of(share: Share) -> Facts:
    """Everything that signals may know of `share`; eight short reads along indexes."""
    seen = _seen(share)
    link = link_of_claim(share.claim_id)
    made_at = str(seen.get("author_since") or "")
    followers = seen.get("author_followers")
    return Facts(
        claimed_at=share.claim.claimed_at,
        clicks=pattern_of(link.id) if link else Pattern(),
        counts=_counts(seen),
        followers=followers if isinstance(followers, int) else None,
        account_made_at=datetime.fromisoformat(made_at) if made_at else None,
        usual_reactions=_usual_reactions(share),
        account_of_others=_account_of_others(share, seen),
        picture_of_others=_picture_of_others(share),
    )


def tried(codes: Collection[str], shares: Sequence[Share]) -> dict[str, list[tuple[Share, Noticed]]]:
    """What these signals would have noticed of past shares. Writes nothing."""
    found: dict[str, list[tuple[Share, Noticed]]] = {code: [] for code in codes}
    for share in shares:
        for each in noticed(facts_of(share), codes):
            found[each.code].append((share, each))
    return found


def _seen(share: Share) -> dict[str, object]:
    """What the last look saw that found the post. Leans on `ix_evidence_share`."""
    evidence = db.session.scalar(
        select(Evidence)
        .where(Evidence.share_id == share.id, Evidence.status == "readable")
        .order_by(Evidence.round.desc(), Evidence.seen_at.desc(), Evidence.id.desc())
        .limit(1)
    )
    return evidence.seen_with_figures if evidence else {}


def _counts(seen: dict[str, object]) -> Counts:
    counts = seen.get("counts")
    if not isinstance(counts, dict):
        return Counts()
    return Counts(**{name: counts.get(name) for name in ("likes", "comments", "shares", "views")})


def _usual_reactions(share: Share) -> tuple[int, ...]:
    """Under this person's earlier shares on the same network, as far as they were told. Leans on `ix_share_person`."""
    earlier = (
        select(Share.id)
        .where(Share.person_id == share.person_id, Share.submitted_at < share.submitted_at)
        .where(Share.platform == share.platform)
        .order_by(Share.submitted_at.desc())
        .limit(EARLIER_MAX)
        .subquery()
    )
    latest = select(func.max(Evidence.id)).where(
        Evidence.share_id.in_(select(earlier.c.id)), Evidence.status == "readable"
    )
    looks = db.session.scalars(select(Evidence).where(Evidence.id.in_(latest.group_by(Evidence.share_id))))
    found = (reactions(_counts(look.seen_with_figures)) for look in looks)
    return tuple(each for each in found if each is not None)


def _account_of_others(share: Share, seen: dict[str, object]) -> int:
    """How many other people named this account, by its stable id or its name. Leans on handles' indexes."""
    name, platform = str(seen.get("author_name") or ""), str(seen.get("platform") or "")
    host, external_id = str(seen.get("host") or ""), str(seen.get("author_id") or "")
    if not name or not platform:
        return 0
    same = [Handle.name == name]
    if external_id:
        same.append(Handle.external_id == external_id)
    return db.session.scalar(
        select(func.count(func.distinct(Handle.person_id))).where(
            Handle.platform == platform, Handle.host == host, or_(*same), Handle.person_id != share.person_id
        )
    ) or 0  # fmt: skip


def _picture_of_others(share: Share) -> int:
    """How many others handed in a picture like one of this share's, where the check of pictures did not explain it."""
    failed = select(CheckResult.id).where(
        CheckResult.share_id == share.id, CheckResult.round == share.check_round, CheckResult.check == PICTURES,
        CheckResult.outcome == Outcome.FAILED,
    )  # fmt: skip
    if db.session.scalar(failed) is None:
        return 0
    own = db.session.scalars(select(PicturePrint.likeness).where(PicturePrint.share_id == share.id))
    alike: set[str] = set()
    for likeness in own:
        alike |= prints.pictures_like(PictureHash.from_text(likeness), beside=share.id).keys()
    others = select(func.count(func.distinct(Share.person_id))).where(
        Share.id.in_(alike), Share.person_id != share.person_id, queries.STANDS
    )
    return db.session.scalar(others) or 0
