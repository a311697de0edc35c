"""What the room refuses. Each refusal carries a sentence that says what happened and what to do, and its status."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from portal.guidelines.queries import ToRead
from portal.missions.claim_models import Claim
from portal.missions.models import Mission
from portal.missions.resting import RESTED, Load
from portal.missions.rules import Reason
from portal.missions.wording import reason_sentence


class ClaimRefused(Exception):
    """Base of everything that can stand against a claim. Nothing was changed."""

    sentence: str | LazyString
    status = 409


class MissionFull(ClaimRefused):
    """Somebody took the last place."""

    def __init__(self, mission: Mission) -> None:
        super().__init__(mission.id)
        self.sentence = reason_sentence(Reason.FULL)


class AlreadyClaimed(ClaimRefused):
    """This person holds a place in this mission already."""

    def __init__(self, mission: Mission) -> None:
        super().__init__(mission.id)
        self.sentence = reason_sentence(Reason.ALREADY_CLAIMED)


class BudgetGone(ClaimRefused):
    """The season has no points left that a claim could reserve."""

    def __init__(self, mission: Mission) -> None:
        super().__init__(mission.id)
        self.sentence = reason_sentence(Reason.BUDGET_GONE)


class NotEligible(ClaimRefused):
    """The rules are against it; `reasons` holds every one, the most telling first."""

    def __init__(self, mission: Mission, reasons: Sequence[Reason], *, load: Load = RESTED, tier: str = "") -> None:
        super().__init__(mission.id, *reasons)
        self.reasons = list(reasons)
        self.status = 403 if reasons[0].is_about_person else 409
        self.sentence = reason_sentence(
            reasons[0], platforms=mission.platforms, roles=mission.roles, tracks=mission.tracks,
            opens_at=mission.opens_at, closes_at=mission.closes_at, load=load, tier=tier,
        )  # fmt: skip


class GuidelineMissing(ClaimRefused):
    """A guideline has to be acknowledged first; `to_read` is its version in force."""

    def __init__(self, to_read: ToRead) -> None:
        super().__init__(to_read.version_id)
        self.to_read = to_read
        self.sentence = reason_sentence(Reason.GUIDELINE)


class ClaimMoved(ClaimRefused):
    """The claim has left the state that the step starts from: time ran out, or another request was faster."""

    def __init__(self, claim: Claim) -> None:
        super().__init__(claim.id)
        self.sentence = _l("This claim is not open any more. Look at its page to see what happened.")


class MissionRefused(Exception):
    """Base of what can't be done with a mission by staff."""

    sentence: str | LazyString
    status = 409


class MissionMoved(MissionRefused):
    """Somebody else changed the mission since the form was opened."""

    sentence = _l(
        "Somebody else changed this mission while you were typing. Your text is kept below: compare it with the "
        "mission as it is now, then save again."
    )


class TooFewPlaces(MissionRefused):
    """More places than that are taken."""

    status = 422

    def __init__(self, taken: int) -> None:
        super().__init__(taken)
        self.taken = taken
        self.sentence = _l("%(taken)d places are taken. A mission can’t have fewer than that.", taken=taken)


class PromiseKept(MissionRefused):
    """Somebody claimed the mission as it is: what they were promised stays."""

    sentence = _l(
        "People hold places in this mission, so its season, kind, points, hold and what a post must contain stay as "
        "they were promised. Close it and create another one with the new terms."
    )


class StepNotPossible(MissionRefused):
    """From its present state the mission can't go there."""

    sentence = _l("The mission can’t take that step from where it is now. Reload the page to see its state.")
