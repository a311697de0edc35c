"""What the review desk refuses, each in a sentence that says what to do. The edge rolls back; nothing is half done."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from portal.accounts.models import Person
from portal.kernel.formatting import clock_time, moment


class ReviewRefused(Exception, ABC):
    """Base of the room's refusals; `status` is for the answer."""

    status = 409

    @property
    @abstractmethod
    def sentence(self) -> str:
        """What happened and what to do, in the moderator's language."""


class AlreadyDecided(ReviewRefused):
    """A colleague was faster."""

    def __init__(self, by: Person, at: datetime) -> None:
        super().__init__(by.id, at)
        self.by, self.at = by, at

    @property
    def sentence(self) -> str:
        return _(
            "%(name)s decided this on %(moment)s. Your answer was not sent.",
            name=self.by.display_name, moment=moment(self.at, "short"),
        )  # fmt: skip


class CaseMoved(ReviewRefused):
    """It is not as it was when the page was opened."""

    @property
    def sentence(self) -> str:
        return _("This case has changed since you opened it. Look at it as it is now; what you typed is still here.")


class TakenByColleague(ReviewRefused):
    """Somebody else has it open; an idle lease falls back by itself."""

    def __init__(self, by: Person, until: datetime) -> None:
        super().__init__(by.id, until)
        self.by, self.until = by, until

    @property
    def sentence(self) -> str:
        return _(
            "%(name)s has this open until %(time)s. Take the next one, or take it over.",
            name=self.by.display_name, time=clock_time(self.until),
        )  # fmt: skip


class NotYours(ReviewRefused):
    """Nobody decides their own share, or an appeal against their own decision (PROMISES P-03)."""

    status = 403

    def __init__(self, reason_code: str) -> None:
        super().__init__(reason_code)
        self.reason_code = reason_code

    @property
    def sentence(self) -> str:
        return str(_NOT_YOURS[self.reason_code])


_NOT_YOURS = {
    "own_share": _l("This share is your own, so a colleague decides it."),
    "own_decision": _l("This is an appeal against your own decision, so a colleague decides it."),
}


class ReasonMissing(ReviewRefused):
    """The fan reads why, always."""

    status = 422

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field

    @property
    def sentence(self) -> str:
        if self.field == "message":
            return _("Write to the fan what it is about: “something else” alone tells them nothing.")
        return _("Choose a reason. The fan will read it.")


class HandOverRefused(ReviewRefused):
    """That colleague can't decide it."""

    status = 422

    @property
    def sentence(self) -> str:
        return _("Choose a colleague who may decide this case.")


class PutOffRefused(ReviewRefused):
    """Later has to come, and before long."""

    status = 422

    @property
    def sentence(self) -> str:
        return _("Choose a time from now to a week from now.")


class UndoRefused(ReviewRefused):
    """It can't be taken back (any more)."""

    def __init__(self, reason_code: str) -> None:
        super().__init__(reason_code)
        self.reason_code = reason_code
        self.status = 403 if reason_code == "not_yours" else 409

    @property
    def sentence(self) -> str:
        return str(_UNDO[self.reason_code])


_UNDO = {
    "too_late": _l("A decision can be taken back for ten minutes, and they are over."),
    "not_the_latest": _l("Something happened to this share since, so the decision can’t be taken back any more."),
    "not_yours": _l("A decision is taken back by who made it, or by a manager."),
    "superseded": _l(
        "The fan handed in another post since, and only one can count, so the decision can’t be taken back."
    ),
    "place_gone": _l("The place of this share can’t be held again, so the decision can’t be taken back."),
}
