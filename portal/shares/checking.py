"""One look at a share: plan it inside a transaction, read the post with none open, then write down what was seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from portal.accounts.queries import proved_handles
from portal.extensions import db
from portal.kernel.fetcher import Fetcher, FetchFailed, FetchRefused
from portal.shares import hosts, own_posts, queries, resembling
from portal.shares.asked import asked_of
from portal.shares.checks.finding import Context, Finding, OtherShare, ProvedHandle
from portal.shares.checks.history import History
from portal.shares.checks.link_or_tag import has_link
from portal.shares.checks.running import run_checks
from portal.shares.guide import networks
from portal.shares.models import CheckResult, Evidence, Share
from portal.shares.picturing import pictures_of
from portal.shares.platforms.reading import Identified, Post, Problem, Reading, Trouble
from portal.shares.policies import policy_for
from portal.shares.resembling import Pictures, history_of
from portal.shares.verdict import PATIENCE, SANDBOX_PATIENCE, Patience, Policy
from portal.shares.witnessing import Witness

LINKS_FOLLOWED_MAX = 3


@dataclass(frozen=True)
class Plan:
    """What a look needs to know, without a database at hand."""

    share_id: str
    round: int
    context: Context
    rests_until: datetime | None
    policy: Policy
    """In force when the look began: what is decided after it is decided under this version."""
    kit_files: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sight:
    """What a look saw."""

    reading: Reading
    links_expanded: tuple[str, ...] = ()
    pictures: Pictures = field(default_factory=Pictures)
    responses: tuple[dict[str, Any], ...] = ()
    """The answers that the reading rests on (witnessing)."""


def patience_for(platform: str) -> Patience:
    """How long unknowns are asked again on this network."""
    return SANDBOX_PATIENCE if platform == "perch" else PATIENCE


def plan_look(share: Share, *, now: datetime) -> Plan:
    """Gather what the checks need. Raises NotAPost when the share's network is not offered any more."""
    found = networks().identify(share.url)
    context = Context(
        identified=found, reading=None, asked=asked_of(share), handles=_handles(share),
        claimed_at=share.claim.claimed_at, other_share=_other_share(share, share.post_key), links_expanded=(),
        gone_since=_gone_since(share), second_look_after=patience_for(share.platform).second_look_after, now=now,
    )  # fmt: skip
    return Plan(
        share.id, share.check_round, context, hosts.resting_until(found.platform, found.host, now),
        policy_for(share.mission_id), tuple(image.file for image in share.mission.images),
    )  # fmt: skip


def look(plan: Plan, fetcher: Fetcher) -> Sight:
    """Read the post now, unless its server is given a rest. No transaction may be open."""
    found = plan.context.identified
    if plan.rests_until is not None:
        seconds = int((plan.rests_until - plan.context.now).total_seconds())
        return Sight(Problem(Trouble.UNREACHABLE, "none", found.canonical, "resting", seconds))
    witness = Witness(fetcher)
    reading = own_posts.read_post(witness.fetcher, found, plan.context.handles)
    pictures = Pictures()
    if isinstance(reading, Post) and reading.is_public:
        pictures = pictures_of(reading, fetcher, kit_files=plan.kit_files)
    return Sight(reading, _links_followed(fetcher, reading, plan.context.asked.link), pictures, witness.responses)


def findings_after(plan: Plan, sight: Sight, share: Share, *, now: datetime) -> dict[str, Finding]:
    """Take over what the post is now known to be, and ask every check."""
    other, history = plan.context.other_share, History()
    if isinstance(sight.reading, Post):
        other = adopt_post(share, sight.reading)
        history = history_of(share, sight.reading, sight.pictures)
    context = replace(
        plan.context, reading=sight.reading, links_expanded=sight.links_expanded, other_share=other, history=history,
        now=now,
    )  # fmt: skip
    return run_checks(context)


