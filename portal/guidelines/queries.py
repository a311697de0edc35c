"""Reading guidelines: what is in force, what somebody still has to read, who read what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple, TypeVarTuple

from sqlalchemy import ColumnElement, Select, String, and_, bindparam, exists, func, select
from sqlalchemy.orm import aliased, contains_eager

from portal.accounts.models import Person, PersonState
from portal.extensions import db
from portal.guidelines.models import Acknowledgement, Guideline, GuidelineVersion, VersionState
from portal.kernel.once import once_a_page
from portal.kernel.rows import rows_of

Columns = TypeVarTuple("Columns")
PUBLIC_STATES = (VersionState.PUBLISHED, VersionState.SUPERSEDED)


@dataclass(frozen=True)
class Listed:
    """A guideline in force, and the newest version of it that the reader has acknowledged."""

    version: GuidelineVersion
    acknowledged_number: int | None
    missing: bool


class ToRead(NamedTuple):
    """A version that somebody has to acknowledge."""

    version_id: str
    slug: str
    title: str


@dataclass(frozen=True)
class StaffRow:
    """A guideline on the staff's list."""

    guideline: Guideline
    in_force: GuidelineVersion | None
    draft: GuidelineVersion | None
    readers: int
    """Active people whose acknowledgement holds for the version in force."""


def _in_force() -> Select[GuidelineVersion]:
    return _only_in_force(select(GuidelineVersion)).options(contains_eager(GuidelineVersion.guideline))


def _only_in_force(versions: Select[*Columns]) -> Select[*Columns]:
    return (
        versions.join(GuidelineVersion.guideline)
        .where(GuidelineVersion.state == VersionState.PUBLISHED)
        .order_by(Guideline.title, Guideline.id)
    )


def _holds(version: type[GuidelineVersion], read: type[GuidelineVersion]) -> ColumnElement[bool]:
    """Is an acknowledgement of the version `read` good for `version`, that is, was there no major one in between?"""
    between = aliased(GuidelineVersion)
    major_between = (
        exists()
        .where(
            between.guideline_id == version.guideline_id,
            between.major,
            between.number > read.number,
            between.number <= version.number,
        )
        .correlate(version, read)  # of itself, a query looks no further out than one level
    )
    return and_(read.guideline_id == version.guideline_id, read.number <= version.number, ~major_between)


def _acknowledged_by(person_id: ColumnElement[str] | str) -> ColumnElement[bool]:
    read = aliased(GuidelineVersion)
    return exists().where(
        Acknowledgement.person_id == person_id,
        Acknowledgement.version_id == read.id,
        _holds(GuidelineVersion, read),
    )


@once_a_page
def missing_acknowledgements(person_id: str) -> Sequence[ToRead]:
    """What this person must read before claiming, by title; one query.

    A minor version keeps acknowledgements valid, back to the last major one.
    """
    return [ToRead(*row) for row in rows_of(_missing(), {"reader_id": person_id})]


@cache
def _missing() -> Select[str, str, str]:
    """Put together once: every page asks this, and making the statement would cost more than running it."""
    shown = select(GuidelineVersion.id, Guideline.slug, Guideline.title)
    return _only_in_force(shown).where(
        Guideline.needed_to_claim, ~_acknowledged_by(bindparam("reader_id", type_=String))
    )


def listed_for(person_id: str) -> list[Listed]:
    """Every guideline in force, what the reader still has to read first; one query."""
    read = aliased(GuidelineVersion)
    newest_read = (
        select(func.max(read.number))
        .join(Acknowledgement, Acknowledgement.version_id == read.id)
        .where(Acknowledgement.person_id == person_id, read.guideline_id == GuidelineVersion.guideline_id)
        .scalar_subquery()
    )
    rows = db.session.execute(_in_force().add_columns(newest_read, _acknowledged_by(person_id)))
    listed = [
        Listed(version, number, missing=version.guideline.needed_to_claim and not holds)
        for version, number, holds in rows
    ]
    return sorted(listed, key=lambda row: not row.missing)


def current_version(slug: str) -> GuidelineVersion | None:
    """The version in force of the guideline at this address."""
    return db.session.scalar(_in_force().where(Guideline.slug == slug))


def public_version(slug: str, number: int) -> GuidelineVersion | None:
    """A version that is or was in force; None for a draft."""
    return db.session.scalar(
        select(GuidelineVersion)
        .join(GuidelineVersion.guideline)
        .options(contains_eager(GuidelineVersion.guideline))
        .where(Guideline.slug == slug, GuidelineVersion.number == number, GuidelineVersion.state.in_(PUBLIC_STATES))
    )


