"""One file that proves a decision: what was asked, what was seen, what was decided by whom, and what it moved.

It is plain JSON. Every digest in it can be computed again from the file alone (`verify`); the seal over all of it is
made with the portal's secret key, so only the portal can tell that it issued the file.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from itsdangerous import Signer
from sqlalchemy import inspect, or_, select

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel.audit import AuditEntry, audit, entries_about, fits_its_chain
from portal.missions.claim_models import ClaimChange
from portal.points.ledger import Cause
from portal.points.models import Entry, Transaction
from portal.points.postings import Posting, digest
from portal.shares import wording
from portal.shares.bonuses import causes_of
from portal.shares.handed_in_models import AlikePicture, HandedPicture, WordsBeside
from portal.shares.keeping_evidence import digest_of
from portal.shares.models import CheckResult, CountSample, Evidence, Share, ShareChange
from portal.shares.policies import ShareVerdict

FORMAT = "share-proof/1"
SALT = "share-proof"
ASKS = (
    "kind", "title", "summary", "brief", "do", "dont", "platforms", "points_now", "points_held", "hold_days",
    "required_tag", "link_target", "link_or_tag", "jurisdiction", "accepts", "brand_posts", "required_words",
    "required_mentions", "language", "media", "original_work", "posted_from", "handle_days_min", "followers_min",
    "bonus_measure", "bonus_points", "bonus_step", "bonus_cap",
)  # fmt: skip
"""Of the mission: what it asks and pays."""


NO_SEAL_OF_OURS = "The seal was not made with a key in PORTAL_SECRET_KEYS."


def take_along(share: Share, *, actor: Person, secret_keys: Sequence[str], now: datetime) -> dict[str, Any]:
    """The file for somebody of the staff; who took it, and when, is written down first."""
    audit(
        "share.proof_taken", ("share", share.id), actor_id=actor.id, why="downloaded to prove a decision",
        after={"state": share.state, "round": share.check_round},
    )  # fmt: skip
    return prove(share, secret_keys=secret_keys, now=now)


def as_download(share: Share, proof: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    """Body and headers of the answer that hands it over."""
    headers = {
        "Content-Type": "application/json", "Cache-Control": "no-store",
        "Content-Disposition": f'attachment; filename="share-{share.id}.json"',
    }  # fmt: skip
    return json.dumps(proof, ensure_ascii=False, indent=1), headers


def prove(share: Share, *, secret_keys: Sequence[str], now: datetime) -> dict[str, Any]:
    """Gather everything that is on record about a share. Reads only."""
    verdicts = _rows(ShareVerdict, ShareVerdict.share_id == share.id)
    proof: dict[str, Any] = {
        "format": FORMAT,
        "made_at": now.isoformat(),
        "share": _plain(share),
        "claim": _plain(share.claim) | {"changes": _rows(ClaimChange, ClaimChange.claim_id == share.claim_id)},
        "mission": _mission(share, verdicts),
        "verdicts": verdicts,
        "checks": [_check(row) for row in _all(CheckResult, CheckResult.share_id == share.id)],
        "evidence": _rows(Evidence, Evidence.share_id == share.id),
        "pictures": [_picture(row) for row in _all(HandedPicture, HandedPicture.share_id == share.id)],
        "words": _rows(WordsBeside, WordsBeside.share_id == share.id),
        "counts": _rows(CountSample, CountSample.share_id == share.id),
        "changes": _rows(ShareChange, ShareChange.share_id == share.id),
        "audit": _audited(("share", share.id)),
        "ledger": [_movement(row) for row in _all(Transaction, Transaction.cause_id.in_(_causes(share)))],
    }
    proof["digest"] = _whole(proof)
    proof["seal"] = Signer(secret_keys[0], SALT, digest_method=sha256).get_signature(proof["digest"]).decode()
    return proof


def _mission(share: Share, verdicts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What it asked at `as_of`: when the checks last came to a verdict, else when the share was handed in.

    What was edited since is taken back entry by entry; these are in the file too, so that this can be done again.
    """
    as_of = max((row["at"] for row in verdicts), default=_value(share.submitted_at))
    asks = {name: _value(getattr(share.mission, name)) for name in ASKS}
    edits = [entry for entry in _audited(("mission", share.mission_id)) if entry["action"] == "mission.changed"]
    for entry in sorted(edits, key=lambda entry: entry["number"], reverse=True):
        if entry["at"] > as_of:
            asks |= {name: value for name, value in (entry["before"] or {}).items() if name in asks}
    return {"id": share.mission_id, "as_of": as_of, **asks, "edits": edits}


