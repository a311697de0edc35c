"""People, how they sign in, what they agreed to, and their accounts on social networks."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from portal.kernel.access import FAN, PERMISSIONS, Permission, Role
from portal.kernel.base import Base, PublicId, one_of, where
from portal.kernel.folding import FOLDED_LENGTH_MAX, folded

HUES = 12


class Track(StrEnum):
    """Which of the three kinds of advocacy somebody practises."""

    AMBASSADOR = "ambassador"
    EMPLOYEE = "employee"
    LEADER = "leader"


class PersonState(StrEnum):
    APPLIED = "applied"
    ACTIVE = "active"
    PAUSED = "paused"
    LEFT = "left"
    REMOVED = "removed"
    ERASED = "erased"


class AdvocacyRole(StrEnum):
    """How somebody likes to help; chosen by themselves, several at once."""

    SHARER = "sharer"
    ENGAGER = "engager"
    CREATOR = "creator"
    HOST = "host"


class HandleState(StrEnum):
    CLAIMED = "claimed"
    PROVED = "proved"
    LOST = "lost"


class ProofMethod(StrEnum):
    LOGIN = "login"
    CODE = "code"
    MODERATOR = "moderator"


def _folded_name(context: Any) -> str:
    """For rows that are written in bulk, past the class below."""
    return folded(context.get_current_parameters()["display_name"])


class Person(PublicId, Base):
    """One human, one account."""

    __tablename__ = "person"

    display_name: Mapped[str] = mapped_column(String(80))
    name_key: Mapped[str] = mapped_column(String(FOLDED_LENGTH_MAX), index=True, default=_folded_name)
    """The name as the eye reads it, so that nobody else can take one that looks the same."""
    email: Mapped[str | None] = mapped_column(String(254))
    """Where messages go; an attribute, never a key."""
    country: Mapped[str] = mapped_column(String(2))
    locale: Mapped[str] = mapped_column(String(8))
    time_zone: Mapped[str] = mapped_column(String(64))
    track: Mapped[str] = mapped_column(String(16), default=Track.AMBASSADOR)
    state: Mapped[str] = mapped_column(String(16), default=PersonState.ACTIVE)
    state_changed_at: Mapped[datetime]
    joined_at: Mapped[datetime] = mapped_column(index=True)
    version: Mapped[int] = mapped_column(default=1)

    advocacy_roles: Mapped[list[PersonAdvocacyRole]] = relationship(cascade="all, delete-orphan", lazy="selectin")
    staff_roles: Mapped[list[StaffRole]] = relationship(
        cascade="all, delete-orphan",
        lazy="selectin",
        foreign_keys="StaffRole.person_id",
    )

    __table_args__ = (
        one_of("track", Track),
        one_of("state", PersonState),
        CheckConstraint("length(country) = 2", name="country_is_iso"),
    )

    is_authenticated = True
    is_anonymous = False

    @validates("display_name")
    def _fold_name(self, _column: str, name: str) -> str:
        self.name_key = folded(name)
        return name

    @property
    def is_active(self) -> bool:
        """Flask-Login's question: may this person be signed in at all? (paused people may look and come back)"""
        return self.state in (
            PersonState.ACTIVE,
            PersonState.PAUSED,
            PersonState.APPLIED,
        )

    def get_id(self) -> str:
        return self.id

    @property
    def roles(self) -> frozenset[Role]:
        return frozenset(Role(granted.role) for granted in self.staff_roles)

    @property
    def permissions(self) -> frozenset[Permission]:
        """What this person may do now; read on each request, so a change counts at once."""
        if self.state != PersonState.ACTIVE:
            return FAN if self.state == PersonState.PAUSED else frozenset()
        return FAN.union(*(PERMISSIONS[role] for role in self.roles))

    @property
    def initials(self) -> str:
        words = self.display_name.split()
        return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()

    @property
    def hue(self) -> int:
        """Which of the twelve avatar colours is this person's."""
        return sum(self.id.encode()) % HUES