def adopt_post(share: Share, post: Post) -> OtherShare | None:
    """Followed to its original, a share stands for that post, unless another one does already."""
    if post.post_key == share.post_key:
        share.url = post.url
        return None
    other = _other_share(share, post.post_key)
    if other is not None:
        return other
    try:
        with db.session.begin_nested():
            share.post_key, share.url = post.post_key, post.url
    except IntegrityError:  # another look was faster by a moment
        db.session.refresh(share)
        return _other_share(share, post.post_key) or OtherShare.SOMEBODYS
    return None


def write_results(share: Share, findings: Mapping[str, Finding], *, now: datetime) -> None:
    """Keep the findings of this round; a later look in the same round replaces them."""
    known = {result.check: result for result in queries.latest_checks(share)}
    for code, finding in findings.items():
        result = known.get(code)
        if result is None:
            result = CheckResult(share_id=share.id, round=share.check_round, check=code)
            db.session.add(result)
        result.outcome, result.reason_code = finding.outcome, finding.reason_code
        result.details, result.checked_at = finding.details, now
    db.session.flush()


def keep_prints(share: Share, sight: Sight, *, now: datetime) -> None:
    """File how the post looks, so that what resembles it later is found."""
    if isinstance(sight.reading, Post) and sight.reading.is_public:
        resembling.keep_prints(share, sight.reading, sight.pictures.hashes, now=now)


def note_health(found: Identified, sight: Sight, *, now: datetime) -> None:
    """Tell the breaker whether the server answered; where we never got as far as asking, it learns nothing."""
    reading = sight.reading
    if isinstance(reading, Problem) and (reading.detail in ("resting", "busy") or reading.trouble is Trouble.NO_WAY):
        return
    if isinstance(reading, Problem) and reading.is_outage:
        hosts.note_outage(found.platform, found.host, retry_after_seconds=reading.retry_after_seconds, now=now)
    else:
        hosts.note_answer(found.platform, found.host)


def is_outage(sight: Sight) -> bool:
    """Does it say that the network is in trouble, rather than anything about the post?"""
    return isinstance(sight.reading, Problem) and sight.reading.is_outage


def pause_before_next(sight: Sight, *, tries: int, platform: str) -> timedelta:
    """How long to wait: what patience says, or longer where the network asks for it, within a limit."""
    pause = patience_for(platform).pause_after(tries)
    if isinstance(sight.reading, Problem) and sight.reading.retry_after_seconds:
        pause = max(pause, min(timedelta(seconds=sight.reading.retry_after_seconds), hosts.REST_MAX))
    return pause


def _handles(share: Share) -> tuple[ProvedHandle, ...]:
    return tuple(
        ProvedHandle(handle.platform, handle.host, handle.name, handle.external_id)
        for handle in proved_handles(share.person_id)
    )


def _other_share(share: Share, post_key: str) -> OtherShare | None:
    other = queries.share_with_post(post_key)
    if other is None or other.id == share.id:
        return None
    return OtherShare.MINE if other.person_id == share.person_id else OtherShare.SOMEBODYS


def _gone_since(share: Share) -> datetime | None:
    """When a look of this round first found nothing."""
    query = select(func.min(Evidence.seen_at)).where(
        Evidence.share_id == share.id, Evidence.round == share.check_round, Evidence.status == Trouble.GONE
    )
    return db.session.scalar(query)


def _links_followed(fetcher: Fetcher, reading: Reading, wanted: str) -> tuple[str, ...]:
    """Where the post's links lead, if the fan's own is not plainly among them; a few of them, and only as far as it."""
    if not wanted or not isinstance(reading, Post) or has_link(reading, wanted, ()):
        return ()
    ends: list[str] = []
    for link in reading.links[:LINKS_FOLLOWED_MAX]:
        try:
            hops = fetcher.resolve(link, until=lambda url: url.rstrip("/") == wanted.rstrip("/")).hops
        except (FetchFailed, FetchRefused):
            continue
        ends.extend(hops[1:])
    return tuple(ends)