def _audited(subject: tuple[str, str]) -> list[dict[str, Any]]:
    return [_plain(entry) | {"chained_after": before} for before, entry in entries_about(subject)]


def _causes(share: Share) -> list[str]:
    """Of the movements that belong to it: its own points, its bonus, and what its claim reserved."""
    return [share.id, share.claim_id, *causes_of(share)]


def verify(proof: Mapping[str, Any], *, secret_keys: Sequence[str] = ()) -> list[str]:
    """What in the file does not fit; empty when all does. Needs no database and no network."""
    if proof.get("format") != FORMAT:
        return [f"This is no {FORMAT} file."]
    wrong: list[str] = []
    if proof.get("digest") != _whole(proof):
        wrong.append("The digest over the whole file does not fit: something in it was changed.")
    seal = str(proof.get("seal", "")).encode()
    if secret_keys and not any(
        Signer(key, SALT, digest_method=sha256).verify_signature(str(proof.get("digest", "")), seal)
        for key in secret_keys
    ):
        wrong.append(NO_SEAL_OF_OURS)
    wrong += _evidence_problems(proof["evidence"])
    audited = [*proof["audit"], *proof["mission"].get("edits", ())]
    wrong += [f"Audit entry {row['number']} does not fit its chain." for row in audited if not _chained(row)]
    for row in proof["ledger"]:
        wrong += _movement_problems(row)
    return wrong


def _evidence_problems(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    by_id = {row["id"]: row for row in rows}
    wrong = []
    for row in by_id.values():
        kept = by_id.get(row["same_as_id"], {}) if row["same_as_id"] else row
        if row["same_as_id"] and kept.get("digest") != row["digest"]:
            wrong.append(f"Evidence {row['id']} refers to another body than its own.")
        elif kept.get("body") is not None and digest_of(kept["body"]) != row["digest"]:
            wrong.append(f"The body of evidence {row['id']} does not fit its digest.")
    return wrong


def _chained(row: Mapping[str, Any]) -> bool:
    names = ("actor_id", "action", "subject_kind", "subject_id", "before", "after", "why", "chained")
    entry = AuditEntry(at=datetime.fromisoformat(row["at"]), **{name: row[name] for name in names})
    return fits_its_chain(row["chained_after"], entry)


def _movement_problems(row: Mapping[str, Any]) -> list[str]:
    postings = [Posting(each["account"], each["points"]) for each in row["entries"]]
    wrong = []
    if sum(each.points for each in postings):
        wrong.append(f"Movement {row['id']} does not sum to zero.")
    cause = Cause(row["cause_kind"], row["cause_id"])
    if digest(row["kind"], cause, row["reason"], postings) != row["content"]:
        wrong.append(f"The entries of movement {row['id']} are not what was booked.")
    return wrong


def _whole(proof: Mapping[str, Any]) -> str:
    return sha256(
        json.dumps(
            {name: value for name, value in proof.items() if name not in ("digest", "seal")},
            sort_keys=True, ensure_ascii=False, separators=(",", ":"),
        ).encode()
    ).hexdigest()  # fmt: skip


def _check(row: CheckResult) -> dict[str, Any]:
    return _plain(row) | {
        "asks": wording.check_label(row.check),
        "sentence": wording.check_sentence(row.check, row.reason_code, row.details),
    }


def _picture(row: HandedPicture) -> dict[str, Any]:
    """What was handed in is told by its digest: the SHA-256 of the file that a reviewer can download."""
    files = ("file", "thumbnail")
    alike = _rows(AlikePicture, or_(AlikePicture.picture_id == row.id, AlikePicture.other_id == row.id))
    return {name: value for name, value in _plain(row).items() if name not in files} | {"alike": alike}


def _movement(row: Transaction) -> dict[str, Any]:
    entries = db.session.scalars(select(Entry).where(Entry.transaction_id == row.id).order_by(Entry.number))
    return _plain(row) | {"entries": [{"account": each.account_name, "points": each.amount} for each in entries]}


def _rows(model: Any, *which: Any) -> list[dict[str, Any]]:
    return [_plain(row) for row in _all(model, *which)]


def _all(model: Any, *which: Any) -> Sequence[Any]:
    return db.session.scalars(select(model).where(*which).order_by(*inspect(model).primary_key)).all()


def _plain(row: Any) -> dict[str, Any]:
    return {column.key: _value(getattr(row, column.key)) for column in inspect(type(row)).column_attrs}


def _value(value: Any) -> Any:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
