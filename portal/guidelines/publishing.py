"""Writing and publishing guidelines. What somebody has read never changes: a change is a new version."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update

from portal.accounts.models import Person
from portal.extensions import db
from portal.guidelines.errors import (
    ChangeUnexplained,
    ConfirmedAnotherText,
    DraftExists,
    DraftMoved,
    NotADraft,
    NothingToRead,
    TextRefused,
)
from portal.guidelines.events import GuidelinePublished
from portal.guidelines.models import Guideline, GuidelineKind, GuidelineVersion, VersionState
from portal.kernel import events, rich_text
from portal.kernel.audit import audit
from portal.kernel.base import violation_raises

SLUG_LENGTH_MAX = 60


def create_guideline(
    *,
    title: str,
    kind: GuidelineKind,
    body: str,
    needed_to_claim: bool,
    actor: Person | None,
    now: datetime,
) -> GuidelineVersion:
    """A guideline with the draft of its first version, which nobody sees yet. Raises NothingToRead, TextRefused."""
    _check_text(body)
    guideline = Guideline(
        slug=_free_slug(title), kind=kind, title=title, needed_to_claim=needed_to_claim, created_at=now
    )
    db.session.add(guideline)
    db.session.flush()
    draft = _draft(guideline, number=1, body=body, actor=actor, now=now)
    _audit("guideline.created", draft, actor, why="", after=_settings(guideline))
    return draft


def change_settings(
    guideline: Guideline, *, title: str, kind: GuidelineKind, needed_to_claim: bool, actor: Person | None, why: str
) -> Guideline:
    """Change what stands around the text. It counts at once; the address stays, since links to it exist."""
    before = _settings(guideline)
    guideline.title, guideline.kind, guideline.needed_to_claim = title, kind, needed_to_claim
    db.session.flush()
    audit(
        "guideline.settings_changed",
        ("guideline", guideline.id),
        actor_id=actor.id if actor else None,
        why=why,
        before=before,
        after=_settings(guideline),
    )
    return guideline


def start_version(guideline: Guideline, *, actor: Person | None, now: datetime) -> GuidelineVersion:
    """The draft of the next version, with the text in force to begin with. Raises DraftExists."""
    last = db.session.scalar(
        select(GuidelineVersion)
        .where(GuidelineVersion.guideline_id == guideline.id)
        .order_by(GuidelineVersion.number.desc())
        .limit(1)
    )
    if last is None or last.state != VersionState.PUBLISHED:
        raise DraftExists
    with violation_raises(DraftExists()):
        draft = _draft(
            guideline, number=last.number + 1, body=last.body, claims=last.forbidden_claims, actor=actor, now=now
        )
    _audit("guideline.version_started", draft, actor, why="", after={"number": draft.number})
    return draft


def save_draft(
    version: GuidelineVersion,
    *,
    body: str,
    what_changed: str = "",
    major: bool = True,
    forbidden_claims: Sequence[str] | None = None,
    seen_version: int | None = None,
    actor: Person | None,
    now: datetime,
) -> GuidelineVersion:
    """Keep the draft's text. `seen_version`: the `lock_version` that was on the page; None skips the comparison.
    `forbidden_claims`: phrases that posts must not contain; None leaves them as they are.

    Raises NotADraft, DraftMoved, NothingToRead, TextRefused.
    """
    draft = _hold(version)
    if seen_version is not None and seen_version != draft.lock_version:
        raise DraftMoved
    _check_text(body)
    before = _content(draft)
    draft.body, draft.what_changed, draft.edited_at = body, what_changed, now
    draft.major = major or draft.number == 1
    if forbidden_claims is not None:
        draft.forbidden_claims = list(forbidden_claims)
    db.session.flush()
    _audit("guideline.draft_saved", draft, actor, why="", before=before, after=_content(draft))
    return draft


def publish(
    version: GuidelineVersion, *, seen_version: int | None = None, actor: Person | None, now: datetime
) -> GuidelineVersion:
    """Put the draft in force; the version before it is replaced in the same transaction.

    `seen_version` as in `save_draft`. Raises NotADraft, ConfirmedAnotherText, ChangeUnexplained.
    """
    draft = _hold(version)
    if seen_version is not None and seen_version != draft.lock_version:
        raise ConfirmedAnotherText
    if draft.number > 1 and not draft.what_changed.strip():
        raise ChangeUnexplained
    db.session.execute(
        update(GuidelineVersion)
        .where(GuidelineVersion.guideline_id == draft.guideline_id, GuidelineVersion.state == VersionState.PUBLISHED)
        .values(state=VersionState.SUPERSEDED)
    )
    draft.state, draft.published_at = VersionState.PUBLISHED, now
    draft.published_by_id = actor.id if actor else None
    db.session.flush()
    _audit("guideline.published", draft, actor, why=draft.what_changed, after=_content(draft))
    events.record(GuidelinePublished(guideline_id=draft.guideline_id, version_id=draft.id, major=draft.major))
    return draft


def _hold(version: GuidelineVersion) -> GuidelineVersion:
    """The draft as it is now, held until the transaction ends."""
    draft = db.session.get(GuidelineVersion, version.id, with_for_update=True, populate_existing=True)
    if draft is None or draft.state not in (VersionState.DRAFT, VersionState.DISCUSSION):
        raise NotADraft
    return draft


def _draft(
    guideline: Guideline, *, number: int, body: str, claims: Sequence[str] = (), actor: Person | None, now: datetime
) -> GuidelineVersion:
    draft = GuidelineVersion(
        guideline=guideline,
        number=number,
        major=True,
        body=body,
        forbidden_claims=list(claims),
        created_by_id=actor.id if actor else None,
        created_at=now,
        edited_at=now,
    )
    db.session.add(draft)
    db.session.flush()
    return draft


def _check_text(body: str) -> None:
    if not body.strip():
        raise NothingToRead
    try:
        rich_text.check(body)
    except rich_text.RichTextRefused as refusal:
        raise TextRefused(refusal) from None


def _free_slug(title: str) -> str:
    """An address from the title in plain letters, with a number where it is taken."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[: SLUG_LENGTH_MAX - 4].strip("-") or "guideline"
    taken = set(db.session.scalars(select(Guideline.slug).where(func.substr(Guideline.slug, 1, len(stem)) == stem)))
    return next(slug for number in range(1, len(taken) + 2) if (slug := _numbered(stem, number)) not in taken)


def _numbered(stem: str, number: int) -> str:
    return stem if number == 1 else f"{stem}-{number}"


def _settings(guideline: Guideline) -> dict[str, Any]:
    return {"title": guideline.title, "kind": guideline.kind, "needed_to_claim": guideline.needed_to_claim}


def _content(version: GuidelineVersion) -> dict[str, Any]:
    """What the audit trail keeps of a text: enough to prove which one it was."""
    return {
        "number": version.number,
        "major": version.major,
        "what_changed": version.what_changed,
        "forbidden_claims": version.forbidden_claims,
        "body_sha256": hashlib.sha256(version.body.encode()).hexdigest(),
    }


def _audit(action: str, version: GuidelineVersion, actor: Person | None, **details: Any) -> None:
    audit(action, ("guideline_version", version.id), actor_id=actor.id if actor else None, **details)
