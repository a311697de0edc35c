"""What a person posted for us lately, and will: the audience guard counts it (missions.ports)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import CompoundSelect, String, and_, bindparam, func, literal, null, select, type_coerce, union_all
from sqlalchemy.orm import aliased

from portal.extensions import db
from portal.kernel.rows import rows_of
from portal.missions.claim_models import Claim, ClaimState
from portal.missions.models import POST_KINDS, Mission
from portal.missions.ports import PostedForUs
from portal.shares.likeness import NEARLY_THE_SAME, likeness
from portal.shares.models import CheckResult, Evidence, Share, ShareForm, ShareState

_AUTHOR = "author"


def posts_for_us(person_id: str, since: datetime) -> Sequence[PostedForUs]:
    """Posts handed in since then, whatever became of them but those taken back, and places still to be used.

    One query; leans on `ix_share_person`, `ix_claim_person` and the unique key of check results.
    """
    return [
        PostedForUs(row.platforms or (), "", None)
        if row.what == "place"
        else PostedForUs((row.platform,), str((row.details or {}).get(_AUTHOR, "")), row.submitted_at)
        for row in rows_of(_posted_or_planned(), {"poster_id": person_id, "since": since})
    ]


@cache
def _posted_or_planned() -> CompoundSelect[Any]:
    """Put together once: the board and every mission's page ask this."""
    person_id = bindparam("poster_id", type_=String)
    posted = (
        select(
            literal("post").label("what"), Share.platform, Share.submitted_at, CheckResult.details,
            type_coerce(null(), Mission.platforms.type).label("platforms"),
        )
        .join(Mission, Mission.id == Share.mission_id)
        .outerjoin(
            CheckResult,
            and_(
                CheckResult.share_id == Share.id, CheckResult.round == Share.check_round, CheckResult.check == _AUTHOR
            ),
        )
        .where(
            Share.person_id == person_id, Share.submitted_at > bindparam("since", type_=Share.submitted_at.type),
            Share.state != ShareState.WITHDRAWN, Share.form == ShareForm.POST, Mission.kind.in_(POST_KINDS),
        )
    )  # fmt: skip
    planned = (
        select(literal("place"), literal(""), null(), null(), Mission.platforms)
        .join(Claim, Claim.mission_id == Mission.id)
        .where(Claim.person_id == person_id, Claim.state == ClaimState.ACTIVE, Mission.kind.in_(POST_KINDS))
    )
    return union_all(posted, planned)


CAPTIONS_MAX = 60
"""Posts of one person whose captions are compared: more than the limits let anybody hand in within four weeks."""


def repeated_captions(person_id: str, since: datetime) -> Mapping[tuple[str, str], int]:
    """By network and author, how many posts say nearly the same as an earlier one of that account."""
    latest = (
        select(func.max(Evidence.id).label("id")).join(Share, Share.id == Evidence.share_id)
        .where(Share.person_id == person_id, Share.submitted_at > since, Share.state != ShareState.WITHDRAWN)
        .where(Evidence.status == "readable").group_by(Evidence.share_id)
    )  # fmt: skip
    earlier_row = aliased(Evidence)
    bodies = db.session.execute(
        select(Evidence.body, earlier_row.body).outerjoin(earlier_row, earlier_row.id == Evidence.same_as_id)
        .where(Evidence.id.in_(latest)).order_by(Evidence.id).limit(CAPTIONS_MAX)
    )  # fmt: skip
    said: dict[tuple[str, str], list[str]] = {}
    repeats: dict[tuple[str, str], int] = {}
    for own, kept_before in bodies:
        body = own or kept_before
        if not body or not body.get("text"):
            continue
        name, host = str(body.get("author_name", "")), str(body.get("host", ""))
        account = (str(body.get("platform", "")), f"@{name}@{host}" if host else f"@{name}")
        earlier = said.setdefault(account, [])
        if any(likeness(body["text"], text) >= NEARLY_THE_SAME for text in earlier):
            repeats[account] = repeats.get(account, 0) + 1
        earlier.append(body["text"])
    return repeats