class PersonAdvocacyRole(Base):
    __tablename__ = "person_advocacy_role"

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    role: Mapped[str] = mapped_column(String(16), primary_key=True)

    __table_args__ = (one_of("role", AdvocacyRole),)


class StaffRole(Base):
    __tablename__ = "staff_role"

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    role: Mapped[str] = mapped_column(String(16), primary_key=True)
    granted_by_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    """None: granted by the operators' command."""
    granted_at: Mapped[datetime]

    __table_args__ = (one_of("role", Role),)


class Identity(PublicId, Base):
    """(issuer, subject) at a login provider: the only thing that signs somebody in."""

    __tablename__ = "identity"

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    provider: Mapped[str] = mapped_column(String(32))
    issuer: Mapped[str] = mapped_column(String(255))
    subject: Mapped[str] = mapped_column(String(255))
    label: Mapped[str] = mapped_column(String(254))
    """What the person recognises it by: a name or an address at that provider."""
    added_at: Mapped[datetime]
    last_used_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("issuer", "subject"),)


class LoginSession(PublicId, Base):
    """One browser that is signed in. The cookie holds a 128-bit random token; here is only its digest."""

    __tablename__ = "login_session"

    token_digest: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    identity_id: Mapped[str | None] = mapped_column(ForeignKey("identity.id", ondelete="SET NULL"))
    browser: Mapped[str] = mapped_column(String(120))
    started_at: Mapped[datetime]
    authenticated_at: Mapped[datetime]
    """When the person last proved who they are; sensitive changes ask for a recent one."""
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]
    ended_why: Mapped[str | None] = mapped_column(String(32))


class Consent(PublicId, Base):
    """What somebody agreed to, in which version, and when they took it back."""

    __tablename__ = "consent"

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    purpose: Mapped[str] = mapped_column(String(32))
    version: Mapped[str] = mapped_column(String(32))
    given_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "one_consent_in_force",
            "person_id",
            "purpose",
            unique=True,
            **where("withdrawn_at IS NULL"),
        ),
    )


class Handle(PublicId, Base):
    """An account on a social network that somebody says, or proved, is theirs."""

    __tablename__ = "handle"

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    platform: Mapped[str] = mapped_column(String(32))
    host: Mapped[str] = mapped_column(String(253), default="")
    """The server of a federated network; empty for the others."""
    name: Mapped[str] = mapped_column(String(255))
    """As the network compares it: lower case where case doesn't count, without the @."""
    external_id: Mapped[str | None] = mapped_column(String(255))
    """The network's own stable id of the account, known once it was read; names move, ids don't."""
    profile_url: Mapped[str] = mapped_column(String(500))
    followers: Mapped[int | None]
    state: Mapped[str] = mapped_column(String(16), default=HandleState.CLAIMED)
    proof_code: Mapped[str] = mapped_column(String(32))
    proof_method: Mapped[str | None] = mapped_column(String(16))
    proof_reason: Mapped[str | None] = mapped_column(Text)
    proof_problem: Mapped[str | None] = mapped_column(String(64))
    """Reason code of the last look that did not find the code; None while none was taken."""
    looked_at: Mapped[datetime | None]
    proved_at: Mapped[datetime | None]
    added_at: Mapped[datetime]

    __table_args__ = (
        one_of("state", HandleState),
        UniqueConstraint("person_id", "platform", "host", "name"),
        Index("proved_by_one_person", "platform", "host", "name", unique=True, **where("state = 'proved'")),
        Index(
            "proved_account_once", "platform", "host", "external_id", unique=True,
            **where("state = 'proved' AND external_id IS NOT NULL"),
        ),
        CheckConstraint("(state = 'proved') = (proved_at IS NOT NULL)", name="proved_has_moment"),
        CheckConstraint("state <> 'proved' OR proof_method IS NOT NULL", name="proved_has_method"),
    )  # fmt: skip


class AgeRefusal(Base):
    """An identity whose owner said that they are too young: asked no more until they may have grown (PROMISES P-38).

    Nothing of the person is kept, only a digest of (issuer, subject).
    """

    __tablename__ = "age_refusal"

    identity_digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    forget_at: Mapped[datetime] = mapped_column(index=True)
