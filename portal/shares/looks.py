"""Every look at a share, as people read it: when, by which means, what was seen, and what changed since the one before.

Looks that saw the same stand together as one line. Reads only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from portal.extensions import db
from portal.kernel.formatting import number
from portal.kernel.word_diff import Piece, pieces_of_both
from portal.shares import wording
from portal.shares.edits import decided_at
from portal.shares.models import CountSample, Evidence, Share

LOOKS_MAX = 200
SAMPLES_MAX = 60


@dataclass(frozen=True)
class Difference:
    """The words of a text then and of another one now."""

    gone: tuple[Piece, ...]
    come: tuple[Piece, ...]


@dataclass(frozen=True)
class LookLine:
    """One or more looks in a row that saw the same."""

    first_at: datetime
    last_at: datetime
    times: int
    source: str
    readable: bool
    seen: str
    changes: tuple[str, ...]
    text: str
    difference: Difference | None
    """To the text of the look before that had one."""
    digest: str
    responses: int
    """How many answers of the network are on record for it, each with its own digest."""


@dataclass(frozen=True)
class Looks:
    """Newest first."""

    lines: list[LookLine]
    since_decision: Difference | None
    """What is different now from what was decided on; None where nothing is, or nothing can be compared."""
    decided_at: datetime | None
    counts: Sequence[CountSample]


def looks_of(share: Share) -> Looks:
    """Gather them, in four queries whatever their number."""
    rows = db.session.scalars(
        select(Evidence).where(Evidence.share_id == share.id).options(joinedload(Evidence.same_as))
        .order_by(Evidence.seen_at.desc(), Evidence.id.desc()).limit(LOOKS_MAX)
    ).all()[::-1]  # fmt: skip
    at = decided_at(share)
    return Looks(_lines(rows)[::-1], _since(rows, at), at, samples_of(share))


def samples_of(share: Share) -> Sequence[CountSample]:
    """The newest samples of its public counts, oldest first."""
    query = select(CountSample).where(CountSample.share_id == share.id)
    return db.session.scalars(query.order_by(CountSample.at.desc()).limit(SAMPLES_MAX)).all()[::-1]


def _lines(rows: Sequence[Evidence]) -> list[LookLine]:
    lines: list[LookLine] = []
    groups: list[list[Evidence]] = []
    for row in rows:
        if groups and (groups[-1][0].digest, groups[-1][0].status) == (row.digest, row.status):
            groups[-1].append(row)
        else:
            groups.append([row])
    before: dict[str, Any] | None = None
    for group in groups:
        first, body = group[0], group[0].seen
        post = body if body and "text" in body else None
        lines.append(
            LookLine(
                first.seen_at, group[-1].seen_at, len(group), wording.source_name(first.source),
                post is not None, _seen(first, body), tuple(_changes(before, post)), str(post["text"]) if post else "",
                _difference(before, post), first.digest, len(first.responses or []),
            )
        )  # fmt: skip
        before = post or before
    return lines


def _seen(row: Evidence, body: dict[str, Any] | None) -> str:
    if body is None:
        return _("What was seen was erased; its digest stays.")
    return {
        "readable": _("Public, and read"),
        "not_public": _("Only some people can see it"),
        "gone": _("No post at this address"),
        "login_wall": _("Only people who are signed in can see it"),
        "unreachable": _("The network did not answer"),
        "rate_limited": _("The network asked us to slow down"),
        "no_way": _("We can’t look at this network ourselves"),
    }.get(row.status, _("An answer that we don’t understand"))


def _changes(before: dict[str, Any] | None, now: dict[str, Any] | None) -> list[str]:
    if before is None or now is None:
        return []
    changes = []
    if before["text"] != now["text"]:
        changes.append(_("The text changed."))
    if before.get("author_name") != now.get("author_name"):
        changes.append(_("The account is called @%(name)s now.", name=now.get("author_name", "")))
    if before.get("visibility") != now.get("visibility"):
        changes.append(_("It is shown to other people than before."))
    media = len(now.get("media") or [])
    if len(before.get("media") or []) != media:
        changes.append(
            ngettext("There is %(count)s picture or film now.", "There are %(count)s pictures or films now.", media,
                     count=number(media))
        )  # fmt: skip
    return changes


def _difference(before: dict[str, Any] | None, now: dict[str, Any] | None) -> Difference | None:
    if before is None or now is None or before["text"] == now["text"]:
        return None
    return Difference(*pieces_of_both(str(before["text"]), str(now["text"])))


def _since(rows: Sequence[Evidence], at: datetime | None) -> Difference | None:
    if at is None:
        return None
    posts = [(row.seen_at, body) for row in rows if (body := row.seen) and "text" in body]
    then = [body for seen_at, body in posts if seen_at <= at]
    return _difference(then[-1], posts[-1][1]) if then else None