def public_versions(guideline_id: str) -> list[GuidelineVersion]:
    """The versions that are or were in force, the newest first."""
    return list(
        db.session.scalars(
            select(GuidelineVersion)
            .where(GuidelineVersion.guideline_id == guideline_id, GuidelineVersion.state.in_(PUBLIC_STATES))
            .order_by(GuidelineVersion.number.desc())
        )
    )


def last_acknowledged(person_id: str, guideline_id: str) -> tuple[Acknowledgement, GuidelineVersion] | None:
    """The newest version of this guideline that the person acknowledged, and when."""
    row = db.session.execute(
        select(Acknowledgement, GuidelineVersion)
        .join(GuidelineVersion, GuidelineVersion.id == Acknowledgement.version_id)
        .where(Acknowledgement.person_id == person_id, GuidelineVersion.guideline_id == guideline_id)
        .order_by(GuidelineVersion.number.desc())
        .limit(1)
    ).first()
    return (row[0], row[1]) if row else None


def has_acknowledged(person_id: str, version: GuidelineVersion) -> bool:
    """Does an acknowledgement of this person hold for `version`?"""
    holds = select(GuidelineVersion.id).where(GuidelineVersion.id == version.id, _acknowledged_by(person_id))
    return db.session.scalar(holds) is not None


def guideline_by_id(guideline_id: str) -> Guideline | None:
    return db.session.get(Guideline, guideline_id)


def version_by_id(version_id: str) -> GuidelineVersion | None:
    return db.session.get(GuidelineVersion, version_id)


def draft_of(guideline_id: str) -> GuidelineVersion | None:
    """The version that is being written, if any."""
    return db.session.scalar(
        select(GuidelineVersion).where(
            GuidelineVersion.guideline_id == guideline_id,
            GuidelineVersion.state.in_((VersionState.DRAFT, VersionState.DISCUSSION)),
        )
    )


def staff_rows() -> list[StaffRow]:
    """Every guideline with its version in force, its draft, and how many have read it; three queries."""
    guidelines = db.session.scalars(select(Guideline).order_by(Guideline.title, Guideline.id)).all()
    live = db.session.scalars(select(GuidelineVersion).where(GuidelineVersion.state != VersionState.SUPERSEDED)).all()
    in_force = {version.guideline_id: version for version in live if version.state == VersionState.PUBLISHED}
    drafts = {version.guideline_id: version for version in live if version.state != VersionState.PUBLISHED}
    counted = _readers().group_by(GuidelineVersion.guideline_id)
    readers = {row[0]: row[1] for row in db.session.execute(counted)}
    return [
        StaffRow(guideline, in_force.get(guideline.id), drafts.get(guideline.id), readers.get(guideline.id, 0))
        for guideline in guidelines
    ]


def _readers() -> Select[str, int]:
    read = aliased(GuidelineVersion)
    return (
        select(GuidelineVersion.guideline_id, func.count(Acknowledgement.person_id.distinct()))
        .select_from(GuidelineVersion)
        .join(read, _holds(GuidelineVersion, read))
        .join(Acknowledgement, Acknowledgement.version_id == read.id)
        .join(Person, Person.id == Acknowledgement.person_id)
        .where(GuidelineVersion.state == VersionState.PUBLISHED, Person.state == PersonState.ACTIVE)
    )


def readers_of(guideline_id: str) -> int:
    """How many active people have acknowledged what is in force."""
    query = _readers().where(GuidelineVersion.guideline_id == guideline_id).group_by(GuidelineVersion.guideline_id)
    row = db.session.execute(query).first()
    return row[1] if row else 0


def active_people() -> int:
    """How many people a guideline is for."""
    return db.session.scalar(select(func.count()).where(Person.state == PersonState.ACTIVE)) or 0


def asked_to_read(draft: GuidelineVersion, *, major: bool) -> int:
    """How many people publishing `draft` would ask to read it: nobody whose acknowledgement stays valid."""
    if not draft.guideline.needed_to_claim:
        return 0
    return active_people() - (0 if major else readers_of(draft.guideline_id))


def forbidden_claims() -> list[tuple[str, str]]:
    """Phrase and title of the guideline, of every version in force."""
    rows = db.session.execute(
        select(GuidelineVersion.forbidden_claims, Guideline.title)
        .join(Guideline, Guideline.id == GuidelineVersion.guideline_id)
        .where(GuidelineVersion.state == VersionState.PUBLISHED)
        .order_by(Guideline.title, Guideline.id)
    )
    return [(phrase, title) for phrases, title in rows for phrase in phrases]
